// Stages: when the scales of rows are known.
#ifndef ISOQUANT_INL_STAGES_ROW_SCALES_H_
#define ISOQUANT_INL_STAGES_ROW_SCALES_H_

#include <cstdint>

namespace isoquant {

// kKnown: they are known when the stage is made. kLate: those of a tile's rows are known when that tile comes to the
// stage, and each is finite.
enum class RowScales : uint8_t { kKnown, kLate };

}  // namespace isoquant

#endif  // ISOQUANT_INL_STAGES_ROW_SCALES_H_
