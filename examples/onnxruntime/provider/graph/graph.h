// Layer 2: a graph of operators, copied out of ONNX Runtime, that patterns rewrite.
//
// Values and nodes are numbers. Nodes are in topological order, and stay so: a node that replaces others takes the
// place of the last one, or of the first one if it needs nothing later.
#ifndef ISOQUANT_PROVIDER_GRAPH_GRAPH_H_
#define ISOQUANT_PROVIDER_GRAPH_GRAPH_H_

#include <cstddef>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/values.h"
#include "isoquant/activation.h"

namespace isoquant_provider {

constexpr int kNone = -1;  // no value, no node

struct Value {
  std::string name;
  Type type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  Dims dims;                           // negative: not known. None: a scalar, or a shape of which nothing is known
  const OrtValue* constant = nullptr;  // lives as long as the OrtGraph
  int producer = kNone;
  std::vector<int> consumers;  // a node once for each of its inputs
  bool is_output = false;      // of the graph
  bool is_nibbles = false;     // a constant of 4-bit integers, which counts as one of 8 bits
};

struct Node {
  std::string domain;  // "": ONNX's; kFusedDomain: ours
  std::string op;
  std::string name;
  std::vector<int> inputs, outputs;  // values, or kNone
  const OrtNode* ort = nullptr;      // whose attributes these are
  std::vector<size_t> sources;       // the graph's own nodes, by their places, that it stands for
  bool is_dead = false;              // replaced
  std::vector<int> read_through;     // DequantizeLinear nodes whose inputs it takes in place of their results
  // Of fused nodes: what is done to the result.
  isoquant::Activation activation = isoquant::Activation::kNone;
  float parameter = 0.0f;  // of the activation
  // A clamp behind it.
  float min = -std::numeric_limits<float>::infinity();
  float max = std::numeric_limits<float>::infinity();
  bool is_transposed = false;  // its weights are N x K

  int Input(size_t i) const { return i < inputs.size() ? inputs[i] : kNone; }
  bool Is(const char* op_name) const { return op == op_name && domain.empty(); }
};

// The model's operator that a node is, or that a fused node is named after.
std::string OperatorOf(const Node& node);

constexpr const char* kFusedDomain = "isoquant";

class Graph {
 public:
  // Borrows `graph`. Nodes of the operators `left_alone` are in it, but no pattern and no kernel knows them.
  explicit Graph(const OrtGraph* graph, const std::vector<std::string>& left_alone = {});

  std::vector<Node>& nodes() { return nodes_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  size_t NumValues() const { return values_.size(); }
  const Value& At(int value) const { return values_[static_cast<size_t>(value)]; }
  const Node& NodeAt(int node) const { return nodes_[static_cast<size_t>(node)]; }
  int FindValue(const std::string& name) const;  // kNone if there is none
  // The model's own nodes, and what they are called: by their outputs if they have no name.
  const std::vector<const OrtNode*>& sources() const { return sources_; }
  const std::string& SourceName(size_t source) const { return source_names_[source]; }

  // The only consumer of a value that nobody else needs, or kNone.
  int OnlyConsumer(int value) const;
  bool IsConstant(int value) const { return value != kNone && At(value).constant != nullptr; }
  TensorRef Constant(int value) const;  // lives as long as this graph
  // Whether all dimensions of both are certainly equal.
  bool SameShape(int a, int b) const;

  // `node` stands for those with these numbers, whose sources it gets. What they compute for one another must have no
  // other use. It takes the place of the last one; or `place`, of one of them, by which all inputs are there.
  void Replace(const std::vector<int>& replaced, Node node, int place = kNone);

 private:
  int AddValue(const OrtValueInfo* info);
  void AddNode(const OrtNode* node);

  std::vector<Node> nodes_;
  std::vector<Value> values_;
  mutable std::unordered_map<int, std::vector<uint8_t>> bytes_of_nibbles_;
  std::unordered_map<std::string, int> by_name_;
  std::vector<const OrtNode*> sources_;
  std::vector<std::string> source_names_;
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_GRAPH_GRAPH_H_
