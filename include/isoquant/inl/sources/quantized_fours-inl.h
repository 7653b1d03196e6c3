// Sources: short rows of QuantizedRows on 512-bit vectors of x86: four rows of a vector each make one vector of bytes.
// Small products, which have such rows, are all instructions, and the loops of quantized_rows-inl.h take 1.6 times as
// many (Zen 4: Linear 16/16/16 takes 0.93 of the time).
//
// Two loops: in one, each four rows would be a chain of 80 cycles, and a CPU looks ahead over two of them (16 rows take
// as long as without this file).

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_QUANTIZED_FOURS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_QUANTIZED_FOURS_INL_H_
#undef ISOQUANT_INL_SOURCES_QUANTIZED_FOURS_INL_H_
#else
#define ISOQUANT_INL_SOURCES_QUANTIZED_FOURS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/functions/quantize-inl.h"
#include "isoquant/inl/isa/reduce-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/sources/row_parameters.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Rows of at most a vector.
template <class X>
struct ShortRows {
  const X* first;
  size_t cols, stride, rows;
};

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
constexpr bool kQuantizesFours = true;

// The scales of rows, a multiple of four of them, to p.scales + row and so on. Returns whether all rows are finite;
// else scales may be wrong.
template <class Q, class X>
HWY_INLINE bool FindScalesOfFours(const ShortRows<X>& x, const RowParameters& p, size_t row) {
  const DI32 di32;
  const hn::CappedTag<float, 4> d4;
  const hn::RebindToSigned<decltype(d4)> di4;
  const size_t cols = x.cols, stride = x.stride;
  const X* HWY_RESTRICT from = x.first;
  auto largest = hn::Zero(di4);
  for (const size_t end = row + x.rows; row != end; row += 4, from += 4 * stride) {
    const VF32 x0 = LoadAsF32(from, cols), x1 = LoadAsF32(from + stride, cols);
    const VF32 x2 = LoadAsF32(from + 2 * stride, cols), x3 = LoadAsF32(from + 3 * stride, cols);
    alignas(16) int32_t hi[4];
    hn::Vec<decltype(d4)> scale;
    if constexpr (std::is_signed<Q>::value) {
      MaxOfFour(di32, Magnitude<false>(x0), Magnitude<false>(x1), Magnitude<false>(x2), Magnitude<false>(x3), hi);
      scale = SymmetricScales(d4, hn::BitCast(d4, hn::Load(di4, hi)));
    } else {  // as FindRanges has them
      alignas(16) int32_t lo[4];
      const auto bits = [di32](VF32 v) HWY_ATTR { return hn::BitCast(di32, v); };
      MaxOfFour(di32, bits(hn::Neg(x0)), bits(hn::Neg(x1)), bits(hn::Neg(x2)), bits(hn::Neg(x3)), lo);
      MaxOfFour(di32, bits(x0), bits(x1), bits(x2), bits(x3), hi);
      const auto minus_lo = hn::Max(hn::Load(di4, lo), hn::Zero(di4)), max = hn::Max(hn::Load(di4, hi), hn::Zero(di4));
      largest = hn::Max(largest, minus_lo);
      hn::Vec<decltype(di4)> zero_point;
      scale = AsymmetricScales(d4, hn::BitCast(d4, minus_lo), hn::BitCast(d4, max), zero_point);
      hn::StoreU(zero_point, di4, p.zero_points + row);
    }
    largest = hn::Max(largest, hn::Load(di4, hi));
    hn::StoreU(scale, d4, p.scales + row);
    hn::StoreU(hn::Div(hn::Set(d4, 1.0f), scale), d4, p.inverses + row);
  }
  return hn::AllTrue(di4, hn::Lt(largest, hn::Set(di4, kInfinity)));
}

// Arranges rows whose scales are known, each within a piece, which has a vector of bytes at least.
template <class Q, class X>
HWY_INLINE void QuantizeFours(const ShortRows<X>& x, const RowParameters& p, size_t row, const ArrangedForm& form,
                              uint8_t* HWY_RESTRICT out) {
  constexpr bool kSigned = std::is_signed<Q>::value;
  const DF32 d;
  const DI32 di32;
  const hn::Repartition<Q, DF32> dq;
  const hn::RebindToUnsigned<decltype(dq)> du;
  const hn::BlockDFromD<decltype(du)> d_row;
  const size_t piece_k = form.piece_k, cols = x.cols, stride = x.stride;
  const auto flips = hn::Set(du, form.flip);
  const X* HWY_RESTRICT from = x.first;
  const float* HWY_RESTRICT inverses = p.inverses;
  const int32_t* HWY_RESTRICT zero_points = p.zero_points;
  const auto rounded = [&](const X* HWY_RESTRICT from_row, size_t i) HWY_ATTR {
    const VI32 v = RoundInRange(di32, hn::Mul(LoadAsF32(from_row, cols), hn::Set(d, inverses[row + i])));
    return kSigned ? v : hn::Add(v, hn::Set(di32, zero_points[row + i]));
  };
  for (const size_t end = row + x.rows; row != end; row += 4, from += 4 * stride, out += 4 * piece_k) {
    const VI32 v0 = rounded(from, 0), v1 = rounded(from + stride, 1);
    const VI32 v2 = rounded(from + 2 * stride, 2), v3 = rounded(from + 3 * stride, 3);
    const auto bytes = hn::Xor(hn::BitCast(du, DemoteFour<false>(dq, v0, v1, v2, v3, 0)), flips);
    hn::StoreU(hn::ExtractBlock<0>(bytes), d_row, out);
    hn::StoreU(hn::ExtractBlock<1>(bytes), d_row, out + piece_k);
    hn::StoreU(hn::ExtractBlock<2>(bytes), d_row, out + 2 * piece_k);
    hn::StoreU(hn::ExtractBlock<3>(bytes), d_row, out + 3 * piece_k);
  }
}

#else
constexpr bool kQuantizesFours = false;
template <class Q, class X>
bool FindScalesOfFours(const ShortRows<X>& x, const RowParameters& p, size_t row);
template <class Q, class X>
void QuantizeFours(const ShortRows<X>& x, const RowParameters& p, size_t row, const ArrangedForm& form, uint8_t* out);
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
