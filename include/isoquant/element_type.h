// Public layer: what the elements of operands are.
#ifndef ISOQUANT_ELEMENT_TYPE_H_
#define ISOQUANT_ELEMENT_TYPE_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/float_types.h"

namespace isoquant {

// The numbers stand in the blobs of packed weights: they never change.
enum class ElementType : uint8_t { kS8 = 1, kU8 = 2, kS4 = 3, kBf16 = 4, kF16 = 5, kF32 = 6 };

constexpr size_t BitsOf(ElementType type) {
  switch (type) {
    case ElementType::kS4:
      return 4;
    case ElementType::kS8:
    case ElementType::kU8:
      return 8;
    case ElementType::kBf16:
    case ElementType::kF16:
      return 16;
    case ElementType::kF32:
      return 32;
  }
  return 0;  // no type
}

constexpr bool IsInteger(ElementType type) {
  return type == ElementType::kS8 || type == ElementType::kU8 || type == ElementType::kS4;
}

// "s8", "u8", "s4", "bf16", "f16", "f32"; "unknown" for any other number.
ISOQUANT_API const char* NameOf(ElementType type);

// The type of elements of C++ type T.
template <class T>
struct ElementTypeFor;
template <>
struct ElementTypeFor<int8_t> {
  static constexpr ElementType kType = ElementType::kS8;
};
template <>
struct ElementTypeFor<uint8_t> {
  static constexpr ElementType kType = ElementType::kU8;
};
template <>
struct ElementTypeFor<float> {
  static constexpr ElementType kType = ElementType::kF32;
};
template <>
struct ElementTypeFor<BFloat16> {
  static constexpr ElementType kType = ElementType::kBf16;
};
template <>
struct ElementTypeFor<Float16> {
  static constexpr ElementType kType = ElementType::kF16;
};
template <class T>
constexpr ElementType kElementType = ElementTypeFor<T>::kType;

}  // namespace isoquant

#endif  // ISOQUANT_ELEMENT_TYPE_H_
