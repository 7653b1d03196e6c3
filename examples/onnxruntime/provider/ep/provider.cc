#include "ep/provider.h"

#include <algorithm>

#include "ep/report.h"
#include "match/match.h"
#include "program/claims.h"

namespace isoquant_provider {
namespace {

// A compiled region as ONNX Runtime knows it.
struct ComputeInfo final : OrtNodeComputeInfo {
  ComputeInfo(Provider& provider_in, Program& program_in)
      : OrtNodeComputeInfo{}, provider(provider_in), program(program_in) {
    ort_version_supported = kApiVersion;
    CreateState = [](OrtNodeComputeInfo* info, OrtNodeComputeContext*, void** state) noexcept -> OrtStatus* {
      *state = info;
      return nullptr;
    };
    Compute = [](OrtNodeComputeInfo* info, void*, OrtKernelContext* kernel_context) noexcept {
      auto& self = *static_cast<ComputeInfo*>(info);
      return Guard([&] { self.provider.Run(self.program, kernel_context); });
    };
    ReleaseState = [](OrtNodeComputeInfo*, void*) noexcept {};
  }

  Provider& provider;
  Program& program;
};

Provider& Self(OrtEp* ep) { return *static_cast<Provider*>(ep); }

std::string NameOf(const Graph& graph, size_t source) {
  const char* op = nullptr;
  Check(Api().Node_GetOperatorType(graph.sources()[source], &op));
  return "'" + graph.SourceName(source) + "' (" + op + ")";
}

}  // namespace

Provider::Provider(const OrtSessionOptions* session_options)
    : OrtEp{}, options_(ReadOptions(session_options)), workers_(options_.max_tier, options_.disabled_tiers) {
  ort_version_supported = kApiVersion;
  GetName = [](const OrtEp*) noexcept { return kProviderName; };
  GetCapability = [](OrtEp* ep, const OrtGraph* graph, OrtEpGraphSupportInfo* support) noexcept {
    return Guard([&] { Self(ep).Claim(graph, support); });
  };
  Compile = [](OrtEp* ep, const OrtGraph** graphs, const OrtNode** fused, size_t count, OrtNodeComputeInfo** infos,
               OrtNode**) noexcept {
    return Guard([&] {
      for (size_t i = 0; i < count; ++i) infos[i] = Self(ep).CompileOne(graphs[i], fused[i]);
    });
  };
  ReleaseNodeComputeInfos = [](OrtEp*, OrtNodeComputeInfo** infos, size_t count) noexcept {
    for (size_t i = 0; i < count; ++i) delete static_cast<ComputeInfo*>(infos[i]);
  };
}

Provider::~Provider() {
  OrtStatus* const status = Guard([&] { Report(); });
  if (status != nullptr) Api().ReleaseStatus(status);
}

void Provider::Claim(const OrtGraph* ort_graph, OrtEpGraphSupportInfo* support) {
  Graph graph(ort_graph, options_.disabled_operators);
  MatchAll(graph, CanCompute);
  Claims claims = FindClaims(graph);
  for (const size_t source : claims.left) {
    const std::string name = NameOf(graph, source);
    if (std::find(left_.begin(), left_.end(), name) == left_.end()) left_.push_back(name);
    // ONNX Runtime goes on without a provider whose GetCapability fails. So the node is claimed, and Compile fails.
    if (options_.is_strict) claims.regions.push_back({source});
  }
  OrtNodeFusionOptions options = {};
  options.ort_version_supported = kApiVersion;
  options.drop_constant_initializers = true;
  for (const std::vector<size_t>& region : claims.regions) {
    std::vector<const OrtNode*> nodes;
    for (const size_t source : region) nodes.push_back(graph.sources()[source]);
    Check(EpApi().EpGraphSupportInfo_AddNodesToFuse(support, nodes.data(), nodes.size(), &options));
  }
}

OrtNodeComputeInfo* Provider::CompileOne(const OrtGraph* graph, const OrtNode* fused) {
  if (options_.is_strict && !left_.empty()) {
    std::string names;
    for (const std::string& name : left_) names += (names.empty() ? "" : ", ") + name;
    throw Error("strict: Isoquant does not claim " + names);
  }
  isoquant::Context context;
  programs_.push_back(std::make_unique<Program>(graph, fused, context));
  return new ComputeInfo(*this, *programs_.back());
}

void Provider::Run(Program& program, OrtKernelContext* kernel_context) {
  std::unique_ptr<Worker> worker = workers_.Borrow(kernel_context);
  program.Run(kernel_context, *worker);
  workers_.Return(std::move(worker));
}

void Provider::Report() {
  if (options_.report.empty()) return;
  ReportContents contents;
  contents.tier = workers_.tier();
  contents.memory_bytes = workers_.memory_bytes();
  contents.left = left_;
  for (const auto& program : programs_) contents.programs.push_back(program.get());
  WriteReport(options_.report, contents);
}

}  // namespace isoquant_provider
