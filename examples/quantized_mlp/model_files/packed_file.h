// The packed file holds an int8 network with its weights in the library's packed layout. So any CPU uses them in place,
// where the file is mapped.
//
// Little-endian:
//   magic "ISOQMLP\0", u32 version 1, u32 layers, u64 bytes of the file, u32 CRC-32, f32 max_pixel
//   for each layer: u32 inputs, i32 input_zero_point, u64 outputs, u64 bytes of its blob, f32 input_scale (0: dynamic),
//                   u32 label_column in the first, 0 in the others
//   for each layer: f32 weight_scale[outputs], f32 bias[outputs] (-0 if it has none: to add that changes no bit)
//   zeros up to a multiple of 64; for each layer its blob, as PackedWeights::Serialize writes it
// max_pixel and label_column are those of TableFormat, 0 where not known (older files hold 0 there).
// The CRC is that of all bytes before the first blob, with 0 in its own place. Blobs have checksums of their own.
#ifndef QUANTIZED_MLP_MODEL_FILES_PACKED_FILE_H_
#define QUANTIZED_MLP_MODEL_FILES_PACKED_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/table_format.h"
#include "isoquant/matrix_view.h"
#include "with_isoquant/runner.h"

namespace quantized_mlp {

std::string FormatPacked(const QuantizedMlp& model, const TableFormat& format = {});

// Whether the bytes begin with the magic.
bool IsPacked(isoquant::VectorView<const uint8_t> bytes);

// The layers use `bytes` in place: they must be aligned to 64 bytes and outlive the layers. All of them are checked: a
// foreign, cut or damaged file ends in a std::runtime_error that names it.
std::vector<PackedLayer> ViewPacked(isoquant::VectorView<const uint8_t> bytes, const std::string& path);

// The format of the network's table, from bytes that ViewPacked accepts.
TableFormat PackedTableFormat(isoquant::VectorView<const uint8_t> bytes);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MODEL_FILES_PACKED_FILE_H_
