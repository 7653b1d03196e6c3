// The provider as a guest: many threads, loading and unloading.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <malloc.h>

#include <thread>
#include <vector>

#include "provider_test.h"

namespace onnx_host {
namespace {

bool IsLoaded() { return Contains(ReadFile("/proc/self/maps"), "libisoquant_ep.so"); }

// What malloc has given out.
size_t HeapBytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_CASE("twelve threads run one session, each has its own answers") {
  const Registered registered;
  for (const char* name : {"group_conv_chain", "group_conv_dynamic_shapes", "matmul_integer_dynamic_rows"}) {
    const NodeTest test = ReadNodeTest(ModelPath(name));
    SessionSettings settings;
    settings.threads = 2;
    const Session session(TheRuntime(), test.model, settings);
    constexpr size_t kThreads = 12, kRuns = 10;
    std::vector<std::vector<Tensor>> inputs(kThreads);
    std::vector<std::string> expected(kThreads);
    for (size_t i = 0; i < kThreads; ++i) {
      inputs[i] = test.sets[i % test.sets.size()].inputs;
      for (Tensor& tensor : inputs[i]) FillRandomly(tensor, i);
      expected[i] = Digest(session.Run(inputs[i]));
    }
    std::vector<size_t> right(kThreads);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        for (size_t run = 0; run < kRuns; ++run) right[i] += Digest(session.Run(inputs[i])) == expected[i];
      });
    }
    for (std::thread& thread : threads) thread.join();
    INFO(name);
    for (const size_t count : right) CHECK(count == kRuns);
  }
}

TEST_CASE("loaded and unloaded a hundred times") {
  const NodeTest test = ReadNodeTest(ModelPath("group_conv_chain"));
  std::string digest;
  size_t bytes = 0;
  for (int i = 0; i < 100; ++i) {
    {
      const Registered registered;
      REQUIRE(IsLoaded());
      const Session session(TheRuntime(), test.model, SessionSettings());
      const std::string found = Digest(session.Run(test.sets[0].inputs));
      if (i == 0) digest = found;
      REQUIRE(found == digest);
    }
    REQUIRE_FALSE(IsLoaded());
    REQUIRE(TheRuntime().ProviderDevice() == nullptr);
    if (i == 19) bytes = HeapBytes();
  }
  CHECK(HeapBytes() < bytes + 100000);  // nothing of eighty sessions stays
}

}  // namespace
}  // namespace onnx_host
