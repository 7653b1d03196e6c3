// Support: tensors that are quantised by their own values: what is found on the way, and checks.
#ifndef ISOQUANT_SRC_DYNAMIC_SCALE_H_
#define ISOQUANT_SRC_DYNAMIC_SCALE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "src/check.h"

namespace isoquant {

// The bits of -lo and of hi: as integers they are in the order of the numbers.
struct RangeBits {
  int32_t minus_lo = 0, hi = 0;
};

struct TensorScale {
  float scale;
  int32_t zero_point;
  bool in_range;  // no quotient with the scale is NaN, or far beyond the limits
};

// The larger of both stays, in whichever order workers come.
inline void Raise(std::atomic<int32_t>& largest, int32_t value) {
  int32_t before = largest.load(std::memory_order_relaxed);
  while (before < value && !largest.compare_exchange_weak(before, value, std::memory_order_relaxed)) {
  }
}

// What is quantised: matrices side by side.
using Sources = VectorView<const MatrixView<const float>>;

// One of them, called `names`.
inline Status CheckSource(const MatrixView<const float>& x, const ViewNames& names, const MatrixView<uint8_t>& q,
                          const VectorView<float>& scale, const VectorView<int32_t>& zero_point) {
  ISOQUANT_RETURN_IF_ERROR(CheckView(x, names));
  if (x.empty()) return Status();
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("q", q, names.whole, x));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scale", scale, names.whole, x));
  return CheckDisjoint("zero_point", zero_point, names.whole, x);
}
inline Status CheckOutputs(const MatrixView<uint8_t>& q, const VectorView<float>& scale,
                           const VectorView<int32_t>& zero_point) {
  if (q.empty()) return Status();
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("scale", scale, "q", q));
  return CheckDisjoint("zero_point", zero_point, "q", q);
}
inline Status CheckSources(const Sources& x, const MatrixView<uint8_t>& q, const VectorView<float>& scales,
                           const VectorView<int32_t>& zero_points) {
  if (x.data == nullptr && x.size != 0) return Status(StatusCode::kNull, "x.data", 0, "x.size", x.size);
  ISOQUANT_RETURN_IF_ERROR(CheckView(q, ISOQUANT_NAMES(q)));
  ISOQUANT_RETURN_IF_ERROR(CheckOutputs(q, scales, zero_points));
  uint64_t left = q.cols;
  for (size_t i = 0; i < x.size; ++i) {
    ISOQUANT_RETURN_IF_ERROR(CheckEqual("x[i].rows", x.data[i].rows, "q.rows", q.rows));
    if (x.data[i].cols > left) return Status(StatusCode::kTooLarge, "x[i].cols", x.data[i].cols, "what q leaves", left);
    left -= x.data[i].cols;
    ISOQUANT_RETURN_IF_ERROR(CheckSource(x.data[i], ISOQUANT_NAMES(x[i]), q, scales, zero_points));
  }
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("q.cols", q.cols, "the sum of x[i].cols", q.cols - left));
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_DYNAMIC_SCALE_H_
