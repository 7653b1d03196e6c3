// The format of a network's table, as its file keeps it.
#ifndef QUANTIZED_MLP_MODEL_FILES_TABLE_METADATA_H_
#define QUANTIZED_MLP_MODEL_FILES_TABLE_METADATA_H_

#include <string>

#include "data/table_format.h"
#include "model_files/safetensors.h"

namespace quantized_mlp {

// Keys "max_pixel" and "label_column" of a file's metadata. FromMetadata knows nothing where they are not there (as in
// files of other programs), and throws std::runtime_error that begins with `path` where they are no such numbers.
Metadata ToMetadata(const TableFormat& format);
TableFormat FromMetadata(const Metadata& metadata, const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_TABLE_METADATA_H_
