#include "terminal/json_fields.h"

#include <nlohmann/json.hpp>

#include "terminal/reading_json.h"

namespace quantized_mlp {
namespace {

struct ValueToJson {
  template <class T>
  nlohmann::ordered_json operator()(const T& value) const {
    return value;
  }
  nlohmann::ordered_json operator()(const Reading& reading) const { return ToJson(reading); }
};

}  // namespace

void PrintJson(std::ostream& out, const std::vector<JsonField>& fields) {
  nlohmann::ordered_json json;
  for (const JsonField& field : fields) json[field.name] = std::visit(ValueToJson(), field.value);
  out << json.dump(2) << "\n";
}

}  // namespace quantized_mlp
