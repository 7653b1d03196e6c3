// What a command answers, as JSON for programs. Commands do not include the library for it, which takes g++ longer to
// compile than they do.
#ifndef QUANTIZED_MLP_TERMINAL_JSON_FIELDS_H_
#define QUANTIZED_MLP_TERMINAL_JSON_FIELDS_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "data/table_format.h"

namespace quantized_mlp {

using JsonValue = std::variant<std::nullptr_t, size_t, double, std::string, std::vector<float>, Reading>;

struct JsonField {
  std::string name;
  JsonValue value;
};

// One object, its fields in this order.
void PrintJson(std::ostream& out, const std::vector<JsonField>& fields);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TERMINAL_JSON_FIELDS_H_
