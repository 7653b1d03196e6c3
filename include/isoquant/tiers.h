// Public layer: the tiers of this library: which there are, which run, and why the others do not.
#ifndef ISOQUANT_TIERS_H_
#define ISOQUANT_TIERS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "isoquant/api.h"
#include "isoquant/element_type.h"

namespace isoquant {

class Context;

// A tier is an instruction under a Highway target: "avx512_vnni" is VPDPBUSD on 512-bit vectors, "avx2" is VPMADDWD on
// 256-bit ones. All tiers give the same bits, but for those that run in FloatMode::kFast alone (context.h).
struct TierReport {
  std::string name;
  std::string target;  // Highway's name of the target under which it was compiled: "AVX3"
  bool usable = false;
  std::string reason;                 // why it is not usable; empty if it is
  std::string shapes;                 // "from 5 rows on": others run on the next usable tier; empty: it runs all
  std::vector<std::string> products;  // which it computes: "s8 x s8", "u8 x s8" (A times B)
};

// All tiers that were compiled, best first. Each that this Context cannot use has the reason: what the CPU or the
// operating system lacks, or who removed it.
ISOQUANT_API std::vector<TierReport> ExplainTiers(const Context& context);

// The tiers that multiply elements of A of type `a` by elements of B of type `b`. None if the library lacks the
// product.
ISOQUANT_API std::vector<TierReport> ExplainTiers(const Context& context, ElementType a, ElementType b);

// The same in a sentence or two: "avx2 runs; avx512_vnni, avx512bw do not: capped by the environment:
// ISOQUANT_MAX_TIER=avx2; avx_vnni does not: the CPU lacks AVX-VNNI: ...". That is said of s8 x s8. Products of which
// other things are to be said follow, by name: "avx512_vnni runs. f32 x f32: avx512bw runs".
ISOQUANT_API std::string Explain(const Context& context);

// The sentence of one product. It says so if the library lacks the product.
ISOQUANT_API std::string Explain(const Context& context, ElementType a, ElementType b);

// The number of a tier: 0 is the best. SIZE_MAX if `name` is null, or if this build has no tier of exactly this name.
ISOQUANT_API size_t TierIndex(const char* name);

// Highway targets that this library was compiled for, best first, and whether the CPU supports each.
struct TargetReport {
  std::string name;
  bool supported = false;
};
ISOQUANT_API std::vector<TargetReport> CompiledTargets();

// Products that this library computes: A of type `a` times B of type `b`.
struct ProductReport {
  std::string name;  // "u8 x s8"
  ElementType a, b;
};
ISOQUANT_API std::vector<ProductReport> CompiledProducts();

}  // namespace isoquant

#endif  // ISOQUANT_TIERS_H_
