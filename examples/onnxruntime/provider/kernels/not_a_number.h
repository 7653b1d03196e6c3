// Layer 5: NaN with the same bits on every CPU.
#ifndef ISOQUANT_PROVIDER_KERNELS_NOT_A_NUMBER_H_
#define ISOQUANT_PROVIDER_KERNELS_NOT_A_NUMBER_H_

#include <limits>

namespace isoquant_provider {

// x, but 7fc00000 if it is any NaN, as Isoquant's functions store it. (What x86 makes of 0 / 0 has a sign.)
inline float WithOneNan(float x) { return x == x ? x : std::numeric_limits<float>::quiet_NaN(); }

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_NOT_A_NUMBER_H_
