// Operation: a real number as a fixed-point multiplier and a shift. By the bits of the number: the caller's float
// environment does not matter.
#include <cstdint>
#include <cstring>
#include <limits>

#include "isoquant/fixed_point.h"

namespace isoquant {

Status QuantizeMultiplier(double real, int32_t& multiplier, int& shift) {
  constexpr int kMantissaBits = 52, kLeastShift = -31, kLargestShift = 30;
  constexpr uint64_t kInfinity = uint64_t{0x7ff} << kMantissaBits, kMinusZero = uint64_t{1} << 63;
  uint64_t bits;
  std::memcpy(&bits, &real, sizeof(bits));
  if (bits == kMinusZero) bits = 0;
  if (bits >= kInfinity) {
    const bool is_infinite = bits == kInfinity;
    const uint64_t largest = kInfinity - 1;
    return Status(StatusCode::kInvalidValue, "real", bits, is_infinite ? "the largest double" : "0",
                  is_infinite ? largest : 0);
  }
  // real = mantissa * 2^(exponent - 53), and mantissa in [2^52, 2^53). (Subnormal numbers are far below the least.)
  const uint64_t mantissa = (bits & ((uint64_t{1} << kMantissaBits) - 1)) | uint64_t{1} << kMantissaBits;
  int exponent = static_cast<int>(bits >> kMantissaBits) - 1022;
  uint64_t rounded = (mantissa + (uint64_t{1} << 21)) >> 22;  // 31 bits, or 2^31
  if (rounded == uint64_t{1} << 31) {
    rounded /= 2;
    ++exponent;
  }
  if (exponent < kLeastShift) {
    rounded = 0;
    exponent = 0;
  } else if (exponent > kLargestShift) {
    rounded = static_cast<uint64_t>(std::numeric_limits<int32_t>::max());
    exponent = kLargestShift;
  }
  multiplier = static_cast<int32_t>(rounded);
  shift = exponent;
  return Status();
}

}  // namespace isoquant
