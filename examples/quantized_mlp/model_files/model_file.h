// A network from any file that this program writes: f32 or int8 safetensors, or packed.
#ifndef QUANTIZED_MLP_MODEL_FILES_MODEL_FILE_H_
#define QUANTIZED_MLP_MODEL_FILES_MODEL_FILE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "data/table_format.h"
#include "f32/mlp.h"
#include "isoquant/context.h"
#include "with_isoquant/runner.h"

namespace quantized_mlp {

struct Model {
  std::optional<Mlp> f32;
  std::optional<QuantizedMlp> int8;  // either f32 or int8 is there
  std::string kind;                  // "f32", "int8 dynamic" or "int8 static"
  TableFormat format;                // of the table that it was trained on, if the file says it

  size_t inputs() const { return f32 ? f32->inputs() : int8->inputs(); }
  size_t outputs() const { return f32 ? f32->outputs() : int8->outputs(); }
};

// Loads a network. The file's first bytes and its tensors tell its kind. It is read once, so it may be a pipe. Throws a
// std::runtime_error that names the file.
Model LoadModel(isoquant::Context& context, const std::string& path);

// Returns the logits of all images. Each call of the network gets `batch` images.
std::vector<float> RunModel(isoquant::Context& context, Model& model, isoquant::MatrixView<const float> images,
                            size_t batch);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_MODEL_FILE_H_
