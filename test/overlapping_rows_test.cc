// Tests of inputs whose rows overlap: what they give is what a copy with rows of its own gives.
#include <cstring>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "test/guarded.h"
#include "test/support.h"

namespace isoquant {
namespace {

// `rows` rows of `cols` elements that begin `stride` elements apart, stride <= cols, and the same in rows of their own.
// Both end at a guard page.
template <class T>
struct Windows {
  Windows(Random& random, size_t rows, size_t cols, size_t stride)
      : memory((rows - 1) * stride + cols), copy(rows, cols), view(memory.data(), rows, cols, stride) {
    for (T& x : memory) {
      const uint64_t bits = random();
      x = std::is_same<T, float>::value ? static_cast<T>(static_cast<int32_t>(bits >> 40) - (1 << 23))
                                        : static_cast<T>(bits);
    }
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) copy.at(r, c) = view.Row(r)[c];
    }
  }

  Guarded<T> memory;
  GuardedMatrix<T> copy;
  MatrixView<const T> view;
};

// Whether both ways write the same bytes; run(input, output) is one of them.
template <class T, class Out, class Run>
bool IsSame(const Windows<T>& x, size_t cols, const Run& run) {
  const size_t rows = x.view.rows;
  const GuardedMatrix<Out> from_windows(rows, cols), from_copy(rows, cols);
  ISOQUANT_CHECK_OK(run(x.view, from_windows.view()));
  ISOQUANT_CHECK_OK(run(x.copy.const_view(), from_copy.view()));
  return rows * cols == 0 ||
         std::memcmp(from_windows.buffer().data(), from_copy.buffer().data(), rows * cols * sizeof(Out)) == 0;
}

struct Sizes {
  size_t m, k, n, stride;
};
// Lone tiles, several tiles, in place and arranged; strides on lines of the cache, too.
constexpr Sizes kSizes[] = {{3, 37, 20, 1},   {17, 64, 150, 0}, {40, 200, 33, 64},
                            {33, 130, 16, 7}, {70, 512, 48, 3}, {5, 1030, 600, 0}};

template <class A>
void CheckIntegers(Context& context, Random& random, const Sizes& s) {
  const Windows<A> a(random, s.m, s.k, s.stride);
  const GuardedMatrix<int8_t> b(s.k, s.n);
  FillIntegers(random, b.buffer().data(), s.k * s.n);
  const PackedWeights packed = Packed(context, KxN{b.const_view()});
  const auto multiply = [&](const MatrixView<const A>& rows, const MatrixView<int32_t>& c) {
    return MatMul(context, rows, packed, c);
  };
  const auto multiply_plain = [&](const MatrixView<const A>& rows, const MatrixView<int32_t>& c) {
    return MatMul(context, rows, KxN{b.const_view()}, c);
  };
  CHECK(IsSame<A, int32_t>(a, s.n, multiply));
  CHECK(IsSame<A, int32_t>(a, s.n, multiply_plain));
}

void CheckFloats(Context& context, Random& random, const Sizes& s) {
  const Windows<float> x(random, s.m, s.k, s.stride);
  const GuardedMatrix<float> f(s.k, s.n);
  for (float& value : f.buffer()) value = random.Signed();
  CHECK(IsSame<float, float>(x, s.n, [&](const MatrixView<const float>& rows, const MatrixView<float>& c) {
    return MatMul(context, rows, KxN{f.const_view()}, c);
  }));

  const GuardedMatrix<int8_t> b(s.k, s.n);
  FillIntegers(random, b.buffer().data(), s.k * s.n);
  const PackedWeights packed = Packed(context, KxN{b.const_view()});
  const std::vector<float> scales(s.n, 0x1p-9f);
  LinearLayer layer;
  layer.weights = &packed;
  layer.column_scales = {scales.data(), s.n};
  for (const RowQuantization quantization : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
    layer.quantization = quantization;
    CHECK(IsSame<float, float>(x, s.n, [&](const MatrixView<const float>& rows, const MatrixView<float>& y) {
      return Linear(context, rows, layer, y);
    }));
  }

  std::vector<float> row_scales(s.m);
  CHECK(IsSame<float, int8_t>(x, s.k, [&](const MatrixView<const float>& rows, const MatrixView<int8_t>& q) {
    return QuantizeRows(context, rows, q, {row_scales.data(), s.m});
  }));
  CHECK(IsSame<float, float>(x, s.k, [&](const MatrixView<const float>& rows, const MatrixView<float>& y) {
    return RmsNorm(context, rows, {}, 1e-5f, y);
  }));
  CHECK(IsSame<float, BFloat16>(x, s.k, [&](const MatrixView<const float>& rows, const MatrixView<BFloat16>& y) {
    return Convert(context, rows, y);
  }));
}

TEST_CASE("Rows that overlap: windows of a signal and one row for all give what a copy gives") {
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    Random random(83);
    for (const Sizes& s : kSizes) {
      CAPTURE(s.m);
      CAPTURE(s.k);
      CAPTURE(s.stride);
      CheckIntegers<int8_t>(context, random, s);
      CheckIntegers<uint8_t>(context, random, s);
      CheckFloats(context, random, s);
    }
  });
}

TEST_CASE("Rows that overlap: those of outputs and of plain weights may not; nor may windows reach into an output") {
  Context context;
  std::vector<int8_t> bytes(1000);
  std::vector<int32_t> sums(100);
  const MatrixView<const int8_t> a(bytes.data(), 4, 8, 1);
  const KxN b{{bytes.data() + 100, 8, 5}};
  ISOQUANT_CHECK_OK(MatMul(context, a, b, {sums.data(), 4, 5}));
  CHECK(MatMul(context, a, b, {sums.data(), 4, 5, 4}).ToString() == "c.row_stride is 4, expected at least c.cols = 5");
  const KxN windows{{bytes.data() + 100, 8, 5, 4}};
  CHECK(MatMul(context, a, windows, {sums.data(), 4, 5}).ToString() ==
        "b.row_stride is 4, expected at least b.cols = 5");
  PackedWeights packed;
  CHECK(PackedWeights::Pack(context, windows, packed).code() == StatusCode::kTooSmall);
  // q lies behind the last window, or in it.
  std::vector<float> x(40), scales(4);
  const MatrixView<const float> rows(x.data(), 4, 8, 1);
  ISOQUANT_CHECK_OK(QuantizeRows(context, rows, {reinterpret_cast<int8_t*>(x.data() + 11), 4, 8}, {scales.data(), 4}));
  CHECK(QuantizeRows(context, rows, {reinterpret_cast<int8_t*>(x.data() + 10), 4, 8}, {scales.data(), 4}).code() ==
        StatusCode::kOverlap);
}

}  // namespace
}  // namespace isoquant
