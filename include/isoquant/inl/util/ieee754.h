// Utilities: refuses compiler flags that give floats other bits than IEEE-754 does. The library takes such flags off
// its own files (cmake/exact_floats.cmake). Your own file that includes the templates must be compiled without them.
//
// A flag can be refused only if the compiler defines a macro for it. g++ does for all. Clang (14 and 19 were tried)
// does for -ffast-math and -ffinite-math-only, but for no other part of -ffast-math, nor for -ffast-math with
// -fno-finite-math-only.
#ifndef ISOQUANT_INL_UTIL_IEEE754_H_
#define ISOQUANT_INL_UTIL_IEEE754_H_

#if defined(__FAST_MATH__) || defined(_M_FP_FAST)
#error "Isoquant's bits are those of IEEE-754: compile without -ffast-math, -Ofast, /fp:fast"
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ != 0
#error "Isoquant's bits are those of IEEE-754: compile without -ffinite-math-only"
#endif
#ifdef __RECIPROCAL_MATH__
#error \
    "Isoquant's bits are those of IEEE-754: compile without -freciprocal-math (-funsafe-math-optimizations implies it)"
#endif
#ifdef __ASSOCIATIVE_MATH__
#error \
    "Isoquant's bits are those of IEEE-754: compile without -fassociative-math (-funsafe-math-optimizations implies it)"
#endif
#ifdef __NO_SIGNED_ZEROS__
#error \
    "Isoquant's bits are those of IEEE-754: compile without -fno-signed-zeros (-funsafe-math-optimizations implies it)"
#endif
// All of the above, and -fsingle-precision-constant.
#if defined(__GCC_IEC_559) && __GCC_IEC_559 == 0
#error "Isoquant's bits are those of IEEE-754: compile without -fsingle-precision-constant and the parts of -ffast-math"
#endif
// 0: floats are computed as floats. 16: floats as floats, and halves as halves. Any other value: they are computed as
// wider numbers, always or at times.
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "Isoquant's bits are those of IEEE-754: compile without -mfpmath=387 (on 32-bit x86: with -msse2 -mfpmath=sse)"
#endif

#endif  // ISOQUANT_INL_UTIL_IEEE754_H_
