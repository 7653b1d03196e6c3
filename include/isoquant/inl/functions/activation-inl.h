// Functions: activations of rows.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_ACTIVATION_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_ACTIVATION_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_ACTIVATION_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"
#include "isoquant/activation.h"
#include "isoquant/inl/functions/exp-inl.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/functions/gelu-inl.h"
#include "isoquant/inl/functions/sigmoid-inl.h"
#include "isoquant/inl/functions/store_four-inl.h"
#include "isoquant/inl/isa/fma-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE VF32 LeakyRelu(VF32 x, float slope) {
  const DF32 d;
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, hn::Set(d, slope)), x);
}

HWY_INLINE VF32 HardSwish(VF32 x) {
  const DF32 d;
  const VF32 t = AtLeast(d, x, -3.0f);
  const VF32 r = AtMost(d, hn::Add(t, hn::Set(d, 3.0f)), 6.0f);
  return hn::Mul(t, hn::Mul(r, hn::Set(d, 1.0f / 6.0f)));
}

// The activation, known when this is compiled, of a vector.
template <Activation kActivation>
HWY_INLINE VF32 ApplyTo(VF32 x, float parameter) {
  (void)parameter;
  switch (kActivation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return Relu(DF32(), x);
    case Activation::kLeakyRelu:
      return LeakyRelu(x, parameter);
    case Activation::kHardSwish:
      return HardSwish(x);
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kTanh:
      return Tanh(x);
    case Activation::kSilu:
      return Silu(x);
    case Activation::kGelu:
      return Gelu(x);
    case Activation::kGeluTanh:
      return GeluTanh(x);
    case Activation::kExp:
      return Exp(x);
  }
}

constexpr bool kHasManyRegisters = hn::MaxLanes(DF32()) == 16 || !HWY_ARCH_X86;

// Not inlined: each of these loops needs the registers for its own constants.
template <Activation kActivation, class T>
HWY_NOINLINE void ActivateRowBy(float parameter, const T* x, size_t n, T* y) {
  const size_t lanes = hn::Lanes(DF32());
  size_t i = 0;
  // Chains of operations advance together: four, or two where there are 16 registers. (Zen 5, tier avx512_vnni, beside
  // one: exp 1.25 times as fast, GELU 1.12.) src/ is compiled with -fschedule-insns for this.
  if constexpr (kHasFusedMulAdd && kHasManyRegisters) {
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      const VF32 a = LoadAsF32(x + i), b = LoadAsF32(x + i + lanes);
      const VF32 c = LoadAsF32(x + i + 2 * lanes), d = LoadAsF32(x + i + 3 * lanes);
      const VF32 fa = ApplyTo<kActivation>(a, parameter), fb = ApplyTo<kActivation>(b, parameter);
      const VF32 fc = ApplyTo<kActivation>(c, parameter), fd = ApplyTo<kActivation>(d, parameter);
      StoreFourFromF32(fa, fb, fc, fd, y + i);
    }
  } else if constexpr (kHasFusedMulAdd) {
    for (; i + 2 * lanes <= n; i += 2 * lanes) {
      const VF32 a = LoadAsF32(x + i), b = LoadAsF32(x + i + lanes);
      const VF32 fa = ApplyTo<kActivation>(a, parameter), fb = ApplyTo<kActivation>(b, parameter);
      StoreTwoFromF32(fa, fb, y + i);
    }
  }
  for (; i + lanes <= n; i += lanes) StoreFromF32(ApplyTo<kActivation>(LoadAsF32(x + i), parameter), y + i);
  if (i < n) StoreFromF32(ApplyTo<kActivation>(LoadAsF32(x + i, n - i), parameter), y + i, n - i);
}

// y[i] = the activation of x[i] (activation.h), for i < n. y may be x. T is float, BFloat16 or Float16. A NaN is stored
// as the one NaN.
template <class T>
HWY_INLINE void ActivateRow(Activation activation, float parameter, const T* x, size_t n, T* y) {
  switch (activation) {
    case Activation::kNone:
      return ActivateRowBy<Activation::kNone>(parameter, x, n, y);
    case Activation::kRelu:
      return ActivateRowBy<Activation::kRelu>(parameter, x, n, y);
    case Activation::kLeakyRelu:
      return ActivateRowBy<Activation::kLeakyRelu>(parameter, x, n, y);
    case Activation::kHardSwish:
      return ActivateRowBy<Activation::kHardSwish>(parameter, x, n, y);
    case Activation::kSigmoid:
      return ActivateRowBy<Activation::kSigmoid>(parameter, x, n, y);
    case Activation::kTanh:
      return ActivateRowBy<Activation::kTanh>(parameter, x, n, y);
    case Activation::kSilu:
      return ActivateRowBy<Activation::kSilu>(parameter, x, n, y);
    case Activation::kGelu:
      return ActivateRowBy<Activation::kGelu>(parameter, x, n, y);
    case Activation::kGeluTanh:
      return ActivateRowBy<Activation::kGeluTanh>(parameter, x, n, y);
    case Activation::kExp:
      return ActivateRowBy<Activation::kExp>(parameter, x, n, y);
  }
}

// In place, on f32 that lie in L1: what output stages call, with the bits of Activate. Runs under the caller's
// ScopedFloatEnvironment.
HWY_INLINE void ApplyActivation(Activation activation, float parameter, float* row, size_t n) {
  ActivateRow<float>(activation, parameter, row, n, row);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
