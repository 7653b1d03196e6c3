// Cuts the subject out of a photo: ISNet, an int8 network, by ONNX Runtime with Isoquant's execution provider.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "host/runtime.h"
#include "remove_background/network.h"

namespace {

using namespace remove_background;  // NOLINT: one file, one program

struct Arguments {
  std::string photo, output, model, runtime = onnx_host::DefaultRuntime(), provider = onnx_host::DefaultProvider(),
                                    max_tier;
  bool draw = false, mask = false, compare = false, plain = false, json = false;
  int threads = 1, runs = 0;
};

double LargestDifference(const NetworkResult& a, const NetworkResult& b) {
  double largest = 0;
  for (size_t i = 0; i < a.mask.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::fabs(a.mask[i] - b.mask[i])));
  }
  return largest;
}

nlohmann::json ToJson(const NetworkResult& result) {
  nlohmann::json json = {{"seconds", result.seconds},
                         {"load_seconds", result.load_seconds},
                         {"peak_mebibytes", result.peak_mebibytes},
                         {"digest", result.digest}};
  if (!result.tier.empty()) {
    json["groups"] = result.groups;
    json["tier"] = result.tier;
  }
  return json;
}

void PrintRow(const char* name, const NetworkResult& result) {
  std::printf("%-14s %8.3f %8.3f %9.0f  %s", name, result.seconds, result.load_seconds, result.peak_mebibytes,
              result.digest.c_str());
  if (!result.tier.empty()) std::printf("  %zu groups, %s", result.groups, result.tier.c_str());
  std::printf("\n");
}

// Pixels whose opacity, of 8 bits, is not the same.
size_t CountDifferent(const Picture& a, const Picture& b) {
  size_t count = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) count += a.pixels[i] != b.pixels[i];
  return count;
}

void PrintTable(const NetworkResult* isoquant, const NetworkResult* plain, size_t different) {
  std::printf("%-14s %8s %8s %9s  %s\n", "", "s", "s to load", "peak MiB", "digest of the mask");
  if (isoquant) PrintRow("isoquant", *isoquant);
  if (plain) PrintRow("onnxruntime", *plain);
  if (isoquant && plain) {
    std::printf("%.2f times as fast; the masks differ by %g at most, and in %zu pixels of 8 bits\n",
                plain->seconds / isoquant->seconds, LargestDifference(*isoquant, *plain), different);
  }
}

Picture CutOut(const Picture& photo, const Picture& mask) {
  Picture cut = photo;
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    cut.pixels[4 * i + 3] = std::min(photo.pixels[4 * i + 3], mask.pixels[i]);  // what was transparent stays so
  }
  return cut;
}

int Run(const Arguments& arguments) {
  if (arguments.draw) WritePng(arguments.photo, DrawTestPicture(1200, 900));
  const Picture photo = ReadPicture(arguments.photo);
  NetworkSettings settings;
  settings.model = arguments.model;
  settings.runtime = arguments.runtime;
  settings.threads = arguments.threads;
  settings.runs = arguments.runs > 0 ? arguments.runs : arguments.compare ? 3 : 1;
  NetworkSettings with_provider = settings;
  with_provider.provider = arguments.provider;
  if (!arguments.max_tier.empty()) with_provider.options["max_tier"] = arguments.max_tier;

  NetworkResult isoquant, plain;
  const bool run_isoquant = !arguments.plain, run_plain = arguments.plain || arguments.compare;
  if (run_isoquant) isoquant = RunNetwork(with_provider, photo, "isoquant");
  if (run_plain) plain = RunNetwork(settings, photo, "onnxruntime");
  const Picture mask = MakeMask(run_isoquant ? isoquant : plain, photo);
  WritePng(arguments.output, arguments.mask ? mask : CutOut(photo, mask));

  const size_t different = arguments.compare ? CountDifferent(mask, MakeMask(plain, photo)) : 0;
  if (arguments.json) {
    nlohmann::json json;
    if (run_isoquant) json["isoquant"] = ToJson(isoquant);
    if (run_plain) json["onnxruntime"] = ToJson(plain);
    if (run_isoquant && run_plain) {
      json["largest_difference"] = LargestDifference(isoquant, plain);
      json["different_pixels"] = different;
    }
    json["threads"] = arguments.threads;
    json["version"] = run_isoquant ? isoquant.version : plain.version;
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    PrintTable(run_isoquant ? &isoquant : nullptr, run_plain ? &plain : nullptr, different);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  arguments.model = onnx_host::DefaultFolder() + "/isnet.onnx";
  CLI::App app("Cuts the subject out of a photo by ISNet, an int8 network, on ONNX Runtime with Isoquant.");
  app.add_option("photo", arguments.photo, "PHOTO.png, or .jpg")->required();
  app.add_option("output", arguments.output, "OUT.png, with transparency")->required();
  app.add_flag("--draw", arguments.draw, "draws a picture first, and writes it to PHOTO.png");
  app.add_flag("--mask", arguments.mask, "OUT.png is the mask: white for the subject");
  app.add_flag("--compare", arguments.compare, "runs ONNX Runtime without Isoquant, too");
  app.add_flag("--plain", arguments.plain, "ONNX Runtime without Isoquant alone")->excludes("--compare");
  app.add_option("--threads", arguments.threads, "threads of a run")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--runs", arguments.runs, "the median of so many (default: 1, of a comparison 3)");
  app.add_option("--max-tier", arguments.max_tier, "the best instruction set that Isoquant may use, such as avx2");
  app.add_option("--model", arguments.model, "isnet.onnx")->capture_default_str();
  app.add_option("--runtime", arguments.runtime, "libonnxruntime.so.1")->capture_default_str();
  app.add_option("--provider", arguments.provider, "libisoquant_ep.so")->capture_default_str();
  app.add_flag("--json", arguments.json, "prints JSON");
  CLI11_PARSE(app, argc, argv);
  try {
    return Run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "remove_background: %s\n", error.what());
    return 1;
  }
}
