// Support: which tier runs, and why no better one.
#include <utility>

#include "hwy/targets.h"
#include "isoquant/context.h"
#include "isoquant/tiers.h"
#include "src/environment.h"
#include "src/problems.h"
#include "src/tier_reports.h"
#include "src/tiers.h"
#include "src/tile_permission.h"

namespace isoquant {

namespace {

std::string WithEnvironment(std::string text, const Context& context) {
  if (!context.environment_status().ok()) text += "; ignored: " + context.environment_status().ToString();
  return text;
}

}  // namespace

std::vector<TierReport> ExplainTiers(const Context& context) {
  const Environment& environment = Environment::Get();
  std::vector<TierReport> reports;
  for (size_t i = 0; i < Tiers().size; ++i) {
    const Tier& tier = Tiers().tiers[i];
    TierReport report{tier.name, hwy::TargetName(tier.target), context.Allows(i), "", "", ProductNames(tier.problems)};
    if (report.usable) {
      if (tier.shapes != nullptr) report.shapes = tier.shapes;
    } else {
      const char* unusable = WhyUnusable(tier);
      if (unusable != nullptr) {
        report.reason = unusable;
      } else if ((environment.capped & TierBit(i)) != 0) {
        report.reason = "capped by the environment: ISOQUANT_MAX_TIER=" + environment.max_tier;
      } else if ((environment.disabled & TierBit(i)) != 0) {
        report.reason = "removed by the environment: ISOQUANT_DISABLE=" + environment.disable;
      } else if (tier.needs_fast_mode && context.float_mode() != FloatMode::kFast) {
        report.reason = "other bits than in FloatMode::kExact: Context::SetFloatMode(FloatMode::kFast) permits them";
      } else if ((context.capped_ & TierBit(i)) != 0) {
        report.reason = "capped by Context::SetMaxTier";
      } else if ((context.disabled_ & TierBit(i)) != 0) {
        report.reason = "removed by Context::Disable";
      } else {
        const char* refusal = RefuseTiles();  // or granted since this Context chose another target
        report.reason = refusal != nullptr ? refusal : "Linux refused tiles when this Context chose: make a new one";
      }
    }
    reports.push_back(std::move(report));
  }
  ClearShapesWithoutSubstitute(reports);
  return reports;
}

std::vector<TierReport> ExplainTiers(const Context& context, ElementType a, ElementType b) {
  std::vector<TierReport> reports = ReportsOf(ExplainTiers(context), ProductName(a, b));
  ClearShapesWithoutSubstitute(reports);
  return reports;
}

std::string Explain(const Context& context) {
  // All products are described from one list. With a list for each, tiles that are granted in between would make them
  // contradict each other.
  return WithEnvironment(DescribeProducts(ExplainTiers(context), ProductNames(~uint32_t{0})), context);
}

std::string Explain(const Context& context, ElementType a, ElementType b) {
  const std::vector<TierReport> reports = ExplainTiers(context, a, b);
  const std::string text = reports.empty() ? "this library has no product " + ProductName(a, b) : Describe(reports);
  return WithEnvironment(text, context);
}

}  // namespace isoquant
