// Layer 2: constants of a graph. Those of 4 bits are widened when somebody asks for them.
#include "graph/graph.h"

namespace isoquant_provider {

TensorRef Graph::Constant(int value) const {
  TensorRef tensor = ReadTensor(At(value).constant);
  if (!At(value).is_nibbles) return tensor;
  std::vector<uint8_t>& bytes = bytes_of_nibbles_[value];
  const bool is_signed = tensor.type == kInt4;
  if (bytes.empty()) {
    bytes.resize(Count(tensor.dims));
    for (size_t i = 0; i < bytes.size(); ++i) {  // the lower half of a byte comes first
      const int nibble = tensor.As<uint8_t>()[i / 2] >> (i % 2 * 4) & 15;
      bytes[i] = static_cast<uint8_t>(is_signed && nibble > 7 ? nibble - 16 : nibble);
    }
  }
  tensor.type = is_signed ? kInt8 : kUint8;
  tensor.data = bytes.data();
  return tensor;
}

}  // namespace isoquant_provider
