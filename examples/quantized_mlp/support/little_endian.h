// Reads and writes numbers byte by byte, so that files are the same on hosts of either byte order.
#ifndef QUANTIZED_MLP_SUPPORT_LITTLE_ENDIAN_H_
#define QUANTIZED_MLP_SUPPORT_LITTLE_ENDIAN_H_

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

inline void AppendFloat(float value, std::string& to) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  AppendLittleEndian(bits, sizeof(bits), to);
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_LITTLE_ENDIAN_H_
