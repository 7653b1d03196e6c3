#include "run_onnx/result.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace onnx_host {

nlohmann::json ToJson(const std::vector<ValueInfo>& infos, const std::vector<Tensor>& tensors) {
  auto json = nlohmann::json::array();
  for (size_t i = 0; i < tensors.size(); ++i) {
    json.push_back({{"name", infos[i].name},
                    {"type", TypeName(tensors[i].type)},
                    {"shape", tensors[i].shape},
                    {"digest", Digest(tensors[i])}});
  }
  return json;
}

void PrintResult(const nlohmann::json& result) {
  const std::string tier = result["tier"];
  std::printf("%s%s, ONNX Runtime %s, %d thread(s)\n", result["provider"].get<std::string>().c_str(),
              tier.empty() ? "" : (" on " + tier).c_str(), result["version"].get<std::string>().c_str(),
              result["threads"].get<int>());
  for (const char* kind : {"inputs", "outputs"}) {
    for (const auto& value : result[kind]) {
      std::printf("%-8s %-24s %s  %s %s\n", kind, value["name"].get<std::string>().c_str(),
                  value["digest"].get<std::string>().c_str(), value["type"].get<std::string>().c_str(),
                  value["shape"].dump().c_str());
    }
  }
  std::printf("digest of all outputs: %s\n", result["digest"].get<std::string>().c_str());
  std::printf("%.4f s to load, %.4f s a run (the least of %d)\n\n", result["load_seconds"].get<double>(),
              result["seconds"].get<double>(), result["runs"].get<int>());
  std::printf("%-28s %-24s %6s %10s\n", "ran where", "what", "nodes", "seconds");
  for (const auto& row : result["ran"]) {
    std::printf("%-28s %-24s %6d %10.4f\n", row["provider"].get<std::string>().c_str(),
                row["operation"].get<std::string>().c_str(), row["nodes"].get<int>(), row["seconds"].get<double>());
  }
}

}  // namespace onnx_host
