#include "host/profile.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "host/npy.h"
#include "host/runtime.h"

namespace onnx_host {

std::vector<ProfileRow> ReadProfile(const std::string& path) {
  const std::string text = ReadFile(path);
  std::remove(path.c_str());
  std::map<std::pair<std::string, std::string>, std::pair<std::set<std::string>, double>> sums;
  for (const auto& event : nlohmann::json::parse(text)) {
    if (event.value("cat", "") != "Node" || !event.contains("args")) continue;
    const std::string provider = event["args"].value("provider", ""), name = event.value("name", "");
    constexpr char kSuffix[] = "_kernel_time";
    const size_t at = name.rfind(kSuffix);
    if (provider.empty() || at == std::string::npos) continue;
    const std::string operation = provider == kProvider ? "group" : event["args"].value("op_name", "");
    auto& sum = sums[{provider, operation}];
    sum.first.insert(event["args"].value("node_index", "") + name);
    sum.second += event.value("dur", 0.0) * 1e-6;
  }
  std::vector<ProfileRow> rows;
  for (const auto& sum : sums) {
    rows.push_back({sum.first.first, sum.first.second, sum.second.first.size(), sum.second.second});
  }
  std::sort(rows.begin(), rows.end(), [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
  return rows;
}

size_t CountNodes(const std::vector<ProfileRow>& rows, const std::string& provider) {
  size_t nodes = 0;
  for (const ProfileRow& row : rows) {
    if (row.provider == provider) nodes += row.nodes;
  }
  return nodes;
}

}  // namespace onnx_host
