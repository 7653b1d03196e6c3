// ONNX's own node tests of convolutions, pooling and resizing, as Debian's package libonnx-testdata has them, on every
// tier. Where the package is missing, they are skipped, and the program says so.
#include <sys/stat.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/onnx_tensor.h"
#include "test/support.h"

namespace isoquant {
namespace {

const char kFolder[] = "/usr/share/libonnx-testdata/data/node";

bool IsThere() {
  struct stat status;
  const bool is_there = stat(kFolder, &status) == 0 && S_ISDIR(status.st_mode);
  if (!is_there) MESSAGE("skipped: no folder " << kFolder << " (Debian: libonnx-testdata)");
  return is_there;
}

template <class T>
constexpr OnnxTensor::Type kTypeOf = std::is_same<T, float>::value     ? OnnxTensor::kFloat
                                     : std::is_same<T, uint8_t>::value ? OnnxTensor::kU8
                                                                       : OnnxTensor::kS32;

OnnxTensor Read(const std::string& test, const std::string& name) {
  const OnnxTensor tensor = ReadOnnxTensor(std::string(kFolder) + "/" + test + "/test_data_set_0/" + name + ".pb");
  INFO(test, " ", name);
  REQUIRE(tensor.ok);
  return tensor;
}
template <class T>
std::vector<T> Elements(const std::string& test, const std::string& name) {
  const std::vector<T> elements = Read(test, name).As<T>(kTypeOf<T>);
  INFO(test, " ", name);
  REQUIRE(!elements.empty());
  return elements;
}

// A tensor N C H W, as an image.
template <class T>
struct Image {
  Image(Context& context, const std::string& test, const std::string& name) {
    const OnnxTensor tensor = Read(test, name);
    REQUIRE(tensor.dims.size() == 4);
    const size_t n = tensor.dims[0], c = tensor.dims[1], h = tensor.dims[2], w = tensor.dims[3];
    const std::vector<T> planes = Elements<T>(test, name);
    data.resize(planes.size());
    view = ImageView<T>(data.data(), n, h, w, c);
    if constexpr (std::is_same<T, int32_t>::value) {
      REQUIRE(c == 1);  // then both layouts are one
      data.assign(planes.begin(), planes.end());
    } else {
      ISOQUANT_CHECK_OK(NchwToNhwc(context, PlanarView<const T>(planes.data(), n, c, h, w), view));
    }
  }

  std::vector<T> data;
  ImageView<T> view;
};

PackedFilter ReadFilter(Context& context, const std::string& test, const std::string& name, Conv2dGeometry g) {
  const OnnxTensor tensor = Read(test, name);
  REQUIRE(tensor.dims.size() == 4);
  const std::vector<uint8_t> values = Elements<uint8_t>(test, name);
  g.kernel_h = tensor.dims[2];
  g.kernel_w = tensor.dims[3];
  PackedFilter packed;
  const Oihw filter{{values.data(), tensor.dims[0], values.size() / tensor.dims[0]}};
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, filter, g, tensor.dims[1], packed));
  return packed;
}

constexpr Conv2dGeometry Square(size_t kernel, size_t stride, size_t pad, size_t dilation = 1) {
  return {kernel, kernel, stride, stride, dilation, dilation, pad, pad, pad, pad, 1};
}

TEST_CASE("ONNX images: ConvInteger") {
  if (!IsThere()) return;
  struct Test {
    const char* name;
    size_t pad;
  };
  for (const Test& test : {Test{"test_basic_convinteger", 0}, Test{"test_convinteger_without_padding", 0},
                           Test{"test_convinteger_with_padding", 1}}) {
    ForEachTier([&](Context& context) {
      INFO(test.name);
      const Image<uint8_t> x(context, test.name, "input_0");
      const PackedFilter filter = ReadFilter(context, test.name, "input_1", Square(1, 1, test.pad));
      const Image<int32_t> expected(context, test.name, "output_0");
      std::vector<int32_t> y(expected.data.size());
      ImageView<int32_t> view = expected.view;
      view.data = y.data();
      const int32_t zero_point = Elements<uint8_t>(test.name, "input_2")[0];
      ISOQUANT_CHECK_OK(Conv2d(context, ImageView<const uint8_t>(x.view), zero_point, filter, view));
      CHECK(y == expected.data);
    });
  }
}

TEST_CASE("ONNX images: QLinearConv") {
  if (!IsThere()) return;
  const std::string test = "test_qlinearconv";
  ForEachTier([&](Context& context) {
    const Image<uint8_t> x(context, test, "input_0"), expected(context, test, "output_0");
    const PackedFilter filter = ReadFilter(context, test, "input_3", Square(1, 1, 0));
    const float scale =
        Elements<float>(test, "input_1")[0] * Elements<float>(test, "input_4")[0] / Elements<float>(test, "input_6")[0];
    const int32_t x_zero_point = Elements<uint8_t>(test, "input_2")[0];
    const int32_t filter_zero_point = Elements<uint8_t>(test, "input_5")[0];
    Requantization r;
    r.scales = {&scale, 1};
    r.a_zero_points = {&x_zero_point, 1};
    r.b_zero_points = {&filter_zero_point, 1};
    r.zero_point = Elements<uint8_t>(test, "input_7")[0];
    std::vector<uint8_t> y(expected.data.size());
    ImageView<uint8_t> view = expected.view;
    view.data = y.data();
    ISOQUANT_CHECK_OK(Conv2d(context, ImageView<const uint8_t>(x.view), filter, r, view));
    CHECK(y == expected.data);
  });
}

struct PoolTest {
  const char* name;
  Conv2dGeometry geometry;
  bool count_include_pad = false;
};

TEST_CASE("ONNX images: MaxPool") {
  if (!IsThere()) return;
  const auto check = [](const PoolTest& test, auto type) {
    using T = decltype(type);
    ForEachTier([&](Context& context) {
      INFO(test.name);
      const Image<T> x(context, test.name, "input_0"), expected(context, test.name, "output_0");
      std::vector<T> y(expected.data.size());
      ImageView<T> view = expected.view;
      view.data = y.data();
      ISOQUANT_CHECK_OK(MaxPool2d(context, ImageView<const T>(x.view), test.geometry, view));
      CHECK(y == expected.data);
    });
  };
  check({"test_maxpool_2d_uint8", Square(5, 1, 2)}, uint8_t());
  for (const PoolTest& test :
       {PoolTest{"test_maxpool_2d_default", Square(2, 1, 0)}, PoolTest{"test_maxpool_2d_pads", Square(3, 1, 2)},
        PoolTest{"test_maxpool_2d_strides", Square(5, 3, 0)}, PoolTest{"test_maxpool_2d_dilations", Square(2, 1, 0, 2)},
        PoolTest{"test_maxpool_2d_precomputed_pads", Square(5, 1, 2)},
        PoolTest{"test_maxpool_2d_precomputed_strides", Square(2, 2, 0)}}) {
    check(test, float());
  }
}

// The files' averages were added up in another order.
TEST_CASE("ONNX images: AveragePool and GlobalAveragePool") {
  if (!IsThere()) return;
  const auto check = [](const char* name, const auto& pool) {
    ForEachTier([&](Context& context) {
      INFO(name);
      const Image<float> x(context, name, "input_0"), expected(context, name, "output_0");
      std::vector<float> y(expected.data.size());
      ImageView<float> view = expected.view;
      view.data = y.data();
      ISOQUANT_CHECK_OK(pool(context, ImageView<const float>(x.view), view));
      size_t wrong = 0;
      for (size_t i = 0; i < y.size(); ++i) {
        wrong += std::fabs(y[i] - expected.data[i]) < 1e-6f * (1 + std::fabs(y[i])) ? 0 : 1;
      }
      CHECK(wrong == 0);
    });
  };
  for (const PoolTest& test :
       {PoolTest{"test_averagepool_2d_default", Square(2, 1, 0)},
        PoolTest{"test_averagepool_2d_strides", Square(5, 3, 0)}, PoolTest{"test_averagepool_2d_pads", Square(3, 1, 2)},
        PoolTest{"test_averagepool_2d_pads_count_include_pad", Square(3, 1, 2), true},
        PoolTest{"test_averagepool_2d_precomputed_pads", Square(5, 1, 2)},
        PoolTest{"test_averagepool_2d_precomputed_pads_count_include_pad", Square(5, 1, 2), true},
        PoolTest{"test_averagepool_2d_precomputed_strides", Square(2, 2, 0)}}) {
    check(test.name, [&](Context& context, const ImageView<const float>& x, const ImageView<float>& y) {
      return AveragePool2d(context, x, test.geometry, y, AveragePooling{test.count_include_pad, 0});
    });
  }
  for (const char* name : {"test_globalaveragepool", "test_globalaveragepool_precomputed"}) {
    check(name, [](Context& context, const ImageView<const float>& x, const ImageView<float>& y) {
      return GlobalAveragePool(context, x, y);
    });
  }
}

struct ResizeTest {
  const char* name;
  ResizeMode mode = ResizeMode::kNearest;
  ResizeCoordinates coordinates = ResizeCoordinates::kHalfPixel;
  NearestRounding rounding = NearestRounding::kRoundPreferFloor;
  bool has_scales = false;  // else sizes
};

// Nearest pixels are copies. Between pixels the files' values were computed in another order. (The file
// test_resize_downsample_scales_linear_align_corners is left out: it puts 2.4 pixels, the scale times the size, in
// place of the 2 that there are, where the operator's text has the length of the output.)
TEST_CASE("ONNX images: Resize") {
  if (!IsThere()) return;
  constexpr ResizeMode kLinear = ResizeMode::kLinear, kNearest = ResizeMode::kNearest;
  constexpr ResizeCoordinates kHalf = ResizeCoordinates::kHalfPixel, kCorners = ResizeCoordinates::kAlignCorners;
  constexpr NearestRounding kFloor = NearestRounding::kFloor, kRound = NearestRounding::kRoundPreferFloor;
  for (const ResizeTest& test :
       {ResizeTest{"test_resize_upsample_scales_linear", kLinear, kHalf, kRound, true},
        ResizeTest{"test_resize_upsample_scales_linear_align_corners", kLinear, kCorners, kRound, true},
        ResizeTest{"test_resize_downsample_scales_linear", kLinear, kHalf, kRound, true},
        ResizeTest{"test_resize_downsample_sizes_linear_pytorch_half_pixel", kLinear,
                   ResizeCoordinates::kPytorchHalfPixel},
        ResizeTest{"test_resize_upsample_scales_nearest", kNearest, kHalf, kRound, true},
        ResizeTest{"test_resize_downsample_scales_nearest", kNearest, kHalf, kRound, true},
        ResizeTest{"test_resize_upsample_sizes_nearest"}, ResizeTest{"test_resize_downsample_sizes_nearest"},
        ResizeTest{"test_resize_upsample_sizes_nearest_ceil_half_pixel", kNearest, kHalf, NearestRounding::kCeil},
        ResizeTest{"test_resize_upsample_sizes_nearest_floor_align_corners", kNearest, kCorners, kFloor},
        ResizeTest{"test_resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric", kNearest,
                   ResizeCoordinates::kAsymmetric, NearestRounding::kRoundPreferCeil},
        ResizeTest{"test_resize_downsample_sizes_nearest_tf_half_pixel_for_nn", kNearest,
                   ResizeCoordinates::kTfHalfPixelForNn}}) {
    ForEachTier([&](Context& context) {
      INFO(test.name);
      const Image<float> x(context, test.name, "input_0"), expected(context, test.name, "output_0");
      Resizing resizing;
      resizing.mode = test.mode;
      resizing.coordinates = test.coordinates;
      resizing.rounding = test.rounding;
      if (test.has_scales) {
        const std::vector<float> scales = Elements<float>(test.name, "input_1");
        REQUIRE(scales.size() == 4);
        resizing.scale_h = scales[2];
        resizing.scale_w = scales[3];
      }
      std::vector<float> y(expected.data.size());
      ImageView<float> view = expected.view;
      view.data = y.data();
      ISOQUANT_CHECK_OK(Resize2d(context, ImageView<const float>(x.view), resizing, view));
      size_t wrong = 0;
      for (size_t i = 0; i < y.size(); ++i) {
        const float tolerance = test.mode == kNearest ? 0.0f : 1e-6f * (1 + std::fabs(y[i]));
        wrong += std::fabs(y[i] - expected.data[i]) <= tolerance ? 0 : 1;
      }
      CHECK(wrong == 0);
    });
  }
}

}  // namespace
}  // namespace isoquant
