// Support: integers in files, least significant byte first.
#ifndef ISOQUANT_SRC_LITTLE_ENDIAN_H_
#define ISOQUANT_SRC_LITTLE_ENDIAN_H_

#include <cstddef>
#include <cstdint>

namespace isoquant {

template <class T>
T LoadLittleEndian(const uint8_t* from) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<T>(from[i]) << (8 * i));
  return value;
}

template <class T>
void StoreLittleEndian(T value, uint8_t* to) {
  for (size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_LITTLE_ENDIAN_H_
