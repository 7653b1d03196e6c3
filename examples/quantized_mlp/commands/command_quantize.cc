// quantize: makes int8 weights of f32 weights.
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include "commands/commands.h"
#include "model_files/network_tensors.h"
#include "model_files/safetensors.h"
#include "model_files/table_metadata.h"
#include "support/file.h"
#include "support/text.h"
#include "support/threads.h"
#include "terminal/json_fields.h"
#include "with_isoquant/int8_model.h"

namespace quantized_mlp {
namespace {

struct QuantizeOptions {
  std::string input, output;
  DataOptions data;
  size_t calibrate = 0;
  Activations activations = Activations::kS8;
  size_t threads = 1;
  bool json = false;
};

int RunQuantize(const QuantizeOptions& options) {
  Metadata metadata;
  const Tensors tensors = ReadSafetensors(options.input, &metadata);
  if (IsInt8(tensors)) throw std::runtime_error(options.input + " is in int8 already");
  const Mlp mlp = FromTensors(tensors, options.input);
  TableFormat format = FromMetadata(metadata, options.input);
  if (options.data.csv.max_pixel > 0) format.max_pixel = options.data.csv.max_pixel;
  std::vector<InputScale> inputs;
  if (options.calibrate != 0) {
    const Split split = LoadSplit(options.data.path, CsvFor(options.data, format, mlp.inputs()));
    CheckFit(options.input, mlp.inputs(), mlp.outputs(), split.train, split.classes);
    ReportGuesses(options.input, options.data.path, split.train);
    const TableFormat& data = split.train.reading.format;
    if (format.max_pixel == 0) format.max_pixel = data.max_pixel;
    if (format.label_column == 0 || !options.data.csv.label_column.empty()) format.label_column = data.label_column;
    Threads threads(options.threads);
    isoquant::Context threaded(threads.executor());
    inputs = Calibrate(threaded, mlp, split.train.images().Rows(0, std::min(options.calibrate, split.train.size())),
                       options.activations);
  }
  isoquant::Context context;
  const Int8Model model = QuantizeMlp(context, mlp, inputs);
  const std::string activations = inputs.empty() ? "dynamic" : "static";
  std::vector<float> input_scales;
  for (const InputScale& input : inputs) input_scales.push_back(input.scale);
  metadata = ToMetadata(format);
  metadata.insert({{"format", "pt"}, {"quantization", "int-quantized"}, {"input_activations", activations}});
  const std::string bytes = FormatSafetensors(ToTensors(model), metadata);
  Int8FromTensors(ParseSafetensors(bytes, options.output), options.output);  // throws if a scale is not usable
  WriteFile(options.output, bytes);
  if (options.json) {
    PrintJson(std::cout, {{"output", options.output},
                          {"layers", Describe(model)},
                          {"activations", activations},
                          {"input_scales", input_scales},
                          {"max_pixel", static_cast<double>(format.max_pixel)},
                          {"bytes", bytes.size()}});
  } else {
    std::cout << "A " << Describe(model) << " network in int8, activations " << activations << "\nwhite in a table is "
              << (format.max_pixel == 0 ? "not known: --max-pixel says it"
                                        : Format("%g", static_cast<double>(format.max_pixel)))
              << "\nwrote " << options.output << ", " << bytes.size() << " bytes\n";
  }
  return EXIT_SUCCESS;
}

}  // namespace

Command AddQuantize(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("quantize", "Quantise f32 weights to int8, with a scale for each output");
  auto options = std::make_shared<QuantizeOptions>();
  app.add_option("INPUT", options->input, "f32 weights (.safetensors)")->required();
  app.add_option("--output", options->output, "int8 weights to write (.safetensors)")->required();
  CLI::Option* const calibrate =
      app.add_option("--calibrate", options->calibrate,
                     "Find static scales of activations from this many images to train on; 0: dynamic, for each image")
          ->capture_default_str();
  const std::map<std::string, Activations> kinds = {{"s8", Activations::kS8}, {"u8", Activations::kU8}};
  app.add_option("--activations", options->activations,
                 "Static activations: s8, symmetric, or u8, with a zero point: finer where few values are negative")
      ->transform(CLI::CheckedTransformer(kinds))
      ->needs(calibrate);
  AddDataOptions(app, options->data);
  AddThreadsOption(app, options->threads);
  AddJsonOption(app, options->json);
  app.footer(
      "Example: quantized_mlp quantize f32.safetensors --calibrate 1000 --data fashion-mnist --output "
      "int8.safetensors");
  return {&app, [options] { return RunQuantize(*options); }};
}

}  // namespace quantized_mlp
