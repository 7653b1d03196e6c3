// Tests of where rows of A come from: rows gathered from segments, and the sums of rows of all sources. Every tier,
// lone tiles, blocks and tasks, against the scalar definitions.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/inl/sources/row_parameters.h"
#include "isoquant/isoquant.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/row_sources_test.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/sources/quantized_rows-inl.h"
#include "isoquant/inl/sources/segmented_rows-inl.h"
#include "src/engine.h"

#ifndef ISOQUANT_TEST_ROW_SOURCES_TEST_CC_
#define ISOQUANT_TEST_ROW_SOURCES_TEST_CC_
namespace isoquant {
namespace {

// As SegmentedRows takes them.
template <class A>
struct Segments {
  const A* const* pointers;
  size_t rows, segments, segment_k;
};

// What all products of a test have but A.
struct Rest {
  const WeightsRef& b;
  StageRef<int32_t> stage;
  int32_t* row_sums;
};

}  // namespace
}  // namespace isoquant
#endif  // ISOQUANT_TEST_ROW_SOURCES_TEST_CC_

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class A>
Status RunSegments(Context& context, const Segments<A>& a, const Rest& rest) {
  const SegmentedRows<A> rows(a.pointers, a.rows, a.segments, a.segment_k);
  return RunEngine(context, RowSource<A>(rows, rest.row_sums), rest.b, rest.stage);
}
Status SegmentsS8(Context& context, const Segments<int8_t>& a, const Rest& rest) {
  return RunSegments(context, a, rest);
}
Status SegmentsU8(Context& context, const Segments<uint8_t>& a, const Rest& rest) {
  return RunSegments(context, a, rest);
}

Status MatrixS8(Context& context, const MatrixView<const int8_t>& a, const Rest& rest) {
  return RunEngine(context, RowSource<int8_t>(a, rest.row_sums), rest.b, rest.stage);
}
Status MatrixU8(Context& context, const MatrixView<const uint8_t>& a, const Rest& rest) {
  return RunEngine(context, RowSource<uint8_t>(a, rest.row_sums), rest.b, rest.stage);
}

template <class Q>
Status RunQuantized(Context& context, const MatrixView<const float>& x, const RowParameters& parameters,
                    const Rest& rest) {
  const QuantizedRows<float, Q> rows(x, parameters);
  return RunEngine(context, RowSource<Q>(rows, rest.row_sums), rest.b, rest.stage);
}
Status QuantizedS8(Context& context, const MatrixView<const float>& x, const RowParameters& parameters,
                   const Rest& rest) {
  return RunQuantized<int8_t>(context, x, parameters, rest);
}
Status QuantizedU8(Context& context, const MatrixView<const float>& x, const RowParameters& parameters,
                   const Rest& rest) {
  return RunQuantized<uint8_t>(context, x, parameters, rest);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

HWY_EXPORT(SegmentsS8);
HWY_EXPORT(SegmentsU8);
HWY_EXPORT(MatrixS8);
HWY_EXPORT(MatrixU8);
HWY_EXPORT(QuantizedS8);
HWY_EXPORT(QuantizedU8);

Status Multiply(Context& context, const Segments<int8_t>& a, const Rest& rest) {
  return ISOQUANT_DISPATCH(context, SegmentsS8)(context, a, rest);
}
Status Multiply(Context& context, const Segments<uint8_t>& a, const Rest& rest) {
  return ISOQUANT_DISPATCH(context, SegmentsU8)(context, a, rest);
}
Status Multiply(Context& context, const MatrixView<const int8_t>& a, const Rest& rest) {
  return ISOQUANT_DISPATCH(context, MatrixS8)(context, a, rest);
}
Status Multiply(Context& context, const MatrixView<const uint8_t>& a, const Rest& rest) {
  return ISOQUANT_DISPATCH(context, MatrixU8)(context, a, rest);
}

// Compares each tile with the expected product as it arrives, and then the sums of its rows.
class Comparison : public StageBase<int32_t> {
 public:
  Comparison(MatrixView<const int32_t> expected, const int32_t* expected_sums, const int32_t* row_sums)
      : StageBase<int32_t>(&Compare, expected),
        expected_(expected),
        expected_sums_(expected_sums),
        row_sums_(row_sums) {}

  size_t seen() const { return seen_; }
  size_t wrong() const { return wrong_; }
  size_t wrong_sums() const { return wrong_sums_; }

 private:
  static void Compare(const StageBase<int32_t>& stage, size_t row, size_t rows, size_t col, size_t cols,
                      const int32_t* sums, size_t stride) {
    const Comparison& self = static_cast<const Comparison&>(stage);
    for (size_t r = row; r < row + rows; ++r, sums += stride) {
      for (size_t i = 0; i < cols; ++i) self.wrong_ += sums[i] != self.expected_.Row(r)[col + i] ? 1 : 0;
      if (self.row_sums_ != nullptr) self.wrong_sums_ += self.row_sums_[r] != self.expected_sums_[r] ? 1 : 0;
    }
    self.seen_ += rows * cols;
  }

  const MatrixView<const int32_t> expected_;
  const int32_t* const expected_sums_;
  const int32_t* const row_sums_;
  mutable std::atomic<size_t> seen_{0}, wrong_{0}, wrong_sums_{0};
};

// B, and what its products with the rows of a matrix A must be.
template <class A>
class Expected {
 public:
  Expected(Random& random, const MatrixView<const A>& a, size_t n) : b_(a.cols, n), c_(a.rows, n), sums_(a.rows) {
    FillIntegers(random, b_.buffer().data(), b_.buffer().size());
    ReferenceMatMul(a, b_.const_view(), false, c_.view());
    for (size_t m = 0; m < a.rows; ++m) {
      for (size_t k = 0; k < a.cols; ++k) sums_[m] += a.Row(m)[k];
    }
    Context context;
    packed_ = Packed(context, KxN{b_.const_view()});
  }

  // run(rest): one product. Packed weights and plain ones, with row sums and without.
  template <class Run>
  void Check(const Run& run) const {
    for (const bool plain : {false, true}) {
      for (const bool asked : {true, false}) {
        CAPTURE(plain);
        CAPTURE(asked);
        const WeightsRef weights = plain ? WeightsRef(KxN{b_.const_view()}) : WeightsRef(packed_);
        Guarded<int32_t> row_sums(sums_.size());
        for (size_t m = 0; m < row_sums.size(); ++m) row_sums[m] = ~sums_[m];
        int32_t* const sums = asked ? row_sums.data() : nullptr;
        const Comparison comparison(c_.const_view(), sums_.data(), sums);
        ISOQUANT_CHECK_OK(run(Rest{weights, StageRef<int32_t>(comparison), sums}));
        CHECK(comparison.seen() == sums_.size() * weights.n());
        CHECK(comparison.wrong() == 0);
        CHECK(comparison.wrong_sums() == 0);
        // No output, no sums.
        for (size_t m = 0; m < row_sums.size(); ++m) {
          const bool written = asked && weights.n() != 0;
          CHECK(row_sums[m] == (written ? sums_[m] : ~sums_[m]));
        }
      }
    }
  }

 private:
  GuardedMatrix<int8_t> b_;
  GuardedMatrix<int32_t> c_;
  std::vector<int32_t> sums_;
  PackedWeights packed_;
};

// Rows of segments that begin or end at guard pages, or lie within longer buffers, where they overlap; some are the
// padding line; and some follow each other in memory.
template <class A>
class RandomSegments {
 public:
  RandomSegments(Random& random, size_t rows, size_t segments, size_t segment_k)
      : rows_(rows), segments_(segments), segment_k_(segment_k), gathered_(rows * segments * segment_k) {
    for (size_t i = 0; i < 9; ++i) {
      const auto at = i % 3 == 2 ? Guarded<A>::At::kBegin : Guarded<A>::At::kEnd;
      buffers_.emplace_back(new Guarded<A>(segment_k + (i < 3 ? 0 : random.Below(3 * segment_k + 1)), at));
      FillIntegers(random, buffers_.back()->data(), buffers_.back()->size());
    }
    Guarded<A>& padding = *buffers_[0];
    std::fill(padding.begin(), padding.end(), static_cast<A>(random()));
    for (size_t i = 0; i < rows * segments; ++i) {
      const Guarded<A>& buffer = *buffers_[random.Below(buffers_.size())];
      const size_t room = buffer.size() - segment_k;
      const A* pointer = buffer.data() + (random.Below(2) == 0 ? room : random.Below(room + 1));
      if (i != 0 && random.Below(4) == 0 && HasRoom(pointers_.back() + segment_k)) {
        pointer = pointers_.back() + segment_k;
      }
      pointers_.push_back(pointer);
      std::copy(pointer, pointer + segment_k, gathered_.data() + i * segment_k);
    }
  }

  Segments<A> segments() const { return {pointers_.data(), rows_, segments_, segment_k_}; }
  MatrixView<const A> gathered() const { return {gathered_.data(), rows_, segments_ * segment_k_}; }

 private:
  // Whether a segment may begin there.
  bool HasRoom(const A* pointer) const {
    for (const auto& buffer : buffers_) {
      if (pointer >= buffer->begin() && pointer + segment_k_ <= buffer->end()) return true;
    }
    return false;
  }

  const size_t rows_, segments_, segment_k_;
  std::vector<std::unique_ptr<Guarded<A>>> buffers_;
  std::vector<const A*> pointers_;
  std::vector<A> gathered_;
};

// m rows, n columns.
template <class A>
void CheckSegments(Random& random, size_t m, size_t segments, size_t segment_k, size_t n) {
  CAPTURE(m);
  CAPTURE(segments);
  CAPTURE(segment_k);
  CAPTURE(n);
  const RandomSegments<A> rows(random, m, segments, segment_k);
  const Expected<A> expected(random, rows.gathered(), n);
  ForEachTierOn<ThreadExecutor>({1, 2, 3, 8}, [&](Context& context, const ThreadExecutor&) {
    expected.Check([&](const Rest& rest) { return Multiply(context, rows.segments(), rest); });
  });
}

template <class A>
void CheckMatrix(Random& random, const Shape& s) {
  CAPTURE(s.m);
  CAPTURE(s.k);
  CAPTURE(s.n);
  CAPTURE(s.gap);
  GuardedMatrix<A> a(s.m, s.k, s.k + s.gap);
  FillIntegers(random, a.buffer().data(), a.buffer().size());
  if (s.m > 2) {
    std::fill_n(&a.at(0, 0), s.k, std::numeric_limits<A>::min());
    std::fill_n(&a.at(1, 0), s.k, std::numeric_limits<A>::max());
  }
  const Expected<A> expected(random, a.const_view(), s.n);
  ForEachTierOn<ThreadExecutor>({1, 2, 3, 8}, [&](Context& context, const ThreadExecutor&) {
    expected.Check([&](const Rest& rest) { return Multiply(context, a.const_view(), rest); });
  });
}

TEST_CASE_TEMPLATE("Segmented rows: the product of the gathered matrix, and its row sums", A, int8_t, uint8_t) {
  Random random(141);
  // Every length of a segment alone and beside others, whatever it leaves of a piece.
  for (size_t segment_k = 1; segment_k <= 130; segment_k += 1 + random.Below(6)) {
    CheckSegments<A>(random, 1 + random.Below(30), 1 + random.Below(30), segment_k, 1 + random.Below(40));
  }
  for (const size_t segment_k : Sizes{1, 2, 3, 4, 8, 16, 27, 32, 48, 64, 128}) {
    CheckSegments<A>(random, 13, 9, segment_k, 33);
  }
  CheckSegments<A>(random, 1, 1, 1, 1);
  CheckSegments<A>(random, 7, 4, 0, 5);
  CheckSegments<A>(random, 7, 0, 3, 5);
  CheckSegments<A>(random, 7, 4, 3, 0);
  CheckSegments<A>(random, 3, 30, 401, 17);    // several chunks of K
  CheckSegments<A>(random, 130, 9, 70, 300);   // blocks of rows
  CheckSegments<A>(random, 20, 9, 100, 1100);  // parts of columns: several workers gather the same rows
}

// The windows of an image, as the header tells it.
TEST_CASE_TEMPLATE("Segmented rows: a convolution", A, int8_t, uint8_t) {
  Random random(142);
  constexpr size_t kHeight = 9, kWidth = 7, kOut = 20, kKernel = 3, kPadding = 2;
  for (const size_t channels : Sizes{1, 3, 16, 40}) {
    for (const size_t stride : Sizes{1, 2}) {
      for (const size_t dilation : Sizes{1, 2}) {
        CAPTURE(channels);
        CAPTURE(stride);
        CAPTURE(dilation);
        Guarded<A> image(kHeight * kWidth * channels), padding(channels);
        FillIntegers(random, image.data(), image.size());
        std::fill(padding.begin(), padding.end(), static_cast<A>(random()));
        const size_t span = (kKernel - 1) * dilation + 1;
        const size_t height = (kHeight + 2 * kPadding - span) / stride + 1;
        const size_t width = (kWidth + 2 * kPadding - span) / stride + 1;
        const size_t k = kKernel * kKernel * channels;
        std::vector<const A*> pointers;
        std::vector<A> windows;
        for (size_t y = 0; y < height; ++y) {
          for (size_t x = 0; x < width; ++x) {
            for (size_t r = 0; r < kKernel; ++r) {
              for (size_t s = 0; s < kKernel; ++s) {
                const size_t row = y * stride + r * dilation - kPadding, col = x * stride + s * dilation - kPadding;
                const bool inside = row < kHeight && col < kWidth;
                pointers.push_back(inside ? image.data() + (row * kWidth + col) * channels : padding.data());
                for (size_t c = 0; c < channels; ++c) {
                  windows.push_back(inside ? image[(row * kWidth + col) * channels + c] : padding[c]);
                }
              }
            }
          }
        }
        const Expected<A> expected(random, {windows.data(), height * width, k}, kOut);
        const Segments<A> segments{pointers.data(), height * width, kKernel * kKernel, channels};
        ForEachTier([&](Context& context) {
          expected.Check([&](const Rest& rest) { return Multiply(context, segments, rest); });
        });
      }
    }
  }
}

TEST_CASE_TEMPLATE("Row sums: of a matrix, arranged and in place", A, int8_t, uint8_t) {
  Random random(143);
  // Few columns: rows in place, where the policy can. Many: arranged.
  for (const size_t n : Sizes{5, 300}) {
    for (const size_t k : Sizes{0, 1, 3, 4, 7, 8, 15, 16, 31, 33, 63, 64, 65, 100, 127, 129, 200}) {
      CheckMatrix<A>(random, {1 + random.Below(30), k, n, random.Below(3) * 5});
    }
  }
  CheckMatrix<A>(random, {5, 30, 0});
  CheckMatrix<A>(random, {0, 30, 5});
  CheckMatrix<A>(random, {3, 9001, 20});
  CheckMatrix<A>(random, {150, 260, 20});
  CheckMatrix<A>(random, {150, 260, 310, 3});
  CheckMatrix<A>(random, {20, 1000, 1100});
  CheckMatrix<A>(random, {20, 1024, 1100});
}

// Of what QuantizeRows makes of rows.
template <class Q>
void CheckQuantized(Random& random, const Shape& s) {
  CAPTURE(s.m);
  CAPTURE(s.k);
  CAPTURE(s.n);
  std::vector<float> x(s.m * s.k), scales(s.m), inverses(s.m);
  for (float& value : x) value = random.Signed() + 0.25f;
  x[s.k / 2] = std::numeric_limits<float>::infinity();
  std::vector<Q> q(x.size());
  std::vector<int32_t> zero_points(s.m);
  const MatrixView<const float> view(x.data(), s.m, s.k);
  Context any;
  if constexpr (std::is_signed<Q>::value) {
    ISOQUANT_CHECK_OK(QuantizeRows(any, view, {q.data(), s.m, s.k}, {scales.data(), s.m}));
  } else {
    ISOQUANT_CHECK_OK(QuantizeRows(any, view, {q.data(), s.m, s.k}, {scales.data(), s.m}, {zero_points.data(), s.m}));
  }
  const Expected<Q> expected(random, {q.data(), s.m, s.k}, s.n);
  ForEachTierOn<ThreadExecutor>({1, 2, 3, 8}, [&](Context& context, const ThreadExecutor&) {
    const RowParameters parameters{scales.data(), inverses.data(), zero_points.data()};
    expected.Check([&](const Rest& rest) {
      return std::is_signed<Q>::value ? ISOQUANT_DISPATCH(context, QuantizedS8)(context, view, parameters, rest)
                                      : ISOQUANT_DISPATCH(context, QuantizedU8)(context, view, parameters, rest);
    });
  });
}

TEST_CASE_TEMPLATE("Row sums: of rows that are quantised on their way", Q, int8_t, uint8_t) {
  Random random(144);
  for (const size_t k : Sizes{1, 4, 7, 16, 63, 64, 65, 100, 129}) {
    CheckQuantized<Q>(random, {1 + random.Below(30), k, 1 + random.Below(200)});
  }
  CheckQuantized<Q>(random, {150, 260, 310});
  CheckQuantized<Q>(random, {20, 1000, 1100});
}

}  // namespace
}  // namespace isoquant
#endif  // HWY_ONCE
