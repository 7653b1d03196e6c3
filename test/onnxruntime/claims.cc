#include "claims.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/npy.h"
#include "host/runtime.h"

namespace onnx_host {
namespace {

// "Mul 2, Softmax 1": what ONNX Runtime runs.
std::string ListOthers(const std::vector<ProfileRow>& rows) {
  std::map<std::string, size_t> counts;
  for (const ProfileRow& row : rows) {
    if (row.provider != kProvider) counts[row.operation] += row.nodes;
  }
  std::string list;
  for (const auto& [operation, count] : counts) {
    list += (list.empty() ? "" : ", ") + operation + " " + std::to_string(count);
  }
  return list;
}

}  // namespace

bool IsProvidersAlone(const std::vector<ProfileRow>& rows) {
  constexpr const char* kMoves[] = {"Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"};
  for (const ProfileRow& row : rows) {
    const auto moves = [&row](const char* name) { return row.operation == name; };
    if (row.provider != kProvider && std::none_of(std::begin(kMoves), std::end(kMoves), moves)) return false;
  }
  return true;
}

void CheckClaims(const NodeTest& test, const std::vector<ProfileRow>& rows) {
  const size_t claimed = CountNodes(rows, kProvider), others = CountNodes(rows, "CPUExecutionProvider");
  const std::string left = ListOthers(rows);
  const bool ok = test.claims == "any" || (test.claims == "all" && claimed != 0 && others == 0) ||
                  (claimed != 0 && test.claims == "all but " + left) || (test.claims == "none" && claimed == 0);
  if (ok) return;
  throw std::runtime_error("the provider claims " + std::to_string(claimed) + " groups and leaves " + left +
                           ", expected: " + test.claims);
}

void CheckReport(const NodeTest& test, const std::string& path, const std::string& best_tier) {
  const auto report = nlohmann::json::parse(ReadFile(path));
  std::remove(path.c_str());
  if (!best_tier.empty() && report["tier"] != best_tier) {
    throw std::runtime_error("the provider runs " + report["tier"].get<std::string>() + ", expected: " + best_tier);
  }
  const auto& groups = report["groups"];
  std::string list;
  for (const auto& group : groups) list += (list.empty() ? "" : " ") + group["operator"].get<std::string>();
  if (test.groups.empty() || list == test.groups) return;
  throw std::runtime_error("the provider's groups are " + list + ", expected: " + test.groups);
}

}  // namespace onnx_host
