// Engine: sums of the columns of plain weights, for output stages that ask for them.
#ifndef ISOQUANT_INL_ENGINE_COLUMN_SUMS_H_
#define ISOQUANT_INL_ENGINE_COLUMN_SUMS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/weights.h"

namespace isoquant {

// Stores the sums of columns [begin, begin + size), modulo 2^32, where b wants them, or adds them to those of earlier
// elements of K. Behind the last column, sums up to a whole panel are zeros.
inline void StoreColumnSums(const WeightsRef& b, size_t begin, size_t size, const int32_t* from, bool add) {
  int32_t* const to = b.column_sums() + begin;
  for (size_t i = 0; i < size; ++i) {
    const uint32_t before = add ? static_cast<uint32_t>(to[i]) : 0;
    to[i] = static_cast<int32_t>(before + static_cast<uint32_t>(from[i]));
  }
  if (begin + size != b.n()) return;
  const size_t end = PackedPanels::NumPanels(b.n()) * PackedPanels::kColumns;
  for (size_t i = size; begin + i < end; ++i) to[i] = 0;
}

}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_COLUMN_SUMS_H_
