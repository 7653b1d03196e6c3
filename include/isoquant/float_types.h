// Public layer: floats of 16 bits.
#ifndef ISOQUANT_FLOAT_TYPES_H_
#define ISOQUANT_FLOAT_TYPES_H_

#include <cstdint>

namespace isoquant {

// bfloat16: the upper half of an f32. The layout of __bf16, hwy::bfloat16_t and torch.bfloat16.
struct BFloat16 {
  uint16_t bits;
};

// IEEE-754 binary16. The layout of _Float16, hwy::float16_t and torch.float16.
struct Float16 {
  uint16_t bits;
};

}  // namespace isoquant

#endif  // ISOQUANT_FLOAT_TYPES_H_
