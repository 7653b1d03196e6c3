#include "graph/graph.h"

#include <algorithm>
#include <utility>

namespace isoquant_provider {
namespace {

// What a function of the API that counts, and one that fills an array, give.
template <class T, class Counter, class Filler, class Object>
std::vector<const T*> List(Counter count, Filler fill, const Object* object) {
  size_t size = 0;
  Check(count(object, &size));
  std::vector<const T*> all(size);
  Check(fill(object, all.data(), size));
  return all;
}

template <class Getter>
std::string Text(Getter get, const OrtNode* node) {
  const char* text = nullptr;
  Check(get(node, &text));
  return text == nullptr ? "" : text;
}

void Remove(std::vector<int>& from, int node) { from.erase(std::remove(from.begin(), from.end(), node), from.end()); }

}  // namespace

std::string OperatorOf(const Node& node) { return Text(Api().Node_GetOperatorType, node.ort); }

Graph::Graph(const OrtGraph* graph, const std::vector<std::string>& left_alone) {
  sources_ = List<OrtNode>(Api().Graph_GetNumNodes, Api().Graph_GetNodes, graph);
  for (const OrtNode* node : sources_) {
    AddNode(node);
    const bool is_left = std::find(left_alone.begin(), left_alone.end(), nodes_.back().op) != left_alone.end();
    if (is_left) nodes_.back().domain = "left alone";
  }
  for (const OrtValueInfo* info : List<OrtValueInfo>(Api().Graph_GetNumOutputs, Api().Graph_GetOutputs, graph)) {
    const int value = AddValue(info);
    if (value != kNone) values_[static_cast<size_t>(value)].is_output = true;
  }
}

int Graph::FindValue(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? kNone : found->second;
}

int Graph::AddValue(const OrtValueInfo* info) {
  const char* name = nullptr;
  if (info != nullptr) Check(Api().GetValueInfoName(info, &name));
  if (name == nullptr || *name == '\0') return kNone;
  const int known = FindValue(name);
  if (known != kNone) return known;
  Value value;
  value.name = name;
  const OrtTypeInfo* type = nullptr;
  Check(Api().GetValueInfoTypeInfo(info, &type));
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  if (type != nullptr) Check(Api().CastTypeInfoToTensorInfo(type, &tensor));
  if (tensor != nullptr) ReadShape(tensor, value.type, value.dims);
  bool is_constant = false;
  Check(Api().ValueInfo_IsConstantInitializer(info, &is_constant));
  if (is_constant) Check(Api().ValueInfo_GetInitializerValue(info, &value.constant));
  if (is_constant && (value.type == kInt4 || value.type == kUint4)) {
    value.is_nibbles = true;
    value.type = value.type == kInt4 ? kInt8 : kUint8;
  }
  const int number = static_cast<int>(values_.size());
  by_name_[value.name] = number;
  values_.push_back(std::move(value));
  return number;
}

void Graph::AddNode(const OrtNode* ort) {
  const int number = static_cast<int>(nodes_.size());
  Node node;
  node.ort = ort;
  node.sources = {nodes_.size()};
  node.op = Text(Api().Node_GetOperatorType, ort);
  node.name = Text(Api().Node_GetName, ort);
  node.domain = Text(Api().Node_GetDomain, ort);
  // Older exporters wrote these two with Microsoft's domain. They are the same.
  const bool is_quantiser = node.op == "QuantizeLinear" || node.op == "DequantizeLinear";
  if (node.domain == "ai.onnx" || (node.domain == "com.microsoft" && is_quantiser)) node.domain.clear();
  for (const OrtValueInfo* info : List<OrtValueInfo>(Api().Node_GetNumInputs, Api().Node_GetInputs, ort)) {
    node.inputs.push_back(AddValue(info));
    if (node.inputs.back() != kNone) values_[static_cast<size_t>(node.inputs.back())].consumers.push_back(number);
  }
  // Subgraphs of this node (If, Loop) need values too.
  for (const OrtValueInfo* info :
       List<OrtValueInfo>(Api().Node_GetNumImplicitInputs, Api().Node_GetImplicitInputs, ort)) {
    node.inputs.push_back(AddValue(info));
    if (node.inputs.back() != kNone) values_[static_cast<size_t>(node.inputs.back())].consumers.push_back(number);
  }
  for (const OrtValueInfo* info : List<OrtValueInfo>(Api().Node_GetNumOutputs, Api().Node_GetOutputs, ort)) {
    node.outputs.push_back(AddValue(info));
    if (node.outputs.back() != kNone) values_[static_cast<size_t>(node.outputs.back())].producer = number;
  }
  // A node without a name is known by what it computes.
  if (node.name.empty() && !node.outputs.empty() && node.outputs[0] != kNone) node.name = At(node.outputs[0]).name;
  source_names_.push_back(node.name);
  nodes_.push_back(std::move(node));
}

int Graph::OnlyConsumer(int value) const {
  if (value == kNone || At(value).is_output || At(value).consumers.size() != 1) return kNone;
  return At(value).consumers[0];
}

bool Graph::SameShape(int a, int b) const {
  if (a == kNone || b == kNone) return false;
  const Dims &x = At(a).dims, &y = At(b).dims;
  return !x.empty() && x == y && std::find(x.begin(), x.end(), -1) == x.end();
}

void Graph::Replace(const std::vector<int>& replaced, Node node, int place) {
  if (place == kNone) place = *std::max_element(replaced.begin(), replaced.end());
  node.sources.clear();
  for (const int i : replaced) {
    Node& old = nodes_[static_cast<size_t>(i)];
    node.sources.insert(node.sources.end(), old.sources.begin(), old.sources.end());
    for (const int value : old.inputs) {
      if (value != kNone) Remove(values_[static_cast<size_t>(value)].consumers, i);
    }
    for (const int value : old.outputs) {
      if (value != kNone) values_[static_cast<size_t>(value)].producer = kNone;
    }
    old.is_dead = true;
  }
  for (const int value : node.inputs) {
    if (value != kNone) values_[static_cast<size_t>(value)].consumers.push_back(place);
  }
  for (const int value : node.outputs) {
    if (value != kNone) values_[static_cast<size_t>(value)].producer = place;
  }
  nodes_[static_cast<size_t>(place)] = std::move(node);
}

}  // namespace isoquant_provider
