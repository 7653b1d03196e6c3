// Sources: what is known of rows that are quantised on their way. The same type for all targets.
#ifndef ISOQUANT_INL_SOURCES_ROW_PARAMETERS_H_
#define ISOQUANT_INL_SOURCES_ROW_PARAMETERS_H_

#include <cstdint>

namespace isoquant {

// M elements each, in memory that the caller keeps; known of a row after it was prepared.
struct RowParameters {
  float* scales;
  float* inverses;       // 1 / scale; or its negative, if the row has infinities or NaN, which need a clamp
  int32_t* zero_points;  // of u8
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_SOURCES_ROW_PARAMETERS_H_
