// Stages: when the scales of rows are known.
#ifndef ISOQUANT_INL_STAGES_ROW_SCALES_H_
#define ISOQUANT_INL_STAGES_ROW_SCALES_H_

#include <cstdint>

namespace isoquant {

// kKnown: when the stage is made. kLate: when a tile of their rows comes to the stage; each is finite.
enum class RowScales : uint8_t { kKnown, kLate };

}  // namespace isoquant

#endif  // ISOQUANT_INL_STAGES_ROW_SCALES_H_
