// predict: shows one picture, and what the network takes it for.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>

#include "commands/commands.h"
#include "data/picture.h"
#include "evaluation/measure.h"
#include "model_files/model_file.h"
#include "support/file.h"
#include "support/text.h"
#include "support/threads.h"
#include "terminal/json_fields.h"
#include "terminal/terminal.h"

namespace quantized_mlp {
namespace {

struct PredictOptions {
  std::string model, image;
  DataOptions data;
  size_t index = 0, count = 5;
  std::vector<std::string> names;
  PictureOptions picture;
  bool json = false;
};

// A dataset of one image.
Dataset LoadImage(const PredictOptions& options, const Model& model) {
  if (!options.image.empty()) return ParsePicture(ReadFile(options.image), options.image, options.picture);
  const Dataset images = LoadImages(options.data.path, CsvFor(options.data, model.format, model.inputs()));
  ReportGuesses(options.model, options.data.path, images);
  if (options.index >= images.size()) {
    throw std::runtime_error("--index: " + options.data.path + " holds " + std::to_string(images.size()) + " images");
  }
  return Select(images, &options.index, &options.index + 1);
}

struct Prediction {
  Dataset image;
  std::vector<float> probabilities;
  std::vector<std::string> names;
  size_t best = 0;
  double start_up_ms = 0;  // from the file of the network to the first prediction
};

void Print(const PredictOptions& options, const Prediction& prediction) {
  const Dataset& image = prediction.image;
  const std::string label = image.labels.empty() ? "" : prediction.names[image.labels[0]];
  if (options.json) {
    std::vector<JsonField> json = {{"prediction", prediction.best},
                                   {"name", prediction.names[prediction.best]},
                                   {"probabilities", prediction.probabilities},
                                   {"start_up_ms", prediction.start_up_ms}};
    if (!image.labels.empty()) json.push_back({"label", image.labels[0]});
    if (options.image.empty()) json.push_back({"data", image.reading});
    return PrintJson(std::cout, json);
  }
  PrintPicture(std::cout, image.pixels.data(), image.width, image.height, IsStdoutTerminal());
  std::cout << "\n";
  PrintBars(std::cout, prediction.probabilities, prediction.names, options.count);
  std::cout << "\nread as " << prediction.names[prediction.best] << (label.empty() ? "" : ", is " + label)
            << "; first prediction after " << Format("%.2f", prediction.start_up_ms) << " ms\n";
  if (options.image.empty()) std::cout << "Data: " << Describe(image.reading) << "\n";
}

void WarnOfFlat(const PredictOptions& options) {
  std::cerr << "quantized_mlp: all pixels of " << (options.image.empty() ? "this image" : options.image)
            << " are the same: what it is taken for means nothing";
  if (!options.image.empty()) {
    std::cerr << " (transparent parts of a PNG are shown on " << (options.picture.background == 1 ? "white" : "black")
              << "; --background sets that)";
  }
  std::cerr << "\n";
}

int RunPredict(const PredictOptions& options) {
  isoquant::Context context;
  const auto start = std::chrono::steady_clock::now();
  Model model = LoadModel(context, options.model);
  const auto loaded = std::chrono::steady_clock::now();
  Prediction prediction;
  prediction.image = LoadImage(options, model);
  const size_t classes = prediction.image.labels.empty() ? 0 : prediction.image.labels[0] + 1;
  CheckFit(options.model, model.inputs(), model.outputs(), prediction.image, classes);
  if (IsFlat(prediction.image)) WarnOfFlat(options);
  const auto again = std::chrono::steady_clock::now();
  const std::vector<float> logits = RunModel(context, model, prediction.image.images(), 1);
  prediction.start_up_ms =
      std::chrono::duration<double, std::milli>(loaded - start + (std::chrono::steady_clock::now() - again)).count();

  if (options.names.size() > model.outputs()) throw std::runtime_error("--names: more names than classes");
  prediction.names = options.names;
  for (size_t i = options.names.size(); i < model.outputs(); ++i) prediction.names.push_back(std::to_string(i));
  prediction.probabilities = Softmax(logits);
  prediction.best = Classify(logits, model.outputs())[0];
  Print(options, prediction);
  return EXIT_SUCCESS;
}

}  // namespace

Command AddPredict(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("predict", "Show one picture and what the network takes it for");
  auto options = std::make_shared<PredictOptions>();
  app.add_option("MODEL", options->model, "f32 or int8 weights (.safetensors), or a packed file")->required();
  AddDataOptions(app, options->data);
  CLI::Option* const data = app.get_option("--data")->description(
      "IDX or CSV file, or folder with a set to test on, plain or gzip: --index says which image");
  app.add_option("--index", options->index, "Number of the image, from 0")->capture_default_str();
  CLI::Option* const image =
      app.add_option("--image", options->image, "A picture of its own: PNG or PGM, 8 or 16 bits");
  image->excludes(data);
  app.add_flag("--invert", options->picture.invert, "The picture is dark on light, the network learned light on dark")
      ->needs(image);
  const std::map<std::string, float> backgrounds = {{"white", 1.0f}, {"black", 0.0f}};
  app.add_option("--background", options->picture.background,
                 "What transparent parts of a PNG are shown on: white or black; --invert comes after, and makes it the "
                 "other")
      ->transform(CLI::CheckedTransformer(backgrounds))
      ->default_str("white")
      ->needs(image);
  app.add_option("--names", options->names, "Names of the classes, separated by commas")->delimiter(',');
  app.add_option("--count", options->count, "Classes to show")->capture_default_str();
  AddJsonOption(app, options->json);
  app.footer(
      "Example: quantized_mlp predict model.packed --data fashion-mnist --index 7\n"
      "         quantized_mlp predict model.packed --image shoe.png --invert");
  return {&app, [options] { return RunPredict(*options); }};
}

}  // namespace quantized_mlp
