// Public layer: the tiers of this library: which there are, which run, and why the others do not.
#ifndef ISOQUANT_TIERS_H_
#define ISOQUANT_TIERS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "isoquant/api.h"

namespace isoquant {

class Context;

// A tier is an instruction under a Highway target: "avx512_vnni" is VPDPBUSD on 512-bit vectors, "avx2" is VPMADDWD on
// 256-bit ones. All tiers give the same bits.
struct TierReport {
  std::string name;
  std::string target;  // Highway's name of the target under which it was compiled: "AVX3"
  bool usable = false;
  std::string reason;  // why it is not usable; empty if it is
  std::string shapes;  // "from 5 rows on": others run on the next tier that is usable; or empty: all
};

// All tiers that were compiled, best first, and for each that this Context cannot use the reason: what the CPU or the
// OS lacks, or who removed it.
ISOQUANT_API std::vector<TierReport> ExplainTiers(const Context& context);

// The same in a sentence or two: "avx2 runs; avx512_vnni, avx512bw do not: capped by the environment:
// ISOQUANT_MAX_TIER=avx2; avx_vnni does not: the CPU lacks AVX-VNNI: ...".
ISOQUANT_API std::string Explain(const Context& context);

// Number of a tier (0 is the best), or SIZE_MAX if this build has none of exactly this name (or it is null).
ISOQUANT_API size_t TierIndex(const char* name);

// Highway targets that this library was compiled for, best first, and whether the CPU supports each.
struct TargetReport {
  std::string name;
  bool supported = false;
};
ISOQUANT_API std::vector<TargetReport> CompiledTargets();

}  // namespace isoquant

#endif  // ISOQUANT_TIERS_H_
