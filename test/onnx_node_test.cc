// ONNX's own node tests of quantised operators, as Debian's package libonnx-testdata has them: on every tier the bits
// of the files. Where the package is missing, they are skipped, and the program says so.
#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/onnx_tensor.h"
#include "test/support.h"

namespace isoquant {
namespace {

const char* const kFolder = "/usr/share/libonnx-testdata/data/node";

bool IsFolder(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// One test: its inputs and outputs.
class NodeTest {
 public:
  explicit NodeTest(const std::string& name) : folder_(std::string(kFolder) + "/" + name + "/test_data_set_0/") {
    INFO(name);
    CHECK(IsFolder(folder_));
  }

  OnnxTensor Input(int i) const { return Read("input_" + std::to_string(i)); }
  OnnxTensor Output(int i) const { return Read("output_" + std::to_string(i)); }

 private:
  OnnxTensor Read(const std::string& name) const {
    OnnxTensor tensor = ReadOnnxTensor(folder_ + name + ".pb");
    INFO(folder_, name);
    REQUIRE(tensor.ok);
    REQUIRE(tensor.data.size() != 0);
    return tensor;
  }

  const std::string folder_;
};

// Calls f for each of the tests, or says that there are none.
template <class F>
void ForEachTest(std::initializer_list<const char*> names, const F& f) {
  if (!IsFolder(kFolder)) {
    MESSAGE("skipped: no folder " << kFolder << " (Debian: libonnx-testdata)");
    return;
  }
  for (const char* name : names) {
    INFO(name);
    f(NodeTest(name));
  }
}

template <class T>
MatrixView<const T> View(const std::vector<T>& data, size_t rows, size_t cols) {
  return {data.data(), rows, cols};
}
template <class T>
MatrixView<T> View(std::vector<T>& data, size_t rows, size_t cols) {
  return {data.data(), rows, cols};
}

std::vector<float> Floats(const OnnxTensor& tensor) { return tensor.As<float>(OnnxTensor::kFloat); }
std::vector<uint8_t> Bytes(const OnnxTensor& tensor) { return tensor.As<uint8_t>(OnnxTensor::kU8); }
// Zero points, which are vectors of s32 here.
std::vector<int32_t> ZeroPoints32(const OnnxTensor& tensor) {
  const std::vector<uint8_t> bytes = Bytes(tensor);
  return std::vector<int32_t>(bytes.begin(), bytes.end());
}

// The last two dimensions; those before are a batch.
struct Matrices {
  explicit Matrices(const OnnxTensor& t)
      : rows(t.dims[t.dims.size() - 2]), cols(t.dims.back()), count(t.size() / (rows * cols)) {}
  size_t rows, cols, count;
};

TEST_CASE("ONNX node tests: QuantizeLinear") {
  ForEachTest({"test_quantizelinear", "test_quantizelinear_axis"}, [](const NodeTest& test) {
    const OnnxTensor x = test.Input(0);
    const std::vector<float> values = Floats(x), scales = Floats(test.Input(1));
    const std::vector<int32_t> zero_points = ZeroPoints32(test.Input(2));
    const std::vector<uint8_t> expected = Bytes(test.Output(0));
    REQUIRE(values.size() == expected.size());
    REQUIRE(scales.size() == zero_points.size());
    ForEachTier([&](Context& context) {
      std::vector<uint8_t> q(values.size());
      if (scales.size() == 1) {
        ISOQUANT_CHECK_OK(
            QuantizeLinear(context, View(values, 1, values.size()), scales[0], zero_points[0], View(q, 1, q.size())));
      } else {  // axis 1, and one index before it
        REQUIRE(x.dims[0] == 1);
        const size_t rows = x.dims[1], cols = values.size() / rows;
        ISOQUANT_CHECK_OK(QuantizeLinearRows(context, View(values, rows, cols), {scales.data(), rows},
                                             {zero_points.data(), rows}, View(q, rows, cols)));
      }
      CHECK(q == expected);
    });
  });
}

TEST_CASE("ONNX node tests: DequantizeLinear") {
  ForEachTest({"test_dequantizelinear", "test_dequantizelinear_axis"}, [](const NodeTest& test) {
    const OnnxTensor q = test.Input(0);
    const std::vector<uint8_t> values = Bytes(q);
    const std::vector<float> scales = Floats(test.Input(1)), expected = Floats(test.Output(0));
    const std::vector<int32_t> zero_points = ZeroPoints32(test.Input(2));
    REQUIRE(values.size() == expected.size());
    REQUIRE(scales.size() == zero_points.size());
    ForEachTier([&](Context& context) {
      std::vector<float> x(values.size());
      if (scales.size() == 1) {
        ISOQUANT_CHECK_OK(
            Dequantize(context, View(values, 1, values.size()), scales[0], zero_points[0], View(x, 1, x.size())));
      } else {
        REQUIRE(q.dims[0] == 1);
        const size_t rows = q.dims[1], cols = values.size() / rows;
        ISOQUANT_CHECK_OK(DequantizeRows(context, View(values, rows, cols), {scales.data(), rows},
                                         {zero_points.data(), rows}, View(x, rows, cols)));
      }
      CHECK(x == expected);
    });
  });
}

TEST_CASE("ONNX node tests: DynamicQuantizeLinear") {
  ForEachTest(
      {"test_dynamicquantizelinear", "test_dynamicquantizelinear_max_adjusted",
       "test_dynamicquantizelinear_min_adjusted", "test_dynamicquantizelinear_expanded",
       "test_dynamicquantizelinear_max_adjusted_expanded", "test_dynamicquantizelinear_min_adjusted_expanded"},
      [](const NodeTest& test) {
        const std::vector<float> x = Floats(test.Input(0)), expected_scale = Floats(test.Output(1));
        const std::vector<uint8_t> expected = Bytes(test.Output(0)), expected_point = Bytes(test.Output(2));
        REQUIRE(x.size() == expected.size());
        REQUIRE(expected_scale.size() == 1);
        REQUIRE(expected_point.size() == 1);
        ForEachTier([&](Context& context) {
          std::vector<uint8_t> q(x.size());
          float scale = 0.0f;
          int32_t zero_point = -1;
          ISOQUANT_CHECK_OK(QuantizeDynamic(context, View(x, 1, x.size()), View(q, 1, q.size()), scale, zero_point));
          CHECK(q == expected);
          CHECK(scale == expected_scale[0]);
          CHECK(zero_point == expected_point[0]);
        });
      });
}

TEST_CASE("ONNX node tests: MatMulInteger") {
  ForEachTest({"test_matmulinteger"}, [](const NodeTest& test) {
    const OnnxTensor a = test.Input(0), b = test.Input(1);
    const std::vector<uint8_t> a_data = Bytes(a), b_data = Bytes(b);
    const std::vector<int32_t> a_points = ZeroPoints32(test.Input(2)), b_points = ZeroPoints32(test.Input(3));
    const std::vector<int32_t> expected = test.Output(0).As<int32_t>(OnnxTensor::kS32);
    const size_t m = a.dims[0], k = a.dims[1], n = b.dims[1];
    REQUIRE(expected.size() == m * n);
    const ZeroPoints z{{a_points.data(), a_points.size()}, {b_points.data(), b_points.size()}};
    ForEachTier([&](Context& context) {
      std::vector<int32_t> c(m * n);
      ISOQUANT_CHECK_OK(MatMul(context, View(a_data, m, k), KxN{View(b_data, k, n)}, z, View(c, m, n)));
      CHECK(c == expected);
    });
  });
}

TEST_CASE("ONNX node tests: QLinearMatMul") {
  ForEachTest({"test_qlinearmatmul_2D", "test_qlinearmatmul_3D"}, [](const NodeTest& test) {
    const OnnxTensor a = test.Input(0), b = test.Input(3);
    const std::vector<uint8_t> a_data = Bytes(a), b_data = Bytes(b), expected = Bytes(test.Output(0));
    const std::vector<float> a_scale = Floats(test.Input(1)), b_scales = Floats(test.Input(4)),
                             y_scale = Floats(test.Input(6));
    const std::vector<int32_t> a_points = ZeroPoints32(test.Input(2)), b_points = ZeroPoints32(test.Input(5)),
                               y_points = ZeroPoints32(test.Input(7));
    const Matrices as(a), bs(b);
    const size_t m = as.rows, k = as.cols, n = bs.cols;
    REQUIRE(as.count == bs.count);
    REQUIRE(expected.size() == as.count * m * n);
    REQUIRE(a_scale.size() == 1);
    REQUIRE(y_scale.size() == 1);
    std::vector<float> scales(b_scales.size());
    ISOQUANT_CHECK_OK(MakeRequantizationScales(a_scale[0], {b_scales.data(), b_scales.size()}, y_scale[0],
                                               {scales.data(), scales.size()}));
    Requantization r;
    r.scales = {scales.data(), scales.size()};
    r.a_zero_points = {a_points.data(), a_points.size()};
    r.b_zero_points = {b_points.data(), b_points.size()};
    r.zero_point = y_points[0];
    ForEachTier([&](Context& context) {
      std::vector<uint8_t> y(expected.size());
      for (size_t i = 0; i < as.count; ++i) {
        const MatrixView<const uint8_t> a_i(a_data.data() + i * m * k, m, k), b_i(b_data.data() + i * k * n, k, n);
        ISOQUANT_CHECK_OK(MatMul(context, a_i, KxN{b_i}, r, MatrixView<uint8_t>(y.data() + i * m * n, m, n)));
      }
      CHECK(y == expected);
    });
  });
}

// The reader refuses what is cut off, and takes what it does not know.
TEST_CASE("ONNX node tests: the reader of tensors") {
  const auto text = [](std::initializer_list<int> bytes) {
    std::string s;
    for (const int byte : bytes) s.push_back(static_cast<char>(byte));
    return s;
  };
  // dims 3, 2 (one by one, and packed), u8, a name, an unknown field of 4 bytes, raw data.
  const std::string one_by_one =
      text({0x08, 3, 0x08, 2, 0x10, 2, 0x42, 1, 'x', 0x7d, 1, 2, 3, 4, 0x4a, 6, 1, 2, 3, 4, 5, 6});
  const std::string packed = text({0x0a, 3, 0x83, 0x00, 2, 0x10, 2, 0x4a, 6, 1, 2, 3, 4, 5, 6});
  for (const std::string& bytes : {one_by_one, packed}) {
    const OnnxTensor tensor = ParseOnnxTensor(bytes);
    CHECK(tensor.ok);
    CHECK(tensor.dims == std::vector<size_t>{3, 2});
    CHECK(Bytes(tensor) == std::vector<uint8_t>{1, 2, 3, 4, 5, 6});
    CHECK(Floats(tensor).empty());
    CHECK(!ParseOnnxTensor(bytes.substr(0, bytes.size() - 1)).ok);
    CHECK(!ParseOnnxTensor(bytes + text({0x48})).ok);
  }
}

}  // namespace
}  // namespace isoquant
