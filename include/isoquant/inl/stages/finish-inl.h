// Stages: what a layer does to its f32 results: a clamp, a residual, and the way to 16 bits.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_FINISH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_FINISH_INL_H_
#undef ISOQUANT_INL_STAGES_FINISH_INL_H_
#else
#define ISOQUANT_INL_STAGES_FINISH_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "isoquant/dequantize.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/functions/quantize-inl.h"
#include "isoquant/inl/stages/dequantize-inl.h"
#include "isoquant/inl/stages/row_scales.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// y = residual + clamp(v), rounded to Y once, where v is what a DequantizeStage makes: a part of the tile at a time, in
// a strip of f32 in L1. The rest happens on the way out.
template <class Y>
class FinishStage : public StageBase<int32_t> {
 public:
  // `residual` may be null, and may be y.
  FinishStage(const Dequantization& d, const int32_t* column_sums, const MatrixView<const Y>* residual,
              const MatrixView<Y>& y, RowScales row_scales)
      : StageBase<int32_t>(&Run, y),
        linear_(d, column_sums, MatrixView<float>(), row_scales),
        min_(d.min),
        max_(d.max),
        has_residual_(residual != nullptr),
        residual_(residual != nullptr ? *residual : MatrixView<const Y>()),
        y_(y) {}

 private:
  // As many as the largest tile has: 4 KiB.
  static constexpr size_t kStripSize = 1024;

  static HWY_NOINLINE void Run(const StageBase<int32_t>& stage_in, size_t row, size_t rows, size_t col, size_t cols,
                               const int32_t* sums, size_t stride) {
    const FinishStage& stage = static_cast<const FinishStage&>(stage_in);
    alignas(64) float strip[kStripSize];
    for (size_t j = 0; j < cols; j += kStripSize) {
      const size_t n = Min(cols - j, kStripSize), most = kStripSize / n;
      for (size_t i = 0; i < rows; i += most) {
        stage.FinishPart({row + i, Min(rows - i, most)}, {col + j, n}, sums + i * stride + j, stride, strip);
      }
    }
  }

  HWY_INLINE void FinishPart(Part rows, Part cols, const int32_t* sums, size_t stride, float* strip) const {
    const size_t n = cols.size;
    const DequantizeStage<float> linear = linear_.To({strip, n, rows.begin * n + cols.begin});
    linear.run(linear, rows.begin, rows.size, cols.begin, n, sums, stride);
    for (size_t r = rows.begin; r < rows.begin + rows.size; ++r, strip += n) {
      FinishRow(strip, n, has_residual_ ? residual_.Row(r) + cols.begin : nullptr, y_.Row(r) + cols.begin);
    }
  }

  // The residual may be what is written. NaN passes the clamp.
  HWY_INLINE void FinishRow(const float* HWY_RESTRICT v_in, size_t n, const Y* residual, Y* to) const {
    const DF32 d;
    const VF32 min = hn::Set(d, min_), max = hn::Set(d, max_);
    for (size_t j = 0; j < n; j += hn::Lanes(d)) {
      VF32 v = LoadFirst(d, v_in + j, n - j);
      v = hn::IfThenElse(hn::Lt(v, min), min, v);
      v = hn::IfThenElse(hn::Gt(v, max), max, v);
      if (residual != nullptr) v = hn::Add(LoadAsF32(residual + j, n - j), v);
      StoreFromF32(v, to + j, n - j);
    }
  }

  const DequantizeStage<float> linear_;
  const float min_, max_;
  const bool has_residual_;
  const MatrixView<const Y> residual_;
  const MatrixView<Y> y_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
