// ISA layer: what a policy computes: products of which types.
#ifndef ISOQUANT_INL_ISA_PROBLEM_H_
#define ISOQUANT_INL_ISA_PROBLEM_H_

#include <cstdint>

#include "isoquant/float_types.h"

namespace isoquant {

// C = A B with rows of TA and weights of TB, summed up as TAcc. Each problem has its ordered list of policies for each
// target (policies-inl.h). A type that derives from a Problem is another problem, with lists of its own.
template <class TA, class TB, class TAcc>
struct Problem {
  using A = TA;
  using B = TB;
  using Acc = TAcc;
};

// Exact integers, modulo 2^32.
template <class A>
using Int8Problem = Problem<A, int8_t, int32_t>;

// f32: each output is one chain of fused multiply-adds in increasing k.
using F32Problem = Problem<float, float, float>;

// bf16: the same chain, of the elements as f32. Policies that run in FloatMode::kFast alone may round otherwise.
using Bf16Problem = Problem<BFloat16, BFloat16, float>;

}  // namespace isoquant

#endif  // ISOQUANT_INL_ISA_PROBLEM_H_
