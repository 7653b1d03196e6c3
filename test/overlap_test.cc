// Tests of views that lie within each other's ranges: windows of one buffer are apart, and every operation takes them;
// one common element is an overlap.
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "hwy/base.h"
#include "isoquant/isoquant.h"
#include "src/check.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr size_t kArena = 160;  // bytes

template <class T>
std::vector<bool> BytesOf(const uint8_t* arena, const MatrixView<T>& v) {
  std::vector<bool> bytes(kArena);
  for (size_t r = 0; r < v.rows; ++r) {
    for (size_t i = 0; i < v.cols * sizeof(T); ++i) {
      bytes[static_cast<size_t>(reinterpret_cast<const uint8_t*>(v.Row(r)) - arena) + i] = true;
    }
  }
  return bytes;
}

// A view of any shape within the arena; rows may touch one another, but do not overlap.
template <class T>
MatrixView<T> RandomView(Random& random, uint8_t* arena, size_t stride) {
  const size_t elements = kArena / sizeof(T);
  if (stride == 0) stride = 1 + random.Below(24);
  MatrixView<T> v(nullptr, random.Below(7), random.Below(stride + 1), stride);
  while (v.rows > 1 && (v.rows - 1) * stride + v.cols > elements) --v.rows;
  const size_t size = v.empty() ? 0 : (v.rows - 1) * stride + v.cols;
  v.data = reinterpret_cast<T*>(arena) + random.Below(elements - size + 1);
  if (v.rows == 1 && random.Below(2) == 0) v.row_stride = SIZE_MAX;  // the stride of a single row does not matter
  return v;
}

template <class A, class B>
void CompareWithBytes(Random& random, size_t a_stride, size_t b_stride, size_t& overlaps, size_t& within) {
  alignas(64) uint8_t arena[kArena];
  const MatrixView<A> a = RandomView<A>(random, arena, a_stride);
  const MatrixView<B> b = RandomView<B>(random, arena, b_stride);
  const std::vector<bool> a_bytes = BytesOf(arena, a), b_bytes = BytesOf(arena, b);
  bool expected = false;
  for (size_t i = 0; i < kArena; ++i) expected = expected || (a_bytes[i] && b_bytes[i]);
  CAPTURE(a.rows);
  CAPTURE(a.cols);
  CAPTURE(a.row_stride);
  CAPTURE(b.rows);
  CAPTURE(b.cols);
  CAPTURE(b.row_stride);
  const Status status = CheckDisjoint("a", a, "b", b);
  CHECK(status.ok() == !expected);
  CHECK(CheckDisjoint("b", b, "a", a).ok() == !expected);
  overlaps += expected ? 1 : 0;
  const bool apart = AreApart(Range(a), Range(b));
  within += !expected && !apart && !a.empty() && !b.empty() ? 1 : 0;
}

TEST_CASE("Overlap: exact for views of any strides") {
  Random random(1);
  size_t overlaps = 0, within = 0;
  for (size_t i = 0; i < 20000; ++i) {
    CompareWithBytes<uint8_t, uint8_t>(random, 0, 0, overlaps, within);
    CompareWithBytes<uint8_t, int8_t>(random, 16, 16, overlaps, within);
    CompareWithBytes<float, uint8_t>(random, 5, 20, overlaps, within);
    CompareWithBytes<uint8_t, float>(random, 0, 0, overlaps, within);
  }
  CHECK(overlaps > 10000);  // neither answer is rare
  CHECK(within > 3000);
}

TEST_CASE("Overlap: sizes near the end of the address space") {
  // Never dereferenced: addresses alone count.
  const auto at = [](uintptr_t address) { return reinterpret_cast<uint8_t*>(address); };
  constexpr size_t kHalf = SIZE_MAX / 2;
  const MatrixView<uint8_t> a(at(64), 2, 1, kHalf - 1);
  CHECK(CheckDisjoint("a", a, "b", MatrixView<uint8_t>(at(65), 1, kHalf - 2)).ok());
  CHECK(!CheckDisjoint("a", a, "b", MatrixView<uint8_t>(at(65), 1, kHalf - 1)).ok());
  CHECK(!CheckDisjoint("a", a, "b", MatrixView<uint8_t>(at(64), 3, 2, kHalf / 2)).ok());
}

constexpr size_t kRows = 37, kCols = 64;
constexpr size_t kStrideBytes = 2 * kCols * sizeof(float);  // of the buffer that both views are windows of

// Calls run(context, x, y) for windows of one buffer, and compares with a y elsewhere; then for windows that have one
// column, or one element, in common.
template <class X, class Y, class Run>
void CheckWindows(const char* output, const char* input, const Run& run) {
  std::vector<uint32_t> memory(2 * kRows * kStrideBytes / sizeof(uint32_t));
  uint8_t* const bytes = reinterpret_cast<uint8_t*>(memory.data());
  Random random(3);
  for (uint32_t& value : memory) value = static_cast<uint32_t>(random());
  const MatrixView<X> x(reinterpret_cast<X*>(bytes), kRows, kCols, kStrideBytes / sizeof(X));
  if constexpr (std::is_same<X, float>::value) {
    for (size_t r = 0; r < kRows; ++r) {
      for (size_t c = 0; c < kCols; ++c) x.Row(r)[c] = random.Signed();
    }
  }
  const std::vector<uint32_t> before = memory;
  const auto y_at = [&](size_t offset) {
    return MatrixView<Y>(reinterpret_cast<Y*>(bytes + offset), kRows, kCols, kStrideBytes / sizeof(Y));
  };

  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    std::vector<Y> elsewhere(kRows * kCols);
    ISOQUANT_CHECK_OK(run(context, x, MatrixView<Y>(elsewhere.data(), kRows, kCols)));
    CHECK(memory == before);

    // Right behind x's columns, and up to the end of the rows.
    const size_t behind = HWY_MAX(kCols * sizeof(X), sizeof(Y));
    for (const size_t offset : {behind, kStrideBytes - kCols * sizeof(Y)}) {
      ISOQUANT_CHECK_OK(run(context, x, y_at(offset)));
      std::vector<uint32_t> expected = before;
      for (size_t r = 0; r < kRows; ++r) {
        std::memcpy(reinterpret_cast<uint8_t*>(expected.data()) + offset + r * kStrideBytes,
                    elsewhere.data() + r * kCols, kCols * sizeof(Y));
      }
      CHECK(memory == expected);
      memory = before;
    }

    const size_t last_column = behind - sizeof(Y);
    for (const size_t offset : {last_column, last_column + (kRows - 1) * kStrideBytes}) {
      CheckRefused(run(context, x, y_at(offset)), Overlap(output, input));
      CHECK(memory == before);
    }
  });
}

// Weights, scales: 64 x 64.
struct Layer {
  Layer() : scales(64, 0.03125f), values(64 * 64) {
    Random random(9);
    FillIntegers(random, values.data(), values.size());
    weights = Packed(context, NxK{{values.data(), 64, 64}});
    linear.weights = &weights;
    linear.column_scales = {scales.data(), 64};
    requantization.scales = {scales.data(), 64};
    dequantization.row_scales = {scales.data(), 1};
    dequantization.column_scales = {scales.data(), 64};
  }

  Context context;
  std::vector<float> scales;
  std::vector<int8_t> values;
  PackedWeights weights;
  LinearLayer linear;
  Requantization requantization;
  Dequantization dequantization;
};

TEST_CASE("Overlap: products take windows of one buffer") {
  Layer layer;
  CheckWindows<float, float>("y", "x", [&](Context& context, const MatrixView<const float>& x, MatrixView<float> y) {
    return Linear(context, x, layer.linear, y);
  });
  CheckWindows<uint8_t, uint8_t>(
      "c", "a", [&](Context& context, const MatrixView<const uint8_t>& a, const MatrixView<uint8_t>& c) {
        return MatMul(context, a, layer.weights, layer.requantization, c);
      });
  CheckWindows<int8_t, float>("c", "a",
                              [&](Context& context, const MatrixView<const int8_t>& a, const MatrixView<float>& c) {
                                return MatMul(context, a, layer.weights, layer.dequantization, c);
                              });
  for (const bool is_packed : {true, false}) {
    const WeightsRef weights = is_packed ? WeightsRef(layer.weights) : WeightsRef(NxK{{layer.values.data(), 64, 64}});
    CheckWindows<uint8_t, int32_t>(
        "c", "a", [&](Context& context, const MatrixView<const uint8_t>& a, const MatrixView<int32_t>& c) {
          return MatMul(context, a, weights, c);
        });
  }
}

TEST_CASE("Overlap: operations on elements take windows of one buffer") {
  std::vector<float> scales(64);
  std::vector<int32_t> zero_points(64);
  CheckWindows<float, int8_t>("q", "x", [&](Context& context, MatrixView<const float> x, MatrixView<int8_t> q) {
    return Quantize(context, x, 0.01f, 3, q);
  });
  CheckWindows<float, int8_t>("q", "x", [&](Context& context, MatrixView<const float> x, MatrixView<int8_t> q) {
    return QuantizeRows(context, x, q, {scales.data(), kRows});
  });
  CheckWindows<float, uint8_t>("q", "x", [&](Context& context, MatrixView<const float> x, MatrixView<uint8_t> q) {
    return QuantizeRows(context, x, q, {scales.data(), kRows}, {zero_points.data(), kRows});
  });
  CheckWindows<float, int8_t>("q", "x", [&](Context& context, MatrixView<const float> x, MatrixView<int8_t> q) {
    return QuantizeColumns(context, x, q, {scales.data(), 64});
  });
  CheckWindows<uint8_t, float>("x", "q", [&](Context& context, MatrixView<const uint8_t> q, MatrixView<float> x) {
    return Dequantize(context, q, 0.5f, 3, x);
  });
  const float scale = 1e-8f;
  CheckWindows<int32_t, uint8_t>(
      "c", "sums", [&](Context& context, const MatrixView<const int32_t>& sums, const MatrixView<uint8_t>& c) {
        Requantization r;
        r.scales = {&scale, 1};
        return Requantize(context, sums, r, c);
      });
}

TEST_CASE("Overlap: weights and vectors may lie in gaps of an output, but not in its rows") {
  Context context;
  std::vector<int32_t> memory(64 * 128);
  const std::vector<int8_t> a(8 * 4, 1);
  const MatrixView<const int8_t> rows(a.data(), 8, 4);
  const MatrixView<int32_t> c(memory.data(), 8, 16, 128);
  int8_t* const bytes = reinterpret_cast<int8_t*>(memory.data());
  const auto plain_at = [&](size_t byte) { return KxN{{bytes + byte, 4, 16, 512}}; };  // between the rows of c
  ISOQUANT_CHECK_OK(MatMul(context, rows, plain_at(64), c));
  CheckRefused(MatMul(context, rows, plain_at(63), c), Overlap("c", "b"));

  // Scales and zero points of four rows of q, behind the first row and on its last element.
  const std::vector<float> values(4 * 60, 1.0f);
  const MatrixView<const float> x(values.data(), 4, 60);
  const MatrixView<int8_t> s8(bytes, 4, 60, 512);
  const MatrixView<uint8_t> u8(reinterpret_cast<uint8_t*>(bytes), 4, 60, 512);
  float* const floats = reinterpret_cast<float*>(bytes);
  ISOQUANT_CHECK_OK(QuantizeRows(context, x, s8, {floats + 15, 4}));
  CheckRefused(QuantizeRows(context, x, s8, {floats + 14, 4}), Overlap("scales", "q"));
  ISOQUANT_CHECK_OK(QuantizeRows(context, x, u8, {floats + 15, 4}, {memory.data() + 19, 4}));
  CheckRefused(QuantizeRows(context, x, u8, {floats + 14, 4}, {memory.data() + 19, 4}), Overlap("scales", "q"));
  CheckRefused(QuantizeRows(context, x, u8, {floats + 15, 4}, {memory.data() + 14, 4}), Overlap("zero_points", "q"));
  CheckRefused(QuantizeRows(context, x, u8, {floats + 15, 4}, {memory.data() + 18, 4}),
               Overlap("zero_points", "scales"));
  const MatrixView<int8_t> columns(bytes, 4, 60, 512);
  ISOQUANT_CHECK_OK(QuantizeColumns(context, x, columns, {floats + 15, 60}));
  CheckRefused(QuantizeColumns(context, x, columns, {floats + 14, 60}), Overlap("scales", "q"));
}

TEST_CASE("Overlap: sums of the columns past the end are read, too") {
  // N = 1: a panel has 16 sums.
  Context context;
  const std::vector<int8_t> a(4, 1);
  alignas(64) int8_t panels[64] = {};
  alignas(64) int32_t sums[32] = {};
  const PackedPanels b{panels, sums, 4, 1};
  const MatrixView<const int8_t> row(a.data(), 1, 4);
  CheckRefused(MatMul(context, row, WeightsRef(b), MatrixView<int32_t>(sums + 15, 1, 1)), Overlap("c", "b"));
  ISOQUANT_CHECK_OK(MatMul(context, row, WeightsRef(b), MatrixView<int32_t>(sums + 16, 1, 1)));
}

}  // namespace
}  // namespace isoquant
