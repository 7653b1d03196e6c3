// pack: writes an int8 network as one file that is used in place, and measures how much sooner a program starts with
// it.
#include <cstdlib>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "evaluation/measure.h"
#include "model_files/model_file.h"
#include "model_files/packed_file.h"
#include "support/file.h"
#include "support/text.h"
#include "terminal/json_fields.h"

namespace quantized_mlp {
namespace {

constexpr double kSecondsToStart = 0.2;

struct PackOptions {
  std::string input, output;
  bool json = false;
};

// The median time from opening the file to the logits of one image. The file is in the system's cache.
double StartUp(const std::string& path) {
  return SecondsToRun(kSecondsToStart, [&path] {
    isoquant::Context context;
    Model model = LoadModel(context, path);
    const std::vector<float> image(model.inputs(), 0.5f);
    RunInBatches(context, *model.int8, {image.data(), 1, image.size()}, 1);
  });
}

int RunPack(const PackOptions& options) {
  isoquant::Context context;
  const Model model = LoadModel(context, options.input);
  if (!model.int8) throw std::runtime_error(options.input + " is in f32: quantize it first");
  const std::string bytes = FormatPacked(*model.int8, model.format);
  WriteFile(options.output, bytes);
  // A pipe can be read only once, and that has happened.
  const bool measure = !IsStream(options.input) && !IsStream(options.output);
  const double without = measure ? 1000 * StartUp(options.input) : 0,
               with = measure ? 1000 * StartUp(options.output) : 0;
  if (options.json) {
    PrintJson(std::cout, {{"output", options.output},
                          {"bytes", bytes.size()},
                          {"start_up_ms_unpacked", measure ? JsonValue(without) : JsonValue(nullptr)},
                          {"start_up_ms_packed", measure ? JsonValue(with) : JsonValue(nullptr)}});
  } else {
    std::cout << "wrote " << options.output << ", " << bytes.size() << " bytes\n";
    if (measure) {
      std::cout << "first prediction after " << Format("%.3f", with) << " ms, " << Format("%.3f", without)
                << " ms from " << options.input << "\n";
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace

Command AddPack(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("pack", "Write an int8 network as one file that is mapped and used in place");
  auto options = std::make_shared<PackOptions>();
  app.add_option("INPUT", options->input, "int8 weights (.safetensors)")->required();
  app.add_option("--output", options->output, "Packed file to write")->required();
  AddJsonOption(app, options->json);
  app.footer("Example: quantized_mlp pack int8.safetensors --output model.packed");
  return {&app, [options] { return RunPack(*options); }};
}

}  // namespace quantized_mlp
