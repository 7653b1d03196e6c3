// ISA layer: refuses flags that give floats other bits than IEEE-754 does. The library takes such flags off its own
// files (cmake/exact_floats.cmake); your own file that includes the templates must be compiled without them.
//
// Only what the compiler tells of can be refused. g++ tells of all; clang (14 and 19 were tried) of -ffast-math and
// -ffinite-math-only, but neither of the other parts of -ffast-math nor of -ffast-math -fno-finite-math-only.
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
// 0: floats are computed as floats. 16: so they are, and halves as halves. Else they are computed as wider numbers, or
// now as these and now as those.
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "Isoquant's bits are those of IEEE-754: compile without -mfpmath=387 (on 32-bit x86: with -msse2 -mfpmath=sse)"
#endif

#endif  // ISOQUANT_INL_UTIL_IEEE754_H_
