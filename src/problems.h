// Support: the problems that this library solves.
#ifndef ISOQUANT_SRC_PROBLEMS_H_
#define ISOQUANT_SRC_PROBLEMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "isoquant/element_type.h"
#include "isoquant/inl/isa/problem.h"

namespace isoquant {

template <class... P>
struct ProblemList {};

// A new problem is one line here. Its policies are in inl/isa/policies-inl.h.
using Problems = ProblemList<  //
    Int8Problem<int8_t>,       //
    Int8Problem<uint8_t>,      //
    F32Problem,                //
    Bf16Problem>;

// Sets of problems: bit i is number i of the list.
constexpr uint32_t ProblemBit(size_t i) { return uint32_t{1} << i; }

// The products of a set, as reports name them, each once: "s8 x s8", "u8 x s8".
std::vector<std::string> ProductNames(uint32_t problems);

// The same of any two types.
std::string ProductName(ElementType a, ElementType b);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_PROBLEMS_H_
