// Reads handwritten digits with a small neural network, in float and in int8, on every tier that this CPU has.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "digits.h"
#include "isoquant/isoquant.h"
#include "measure.h"
#include "mlp.h"
#include "report.h"
#include "safetensors.h"
#include "train.h"

namespace quantized_mlp {
namespace {

struct Options {
  std::string data = ISOQUANT_EXAMPLE_DATA_DIR "/digits.csv.gz";
  std::string weights = ISOQUANT_EXAMPLE_DATA_DIR "/digits_mlp.safetensors";
  size_t batch = 64;
  size_t count = 4;
  bool json = false;
  std::string output;  // of train
  TrainOptions train;
};

std::vector<std::string> WhyNotBetter(const isoquant::Context& context) {
  std::vector<std::string> reasons;
  for (const isoquant::TierReport& tier : isoquant::ExplainTiers(context)) {
    if (tier.usable) break;  // the list begins with the best
    reasons.push_back(tier.name + ": " + tier.reason);
  }
  return reasons;
}

std::string DescribeNetwork(const Mlp& mlp) {
  std::string text = std::to_string(mlp.layers.front().inputs);
  for (const DenseLayer& layer : mlp.layers) text += "-" + std::to_string(layer.outputs);
  return text;
}

int RunClassify(const Options& options) {
  const Mlp mlp = FromTensors(ReadSafetensors(options.weights), Digits::kPixels, Digits::kClasses);
  const Digits test = SplitDigits(ReadDigits(options.data)).test;

  // The Context chooses the best tier. All that is needed to run in int8 is here and in QuantizedMlp.
  isoquant::Context context;
  if (!context.environment_status().ok()) {
    std::cerr << "quantized_mlp: ignored: " << context.environment_status().ToString() << "\n";
  }
  QuantizedMlp quantized(context, mlp);
  const std::vector<float> logits = RunInBatches(context, quantized, test.images(), options.batch);
  const std::vector<size_t> predictions = Classify(logits, Digits::kClasses);
  const std::vector<size_t> f32_predictions = Classify(RunMlp(mlp, test.images()), Digits::kClasses);

  Report report;
  report.network = DescribeNetwork(mlp);
  report.num_images = test.size();
  report.accuracy_f32 = Accuracy(f32_predictions, test.labels);
  report.accuracy_int8 = Accuracy(predictions, test.labels);
  report.tier = context.tier();
  report.why_not_better = WhyNotBetter(context);
  report.tiers = MeasureTiers(mlp, test.images(), options.batch);
  if (options.json) {
    PrintJson(std::cout, report);
  } else {
    PrintPictures(std::cout, test, predictions, options.count);
    PrintText(std::cout, report);
  }
  return AllDigestsEqual(report.tiers) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int RunTrain(const Options& options) {
  const Split split = SplitDigits(ReadDigits(options.data));
  const Mlp mlp = Train(split.train, options.train, [](size_t epoch, double loss) {
    std::printf("epoch %3zu  loss %.6f\n", epoch, loss);
    std::fflush(stdout);
  });
  WriteSafetensors(options.output, ToTensors(mlp));
  const auto percent = [&mlp](const Digits& part) {
    return 100 * Accuracy(Classify(RunMlp(mlp, part.images()), Digits::kClasses), part.labels);
  };
  std::printf("right: %.2f %% of %zu train images, %.2f %% of %zu test images\nwrote %s\n", percent(split.train),
              split.train.size(), percent(split.test), split.test.size(), options.output.c_str());
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Reads handwritten digits in int8 on every tier that this CPU has, with the same bits on each.");
  app.add_option("--data", options.data, "Digits to read: lines of 64 pixels and a label, plain or gzip")
      ->capture_default_str();
  app.add_option("--weights", options.weights, "Network to run, as train writes it")->capture_default_str();
  app.add_option("--batch", options.batch, "Images in each call")->check(CLI::Range(1, 1 << 20))->capture_default_str();
  app.add_option("--count", options.count, "Digits to show")->capture_default_str();
  app.add_flag("--json", options.json, "Print results as JSON, and nothing else");

  CLI::App* train = app.add_subcommand("train", "Train a network on 80 % of the digits and write its weights");
  train->add_option("--data", options.data, "Digits to learn")->capture_default_str();
  train->add_option("--output", options.output, "Weight file to write (.safetensors)")->required();
  train->add_option("--epochs", options.train.epochs, "Passes over the data")->capture_default_str();
  train->add_option("--seed", options.train.seed, "Seed of initial weights and of the order")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  try {
    return train->parsed() ? RunTrain(options) : RunClassify(options);
  } catch (const std::exception& error) {
    std::cerr << "quantized_mlp: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}

}  // namespace
}  // namespace quantized_mlp

int main(int argc, char** argv) { return quantized_mlp::Main(argc, argv); }
