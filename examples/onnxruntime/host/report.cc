#include "host/report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "host/npy.h"

namespace onnx_host {

Report::Report(SessionSettings& settings) {
  if (!settings.provider || settings.options.count("report") != 0) return;
  const char* folder = std::getenv("TMPDIR");
  path_ = std::string(folder ? folder : "/tmp") + "/isoquant-report-" + std::to_string(getpid());
  settings.options["report"] = path_;
}

Report::~Report() {
  if (!path_.empty()) std::remove(path_.c_str());
}

void Report::Read() {
  if (path_.empty()) return;
  const auto json = nlohmann::json::parse(ReadFile(path_));
  tier_ = json["tier"];
  groups_ = json["groups"].size();
  std::map<std::string, ProfileRow> sums;
  for (const auto& group : json["groups"]) {
    ProfileRow& row = sums[group["operator"]];
    row.nodes += group["nodes"].get<size_t>();
    row.seconds += group["seconds"].get<double>();
  }
  for (auto& sum : sums) {
    sum.second.provider = kProvider;
    sum.second.operation = sum.first;
    rows_.push_back(sum.second);
  }
  std::sort(rows_.begin(), rows_.end(), [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
}

}  // namespace onnx_host
