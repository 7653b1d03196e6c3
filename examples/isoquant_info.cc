// Tells what this CPU has, which tiers of Isoquant it can run, and why it cannot run the others.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "isoquant/isoquant.h"

namespace {

// What holds for one product, or for several alike.
struct Section {
  std::vector<std::string> products;
  std::vector<isoquant::TierReport> tiers;  // of these products, best first
};

struct Info {
  std::string cpu;
  std::vector<std::string> features;
  std::vector<isoquant::TargetReport> targets;
  std::vector<isoquant::TierReport> tiers;  // of all products
  std::vector<Section> sections;
  std::string chosen;  // tier
  std::string target;  // Highway target of that tier
};

bool AreAlike(const isoquant::TierReport& x, const isoquant::TierReport& y) {
  return x.name == y.name && x.target == y.target && x.usable == y.usable && x.reason == y.reason &&
         x.shapes == y.shapes;
}

// The tier that runs, or null.
const isoquant::TierReport* FindChosen(const std::vector<isoquant::TierReport>& tiers) {
  const auto chosen = std::find_if(tiers.begin(), tiers.end(), [](const auto& tier) { return tier.usable; });
  return chosen == tiers.end() ? nullptr : &*chosen;
}

Info Collect(const isoquant::Context& context) {
  Info info;
  info.cpu = isoquant::DetectCpu().brand;
  info.features = isoquant::FeatureNames(isoquant::DetectCpu());
  info.targets = isoquant::CompiledTargets();
  info.tiers = isoquant::ExplainTiers(context);
  info.chosen = context.tier();
  for (const isoquant::TierReport& tier : info.tiers) {
    if (tier.name == info.chosen) info.target = tier.target;
  }
  for (const isoquant::ProductReport& product : isoquant::CompiledProducts()) {
    const auto tiers = isoquant::ExplainTiers(context, product.a, product.b);
    const auto section = std::find_if(info.sections.begin(), info.sections.end(), [&](const Section& s) {
      return std::equal(s.tiers.begin(), s.tiers.end(), tiers.begin(), tiers.end(), AreAlike);
    });
    if (section == info.sections.end()) {
      info.sections.push_back({{product.name}, tiers});
    } else {
      section->products.push_back(product.name);
    }
  }
  return info;
}

std::string PadTo(size_t width, std::string text) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

void PrintText(std::ostream& out, const Info& info) {
  out << "CPU       " << (info.cpu.empty() ? "(does not tell its name)" : info.cpu) << "\nfeatures ";
  for (const std::string& feature : info.features) out << " " << feature;
  out << "\ntargets  ";
  for (const isoquant::TargetReport& target : info.targets) {
    out << " " << target.name << (target.supported ? "" : " (not on this CPU)");
  }
  out << "\n";
  for (const Section& section : info.sections) {
    out << "\nproducts  ";
    for (size_t i = 0; i < section.products.size(); ++i) out << (i == 0 ? "" : ", ") << section.products[i];
    out << "\n  tier            Highway target\n";
    const isoquant::TierReport* chosen = FindChosen(section.tiers);
    for (const isoquant::TierReport& tier : section.tiers) {
      out << (&tier == chosen ? "> " : "  ") << PadTo(16, tier.name) << PadTo(18, tier.target)
          << (&tier == chosen ? "runs" + (tier.shapes.empty() ? "" : " " + tier.shapes)
              : tier.usable   ? "usable"
                              : "no: " + tier.reason)
          << "\n";
    }
  }
}

void PrintJson(std::ostream& out, const Info& info) {
  using Json = nlohmann::ordered_json;
  Json targets = Json::array(), supported = Json::array(), tiers = Json::array(), products = Json::object();
  for (const isoquant::TargetReport& target : info.targets) {
    targets.push_back(target.name);
    if (target.supported) supported.push_back(target.name);
  }
  for (const isoquant::TierReport& tier : info.tiers) {
    tiers.push_back({{"name", tier.name},
                     {"target", tier.target},
                     {"usable", tier.usable},
                     {"reason", tier.reason},
                     {"shapes", tier.shapes},
                     {"products", tier.products}});
  }
  for (const Section& section : info.sections) {
    const isoquant::TierReport* chosen = FindChosen(section.tiers);
    for (const std::string& product : section.products)
      products[product] = chosen != nullptr ? Json(chosen->name) : Json();
  }
  const Json json = {{"cpu", info.cpu},
                     {"features", info.features},
                     {"target", info.target},
                     {"targets", targets},
                     {"supported_targets", supported},
                     {"tiers", tiers},
                     {"chosen", info.chosen},
                     {"products", products}};
  // A brand string is whatever bytes CPUID holds, so it need not be UTF-8.
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  bool json = false;
  CLI::App app("Tells what this CPU has, which tiers of Isoquant it can run, and why it cannot run the others.");
  app.add_flag("--json", json, "Print as JSON");
  CLI11_PARSE(app, argc, argv);

  const isoquant::Context context;
  const Info info = Collect(context);
  json ? PrintJson(std::cout, info) : PrintText(std::cout, info);
  return 0;
}
