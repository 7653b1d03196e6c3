// Support: what products through a Dequantization do after scales and bias: which calls need it, and its checks.
#ifndef ISOQUANT_SRC_FINISH_H_
#define ISOQUANT_SRC_FINISH_H_

#include <cstdint>

#include "hwy/base.h"
#include "isoquant/activation.h"
#include "isoquant/status.h"
#include "src/float_bits.h"

namespace isoquant {

inline constexpr uint32_t kInfinityBits = 0x7f800000, kSignBit = 0x80000000;

// `P` is a Dequantization or a LinearLayer. Whether there is an activation other than ReLU, or a clamp. (By the bits of
// floats, because the caller may have unmasked their exceptions.)
template <class P>
HWY_INLINE bool NeedsFinish(const P& p) {
  return p.activation > Activation::kRelu || FloatBits(p.min) != (kInfinityBits | kSignBit) ||
         FloatBits(p.max) != kInfinityBits;
}

// The order of floats that are no NaN, as integers.
inline int32_t OrderOf(float value) {
  const uint32_t bits = FloatBits(value);
  const int32_t magnitude = static_cast<int32_t>(bits & ~kSignBit);
  return (bits & kSignBit) != 0 ? -magnitude : magnitude;
}

inline Status InvalidFloat(const char* argument, float actual, const char* bound_name, uint32_t bound_bits) {
  return Status(StatusCode::kInvalidValue, argument, DoubleBits(FloatBits(actual)), bound_name, DoubleBits(bound_bits));
}

// The names are those of p.activation, p.min and p.max.
template <class P>
HWY_NOINLINE Status CheckUnusualFinish(const P& p, const char* activation, const char* min, const char* max) {
  constexpr Activation kLast = Activation::kExp;
  if (p.activation > kLast) {
    return Status::InvalidValue(activation, static_cast<double>(p.activation), "the last Activation",
                                static_cast<double>(kLast));
  }
  const auto is_nan = [](float x) { return (FloatBits(x) & ~kSignBit) > kInfinityBits; };
  if (is_nan(p.min)) return InvalidFloat(min, p.min, "minus infinity", kInfinityBits | kSignBit);
  if (is_nan(p.max)) return InvalidFloat(max, p.max, min, FloatBits(p.min));
  if (OrderOf(p.min) > OrderOf(p.max)) return InvalidFloat(min, p.min, max, FloatBits(p.max));
  return Status();
}

template <class P>
HWY_INLINE Status CheckFinish(const P& p, const char* activation, const char* min, const char* max) {
  return NeedsFinish(p) ? CheckUnusualFinish(p, activation, min, max) : Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FINISH_H_
