// Support: collects the policies of all problems and of every Highway target.
#include "src/tiers.h"

#include <cstring>

#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/tiers.h"
#include "src/detection_override.h"
#include "src/problems.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/tiers.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/isa/policies-inl.h"

// Not between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE: these run for every target on every CPU.
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class... P>
void MergePolicies(PolicyList<P...>, uint32_t problem, TierList& list) {
  const Tier tiers[] = {
      Tier{P::kName, HWY_TARGET, P::kRefusal, P::kNeedsTiles, P::kShapes, problem, P::kNeedsFastMode}..., Tier()};
  MergeTiers(tiers, sizeof...(P), list);
}

template <class... P>
void MergeProblems(ProblemList<P...>, TierList& list) {
  size_t i = 0;
  (MergePolicies(PoliciesFor<P>(), ProblemBit(i++), list), ...);
}

void AppendTiers(TierList& list) { MergeProblems(Problems(), list); }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(AppendTiers);

TierList Collect() {
  TierList list;
#if HWY_IDE || ((HWY_TARGETS & (HWY_TARGETS - 1)) == 0)
  HWY_STATIC_DISPATCH(AppendTiers)(list);
#else
  for (const auto append : HWY_DISPATCH_TABLE(AppendTiers)) {  // best target first
    if (append != nullptr && append != HWY_DISPATCH_TABLE(AppendTiers)[0]) append(list);
  }
#endif
  return list;
}

template <class Predicate>
uint64_t TiersThat(const Predicate& is_one) {
  uint64_t bits = 0;
  for (size_t i = 0; i < Tiers().size; ++i) bits |= is_one(Tiers().tiers[i]) ? TierBit(i) : 0;
  return bits;
}

uint64_t FindUsableTiers() {
  return TiersThat([](const Tier& tier) { return WhyUnusable(tier) == nullptr; });
}

}  // namespace

const TierList& Tiers() {
  static const TierList list = Collect();
  return list;
}

const char* WhyUnusable(const Tier& tier) {
  const bool without_vectors = tier.target == HWY_SCALAR || tier.target == HWY_EMU128;
  if (!without_vectors && (hwy::SupportedTargets() & tier.target) == 0) {
#if HWY_ARCH_ARM_A64
    if ((tier.target & HWY_ALL_SVE) != 0) return "the CPU or the operating system lacks SVE: HWCAP[22] is 0";
#endif
    return "the CPU or the operating system lacks what the target needs";
  }
  return tier.refusal(DetectCpu());
}

uint64_t UsableTiers() {
  if (OverriddenDetection() != nullptr) return FindUsableTiers();
  static const uint64_t usable = FindUsableTiers();
  return usable;
}

uint64_t TiersWithTiles() {
  static const uint64_t with_tiles = TiersThat([](const Tier& tier) { return tier.needs_tiles; });
  return with_tiles;
}

uint64_t TiersOfFastMode() {
  static const uint64_t fast = TiersThat([](const Tier& tier) { return tier.needs_fast_mode; });
  return fast;
}

size_t TierIndex(const char* name) {
  if (name == nullptr) return SIZE_MAX;
  const TierList& list = Tiers();
  for (size_t i = 0; i < list.size; ++i) {
    if (std::strcmp(list.tiers[i].name, name) == 0) return i;
  }
  return SIZE_MAX;
}

std::vector<TargetReport> CompiledTargets() {
  std::vector<TargetReport> reports;
  for (int64_t left = HWY_TARGETS; left != 0; left &= left - 1) {  // lower bits are better
    const int64_t target = left & -left;
    const bool without_vectors = target == HWY_SCALAR || target == HWY_EMU128;
    reports.push_back({hwy::TargetName(target), without_vectors || (hwy::SupportedTargets() & target) != 0});
  }
  return reports;
}

}  // namespace isoquant
#endif  // HWY_ONCE
