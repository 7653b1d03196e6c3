// Support: floats by their bits, for places where an instruction on floats could raise a flag of the caller's, or trap.
#ifndef ISOQUANT_SRC_FLOAT_BITS_H_
#define ISOQUANT_SRC_FLOAT_BITS_H_

#include <cstdint>
#include <cstring>

namespace isoquant {

inline uint32_t FloatBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// From the bits of a float, those of the double of the same value. A NaN becomes quiet, as it does by a conversion.
constexpr uint64_t DoubleBits(uint32_t float_bits) {
  const uint64_t sign = uint64_t{float_bits >> 31} << 63;
  int exponent = static_cast<int>(float_bits >> 23 & 0xff);
  uint64_t mantissa = float_bits & 0x7fffff;  // 23 bits of 52
  if (exponent == 0xff) return sign | uint64_t{0x7ff} << 52 | mantissa << 29 | uint64_t{mantissa != 0} << 51;
  if (exponent == 0) {
    if (mantissa == 0) return sign;
    exponent = 1;  // subnormal: no implicit bit, until there is one
    for (; (mantissa >> 23) == 0; mantissa <<= 1) --exponent;
    mantissa &= 0x7fffff;
  }
  return sign | static_cast<uint64_t>(exponent + 1023 - 127) << 52 | mantissa << 29;
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FLOAT_BITS_H_
