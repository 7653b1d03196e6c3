// Operation: the scales of a Requantization from those of its operands.
#include <cstddef>

#include "isoquant/inl/util/float_environment.h"
#include "isoquant/requantize.h"
#include "src/check.h"

namespace isoquant {
namespace {

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void MakeScales(float a_scale, const VectorView<const float>& b_scales, float c_scale,
                             const VectorView<float>& scales) {
  for (size_t i = 0; i < scales.size; ++i) scales.data[i] = a_scale * b_scales.data[i] / c_scale;
}

}  // namespace

Status MakeRequantizationScales(float a_scale, VectorView<const float> b_scales, float c_scale,
                                VectorView<float> scales) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(b_scales, ISOQUANT_NAMES(b_scales), "b_scales.size", b_scales.size));
  ISOQUANT_RETURN_IF_ERROR(CheckVector(scales, ISOQUANT_NAMES(scales), "b_scales.size", b_scales.size));
  if (scales.size == 0) return Status();
  if (scales.data != b_scales.data) ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scales", scales, "b_scales", b_scales));
  const ScopedFloatEnvironment environment;
  MakeScales(a_scale, b_scales, c_scale, scales);
  return Status();
}

}  // namespace isoquant
