// Support: what reports of tiers say of one product, and in words.
#include "src/tier_reports.h"

#include <algorithm>
#include <iterator>

namespace isoquant {
namespace {

bool Has(const TierReport& report, const std::string& product) {
  return std::find(report.products.begin(), report.products.end(), product) != report.products.end();
}

bool ShareProduct(const TierReport& x, const TierReport& y) {
  return std::any_of(x.products.begin(), x.products.end(), [&](const std::string& product) { return Has(y, product); });
}

bool IsSubstitute(const TierReport& report, const TierReport& later) {
  return later.usable && later.target == report.target && ShareProduct(later, report);
}

}  // namespace

TierReports ReportsOf(const TierReports& all, const std::string& product) {
  TierReports reports;
  std::copy_if(all.begin(), all.end(), std::back_inserter(reports),
               [&](const TierReport& report) { return Has(report, product); });
  return reports;
}

void ClearShapesWithoutSubstitute(TierReports& reports) {
  for (auto report = reports.begin(); report != reports.end(); ++report) {
    const auto is_substitute = [&](const TierReport& later) { return IsSubstitute(*report, later); };
    if (std::none_of(report + 1, reports.end(), is_substitute)) report->shapes.clear();
  }
}

std::string Describe(const TierReports& reports) {
  const auto is_usable = [](const TierReport& report) { return report.usable; };
  const auto chosen = std::find_if(reports.begin(), reports.end(), is_usable);
  std::string text = chosen == reports.end() ? "no tier runs" : chosen->name + " runs";
  if (chosen != reports.end() && !chosen->shapes.empty()) {
    text += " " + chosen->shapes;
    const auto substitute = std::find_if(chosen + 1, reports.end(), is_usable);
    if (substitute != reports.end()) text += ", " + substitute->name + " on smaller shapes";
  }
  for (auto report = reports.begin(); report != chosen;) {
    const std::string& reason = report->reason;
    text += "; " + report->name;
    size_t count = 1;
    for (++report; report != chosen && report->reason == reason; ++report, ++count) text += ", " + report->name;
    text += (count == 1 ? " does not: " : " do not: ") + reason;
  }
  return text;
}

std::string DescribeProducts(const TierReports& all, const std::vector<std::string>& products) {
  struct Group {
    std::string products, text;
  };
  std::vector<Group> groups;
  for (const std::string& product : products) {
    TierReports reports = ReportsOf(all, product);
    ClearShapesWithoutSubstitute(reports);
    const std::string text = Describe(reports);
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.text == text; });
    if (group != groups.end()) {
      group->products += ", " + product;
    } else {
      groups.push_back({product, text});
    }
  }
  std::string text;
  for (const Group& group : groups) text += text.empty() ? group.text : ". " + group.products + ": " + group.text;
  return text;
}

}  // namespace isoquant
