// Test support: bf16 and f16 by their bits, in scalar code.
#ifndef ISOQUANT_TEST_FLOAT_TYPES_H_
#define ISOQUANT_TEST_FLOAT_TYPES_H_

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "isoquant/float_types.h"
#include "isoquant/matrix_view.h"

namespace isoquant {

// What tests keep in memory in place of T: the bits of 16-bit floats.
template <class T>
using StorageOf = std::conditional_t<std::is_same<T, float>::value, float, uint16_t>;

template <class T, class S>
MatrixView<T> ViewAs(const MatrixView<S>& view) {
  return {reinterpret_cast<T*>(view.data), view.rows, view.cols, view.row_stride};
}

// The value of a number of `mantissa_bits` and `exponent_bits`.
inline float ReferenceFromBits(uint32_t bits, int mantissa_bits, int exponent_bits) {
  const int exponent_max = (1 << exponent_bits) - 1, bias = exponent_max / 2;
  const int exponent = static_cast<int>(bits >> mantissa_bits) & exponent_max;
  const uint32_t mantissa = bits & ((1u << mantissa_bits) - 1);
  double value;
  if (exponent == exponent_max) {
    value = mantissa == 0 ? HUGE_VAL : std::nan("");
  } else if (exponent == 0) {
    value = std::ldexp(static_cast<double>(mantissa), 1 - bias - mantissa_bits);
  } else {
    value = std::ldexp(static_cast<double>(mantissa + (1u << mantissa_bits)), exponent - bias - mantissa_bits);
  }
  return static_cast<float>((bits >> (mantissa_bits + exponent_bits) & 1) != 0 ? -value : value);
}

// The nearest such number, ties to even; NaN has its quiet bit alone. Exact: in units of the last place, all numbers
// here are doubles.
inline uint32_t ReferenceToBits(float x, int mantissa_bits, int exponent_bits) {
  const uint32_t infinity = ((1u << exponent_bits) - 1) << mantissa_bits;
  const uint32_t sign = std::signbit(x) ? 1u << (mantissa_bits + exponent_bits) : 0;
  if (std::isnan(x)) return infinity | 1u << (mantissa_bits - 1);
  if (std::isinf(x)) return sign | infinity;
  const double magnitude = std::fabs(static_cast<double>(x));
  if (magnitude == 0.0) return sign;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  int exponent = std::ilogb(magnitude);
  if (exponent < 1 - bias) exponent = 1 - bias;
  const double units = std::ldexp(magnitude, mantissa_bits - exponent);
  double rounded = std::floor(units);
  const double rest = units - rounded;
  if (rest > 0.5 || (rest == 0.5 && std::fmod(rounded, 2.0) != 0.0)) rounded += 1.0;
  // A mantissa that was rounded up to the next power of two carries into the exponent, as it should.
  const uint32_t bits = static_cast<uint32_t>(rounded) + (static_cast<uint32_t>(exponent + bias - 1) << mantissa_bits);
  return sign | (bits < infinity ? bits : infinity);
}

// T is float, BFloat16 or Float16.
template <class T>
float ReferenceToF32(StorageOf<T> stored) {
  if constexpr (std::is_same<T, float>::value) {
    return stored;
  } else {
    return std::is_same<T, Float16>::value ? ReferenceFromBits(stored, 10, 5) : ReferenceFromBits(stored, 7, 8);
  }
}
template <class T>
StorageOf<T> ReferenceFromF32(float x) {
  if constexpr (std::is_same<T, float>::value) {
    if (!std::isnan(x)) return x;
    const uint32_t bits = 0x7fc00000;
    std::memcpy(&x, &bits, sizeof(x));
    return x;
  } else {
    constexpr bool kIsF16 = std::is_same<T, Float16>::value;
    return static_cast<uint16_t>(kIsF16 ? ReferenceToBits(x, 10, 5) : ReferenceToBits(x, 7, 8));
  }
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_FLOAT_TYPES_H_
