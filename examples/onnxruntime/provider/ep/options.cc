#include "ep/options.h"

#include <cctype>
#include <sstream>

namespace isoquant_provider {
namespace {

// The entry of this key, or "".
std::string Entry(const OrtSessionOptions* options, const std::string& key) {
  const std::string name = "ep.isoquantexecutionprovider." + key;
  int has_entry = 0;
  Check(Api().HasSessionConfigEntry(options, name.c_str(), &has_entry));
  if (has_entry == 0) return "";
  size_t size = 0;
  Check(Api().GetSessionConfigEntry(options, name.c_str(), nullptr, &size));
  std::string value(size, '\0');
  Check(Api().GetSessionConfigEntry(options, name.c_str(), &value[0], &size));
  return value.c_str();  // without the terminating zero
}

// Operators of ONNX have capitals: "Softmax". Names of tiers have none: "avx512_vnni".
bool IsOperator(const std::string& name) { return std::isupper(static_cast<unsigned char>(name[0])) != 0; }

}  // namespace

Options ReadOptions(const OrtSessionOptions* session_options) {
  Options options;
  options.max_tier = Entry(session_options, "max_tier");
  options.report = Entry(session_options, "report");
  std::string names = Entry(session_options, "disable");
  for (char& c : names) {
    if (c == ',' || c == ';') c = ' ';
  }
  std::istringstream list(names);
  for (std::string name; list >> name;) {
    if (IsOperator(name)) {
      options.disabled_operators.push_back(name);
    } else {
      options.disabled_tiers += name + " ";
    }
  }
  const std::string strict = Entry(session_options, "strict");
  if (strict != "" && strict != "0" && strict != "1") throw Error("strict is '" + strict + "', expected 0 or 1");
  options.is_strict = strict == "1";
  return options;
}

}  // namespace isoquant_provider
