// Parses the JSON header; trusts no number in it.
#include "model_files/safetensors_header.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

namespace quantized_mlp {
namespace {

using Json = nlohmann::json;

constexpr const char* kDtypes[] = {"F32", "I8", "F16", "BF16"};  // in the order of Dtype

// Headers are three deep. More would let a hostile file exhaust the stack.
constexpr int kMaxDepth = 8;

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error(what); }

// Refuses equal keys. nlohmann's parser would keep the last of them, and other readers may keep another.
Json ParseJson(std::string_view text) {
  std::vector<std::set<std::string>> keys;
  const auto check = [&keys](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kMaxDepth) Fail("the header nests too deeply");
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second) {
      Fail("the header has a key twice: " + parsed.dump(-1, ' ', true, Json::error_handler_t::replace));
    }
    return true;
  };
  return Json::parse(text.begin(), text.end(), check, /*allow_exceptions=*/false);
}

bool IsSize(const Json& json) { return json.is_number_unsigned(); }

const Json& Member(const Json& object, const char* name) {
  static const Json null;
  const auto member = object.find(name);
  return member == object.end() ? null : *member;
}

// What is wrong with the entry, or null.
const char* ParseEntry(const Json& json, size_t data_bytes, TensorEntry& entry) {
  if (!json.is_object()) return "is no JSON object";
  const Json& dtype = Member(json, "dtype");
  const auto* const found = std::find(std::begin(kDtypes), std::end(kDtypes), dtype);
  if (found == std::end(kDtypes)) return "has a dtype other than F32, F16, BF16 and I8";
  entry.dtype = static_cast<Dtype>(found - kDtypes);
  const Json& offsets = Member(json, "data_offsets");
  if (!offsets.is_array() || offsets.size() != 2 || !IsSize(offsets[0]) || !IsSize(offsets[1])) {
    return "has no data_offsets of the form [begin, end]";
  }
  const uint64_t begin = offsets[0].get<uint64_t>(), end = offsets[1].get<uint64_t>();
  if (begin > end || end > data_bytes) return "has data_offsets outside the file";
  entry.begin = static_cast<size_t>(begin);
  entry.end = static_cast<size_t>(end);

  const Json& shape = Member(json, "shape");
  if (!shape.is_array()) return "has no shape";
  // Divides, because a product could wrap.
  const uint64_t size = (end - begin) / BytesPerElement(entry.dtype);
  uint64_t elements = 1;
  for (const Json& dimension : shape) {
    if (!IsSize(dimension)) return "has a shape that is no list of sizes";
    const uint64_t extent = dimension.get<uint64_t>();
    if (extent != 0 && elements > size / extent) return "has a shape that exceeds its data";
    elements *= extent;
    entry.shape.push_back(static_cast<size_t>(extent));
  }
  return elements * BytesPerElement(entry.dtype) == end - begin ? nullptr : "has a shape that does not fit its data";
}

void TakeMetadata(const Json& json, Metadata* metadata) {
  if (!json.is_object()) Fail("__metadata__ is no JSON object");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) Fail("__metadata__ maps a key to something other than text");
    if (metadata != nullptr) (*metadata)[key] = value.get<std::string>();
  }
}

// Tensors must follow each other without gap or overlap: bytes with two names, or with none, are signs of a damaged (or
// a malicious) file.
bool CoverOnce(std::vector<TensorEntry>& entries, size_t data_bytes) {
  std::sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  size_t end = 0;
  for (const TensorEntry& entry : entries) {
    if (entry.begin != end) return false;
    end = entry.end;
  }
  return end == data_bytes;
}

}  // namespace

size_t BytesPerElement(Dtype dtype) { return dtype == Dtype::kF32 ? 4 : dtype == Dtype::kI8 ? 1 : 2; }
const char* DtypeName(Dtype dtype) { return kDtypes[static_cast<size_t>(dtype)]; }

std::vector<TensorEntry> ParseSafetensorsHeader(std::string_view text, size_t data_bytes, Metadata* metadata) {
  // The format wants { first; its reference implementation takes white space before it, as any JSON parser does.
  const size_t begin = std::min(text.find_first_not_of(" \t\n\r"), text.size());
  if (begin == text.size() || text[begin] != '{') Fail("no safetensors file: the header does not begin with {");
  // nlohmann's parser stops at a NUL, whatever stands behind it.
  if (text.find('\0') != text.npos) Fail("no safetensors file: the header holds a NUL byte");
  const Json header = ParseJson(text);
  if (!header.is_object()) Fail("no safetensors file: the header is no JSON object that only spaces follow");
  if (text[text.find_last_not_of(' ')] != '}') Fail("the header holds other bytes than spaces behind its JSON object");
  std::vector<TensorEntry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") {
      TakeMetadata(json, metadata);
      continue;
    }
    TensorEntry entry;
    entry.name = name;
    const char* const error = ParseEntry(json, data_bytes, entry);
    if (error != nullptr) Fail("tensor " + Json(name).dump() + " " + error);
    entries.push_back(std::move(entry));
  }
  if (!CoverOnce(entries, data_bytes)) Fail("cut or damaged: the tensors do not cover the data exactly once");
  return entries;
}

}  // namespace quantized_mlp
