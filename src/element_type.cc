// Support: names of element types.
#include "isoquant/element_type.h"

namespace isoquant {

const char* NameOf(ElementType type) {
  switch (type) {
    case ElementType::kS8:
      return "s8";
    case ElementType::kU8:
      return "u8";
    case ElementType::kS4:
      return "s4";
    case ElementType::kBf16:
      return "bf16";
    case ElementType::kF16:
      return "f16";
    case ElementType::kF32:
      return "f32";
  }
  return "unknown";
}

}  // namespace isoquant
