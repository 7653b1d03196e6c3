// ISA layer: sums of rows of A, for products with weights that have zero points. Rows are summed up when they have just
// been arranged, or are about to be read in place: they are in L1, or will be wanted there.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_ROW_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_ROW_SUMS_INL_H_
#undef ISOQUANT_INL_ISA_ROW_SUMS_INL_H_
#else
#define ISOQUANT_INL_ISA_ROW_SUMS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Where rows lie: the pieces of a row follow each other piece_step elements apart, rows begin row_step apart. (Numbers,
// not template arguments: one function serves all policies with pieces of a size, and matrices.)
struct PieceSteps {
  size_t row_step, piece_step;
};

// sums[r] = the sum modulo 2^32 of the first k elements of row r. Each byte is an element, or, if `flip` is 0x80, that
// element ^ 0x80. Nothing is read past the k-th.
template <size_t kPieceK>
HWY_NOINLINE void SumPieces(const uint8_t* row, PieceSteps steps, size_t rows, size_t k, uint8_t flip, bool is_signed,
                            int32_t* sums) {
  // Bytes are summed up as unsigned ones. Those of int8_t are 128 too large then.
  if (is_signed) flip ^= 0x80;
  const uint32_t bias = is_signed ? static_cast<uint32_t>(k) * 128 : 0;
  for (size_t r = 0; r < rows; ++r, row += steps.row_step) {
    const uint8_t* piece = row;
    size_t left = k;
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
    uint32_t sum = 0;
    for (; left != 0; piece += steps.piece_step) {
      const size_t n = Min(left, kPieceK);
      for (size_t j = 0; j < n; ++j) sum += static_cast<uint32_t>(piece[j] ^ flip);
      left -= n;
    }
#else
    const hn::CappedTag<uint8_t, kPieceK> d;
    const hn::Repartition<uint64_t, decltype(d)> d64;
    const size_t lanes = hn::Lanes(d);
    const auto flips = hn::Set(d, flip);
    auto sum64 = hn::Zero(d64);
    for (; left >= kPieceK; left -= kPieceK, piece += steps.piece_step) {
      for (size_t j = 0; j < kPieceK; j += lanes) {
        sum64 = hn::Add(sum64, hn::SumsOf8(hn::Xor(hn::LoadU(d, piece + j), flips)));
      }
    }
    uint32_t behind = 0;  // zeros behind the last element that were flipped too
    for (; left != 0; left -= Min(left, lanes), piece += lanes) {
      if (left < lanes) behind = static_cast<uint32_t>(lanes - left) * flip;
      sum64 = hn::Add(sum64, hn::SumsOf8(hn::Xor(hn::LoadN(d, piece, left), flips)));
    }
    const uint32_t sum = static_cast<uint32_t>(hn::ReduceSum(d64, sum64)) - behind;
#endif
    sums[r] = static_cast<int32_t>(sum - bias);
  }
}

// The same of elements that were widened.
template <size_t kPieceK>
HWY_NOINLINE void SumPieces(const int16_t* row, PieceSteps steps, size_t rows, size_t k, uint8_t, bool, int32_t* sums) {
  for (size_t r = 0; r < rows; ++r, row += steps.row_step) {
    const int16_t* piece = row;
    size_t left = k;
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
    uint32_t sum = 0;
    for (; left != 0; piece += steps.piece_step) {
      const size_t n = Min(left, kPieceK);
      for (size_t j = 0; j < n; ++j) sum += static_cast<uint32_t>(int32_t{piece[j]});
      left -= n;
    }
#else
    const hn::CappedTag<int16_t, kPieceK> d;
    const hn::RepartitionToWide<decltype(d)> d32;
    const hn::RebindToUnsigned<decltype(d32)> du32;
    const size_t lanes = hn::Lanes(d);
    const auto one = hn::Set(d, int16_t{1});
    auto sum32 = hn::Zero(d32);
    for (; left >= kPieceK; left -= kPieceK, piece += steps.piece_step) {
      for (size_t j = 0; j < kPieceK; j += lanes) {
        sum32 = hn::Add(sum32, hn::WidenMulPairwiseAdd(d32, hn::LoadU(d, piece + j), one));
      }
    }
    for (; left != 0; left -= Min(left, lanes), piece += lanes) {
      sum32 = hn::Add(sum32, hn::WidenMulPairwiseAdd(d32, hn::LoadN(d, piece, left), one));
    }
    const uint32_t sum = hn::ReduceSum(du32, hn::BitCast(du32, sum32));
#endif
    sums[r] = static_cast<int32_t>(sum);
  }
}

// Of a matrix' rows where it lies.
template <class A>
HWY_INLINE void SumRows(const MatrixView<const A>& a, Part rows, int32_t* row_sums) {
  constexpr size_t kPieceK = 64;
  SumPieces<kPieceK>(reinterpret_cast<const uint8_t*>(a.Row(rows.begin)), {a.row_stride, kPieceK}, rows.size, a.cols, 0,
                     std::is_signed<A>::value, row_sums + rows.begin);
}

// Of `rows` rows of k elements that are arranged for the policy.
template <class P>
HWY_INLINE void SumArranged(const typename P::ArrangedA* arranged, size_t rows, size_t k, int32_t* sums) {
  using Element = std::conditional_t<sizeof(*arranged) == 2, int16_t, uint8_t>;
  SumPieces<P::kPieceK>(reinterpret_cast<const Element*>(arranged), {P::kPieceK, rows * P::kPieceK}, rows, k,
                        P::kColumnSums ? uint8_t{0x80} : uint8_t{0}, std::is_signed<typename P::A>::value, sums);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
