// Support: which tier runs, and why no better one, in words.
#include "hwy/targets.h"
#include "isoquant/context.h"
#include "isoquant/tiers.h"
#include "src/environment.h"
#include "src/tiers.h"
#include "src/tile_permission.h"

namespace isoquant {
namespace {

// Products that do not suit a tier go to another one of its target, if that is allowed.
bool HasSubstitute(const Context& context, size_t tier) {
  for (size_t i = tier + 1; i < Tiers().size && TargetOf(i) == TargetOf(tier); ++i) {
    if (context.Allows(i)) return true;
  }
  return false;
}

}  // namespace

std::vector<TierReport> ExplainTiers(const Context& context) {
  const Environment& environment = Environment::Get();
  std::vector<TierReport> reports;
  for (size_t i = 0; i < Tiers().size; ++i) {
    const Tier& tier = Tiers().tiers[i];
    TierReport report{tier.name, hwy::TargetName(tier.target), context.Allows(i), "", ""};
    if (report.usable) {
      if (tier.shapes != nullptr && HasSubstitute(context, i)) report.shapes = tier.shapes;
    } else {
      const char* unusable = WhyUnusable(tier);
      if (unusable != nullptr) {
        report.reason = unusable;
      } else if ((environment.capped & TierBit(i)) != 0) {
        report.reason = "capped by the environment: ISOQUANT_MAX_TIER=" + environment.max_tier;
      } else if ((environment.disabled & TierBit(i)) != 0) {
        report.reason = "removed by the environment: ISOQUANT_DISABLE=" + environment.disable;
      } else if ((context.capped_ & TierBit(i)) != 0) {
        report.reason = "capped by Context::SetMaxTier";
      } else if ((context.disabled_ & TierBit(i)) != 0) {
        report.reason = "removed by Context::Disable";
      } else {
        const char* refusal = RefuseTiles();  // or granted since this Context chose another target
        report.reason = refusal != nullptr ? refusal : "Linux refused tiles when this Context chose: make a new one";
      }
    }
    reports.push_back(report);
  }
  return reports;
}

std::string Explain(const Context& context) {
  // All from one list: what is granted between two questions would give two answers.
  const std::vector<TierReport> reports = ExplainTiers(context);
  size_t chosen = 0;
  while (!reports[chosen].usable) ++chosen;
  std::string text = reports[chosen].name + " runs";
  if (!reports[chosen].shapes.empty()) {
    size_t substitute = chosen + 1;
    while (!reports[substitute].usable) ++substitute;
    text += " " + reports[chosen].shapes + ", " + reports[substitute].name + " on smaller shapes";
  }
  for (size_t i = 0; i < reports.size() && !reports[i].usable; ++i) {
    text += "; " + reports[i].name;
    bool several = false;
    for (; i + 1 < reports.size() && reports[i + 1].reason == reports[i].reason; ++i, several = true) {
      text += ", " + reports[i + 1].name;
    }
    text += (several ? " do not: " : " does not: ") + reports[i].reason;
  }
  if (!context.environment_status().ok()) text += "; ignored: " + context.environment_status().ToString();
  return text;
}

}  // namespace isoquant
