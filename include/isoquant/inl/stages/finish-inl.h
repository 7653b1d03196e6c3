// Stages: what a layer does to its f32 results: any activation, a clamp, a residual, and the way to 16 bits.

// Per-target include guard.
#if defined(ISOQUANT_INL_STAGES_FINISH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_STAGES_FINISH_INL_H_
#undef ISOQUANT_INL_STAGES_FINISH_INL_H_
#else
#define ISOQUANT_INL_STAGES_FINISH_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "isoquant/dequantize.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/functions/activation-inl.h"
#include "isoquant/inl/functions/quantize-inl.h"
#include "isoquant/inl/functions/store_four-inl.h"
#include "isoquant/inl/stages/dequantize-inl.h"
#include "isoquant/inl/stages/row_scales.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// y = residual + clamp(activation(v)), rounded once, where v is what Linear makes of a sum: a DequantizeStage<float>,
// or AddBias (bias-inl.h). It has the type of sums (Sum) and vectors that belong to columns, which go to LinearPart
// with the sums of each row; and may_be_nan(). (Vectors one by one, because those of SVE can be no members of a
// struct.)
//
// No activation and ReLU, without a residual, have a loop for each type from sums to y. (Zen 4, MatMul of bf16
// 128/64/128 to bf16: 1.1 times as fast.) Each other activation has a loop that ends with f32. Without clamp and
// residual, whole vectors of f32 go straight to y. Everything else goes through a strip in L1, from where a loop for
// each type takes it to y. So loops are as many as activations and types, not as their products. (Tried: a pass over
// the strip for the activation alone, and a loop for each activation that does everything else, too. Both take 1.1
// to 1.4 times as long.)
template <class Linear>
class FinishStage : public StageBase<typename Linear::Sum> {
  using Sum = typename Linear::Sum;

 public:
  // P has an activation, its parameter and a clamp: a Dequantization, say. `residual` may be null, and may be y.
  template <class P, class Y>
  FinishStage(const Linear& linear, const P& p, const MatrixView<const Y>* residual, const MatrixView<Y>& y)
      : StageBase<Sum>(residual == nullptr ? FindRunOf<Y>(p.activation) : FindRun(p.activation), y),
        linear_(linear),
        parameter_(p.activation_parameter),
        min_(p.min),
        max_(p.max),
        may_be_nan_(linear.may_be_nan() || MakesNaN(p.activation, p.activation_parameter)),
        leave_(&Leave<Y>),
        f32_(std::is_same<Y, float>::value && residual == nullptr && !HasClamp(p.min, p.max)
                 ? reinterpret_cast<float*>(y.data)
                 : nullptr),
        residual_(residual != nullptr ? residual->data : nullptr),
        residual_stride_(residual != nullptr ? residual->row_stride : 0),
        y_(y.data),
        y_stride_(y.row_stride) {}

 private:
  // Floats in a strip: as many as the largest tile has, 4 KiB.
  static constexpr size_t kStripSize = 1024;

  static typename StageBase<Sum>::Run FindRun(Activation activation) {
    static constexpr typename StageBase<Sum>::Run kRun[] = {
        &RunSteps<Activation::kNone>,      &RunSteps<Activation::kRelu>,    &RunSteps<Activation::kLeakyRelu>,
        &RunSteps<Activation::kHardSwish>, &RunSteps<Activation::kSigmoid>, &RunSteps<Activation::kTanh>,
        &RunSteps<Activation::kSilu>,      &RunSteps<Activation::kGelu>,    &RunSteps<Activation::kGeluTanh>,
        &RunSteps<Activation::kExp>};
    return kRun[static_cast<size_t>(activation)];
  }

  template <class Y>
  static typename StageBase<Sum>::Run FindRunOf(Activation activation) {
    if (activation == Activation::kNone) return &RunAtOnce<Activation::kNone, Y>;
    return activation == Activation::kRelu ? &RunAtOnce<Activation::kRelu, Y> : FindRun(activation);
  }

  // Activations make no NaN of numbers and infinities, but for -infinity times a slope of 0.
  static bool MakesNaN(Activation activation, float parameter) {
    uint32_t bits;
    std::memcpy(&bits, &parameter, sizeof(bits));
    return activation == Activation::kLeakyRelu && (bits & 0x7fffffff) - 1 >= 0x7f7fffff;  // 0, infinity, NaN
  }

  static bool HasClamp(float min, float max) {
    return min > -std::numeric_limits<float>::infinity() || max < std::numeric_limits<float>::infinity();
  }

  // Two vectors of columns at a time.
  template <Activation kActivation, class Y>
  static HWY_NOINLINE void RunAtOnce(const StageBase<Sum>& stage_in, size_t row, size_t rows, size_t col, size_t cols,
                                     const Sum* sums, size_t stride) {
    const FinishStage stage = static_cast<const FinishStage&>(stage_in);  // a copy: stores of outputs cannot change it
    const Linear& linear = stage.linear_;
    const size_t lanes = hn::Lanes(DF32());
    const bool clamps = HasClamp(stage.min_, stage.max_);
    for (size_t j = 0; j < cols; j += 2 * lanes) {
      const size_t second = j + Min(lanes, cols - j);  // or the end
      const size_t n0 = Min(lanes, cols - j), n1 = Min(lanes, cols - second);
      const VF32 scale0 = linear.LoadScales(col + j, n0), scale1 = linear.LoadScales(col + second, n1);
      const VF32 bias0 = linear.LoadBias(col + j, n0), bias1 = linear.LoadBias(col + second, n1);
      const auto sums0 = linear.LoadColumnSums(col + j, n0), sums1 = linear.LoadColumnSums(col + second, n1);
      const auto value = [&](const Sum* from, size_t r, auto column_sum, VF32 scale, VF32 bias) HWY_ATTR {
        const VF32 v = linear.LinearPart(hn::LoadU(StageTagOf<Sum>(), from), r, column_sum, scale, bias);
        const VF32 activated = ApplyTo<kActivation>(v, 0.0f);
        return clamps ? AtMost(DF32(), AtLeast(DF32(), activated, stage.min_), stage.max_) : activated;  // NaN passes
      };
      const Sum* from = sums + j;
      Y* to = static_cast<Y*>(stage.y_) + row * stage.y_stride_ + col + j;
      HWY_UNROLL(1)
      for (size_t r = row; r < row + rows; ++r, from += stride, to += stage.y_stride_) {
        const VF32 v0 = value(from, r, sums0, scale0, bias0);
        if (n1 == lanes) {
          StoreTwoRarelyNaN(v0, value(from + lanes, r, sums1, scale1, bias1), to);
        } else {
          StoreFromF32(v0, to, n0);
          if (n1 != 0) StoreFromF32(value(from + lanes, r, sums1, scale1, bias1), to + lanes, n1);
        }
      }
    }
  }

  template <Activation kActivation>
  static HWY_NOINLINE void RunSteps(const StageBase<Sum>& stage_in, size_t row, size_t rows, size_t col, size_t cols,
                                    const Sum* sums, size_t stride) {
    const FinishStage stage = static_cast<const FinishStage&>(stage_in);  // a copy: stores of outputs cannot change it
    const size_t lanes = hn::Lanes(DF32()), most = kStripSize / lanes;
    alignas(64) float strip[kStripSize];
    for (size_t i = 0; i < rows; i += most, sums += most * stride) {
      const Part part{row + i, Min(rows - i, most)};
      const size_t size = part.size * lanes;
      float* next = strip;
      size_t first = 0;  // column in the strip
      for (size_t j = 0; j < cols; j += lanes) {
        const bool direct = stage.f32_ != nullptr && cols - j >= lanes;
        if (next + size > strip + kStripSize) {
          stage.leave_(stage, part, {col + first, j - first}, strip);
          next = strip;
        }
        if (direct || next == strip) first = j;
        float* const to = direct ? stage.f32_ + part.begin * stage.y_stride_ + col + j : next;
        stage.ForRows<kActivation>(part, col + j, Min(cols - j, lanes), sums + j, stride, to,
                                   direct ? stage.y_stride_ : lanes);
        if (!direct) next += size;
      }
      if (next != strip) stage.leave_(stage, part, {col + first, cols - first}, strip);
    }
  }

  // The first n columns of a vector. Buffers of sums, and strips, have whole vectors. An activation is a long chain of
  // dependent steps, so what it begins with is there before: a row ahead.
  template <Activation kActivation>
  HWY_INLINE void ForRows(Part rows, size_t col, size_t n, const Sum* HWY_RESTRICT sums, size_t stride,
                          float* HWY_RESTRICT to, size_t to_stride) const {
    const DF32 d;
    const VF32 scale = linear_.LoadScales(col, n), bias = linear_.LoadBias(col, n);
    const auto column_sum = linear_.LoadColumnSums(col, n);
    const size_t last = rows.begin + rows.size - 1;
    VF32 v = linear_.LinearPart(hn::LoadU(StageTagOf<Sum>(), sums), rows.begin, column_sum, scale, bias);
    HWY_UNROLL(1)
    for (size_t row = rows.begin; row < last; ++row, to += to_stride) {
      sums += stride;
      const VF32 next = linear_.LinearPart(hn::LoadU(StageTagOf<Sum>(), sums), row + 1, column_sum, scale, bias);
      hn::StoreU(Activated<kActivation>(v), d, to);
      v = next;
    }
    hn::StoreU(Activated<kActivation>(v), d, to);
  }

  template <Activation kActivation>
  HWY_INLINE VF32 Activated(VF32 v) const {
    v = ApplyTo<kActivation>(v, parameter_);
    if (may_be_nan_) v = OneNaN(DF32(), v);
    return v;
  }

  using LeaveFunction = void (*)(const FinishStage& stage, const Part& rows, const Part& cols, const float* strip);

  // From the strip, a vector of columns after the other, to y. What is read of the residual may be what is written
  // then.
  template <class Y>
  static HWY_NOINLINE void Leave(const FinishStage& stage, const Part& rows, const Part& cols, const float* strip) {
    const DF32 d;
    const size_t lanes = hn::Lanes(d), residual_stride = stage.residual_stride_, stride = stage.y_stride_;
    const float min = stage.min_, max = stage.max_;
    const Y* const residual = static_cast<const Y*>(stage.residual_);
    for (size_t j = 0; j < cols.size; j += lanes) {
      const size_t n = cols.size - j;
      Y* to = static_cast<Y*>(stage.y_) + rows.begin * stride + cols.begin + j;
      size_t added = rows.begin * residual_stride + cols.begin + j;
      HWY_UNROLL(1)
      for (size_t r = 0; r < rows.size; ++r, strip += lanes, to += stride, added += residual_stride) {
        VF32 v = AtMost(d, AtLeast(d, hn::LoadU(d, strip), min), max);  // NaN passes
        if (residual != nullptr) v = hn::Add(LoadAsF32(residual + added, n), v);
        StoreFromF32(v, to, n);
      }
    }
  }

  const Linear linear_;
  const float parameter_, min_, max_;
  const bool may_be_nan_;  // outputs
  const LeaveFunction leave_;
  float* const f32_;            // y, if whole vectors go straight there
  const void* const residual_;  // or null
  const size_t residual_stride_;
  void* const y_;
  const size_t y_stride_;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
