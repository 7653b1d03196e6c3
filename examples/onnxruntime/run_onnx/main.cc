// Runs any ONNX model through Isoquant's execution provider: digests of its outputs, times, and what ran where.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/npy.h"
#include "host/profile.h"
#include "host/report.h"
#include "host/session.h"
#include "run_onnx/inputs.h"
#include "run_onnx/result.h"

namespace {

using namespace onnx_host;  // NOLINT: one file, one program

struct Arguments {
  std::string model, runtime = DefaultRuntime(), provider = DefaultProvider();
  std::vector<std::string> inputs, dimensions, options;
  std::string output_folder;
  bool plain = false, json = false;
  int threads = 1, runs = 3;
};

// "key=value" texts by key.
std::map<std::string, std::string> Split(const std::vector<std::string>& texts, const std::string& option) {
  std::map<std::string, std::string> values;
  for (const std::string& text : texts) {
    const size_t at = text.find('=');
    if (at == std::string::npos) throw std::runtime_error(option + " " + text + ": expected NAME=VALUE");
    values[text.substr(0, at)] = text.substr(at + 1);
  }
  return values;
}

double Seconds(const std::chrono::steady_clock::time_point& begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

int Run(const Arguments& arguments) {
  Runtime runtime(arguments.runtime);
  SessionSettings settings;
  settings.provider = !arguments.plain;
  settings.options = Split(arguments.options, "--option");
  settings.threads = arguments.threads;
  if (settings.provider) runtime.RegisterProvider(arguments.provider);

  nlohmann::json result;
  const auto loading = std::chrono::steady_clock::now();
  std::vector<Tensor> inputs, outputs;
  {
    Session session(runtime, arguments.model, settings);
    result["load_seconds"] = Seconds(loading);
    inputs = MakeInputs(session.inputs(), Split(arguments.inputs, "--input"), Split(arguments.dimensions, "--dim"));
    double least = 0;
    for (int run = 0; run < arguments.runs; ++run) {
      const auto begin = std::chrono::steady_clock::now();
      std::vector<Tensor> results = session.Run(inputs);
      const double seconds = Seconds(begin);
      least = run == 0 ? seconds : std::min(least, seconds);
      if (run != 0 && Digest(results) != Digest(outputs)) throw std::runtime_error("two runs differ");
      outputs = std::move(results);
    }
    result["seconds"] = least;
    result["inputs"] = ToJson(session.inputs(), inputs);
    result["outputs"] = ToJson(session.outputs(), outputs);
    for (size_t i = 0; i < outputs.size() && !arguments.output_folder.empty(); ++i) {
      WriteNpy(arguments.output_folder + "/output_" + std::to_string(i) + ".npy", outputs[i]);
    }
  }
  // Another session, because a profile takes time. Its parts of the provider are told in the provider's own report.
  settings.profile = TemporaryPath();
  Report report(settings);
  std::vector<ProfileRow> rows;
  {
    Session session(runtime, arguments.model, settings);
    session.Run(inputs);
    rows = ReadProfile(session.EndProfile());
  }
  report.Read();
  if (!report.rows().empty()) {
    rows.erase(std::remove_if(rows.begin(), rows.end(), [](const auto& row) { return row.provider == kProvider; }),
               rows.end());
    rows.insert(rows.begin(), report.rows().begin(), report.rows().end());
  }
  result["ran"] = nlohmann::json::array();
  for (const ProfileRow& row : rows) {
    result["ran"].push_back(
        {{"provider", row.provider}, {"operation", row.operation}, {"nodes", row.nodes}, {"seconds", row.seconds}});
  }
  result["groups"] = report.groups();
  result["tier"] = report.tier();
  result["digest"] = Digest(outputs);
  result["provider"] = settings.provider ? kProvider : "CPUExecutionProvider";
  result["version"] = runtime.version();
  result["threads"] = arguments.threads;
  result["runs"] = arguments.runs;
  if (arguments.json) {
    std::printf("%s\n", result.dump(2).c_str());
  } else {
    PrintResult(result);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Runs an ONNX model through Isoquant's execution provider: digests, times, what ran where.");
  app.add_option("model", arguments.model, "MODEL.onnx")->required()->check(CLI::ExistingFile);
  app.add_option("--input", arguments.inputs, "NAME=FILE.npy; other inputs get numbers that are the same everywhere");
  app.add_option("--dim", arguments.dimensions, "NAME=SIZE: all open dimensions of the input NAME (default: 1)");
  app.add_option("--option", arguments.options, "KEY=VALUE for the provider: max_tier, disable, strict, report");
  app.add_option("--outputs", arguments.output_folder, "a folder for output_0.npy, output_1.npy, ...");
  app.add_option("--threads", arguments.threads, "threads of a run")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--runs", arguments.runs, "how often it runs")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--runtime", arguments.runtime, "libonnxruntime.so.1")->capture_default_str();
  app.add_option("--provider", arguments.provider, "libisoquant_ep.so")->capture_default_str();
  app.add_flag("--plain", arguments.plain, "ONNX Runtime alone, without the provider");
  app.add_flag("--json", arguments.json, "prints JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    return Run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "run_onnx: %s\n", error.what());
    return 1;
  }
}
