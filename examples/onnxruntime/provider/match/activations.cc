#include "match/activations.h"

#include "graph/attributes.h"
#include "match/operands.h"

namespace isoquant_provider {

bool FindActivation(const Node& node, isoquant::Activation& activation, float& parameter) {
  using Activation = isoquant::Activation;
  if (node.Is("Relu")) return activation = Activation::kRelu, true;
  if (node.Is("Tanh")) return activation = Activation::kTanh, true;
  if (node.Is("HardSwish")) return activation = Activation::kHardSwish, true;
  if (node.Is("LeakyRelu")) {
    parameter = FloatOf(node, "alpha", 0.01f);
    return activation = Activation::kLeakyRelu, true;
  }
  if (node.Is("Gelu")) {
    const bool is_tanh = StringOf(node, "approximate", "none") == "tanh";
    return activation = is_tanh ? Activation::kGeluTanh : Activation::kGelu, true;
  }
  const bool is_gelu = node.op == kGelu && (node.domain == kFusedDomain || node.domain == "com.microsoft");
  if (is_gelu) activation = Activation::kGelu;
  return is_gelu;
}

}  // namespace isoquant_provider
