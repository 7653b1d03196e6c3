// Runs models through the provider and compares: with ONNX's reference evaluation, with ONNX Runtime alone, and every
// tier with the best one. The last line is "ONNX models: N passed, N failed".
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "claims.h"
#include "host/profile.h"
#include "host/session.h"
#include "node_test.h"
#include "outputs.h"

namespace {

using namespace onnx_host;  // NOLINT: one file, one program

struct Arguments {
  std::vector<std::string> folders, tiers;
  std::string runtime = DefaultRuntime(), provider = DefaultProvider(), digests, profile = "models_test", best_tier;
  bool quick = false, plain_is_wrong = false;
};

// Whether ONNX Runtime's own sums of u8 times s8 saturate on this CPU: on x86 without VPDPBUSD they do. Then what it
// computes alone says nothing.
bool RuntimeSaturates() {
#if defined(__x86_64__)
  constexpr unsigned kAvx512Vnni = 1u << 11, kAvxVnni = 1u << 4;  // CPUID(7, 0).ECX and (7, 1).EAX
  unsigned leaves = 0, eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid_count(7, 0, &leaves, &ebx, &ecx, &edx) == 0) return true;
  if ((ecx & kAvx512Vnni) != 0) return false;
  return leaves == 0 || __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) == 0 || (eax & kAvxVnni) == 0;
#else
  return false;
#endif
}

// Throws what is wrong; returns the digest of all outputs, or nothing if ONNX Runtime has a part in them.
std::string Check(const Runtime& runtime, const NodeTest& test, const Arguments& arguments) {
  Outputs outputs;
  SessionSettings settings;
  settings.profile = arguments.profile;
  settings.options["strict"] = test.is_strict ? "1" : "0";
  settings.options["report"] = arguments.profile + "_report.json";
  std::vector<ProfileRow> rows;
  {
    Session session(runtime, test.model, settings);
    outputs = RunSets(session, test);
    rows = ReadProfile(session.EndProfile());
  }
  settings.profile.clear();
  CheckClaims(test, rows);
  CheckReport(test, settings.options["report"], arguments.best_tier);
  settings.options.erase("report");
  const bool saturates = RuntimeSaturates();
  if (!saturates || IsProvidersAlone(rows)) CompareWithReference(outputs, test);
  for (const std::string& tier : arguments.tiers) {
    settings.options["max_tier"] = tier;
    CompareSets(RunSets(Session(runtime, test.model, settings), test), outputs, 0, "the best tier, in " + tier);
  }
  settings.options.clear();
  settings.threads = 3;
  if (!arguments.quick) {
    CompareSets(RunSets(Session(runtime, test.model, settings), test), outputs, 0, "one thread, in three");
  }
  settings.provider = false;
  if (!arguments.quick && !saturates && test.runtime != "differs") {
    CompareSets(outputs, RunSets(Session(runtime, test.model, settings), test),
                test.runtime == "close" ? test.tolerance : 0, "ONNX Runtime alone");
  }
  if (arguments.plain_is_wrong && IsRight(RunSets(Session(runtime, test.model, settings), test), test)) {
    throw std::runtime_error("ONNX Runtime alone is right, too");
  }
  if (!IsProvidersAlone(rows)) return "";
  std::vector<Tensor> all;
  for (const auto& set : outputs) all.insert(all.end(), set.begin(), set.end());
  return Digest(all);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Runs models through the provider and compares");
  app.add_option("folders", arguments.folders, "a test each, or a folder of tests")->required();
  app.add_option("--tier", arguments.tiers, "as max_tier: must give the bits of the best one")->allow_extra_args(false);
  app.add_option("--best-tier", arguments.best_tier, "which one must run where none is asked for");
  app.add_option("--runtime", arguments.runtime)->capture_default_str();
  app.add_option("--provider", arguments.provider)->capture_default_str();
  app.add_option("--digests", arguments.digests,
                 "a file for a line with name and digest of each test that the provider runs whole");
  app.add_option("--profile", arguments.profile, "beginning of a file's path, for the profiles");
  app.add_flag("--quick", arguments.quick, "one session for each, and no comparison with ONNX Runtime alone");
  app.add_flag("--plain-is-wrong", arguments.plain_is_wrong, "ONNX Runtime alone must miss the reference");
  CLI11_PARSE(app, argc, argv);

  int passed = 0, failed = 0;
  try {
    Runtime runtime(arguments.runtime);
    runtime.RegisterProvider(arguments.provider);
    std::ofstream digests(arguments.digests.empty() ? "/dev/null" : arguments.digests);
    std::vector<std::string> tests;
    for (const std::string& folder : arguments.folders) {
      const auto listed = IsFile(folder + "/model.onnx") ? std::vector<std::string>{folder} : ListTests(folder);
      tests.insert(tests.end(), listed.begin(), listed.end());
    }
    for (const std::string& folder : tests) {
      try {
        const NodeTest test = ReadNodeTest(folder);
        const std::string digest = Check(runtime, test, arguments);
        if (!digest.empty()) digests << test.name << " " << digest << "\n";
        ++passed;
      } catch (const std::exception& error) {
        ++failed;
        std::printf("FAILED: %s: %s\n", folder.c_str(), error.what());
      }
    }
  } catch (const std::exception& error) {
    ++failed;
    std::printf("FAILED: %s\n", error.what());
  }
  std::printf("ONNX models: %d passed, %d failed\n", passed, failed);
  return failed == 0 && passed != 0 ? 0 : 1;
}
