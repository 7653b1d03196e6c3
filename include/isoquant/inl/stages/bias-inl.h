// Stages: a bias, or none, for sums that are floats: what a FinishStage begins with there.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_BIAS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_BIAS_INL_H_
#undef ISOQUANT_INL_STAGES_BIAS_INL_H_
#else
#define ISOQUANT_INL_STAGES_BIAS_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// v = sum + bias[col]. Sums have no scales, and columns no sums.
class AddBias {
 public:
  using Sum = float;

  explicit AddBias(const VectorView<const float>& bias) : bias_(bias.size == 0 ? nullptr : bias.data) {}

  static constexpr bool may_be_nan() { return true; }
  static HWY_INLINE VF32 LoadScales(size_t, size_t) { return hn::Zero(DF32()); }
  static HWY_INLINE VF32 LoadColumnSums(size_t, size_t) { return hn::Zero(DF32()); }
  // (-0 in place of a bias changes no bit.)
  HWY_INLINE VF32 LoadBias(size_t col, size_t n) const {
    return bias_ != nullptr ? LoadFirst(DF32(), bias_ + col, n) : hn::Set(DF32(), -0.0f);
  }
  static HWY_INLINE VF32 LinearPart(VF32 sum, size_t, VF32, VF32, VF32 bias) { return hn::Add(sum, bias); }

 private:
  const float* bias_;  // or null
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
