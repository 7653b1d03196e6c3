// What the provider refuses, and what ONNX Runtime then says: damaged models, runs that fail, strict sessions, options.
#include <cstdio>
#include <fstream>

#include "provider_test.h"

namespace onnx_host {
namespace {

SessionSettings Strict() {
  SessionSettings settings;
  settings.options["strict"] = "1";
  return settings;
}

TEST_CASE("a damaged model is an error, and the next one runs") {
  const Registered registered;
  const NodeTest test = ReadNodeTest(ModelPath("group_conv_chain"));
  const std::string whole = ReadFile(test.model), path = "lifecycle_test.onnx";
  for (const size_t size : {size_t{0}, size_t{1}, whole.size() / 3, whole.size() - 1}) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, size);
    CAPTURE(size);
    // An empty file is an empty message: ONNX Runtime refuses it for want of a graph.
    CHECK(ErrorOf([&] { Session(TheRuntime(), path, SessionSettings()); }) != "");
  }
  std::remove(path.c_str());
  const Session session(TheRuntime(), test.model, SessionSettings());
  CHECK(session.Run(test.sets[0].inputs).size() == 2);
}

TEST_CASE("a run that cannot be is an error with the node's name, and the next one is right") {
  const Registered registered;
  const NodeTest test = ReadNodeTest(ModelPath("special_open"));
  const Session session(TheRuntime(), test.model, SessionSettings());
  const Tensor narrow = MakeTensor(ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, {3, 4});
  const std::string error = ErrorOf([&] { session.Run({narrow}); });
  INFO(error);
  CHECK(Contains(error, "the_product"));
  CHECK(session.Run(test.sets[0].inputs)[0].bytes == test.sets[0].outputs[0].bytes);
}

TEST_CASE("strict: a node of integers that stays unclaimed is an error that names it") {
  const Registered registered;
  const std::string error =
      ErrorOf([] { Session(TheRuntime(), ModelPath("special_volume") + "/model.onnx", Strict()); });
  INFO(error);
  CHECK(Contains(error, "the_volume"));
  // Without strict it is ONNX Runtime's.
  CHECK(ErrorOf([] { Session(TheRuntime(), ModelPath("special_volume") + "/model.onnx", SessionSettings()); }) == "");
  for (const char* name : {"conv_integer_batch", "matmul_integer_batch", "group_conv_as_isnet", "alone_float_conv"}) {
    CAPTURE(name);
    CHECK(ErrorOf([&] { Session(TheRuntime(), ModelPath(name) + "/model.onnx", Strict()); }) == "");
  }
}

TEST_CASE("options that are wrong are errors that name them") {
  const Registered registered;
  for (const char* option : {"max_tier", "disable", "strict"}) {
    SessionSettings settings;
    settings.options[option] = "no_such_thing";
    const std::string error =
        ErrorOf([&] { Session(TheRuntime(), ModelPath("conv_integer_batch") + "/model.onnx", settings); });
    CAPTURE(option);
    CAPTURE(error);
    CHECK(Contains(error, "no_such_thing"));
  }
}

TEST_CASE("what is no provider is refused") {
  CHECK(ErrorOf([] { TheRuntime().RegisterProvider("/proc/self/maps"); }) != "");
  CHECK(ErrorOf([] { TheRuntime().RegisterProvider("/no/such/file.so"); }) != "");
  CHECK(TheRuntime().ProviderDevice() == nullptr);
}

}  // namespace
}  // namespace onnx_host
