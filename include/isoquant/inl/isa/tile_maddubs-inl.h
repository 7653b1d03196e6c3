// ISA layer: VPMADDUBSW, for weights of seven bits on x86 targets without VPDPBUSD (tiers avx2 and avx512bw).
//
// VPMADDUBSW multiplies unsigned bytes of A and signed ones of B and adds two neighbours to 16 bits, with saturation.
// Of weights in [-64, 64] no two do saturate: 255 * 64 * 2 = 32640. Then VPMADDWD by ones and VPADDD add them up: three
// instructions for 32 products where the tiles of MaddS16 take four, and B needs no widening. Quantisers make such
// weights for these CPUs, because other libraries saturate: ONNX Runtime calls it reduce_range. Packing finds them
// (PackedPanels::seven_bits). All else is as with VPDPBUSD (tile_vnni-inl.h): signed A is read as a ^ 0x80, and windows
// of images where pixels lie.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_MADDUBS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_MADDUBS_INL_H_
#undef ISOQUANT_INL_ISA_TILE_MADDUBS_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_MADDUBS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/isa/target_tier-inl.h"
#include "isoquant/inl/isa/tile_vnni-inl.h"

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

struct Vpmaddubsw {
  using A = uint8_t;
  using B = int8_t;
  using Acc = int32_t;
  static constexpr bool kSignedA = false;
  static constexpr bool kAddsApart = true;
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
    const hn::Repartition<int16_t, hn::DFromV<V> > d16;
    const auto ones = hn::Set(d16, int16_t{1});
    V t;
    __asm__("vpmaddubsw %3, %2, %1\n\tvpmaddwd %4, %1, %1\n\tvpaddd %1, %0, %0"
            : "+v"(acc.raw), "=&v"(t.raw)
            : "v"(a.raw), "v"(b.raw), "v"(ones.raw));
    return acc;
  }
};

// Weights must have seven bits. (A tier is a name: this policy and MaddS16 are one, and give the same sums.)
template <class TA>
struct MaddUbs : BytesWith<TA, Vpmaddubsw>, TargetTier {
  // Small products are faster with the tiles of MaddS16: 16/16/16 to f32 1.3 times, 16/64/64 1.15 times, 8/256/8 1.06
  // times. 32/64/16 is 1.25 times as fast here, 6/128/48 1.3 times, 32/64/2 and 16/1024/8 1.2 times (Zen 3).
  static constexpr char kShapes[] = "from 128 x 1, 32 x 64 or 4 x 128 (M x K) on; to 8 columns or less from 16 rows on";
  static constexpr bool Suits(size_t m, size_t k, size_t n) {
    return (n > 8 || m >= 16) && (m >= 128 || (m >= 32 && k >= 64) || (m >= 4 && k >= 128));
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
