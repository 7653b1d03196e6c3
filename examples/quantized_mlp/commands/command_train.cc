// train: makes f32 weights of pictures.
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "commands/commands.h"
#include "evaluation/measure.h"
#include "model_files/network_tensors.h"
#include "model_files/safetensors.h"
#include "model_files/table_metadata.h"
#include "support/file.h"
#include "support/text.h"
#include "support/threads.h"
#include "terminal/json_fields.h"
#include "terminal/terminal.h"
#include "training/checkpoint.h"
#include "training/train.h"

namespace quantized_mlp {
namespace {

struct TrainArguments {
  DataOptions data;
  std::string layers, output, checkpoint;
  bool resume = false, json = false;
  size_t threads = 0;
  TrainOptions train;
};

std::vector<size_t> ParseLayers(const std::string& text, size_t inputs, size_t classes) {
  if (text.empty()) return {inputs, 128, 64, classes};
  std::vector<size_t> layers;
  for (const std::string& part : CLI::detail::split(text, '-')) {
    size_t size = 0;
    if (!CLI::detail::lexical_cast(part, size) || size == 0 || size > 1 << 20) {
      throw std::runtime_error("--layers: \"" + text + "\" is no list of sizes such as 784-256-128-10");
    }
    layers.push_back(size);
  }
  if (layers.size() < 2 || layers.front() != inputs || layers.back() < classes) {
    throw std::runtime_error("--layers: \"" + text + "\" does not go from " + std::to_string(inputs) + " pixels to " +
                             std::to_string(classes) + " classes");
  }
  return layers;
}

void PrintAnswer(const TrainArguments& options, const TrainState& state, const Progress& last, const Split& split,
                 double accuracy) {
  if (options.json) {
    return PrintJson(std::cout, {{"output", options.output},
                                 {"layers", Describe(state.best)},
                                 {"epochs", state.epoch},
                                 {"best_epoch", state.best_epoch},
                                 {"seconds", last.seconds},
                                 {"loss", last.loss},
                                 {"accuracy_train", last.accuracy},
                                 {"accuracy_test", accuracy},
                                 {"data", split.train.reading}});
  }
  std::cout << "A " << Describe(state.best) << " network, trained for " << state.epoch << " epochs on "
            << split.train.size() << " images in " << Format("%.1f", last.seconds) << " s (best: epoch "
            << state.best_epoch << ")\n"
            << Format("%.2f", 100 * accuracy) << " % of " << split.test.size() << " test images right\n"
            << "Data: " << Describe(split.train.reading) << "\n"
            << "wrote " << options.output << "\n";
}

int RunTrain(TrainArguments& options) {
  if (!options.checkpoint.empty() && IsStream(options.checkpoint)) {
    throw std::runtime_error("--checkpoint: " + options.checkpoint + " is no file: one is written after each epoch");
  }
  // A checkpoint keeps its table's format, as a network does.
  Metadata metadata;
  Tensors tensors;
  if (options.resume) tensors = ReadSafetensors(options.checkpoint, &metadata);
  CsvOptions csv = options.data.csv;
  csv.known = FromMetadata(metadata, options.checkpoint);
  csv.known_from = "as in the checkpoint";
  const Split split = LoadSplit(options.data.path, csv);
  metadata = ToMetadata(split.train.reading.format);
  options.train.layers = ParseLayers(options.layers, split.train.num_pixels(), split.classes);
  Threads threads(options.threads);
  TrainState state = options.resume
                         ? FromCheckpoint(std::move(tensors), options.checkpoint, options.train)
                         : TrainState(options.train.optimizer, MakeMlp(options.train.layers, options.train.seed));
  CheckWritable(options.output);

  Progress last;
  const bool bar = IsStderrTerminal() && !options.json;
  const auto progress = [&](const Progress& now) {
    const bool whole_second = std::floor(5 * now.seconds) != std::floor(5 * last.seconds);
    last = now;
    if (bar && (now.part == 1 || whole_second)) {
      std::cerr << "\r" << ProgressLine(now, options.train.epochs) << "\x1b[K" << (now.part == 1 ? "\n" : "");
    }
  };
  const auto write_best = [&] { WriteFile(options.output, FormatSafetensors(ToTensors(state.best), metadata)); };
  const auto checkpoint = [&] {
    if (!options.checkpoint.empty()) WriteFile(options.checkpoint, FormatSafetensors(ToCheckpoint(state), metadata));
    if (state.best_epoch == state.epoch && !IsStream(options.output)) write_best();
  };
  isoquant::Context context(threads.executor());
  Train(context, split.train, options.train, progress, checkpoint, state);
  write_best();  // after no epoch at all, or to a pipe, nothing is written yet

  const std::vector<float> logits = RunMlp(context, state.best, split.test.images());
  PrintAnswer(options, state, last, split, Accuracy(Classify(logits, state.best.outputs()), split.test.labels));
  return EXIT_SUCCESS;
}

}  // namespace

Command AddTrain(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("train", "Train a network and write its f32 weights");
  auto options = std::make_shared<TrainArguments>();
  TrainOptions& train = options->train;
  const std::map<std::string, Method> methods = {{"adam", Method::kAdam}, {"sgd", Method::kSgd}};
  AddDataOptions(app, options->data);
  app.add_option("--output", options->output, "Weight file to write (.safetensors), after each epoch that is the best")
      ->required();
  app.add_option("--layers", options->layers, "Sizes from pixels to classes, such as 784-256-128-10")
      ->default_str("PIXELS-128-64-CLASSES");
  app.add_option("--optimizer", train.optimizer.method, "adam or sgd")
      ->transform(CLI::CheckedTransformer(methods))
      ->default_str("adam");
  app.add_option("--learning-rate", train.optimizer.learning_rate, "At the start; falls to 0 along a cosine")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--momentum", train.optimizer.momentum, "Of sgd")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  app.add_option("--weight-decay", train.optimizer.weight_decay)->check(CLI::Range(0.0, 1.0))->capture_default_str();
  app.add_option("--epochs", train.epochs, "Passes over the data")
      ->check(CLI::Range(0, 1 << 16))
      ->capture_default_str();
  app.add_option("--batch", train.batch, "Images in a step")->check(CLI::Range(1, 1 << 16))->capture_default_str();
  app.add_option("--validation", train.validation, "Part of the images that is held back to judge epochs by")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--patience", train.patience, "Stop after this many epochs without a better one; 0: never")
      ->capture_default_str();
  app.add_option("--seed", train.seed, "Seed of initial weights and of the order")->capture_default_str();
  CLI::Option* const checkpoint =
      app.add_option("--checkpoint", options->checkpoint, "File to write after each epoch, for --resume");
  app.add_flag("--resume", options->resume, "Go on from the checkpoint")->needs(checkpoint);
  AddThreadsOption(app, options->threads);
  AddJsonOption(app, options->json);
  app.footer("Example: quantized_mlp train --data fashion-mnist --layers 784-256-128-10 --output f32.safetensors");
  return {&app, [options] { return RunTrain(*options); }};
}

}  // namespace quantized_mlp
