// Reads and writes weight files; trusts none of them.
#include "safetensors.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace quantized_mlp {
namespace {

using Json = nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr size_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
constexpr size_t kMaxFileBytes = size_t{1} << 30;

// Byte by byte, for hosts of either byte order.
uint64_t LoadLittleEndian(const char* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return value;
}

void AppendLittleEndian(uint64_t value, size_t bytes, std::string& to) {
  for (size_t i = 0; i < bytes; ++i) to.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  std::string bytes;
  char buffer[1 << 16];
  do {
    file.read(buffer, sizeof(buffer));
    bytes.append(buffer, static_cast<size_t>(file.gcount()));
    if (bytes.size() > kMaxFileBytes) throw std::runtime_error(path + " is larger than 1 GiB");
  } while (file);
  if (file.bad()) throw std::runtime_error("cannot read " + path);
  return bytes;
}

// What the header says of one tensor.
struct Entry {
  std::string name;
  std::vector<size_t> shape;
  size_t begin = 0, end = 0;  // in the data
};

bool IsSize(const Json& json) { return json.is_number_unsigned(); }

// The member of an object, or null. By reference: a copy of a deeply nested value would exhaust the stack.
const Json& Member(const Json& object, const char* name) {
  static const Json null;
  const auto member = object.find(name);
  return member == object.end() ? null : *member;
}

// What is wrong with the entry, or null.
const char* ParseEntry(const Json& json, size_t data_bytes, Entry& entry) {
  if (!json.is_object()) return "is no JSON object";
  if (Member(json, "dtype") != "F32") return "has a dtype other than F32";
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
  // Divides rather than multiplies, as a product could wrap.
  const uint64_t size = (end - begin) / sizeof(float);
  uint64_t elements = 1;
  for (const Json& dimension : shape) {
    if (!IsSize(dimension)) return "has a shape that is no list of sizes";
    const uint64_t extent = dimension.get<uint64_t>();
    if (extent != 0 && elements > size / extent) return "has a shape that exceeds its data";
    elements *= extent;
    entry.shape.push_back(static_cast<size_t>(extent));
  }
  return elements * sizeof(float) == end - begin ? nullptr : "has a shape that does not fit its data";
}

// Tensors must follow each other without gap or overlap: bytes with two names, or with none, are signs of a damaged (or
// a malicious) file.
bool CoverOnce(std::vector<Entry>& entries, size_t data_bytes) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  size_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != end) return false;
    end = entry.end;
  }
  return end == data_bytes;
}

std::vector<float> LoadFloats(const char* begin, const char* end) {
  std::vector<float> values;
  for (; begin != end; begin += sizeof(float)) {
    const uint32_t bits = static_cast<uint32_t>(LoadLittleEndian(begin, sizeof(float)));
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    values.push_back(value);
  }
  return values;
}

}  // namespace

Tensors ReadSafetensors(const std::string& path) {
  const std::string bytes = ReadFile(path);
  const auto fail = [&path](const std::string& what) { throw std::runtime_error(path + ": " + what); };
  if (bytes.size() < kLengthBytes) fail("too short for a safetensors file");
  const uint64_t header_bytes = LoadLittleEndian(bytes.data(), kLengthBytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - kLengthBytes) {
    fail("no safetensors file, or cut: the header would end outside it");
  }
  const char* const header_begin = bytes.data() + kLengthBytes;
  const char* const data = header_begin + header_bytes;
  const size_t data_bytes = bytes.size() - kLengthBytes - static_cast<size_t>(header_bytes);
  const Json header = Json::parse(header_begin, data, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) fail("no safetensors file: the header is no JSON object");

  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") continue;  // free text, which says nothing about the tensors
    Entry entry;
    entry.name = name;
    const char* const error = ParseEntry(json, data_bytes, entry);
    if (error != nullptr) fail("tensor \"" + name + "\" " + error);
    entries.push_back(std::move(entry));
  }
  if (!CoverOnce(entries, data_bytes)) fail("cut or damaged: the tensors do not cover the data exactly once");
  Tensors tensors;
  for (Entry& entry : entries) {
    tensors[entry.name] = {std::move(entry.shape), LoadFloats(data + entry.begin, data + entry.end)};
  }
  return tensors;
}

void WriteSafetensors(const std::string& path, const Tensors& tensors) {
  Json header = Json::object();
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const size_t begin = data.size();
    for (const float value : tensor.values) {
      uint32_t bits;
      std::memcpy(&bits, &value, sizeof(bits));
      AppendLittleEndian(bits, sizeof(bits), data);
    }
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  while (text.size() % 8 != 0) text.push_back(' ');  // data that can be used in place starts at a multiple of 8

  std::string bytes;
  AppendLittleEndian(text.size(), kLengthBytes, bytes);
  bytes += text + data;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace quantized_mlp
