// Without a subcommand: reads the shipped digits in float and in int8, on every tier that this CPU has.
#include <cstdlib>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "evaluation/measure.h"
#include "isoquant/isoquant.h"
#include "model_files/network_tensors.h"
#include "model_files/safetensors.h"
#include "model_files/table_metadata.h"
#include "terminal/report.h"

namespace quantized_mlp {
namespace {

struct DemoOptions {
  std::string data = ISOQUANT_EXAMPLE_DATA_DIR "/digits.csv.gz";
  std::string weights = ISOQUANT_EXAMPLE_DATA_DIR "/digits_mlp.safetensors";
  size_t batch = 64;
  size_t count = 4;
  bool json = false;
};

std::vector<std::string> WhyNotBetter(const isoquant::Context& context) {
  std::vector<std::string> reasons;
  for (const isoquant::TierReport& tier : isoquant::ExplainTiers(context)) {
    if (tier.usable) break;  // the list begins with the best
    reasons.push_back(tier.name + ": " + tier.reason);
  }
  return reasons;
}

int RunDemo(const DemoOptions& options) {
  Metadata metadata;
  const Mlp mlp = FromTensors(ReadSafetensors(options.weights, &metadata), options.weights);
  const Split split = LoadSplit(options.data, CsvFor({}, FromMetadata(metadata, options.weights), mlp.inputs()));
  const Dataset& test = split.test;
  CheckFit(options.weights, mlp.inputs(), mlp.outputs(), test, split.classes);
  ReportGuesses(options.weights, options.data, split.train);

  // The Context chooses the best tier. These lines and QuantizedMlp are all that it takes to run in int8.
  isoquant::Context context;
  QuantizedMlp quantized(context, QuantizeMlp(context, mlp));
  const std::vector<float> logits = RunInBatches(context, quantized, test.images(), options.batch);
  const std::vector<size_t> predictions = Classify(logits, mlp.outputs());
  const std::vector<float> f32_logits = RunMlp(context, mlp, test.images());

  Report report;
  report.network = Describe(mlp);
  report.reading = test.reading;
  report.num_images = test.size();
  report.accuracy_f32 = Accuracy(Classify(f32_logits, mlp.outputs()), test.labels);
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

}  // namespace

Command AddDemo(CLI::App& app) {
  auto options = std::make_shared<DemoOptions>();
  app.add_option("--data", options->data, "Digits to read: lines of 64 pixels and a label, plain or gzip")
      ->capture_default_str();
  app.add_option("--weights", options->weights, "Network to run, as train writes it")->capture_default_str();
  app.add_option("--batch", options->batch, "Images in each call")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--count", options->count, "Digits to show")->capture_default_str();
  AddJsonOption(app, options->json);
  return {&app, [options] { return RunDemo(*options); }};
}

}  // namespace quantized_mlp
