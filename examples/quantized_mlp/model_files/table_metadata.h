// The format of a network's table as metadata of its file.
#ifndef QUANTIZED_MLP_MODEL_FILES_TABLE_METADATA_H_
#define QUANTIZED_MLP_MODEL_FILES_TABLE_METADATA_H_

#include <string>

#include "data/table_format.h"
#include "model_files/safetensors.h"

namespace quantized_mlp {

// The keys are "max_pixel" and "label_column". Where one is missing, as in files of other programs, FromMetadata
// returns 0, not known. It throws a std::runtime_error that begins with `path` if one is no such number.
Metadata ToMetadata(const TableFormat& format);
TableFormat FromMetadata(const Metadata& metadata, const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_TABLE_METADATA_H_
