// Reads and writes numbers byte by byte, so that files are the same on hosts of either byte order.
#ifndef QUANTIZED_MLP_SUPPORT_LITTLE_ENDIAN_H_
#define QUANTIZED_MLP_SUPPORT_LITTLE_ENDIAN_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace quantized_mlp {

inline uint64_t LoadLittleEndian(const char* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return value;
}

inline void AppendLittleEndian(uint64_t value, size_t bytes, std::string& to) {
  for (size_t i = 0; i < bytes; ++i) to.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

inline float LoadFloat(const char* from) {
  const uint32_t bits = static_cast<uint32_t>(LoadLittleEndian(from, sizeof(float)));
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Both kinds of 16-bit floats are exact in f32. bf16 is the upper half of one.
inline float LoadBF16(const char* from) {
  const char wide[sizeof(float)] = {0, 0, from[0], from[1]};
  return LoadFloat(wide);
}

inline float LoadF16(const char* from) {
  const int bits = static_cast<int>(LoadLittleEndian(from, 2));
  const int exponent = bits >> 10 & 0x1f, mantissa = bits & 0x3ff;
  float value = std::ldexp(static_cast<float>(exponent == 0 ? mantissa : mantissa + 1024), exponent - 25);
  if (exponent == 0) value *= 2;  // subnormal: the exponent of the smallest normal numbers, without their leading bit
  if (exponent == 31) value = mantissa == 0 ? INFINITY : NAN;
  return (bits >> 15) != 0 ? -value : value;
}

inline void AppendFloat(float value, std::string& to) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  AppendLittleEndian(bits, sizeof(bits), to);
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_LITTLE_ENDIAN_H_
