// How a file was read, as JSON.
#ifndef QUANTIZED_MLP_TERMINAL_READING_JSON_H_
#define QUANTIZED_MLP_TERMINAL_READING_JSON_H_

#include <nlohmann/json.hpp>

#include "data/table_format.h"

namespace quantized_mlp {

inline nlohmann::ordered_json ToJson(const Reading& reading) {
  return {{"max_pixel", reading.format.max_pixel},
          {"max_pixel_from", reading.white_from},
          {"label_column", reading.format.label_column},
          {"label_from", reading.label_from}};
}

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TERMINAL_READING_JSON_H_
