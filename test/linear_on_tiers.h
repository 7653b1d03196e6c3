// Test support: Linear on every tier.
#ifndef ISOQUANT_TEST_LINEAR_ON_TIERS_H_
#define ISOQUANT_TEST_LINEAR_ON_TIERS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/executors.h"
#include "test/guarded.h"
#include "test/support.h"

namespace isoquant {

// K x N weights, times so many rows: every tier, with each of so many workers, gives the floats of the first one.
inline void CheckLinearOnEveryTier(Random& random, const MatrixView<const int8_t>& b,
                                   const VectorView<const int32_t>& zero_points,
                                   std::initializer_list<size_t> row_counts,
                                   std::initializer_list<size_t> worker_counts) {
  const size_t k = b.rows, n = b.cols;
  const std::vector<float> scales(n, 0.25f);
  Context packing;
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(packing, KxN{b}, packed));
  for (const RowQuantization quantization : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
    for (const size_t rows : row_counts) {
      std::vector<float> x(rows * k), first;
      for (float& value : x) value = random.Signed();
      LinearLayer layer;
      layer.weights = &packed;
      layer.column_scales = {scales.data(), n};
      layer.column_zero_points = zero_points;
      layer.quantization = quantization;
      ForEachTierOn<ThreadExecutor>(worker_counts, [&](Context& context, const ThreadExecutor&) {
        GuardedMatrix<float> y(rows, n);
        ISOQUANT_CHECK_OK(Linear(context, MatrixView<const float>(x.data(), rows, k), layer, y.view()));
        if (first.empty()) first.assign(y.buffer().begin(), y.buffer().end());
        CHECK(std::memcmp(first.data(), y.buffer().data(), first.size() * sizeof(float)) == 0);
      });
    }
  }
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_LINEAR_ON_TIERS_H_
