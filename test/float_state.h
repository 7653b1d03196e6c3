// Test support: what a thread has set of floats, flags and traps of exceptions included, to the last bit.
#ifndef ISOQUANT_TEST_FLOAT_STATE_H_
#define ISOQUANT_TEST_FLOAT_STATE_H_

#include <cstdint>
#include <cstring>

#include "test/support.h"

#if defined(__x86_64__) || defined(__aarch64__)
#define ISOQUANT_TEST_HAS_FLOAT_STATE 1
#else
#define ISOQUANT_TEST_HAS_FLOAT_STATE 0
#endif

#if ISOQUANT_TEST_HAS_FLOAT_STATE

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace isoquant {

#if defined(__x86_64__)
// MXCSR, and the control and status words of the x87, which long double uses.
struct FloatState {
  uint32_t mxcsr, x87_control, x87_status;
  bool operator==(const FloatState& other) const {
    return mxcsr == other.mxcsr && x87_control == other.x87_control && x87_status == other.x87_status;
  }
};

inline FloatState GetFloatState() {
  uint16_t control, status;
  __asm__ volatile("fnstcw %0\n\tfnstsw %1" : "=m"(control), "=m"(status) : : "memory");
  return {_mm_getcsr(), control, status};
}
inline void SetFloatState(const FloatState& state) {
  uint32_t x87[7];
  __asm__ volatile("fnstenv %0" : "=m"(x87) : : "memory");  // masks all, so that a pending one does not trap here
  x87[0] = (x87[0] & 0xffff0000u) | state.x87_control;
  x87[1] = (x87[1] & 0xffff0000u) | state.x87_status;
  __asm__ volatile("fldenv %0" : : "m"(x87) : "memory");
  _mm_setcsr(state.mxcsr);
}
inline FloatState MakeFloatState(bool trapping, bool flags, bool odd) {
  // Odd: rounding down, flush-to-zero, denormals-are-zero.
  return {(trapping ? 0u : 0x1f80u) | (flags ? 0x3fu : 0u) | (odd ? 0xa040u : 0u), trapping ? 0x340u : 0x37fu,
          flags && !trapping ? 0x3fu : 0u};
}
#else
struct FloatState {
  uint64_t fpcr, fpsr;
  bool operator==(const FloatState& other) const { return fpcr == other.fpcr && fpsr == other.fpsr; }
};
inline FloatState GetFloatState() {
  FloatState state;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(state.fpcr), "=r"(state.fpsr) : : "memory");
  return state;
}
inline void SetFloatState(const FloatState& state) {
  __asm__ volatile("msr fpsr, %1\n\tmsr fpcr, %0" : : "r"(state.fpcr), "r"(state.fpsr) : "memory");
}
// Many CPUs cannot trap: there those bits stay 0.
inline FloatState MakeFloatState(bool trapping, bool flags, bool odd) {
  return {(trapping ? uint64_t{0x9f00} : 0) | (odd ? uint64_t{0x1800000} : 0), flags ? uint64_t{0x9f} : 0};
}
#endif

// All of them: exceptions trap or not, their flags are clear or set, rounding and subnormals are as usual or not.
constexpr size_t kFloatStates = 8;
inline FloatState MakeFloatState(size_t i) { return MakeFloatState((i & 1) != 0, (i & 2) != 0, (i & 4) != 0); }

// Calls f() in this state, and returns whether f left it as it was.
template <class F>
bool KeepsFloatState(const FloatState& state, const F& f) {
  const FloatState saved = GetFloatState();
  SetFloatState(state);
  const FloatState before = GetFloatState();
  f();
  const FloatState after = GetFloatState();
  SetFloatState(saved);
  return before == after;
}

// A thread per worker, each in a state of its own.
struct OwnFloatStates {
  template <class F>
  static bool Keeps(size_t worker, const F& f) {
    return KeepsFloatState(MakeFloatState((worker + 1) % kFloatStates), f);
  }
};
using FloatStateExecutor = KeepingExecutor<OwnFloatStates>;

}  // namespace isoquant

#endif  // ISOQUANT_TEST_HAS_FLOAT_STATE
#endif  // ISOQUANT_TEST_FLOAT_STATE_H_
