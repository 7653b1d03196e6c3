// Tells the kinds of files apart.
#include "model_files/model_file.h"

#include <memory>
#include <utility>

#include "model_files/network_tensors.h"
#include "model_files/packed_file.h"
#include "model_files/safetensors.h"
#include "model_files/table_metadata.h"
#include "support/file.h"

namespace quantized_mlp {

Model LoadModel(isoquant::Context& context, const std::string& path) {
  Model model;
  auto file = std::make_shared<const MappedFile>(path);
  if (IsPacked(file->bytes())) {
    model.int8.emplace(ViewPacked(file->bytes(), path), file);
    model.format = PackedTableFormat(file->bytes());
  } else {
    Metadata metadata;
    const Tensors tensors = ParseSafetensors(file->text(), path, &metadata);
    model.format = FromMetadata(metadata, path);
    if (IsInt8(tensors)) {
      model.int8.emplace(context, Int8FromTensors(tensors, path));
    } else {
      model.f32 = FromTensors(tensors, path);
    }
  }
  model.kind = model.f32 ? "f32" : model.int8->is_static() ? "int8 static" : "int8 dynamic";
  return model;
}

std::vector<float> RunModel(isoquant::Context& context, Model& model, isoquant::MatrixView<const float> images,
                            size_t batch) {
  if (model.f32) {
    MlpRunner runner(context, *model.f32);
    return RunInBatches(context, runner, images, batch);
  }
  return RunInBatches(context, *model.int8, images, batch);
}

}  // namespace quantized_mlp
