// ISA layer: what a tile does besides multiplying.
#ifndef ISOQUANT_INL_ISA_BETWEEN_STEPS_H_
#define ISOQUANT_INL_ISA_BETWEEN_STEPS_H_

#include <cstddef>

namespace isoquant {

// What a policy of kRunsBetween does between the steps of K of a tile, while the matrix unit works and vector units
// would idle: the output stage of the tile before, some rows at a time.
struct BetweenSteps {
  void (*run)(const BetweenSteps& between, size_t row, size_t rows);  // `rows` rows from `row` on
  size_t rows;                                                        // that there are
  size_t least_rows;                                                  // that are worth a call
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_ISA_BETWEEN_STEPS_H_
