#include "program/program.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "match/match.h"

namespace isoquant_provider {
namespace {

std::vector<const OrtValueInfo*> InputsOf(const OrtNode* node) {
  size_t count = 0;
  Check(Api().Node_GetNumInputs(node, &count));
  std::vector<const OrtValueInfo*> all(count);
  Check(Api().Node_GetInputs(node, all.data(), count));
  return all;
}
std::vector<const OrtValueInfo*> OutputsOf(const OrtNode* node) {
  size_t count = 0;
  Check(Api().Node_GetNumOutputs(node, &count));
  std::vector<const OrtValueInfo*> all(count);
  Check(Api().Node_GetOutputs(node, all.data(), count));
  return all;
}

int ValueOf(const Graph& graph, const OrtValueInfo* info) {
  const char* name = nullptr;
  if (info != nullptr) Check(Api().GetValueInfoName(info, &name));
  return name == nullptr ? kNone : graph.FindValue(name);
}

std::string Quoted(const std::string& name, const std::string& op) { return "node '" + name + "' (" + op + ")"; }

// Nodes whose results somebody needs, in their order.
std::vector<const Node*> NeededNodes(const Graph& graph) {
  std::vector<bool> is_needed(graph.nodes().size());
  std::vector<const Node*> nodes;
  for (size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    if (node.is_dead) continue;
    for (const int value : node.outputs) {
      if (value == kNone) continue;
      const auto& consumers = graph.At(value).consumers;
      const bool is_used = std::any_of(consumers.begin(), consumers.end(),
                                       [&](int consumer) { return is_needed[static_cast<size_t>(consumer)]; });
      if (graph.At(value).is_output || is_used) is_needed[i] = true;
    }
    if (is_needed[i]) nodes.insert(nodes.begin(), &node);
  }
  return nodes;
}

}  // namespace

Program::Program(const OrtGraph* ort_graph, const OrtNode* fused, isoquant::Context& context) {
  Graph graph(ort_graph);
  MatchAll(graph, CanCompute);
  num_values_ = graph.NumValues();
  for (const OrtValueInfo* info : InputsOf(fused)) inputs_.push_back(ValueOf(graph, info));
  for (const OrtValueInfo* info : OutputsOf(fused)) outputs_.push_back(ValueOf(graph, info));
  Preparation preparation{graph, context, {}};
  AddSteps(graph, preparation);
  KeepConstants(graph, preparation.kept);
}

void Program::AddSteps(const Graph& graph, Preparation& preparation) {
  const std::vector<const Node*> nodes = NeededNodes(graph);
  for (const Node* node : nodes) {
    const KernelType* const type = FindKernel(graph, *node);
    if (type == nullptr) throw Error(Quoted(node->name, node->op) + " is of a kind that Isoquant does not have");
    auto step = std::make_unique<Step>();
    step->name = node->name;
    step->op = node->op;
    step->num_nodes = node->sources.size();
    step->outputs = node->outputs;
    try {
      step->kernel = type->make(preparation, *node);
    } catch (const Error& error) {
      throw Error(Quoted(node->name, node->op) + ": " + error.what());
    }
    steps_.push_back(std::move(step));
  }
  FindLastUses(graph, nodes);
}

void Program::FindLastUses(const Graph& graph, const std::vector<const Node*>& nodes) {
  std::vector<bool> is_known(graph.NumValues());
  for (size_t i = nodes.size(); i-- > 0;) {
    for (const auto* values : {&nodes[i]->inputs, &nodes[i]->outputs}) {
      for (const int value : *values) {
        if (value == kNone || is_known[static_cast<size_t>(value)]) continue;
        is_known[static_cast<size_t>(value)] = true;
        steps_[i]->dead.push_back(value);
      }
    }
  }
  for (const auto& step : steps_) {
    step->outputs.erase(std::remove(step->outputs.begin(), step->outputs.end(), kNone), step->outputs.end());
  }
}

void Program::KeepConstants(const Graph& graph, const std::vector<int>& values) {
  for (const int value : values) {
    KeptConstant constant{value, graph.Constant(value), {}};
    const auto* const bytes = constant.tensor.As<uint8_t>();
    constant.data.assign(bytes, bytes + Count(constant.tensor.dims) * BytesOf(constant.tensor.type));
    constant.tensor.data = constant.data.data();
    constants_.push_back(std::move(constant));
    constants_.back().tensor.data = constants_.back().data.data();
  }
}

void Program::Run(OrtKernelContext* kernel_context, Worker& worker) {
  worker.executor.Use(kernel_context);
  struct EndOfRun {
    ~EndOfRun() { worker.memory.EndRun(); }
    Worker& worker;
  } end{worker};  // after the frame, which gives its memory back
  Frame frame(worker, num_values_);
  for (const KeptConstant& constant : constants_) frame.Set(constant.value, constant.tensor);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const OrtValue* input = nullptr;
    Check(Api().KernelContext_GetInput(kernel_context, i, &input));
    if (inputs_[i] != kNone && input != nullptr) frame.Set(inputs_[i], ReadTensor(input));
  }
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (outputs_[i] != kNone) frame.SetOutput(outputs_[i], kernel_context, i);
  }
  for (const auto& step : steps_) {
    const auto begin = std::chrono::steady_clock::now();
    try {
      frame.BeginStep(step->dead);
      step->kernel->Run(frame);
      frame.EndStep(step->outputs);
    } catch (const std::exception& error) {
      throw Error(Quoted(step->name, step->op) + ": " + error.what());
    }
    const auto passed = std::chrono::steady_clock::now() - begin;
    step->nanoseconds += static_cast<uint64_t>(std::chrono::nanoseconds(passed).count());
    ++step->runs;
  }
}

}  // namespace isoquant_provider
