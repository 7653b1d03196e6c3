// Tests of weight files: ours by an independent reader of the format, others' by ours, and what is refused.
#include "model_files/safetensors.h"

#include <cctype>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "fixtures.h"
#include "model_files/network_tensors.h"
#include "support/little_endian.h"

namespace quantized_mlp {
namespace {

// ---- A reader from the published description alone, for the JSON that the format allows. Any departure fails a CHECK.

struct PlainTensor {
  std::string dtype;
  std::vector<size_t> shape;
  size_t begin = 0, end = 0;
  std::string bytes;
};

struct PlainReader {
  explicit PlainReader(const std::string& file) : file(file) {
    REQUIRE(file.size() >= 8);
    size_t length = 0;
    for (size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(file[i]);
    REQUIRE(length <= file.size() - 8);
    CHECK((8 + length) % 8 == 0);
    json = file.substr(8, length);
    REQUIRE(!json.empty());
    REQUIRE(json[0] == '{');
    while (json.back() == ' ') json.pop_back();
    Expect('{');
    do {
      const std::string name = Text();
      Expect(':');
      if (name == "__metadata__") {
        ReadMetadata();
      } else {
        ReadTensor(name);
      }
    } while (More('}'));
    CHECK(at == json.size());
    CheckData(file.substr(8 + length));
  }

  void Expect(char c) {
    REQUIRE(at < json.size());
    REQUIRE(json[at] == c);
    ++at;
  }
  bool More(char end) {
    if (json.at(at) == ',') return ++at, true;
    Expect(end);
    return false;
  }
  std::string Text() {
    Expect('"');
    std::string text;
    while (json.at(at) != '"') text.push_back(json[at++]);
    ++at;
    return text;
  }
  size_t Number() {
    REQUIRE(std::isdigit(static_cast<unsigned char>(json.at(at))) != 0);
    size_t value = 0;
    while (std::isdigit(static_cast<unsigned char>(json.at(at))) != 0) value = 10 * value + size_t(json[at++] - '0');
    return value;
  }
  std::vector<size_t> Numbers() {
    std::vector<size_t> numbers;
    Expect('[');
    do numbers.push_back(Number());
    while (More(']'));
    return numbers;
  }
  void ReadMetadata() {
    Expect('{');
    do {
      const std::string key = Text();
      Expect(':');
      metadata[key] = Text();
    } while (More('}'));
  }
  void ReadTensor(const std::string& name) {
    PlainTensor tensor;
    CHECK(tensors.count(name) == 0);
    int keys = 0;
    Expect('{');
    do {
      const std::string key = Text();
      Expect(':');
      ++keys;
      if (key == "dtype") {
        tensor.dtype = Text();
      } else if (key == "shape") {
        tensor.shape = Numbers();
      } else {
        REQUIRE(key == "data_offsets");
        const std::vector<size_t> offsets = Numbers();
        REQUIRE(offsets.size() == 2);
        tensor.begin = offsets[0];
        tensor.end = offsets[1];
      }
    } while (More('}'));
    CHECK(keys == 3);
    tensors[name] = tensor;
  }
  void CheckData(const std::string& data) {
    std::map<size_t, PlainTensor*> in_order;
    for (auto& [name, tensor] : tensors) {
      REQUIRE(tensor.begin <= tensor.end);
      REQUIRE(tensor.end <= data.size());
      size_t bytes = tensor.dtype == "F32" ? 4 : 1;
      CHECK((tensor.dtype == "F32" || tensor.dtype == "I8"));
      CHECK(tensor.begin % bytes == 0);
      for (const size_t extent : tensor.shape) bytes *= extent;
      CHECK(bytes == tensor.end - tensor.begin);
      tensor.bytes = data.substr(tensor.begin, tensor.end - tensor.begin);
      in_order[tensor.begin] = &tensor;
    }
    size_t end = 0;
    for (const auto& [begin, tensor] : in_order) {
      CHECK(begin == end);
      end = tensor->end;
    }
    CHECK(end == data.size());
  }

  const std::string& file;
  std::string json;
  size_t at = 0;
  std::map<std::string, PlainTensor> tensors;
  std::map<std::string, std::string> metadata;
};

std::string File(const std::string& header, const std::string& data) {
  std::string bytes;
  AppendLittleEndian(header.size(), 8, bytes);
  return bytes + header + data;
}

std::string Floats(const std::vector<float>& values) {
  std::string bytes;
  for (const float value : values) AppendFloat(value, bytes);
  return bytes;
}

void CheckSame(const PlainTensor& actual, const Tensor& expected) {
  CHECK(actual.shape == expected.shape);
  CHECK(actual.dtype == (expected.dtype == Dtype::kF32 ? "F32" : "I8"));
  std::string bytes = Floats(expected.values);
  for (const int8_t value : expected.integers) bytes.push_back(static_cast<char>(value));
  CHECK(actual.bytes == bytes);
}

TEST_CASE("Safetensors: a reader of the published format reads our files") {
  for (const Tensors& tensors :
       {ToTensors(MakeNetwork()), ToTensors(MakeInt8Network(false)), ToTensors(MakeInt8Network(true))}) {
    const std::string bytes = FormatSafetensors(tensors, {{"format", "pt"}, {"made_by", "a test"}});
    const PlainReader reader(bytes);
    CHECK(reader.metadata.at("format") == "pt");
    REQUIRE(reader.tensors.size() == tensors.size());
    for (const auto& [name, tensor] : tensors) CheckSame(reader.tensors.at(name), tensor);
    const Tensors again = ParseSafetensors(bytes, "again");
    CHECK(FormatSafetensors(again) == FormatSafetensors(tensors));
  }
}

TEST_CASE("Safetensors: names and shapes are those of compressed-tensors W8A8") {
  const std::string bytes = FormatSafetensors(ToTensors(MakeInt8Network(true)));
  const PlainReader reader(bytes);
  CHECK(reader.tensors.size() == 12);
  CHECK(reader.tensors.at("layers.0.weight").dtype == "I8");
  CHECK(reader.tensors.at("layers.0.weight").shape == std::vector<size_t>{20, 36});
  CHECK(reader.tensors.at("layers.0.weight_scale").dtype == "F32");
  CHECK(reader.tensors.at("layers.0.weight_scale").shape == std::vector<size_t>{20, 1});
  CHECK(reader.tensors.at("layers.0.bias").shape == std::vector<size_t>{20});
  CHECK(reader.tensors.at("layers.2.input_scale").shape == std::vector<size_t>{1});
  CHECK(ToTensors(MakeInt8Network(false)).count("layers.0.input_scale") == 0);
}

TEST_CASE("Safetensors: a file of another writer is read") {
  // Keys in another order, spaces, an escape, metadata in the middle, data in another order than names, padding.
  std::string header =
      "{ \"layers.0.weight\" : {\"shape\": [1, 2],\n \"data_offsets\":[4,12], \"dtype\":\"F32\"},"
      "\"__metadata__\":{\"format\":\"pt\",\"a\\u0062\":\"\\\"\"},"
      "\"layers.0.bias\":{\"data_offsets\":[0,4],\"dtype\":\"F32\",\"shape\":[1]}, "
      "\"empty\":{\"dtype\":\"I8\",\"shape\":[0,7],\"data_offsets\":[12,12]}}";
  header += std::string(11, ' ');
  Tensors tensors = ParseSafetensors(File(header, Floats({3, 1, -2})), "other");
  REQUIRE(tensors.size() == 3);
  CHECK(tensors.at("empty").integers.empty());
  CHECK(tensors.at("empty").shape == std::vector<size_t>{0, 7});
  tensors.erase("empty");
  const Mlp mlp = FromTensors(tensors, "other");
  REQUIRE(mlp.layers.size() == 1);
  CHECK(mlp.layers[0].weight == std::vector<float>{1, -2});
  CHECK(mlp.layers[0].bias == std::vector<float>{3});
}

TEST_CASE("Safetensors: F16 and BF16 are read") {
  const auto read = [](const std::string& dtype, uint32_t bits) {
    std::string data;
    AppendLittleEndian(bits, 2, data);
    const std::string header = "{\"t\":{\"dtype\":\"" + dtype + "\",\"shape\":[1],\"data_offsets\":[0,2]}}";
    const Tensor tensor = ParseSafetensors(File(header, data), "x").at("t");
    CHECK(tensor.dtype == Dtype::kF32);
    CHECK(tensor.integers.empty());
    return tensor.values.at(0);
  };
  const auto same = [](float a, float b) { return Floats({a}) == Floats({b}); };
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(same(read("BF16", 0x3fc0), 1.5f));
  CHECK(same(read("BF16", 0x8001), -0x1p-133f));
  CHECK(same(read("BF16", 0xff80), -infinity));
  CHECK(same(read("F16", 0x3e00), 1.5f));
  CHECK(same(read("F16", 0xc001), -0x1.004p1f));
  CHECK(same(read("F16", 0x7bff), 65504.0f));
  CHECK(same(read("F16", 0x0400), 0x1p-14f));
  CHECK(same(read("F16", 0x03ff), 0x1.ff8p-15f));
  CHECK(same(read("F16", 0x8001), -0x1p-24f));
  CHECK(same(read("F16", 0x8000), -0.0f));
  CHECK(same(read("F16", 0x7c00), infinity));
  CHECK(same(read("F16", 0xfc00), -infinity));
  CHECK(std::isnan(read("F16", 0x7c01)));
  CHECK(std::isnan(read("BF16", 0x7f81)));
}

// The same tensors, those of layer i under the stem names[i].
Tensors Renamed(const Tensors& tensors, const std::vector<std::string>& names) {
  Tensors renamed;
  for (const auto& [name, tensor] : tensors) {
    const size_t layer = static_cast<size_t>(name[7] - '0');  // "layers.0.weight"
    renamed[names[layer] + name.substr(8)] = tensor;
  }
  return renamed;
}

TEST_CASE("Safetensors: other names of layers, layers without bias") {
  const Mlp mlp = MakeNetwork();
  Tensors f32 = ToTensors(mlp), int8 = ToTensors(MakeInt8Network(true, Activations::kU8));
  CHECK(int8.at("layers.0.input_zero_point").integers == std::vector<int8_t>{-128});
  f32.erase("layers.1.bias");
  int8.erase("layers.1.bias");
  const std::string expected = FormatSafetensors(f32), expected8 = FormatSafetensors(int8);
  using Names = std::vector<std::string>;
  for (const Names& names :
       {Names{"0", "2", "4"}, Names{"fc1", "fc2", "fc3"}, Names{"fc9", "fc10", "fc11"},
        Names{"model.net.0", "model.net.3", "model.net.10"}, Names{"layers.0", "layers.1", "layers.2"}}) {
    INFO(names[0]);
    CHECK(!IsInt8(Renamed(f32, names)));
    CHECK(IsInt8(Renamed(int8, names)));
    const Mlp read = FromTensors(Renamed(f32, names), "x");
    CHECK(read.layers[1].bias.empty());
    CHECK(FormatSafetensors(ToTensors(read)) == expected);
    const Int8Model read8 = Int8FromTensors(Renamed(int8, names), "x");
    CHECK(read8.layers[0].input_zero_point == -128);
    CHECK(FormatSafetensors(ToTensors(read8)) == expected8);
  }
  const auto error = [&](const Names& names) { return ErrorOf([&] { FromTensors(Renamed(f32, names), "x"); }); };
  CHECK(error({"0", "fc2", "fc3"}) == "x: holds layers of several kinds, 0 and fc2");
  CHECK(error({"a", "fc2", "fc3"}).find("x: tensor fc2.weight has the wrong shape") != 0);
  CHECK(error({"fc2", "fc1", "fc3"}).find("wrong shape") != std::string::npos);
  CHECK(error({"first", "second", "third"}) == "x: tensor layers.0.weight is missing");
  int8["layers.0.input_zero_point"].shape = {2};
  CHECK(!ErrorOf([&] { Int8FromTensors(int8, "x"); }).empty());
}

TEST_CASE("Safetensors: what is wrong is said") {
  const std::string entry = "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]";
  const auto tensor = [](const std::string& members) { return "{\"t\":{" + members + "}}"; };
  const struct {
    std::string header;
    const char* message;
  } cases[] = {
      {"", "does not begin with {"},
      {" {}", "do not cover"},
      {" ", "does not begin with {"},
      {std::string("\0{}", 3), "does not begin with {"},
      {"\xef\xbb\xbf{}", "does not begin with {"},
      {"\f{}", "does not begin with {"},
      {"[]", "does not begin with {"},
      {"{", "no JSON object"},
      {"{}", "do not cover"},
      {"{}{}", "no JSON object"},
      {"{\"t\":1}", "is no JSON object"},
      {"{\"t\":null}", "is no JSON object"},
      {tensor("\"dtype\":\"F32\",\"shape\":[1]"), "no data_offsets"},
      {tensor("\"dtype\":\"F32\",\"data_offsets\":[0,4]"), "no shape"},
      {tensor("\"shape\":[1],\"data_offsets\":[0,4]"), "dtype"},
      {tensor("\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,4]"), "dtype"},
      {tensor("\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,4]"), "does not fit"},
      {tensor("\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[0,4]"), "exceeds its data"},
      {tensor("\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,4]"), "dtype"},
      {tensor("\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]"), "dtype"},
      {tensor("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]"), "exceeds its data"},
      {tensor("\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,4]"), "does not fit"},
      {tensor("\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,4]"), "does not fit"},
      {tensor("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]"), "exceeds its data"},
      {tensor("\"dtype\":\"F32\",\"shape\":[0,18446744073709551615],\"data_offsets\":[0,4]"), "does not fit"},
      {tensor("\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]"), "no list of sizes"},
      {tensor("\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]"), "no list of sizes"},
      {tensor("\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]"), "no shape"},
      {tensor("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]"), "outside"},
      {tensor("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]"), "outside"},
      {tensor("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,18446744073709551616]"), "no data_offsets"},
      {tensor("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]"), "no data_offsets"},
      {tensor("\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]"), "no data_offsets"},
      {tensor("\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[1,4]"), "do not cover"},
      {tensor("\"dtype\":\"I8\",\"shape\":[3],\"data_offsets\":[0,3]"), "do not cover"},
      {"{\"a\":{" + entry + "},\"b\":{" + entry + "}}", "do not cover"},
      {"{\"t\":{" + entry + "},\"t\":{" + entry + "}}", "key twice"},
      {tensor(entry + ",\"shape\":[1]"), "key twice"},
      {"{\"__metadata__\":[],\"t\":{" + entry + "}}", "__metadata__"},
      {"{\"__metadata__\":{\"a\":1},\"t\":{" + entry + "}}", "__metadata__"},
      {"{\"__metadata__\":" + std::string(100000, '[') + std::string(100000, ']') + "}", "nests too deeply"},
      {"{\"\xff\":{" + entry + "}}", "no JSON object"},
  };
  for (const auto& test : cases) {
    INFO(test.header.substr(0, 200));
    const std::string message = ErrorOf([&] { ParseSafetensors(File(test.header, "1234"), "x.safetensors"); });
    INFO(message);
    CHECK(message.find("x.safetensors: ") == 0);
    CHECK(message.find(test.message) != message.npos);
  }
  CHECK(ErrorOf([&] { ParseSafetensors(File(tensor(entry), "1234"), "x"); }).empty());
}

TEST_CASE("Safetensors: white space may stand before the JSON object, spaces alone behind it") {
  const std::string good = "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
  const auto error = [&](const std::string& before, const std::string& behind) {
    return ErrorOf([&] { ParseSafetensors(File(before + good + behind, "1234"), "x"); });
  };
  for (const char* const before : {"", " ", "\n", "\r\n\t  "}) CHECK(error(before, "").empty());
  for (const char* const behind : {" ", "       "}) CHECK(error("", behind).empty());
  const std::string nul(1, '\0');
  CHECK(error("", nul) == "x: no safetensors file: the header holds a NUL byte");
  CHECK(error("", nul + "behind") == "x: no safetensors file: the header holds a NUL byte");
  CHECK(error("", "  " + nul + good) == "x: no safetensors file: the header holds a NUL byte");
  for (const char* const behind : {"\n", " \t", "\r  "}) {
    CHECK(error("", behind) == "x: the header holds other bytes than spaces behind its JSON object");
  }
  for (const std::string behind : {"x", " {}", "}", "\xef\xbb\xbf", "//"}) {
    CHECK(error("", behind) == "x: no safetensors file: the header is no JSON object that only spaces follow");
  }
}

TEST_CASE("Safetensors: networks that are none are refused") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const Tensors good = ToTensors(MakeNetwork()), good8 = ToTensors(MakeInt8Network(true));
  const auto error = [&](Tensors tensors, const char* name, const std::function<void(Tensor&)>& spoil) {
    spoil(tensors[name]);
    return ErrorOf([&] { IsInt8(tensors) ? void(Int8FromTensors(tensors, "x")) : void(FromTensors(tensors, "x")); });
  };
  const auto set = [](float value) { return [value](Tensor& tensor) { tensor.values.back() = value; }; };
  CHECK(error(good, "layers.1.weight", set(1)).empty());
  CHECK(error(good, "layers.1.weight", set(nan)) == "x: tensor layers.1.weight holds NaN or infinite values");
  CHECK(error(good, "layers.1.bias", set(-inf)) == "x: tensor layers.1.bias holds NaN or infinite values");
  CHECK(error(good, "layers.1.bias", [](Tensor& t) { t.shape = {12, 1}; }).find("expected [12]") != std::string::npos);
  CHECK(error(good, "layers.1.weight", [](Tensor& t) {
          t.shape = {20, 12};
        }).find("expected [any, 20]") != std::string::npos);
  CHECK(error(good, "layers.7.bias", [](Tensor&) {}).find("holds tensors other than") != std::string::npos);
  CHECK(error(good8, "layers.1.weight_scale", set(1)).empty());
  for (const float scale : {nan, inf, 0.0f, -1.0f, 1e-40f, 3e38f}) {
    CHECK(!error(good8, "layers.1.weight_scale", set(scale)).empty());
    CHECK(!error(good8, "layers.1.input_scale", set(scale)).empty());
  }
  CHECK(error(good8, "layers.1.weight", [](Tensor& t) { t.dtype = Dtype::kF32; }).find("is not I8") !=
        std::string::npos);
  CHECK(error(good8, "layers.1.zero_point", [](Tensor&) {}).find("of no layer") != std::string::npos);
  CHECK(ErrorOf([] { FromTensors({}, "x"); }) == "x: tensor layers.0.weight is missing");
}

}  // namespace
}  // namespace quantized_mlp
