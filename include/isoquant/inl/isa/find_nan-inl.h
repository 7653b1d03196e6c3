// ISA layer: the one NaN of sums of floats (7fc00000), on x86: a tile is stored, and gone through again in memory if
// one of its sums is NaN.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_FIND_NAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_FIND_NAN_INL_H_
#undef ISOQUANT_INL_ISA_FIND_NAN_INL_H_
#else
#define ISOQUANT_INL_ISA_FIND_NAN_INL_H_
#endif

#include <cstddef>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

// As tile_broadcast-inl.h.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Whether a sum is NaN. All sums of a tile are looked at together, because it seldom happens: half an instruction for
// each vector, and not two.
template <class V>
class NaNFinder {
 public:
#if HWY_TARGET == HWY_AVX2
  HWY_INLINE NaNFinder() : found_(_mm256_setzero_ps()) {}
  HWY_INLINE void Look(V v0, V v1) { found_ = _mm256_or_ps(found_, _mm256_cmp_ps(v0.raw, v1.raw, _CMP_UNORD_Q)); }
  HWY_INLINE bool Found() const { return _mm256_movemask_ps(found_) != 0; }

 private:
  __m256 found_;
#else
  HWY_INLINE void Look(V v0, V v1) {
    if constexpr (kWhole) {
      none_ = _mm512_mask_cmp_ps_mask(none_, v0.raw, v1.raw, _CMP_ORD_Q);
    } else {
      none_ = _mm256_mask_cmp_ps_mask(none_, v0.raw, v1.raw, _CMP_ORD_Q);
    }
  }
  HWY_INLINE bool Found() const { return none_ != kAll; }

 private:
  static constexpr bool kWhole = sizeof(V) == 64;
  using Mask = std::conditional_t<kWhole, __mmask16, __mmask8>;
  static constexpr Mask kAll = static_cast<Mask>(kWhole ? 0xffff : 0xff);
  Mask none_ = kAll;
#endif
};
template <class V, size_t... kI>
HWY_INLINE bool HasNaN(const V* sums, std::index_sequence<kI...>) {
  NaNFinder<V> finder;
  // Two at a time; the last one of an odd number, and itself.
  ((kI % 2 == 0 ? finder.Look(sums[kI], sums[kI + 1 < sizeof...(kI) ? kI + 1 : kI]) : void()), ...);
  return finder.Found();
}
// In memory. Not inlined: almost nobody needs it.
[[maybe_unused]] HWY_NOINLINE void MakeOneNaN(float* c, size_t c_stride, size_t rows, size_t cols) {
  const hn::CappedTag<float, 16> d;
  for (size_t r = 0; r < rows; ++r, c += c_stride) {
    for (size_t i = 0; i < cols; i += hn::Lanes(d)) {
      StoreFirst(OneNaN(d, LoadFirst(d, c + i, cols - i)), d, c + i, cols - i);
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86
#endif  // per-target include guard
