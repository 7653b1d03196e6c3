// eval: how often a network is right, how far int8 is from f32, how fast it is, and a digest of what it says.
#include <cstdlib>
#include <iostream>
#include <memory>

#include "commands/commands.h"
#include "evaluation/evaluate.h"
#include "evaluation/measure.h"
#include "isoquant/isoquant.h"
#include "model_files/model_file.h"
#include "model_files/network_tensors.h"
#include "model_files/safetensors.h"
#include "support/threads.h"
#include "terminal/evaluation_report.h"

namespace quantized_mlp {
namespace {

constexpr double kSecondsPerMeasurement = 0.1;

struct EvalOptions {
  std::string model, reference;
  DataOptions data;
  size_t batch = 64, threads = 1;
  bool speed = true, json = false;
};

std::vector<LayerError> CompareWithReference(const EvalOptions& options, isoquant::Context& context, Model& model,
                                             const Dataset& images) {
  if (options.reference.empty()) return {};
  if (!model.int8) throw std::runtime_error("--reference: " + options.model + " is not in int8");
  const Mlp mlp = FromTensors(ReadSafetensors(options.reference), options.reference);
  if (Describe(mlp) != Describe(*model.int8)) {
    throw std::runtime_error(options.reference + " has layers " + Describe(mlp) + ", " + options.model + " has " +
                             Describe(*model.int8));
  }
  return CompareLayers(context, mlp, *model.int8, images.images());
}

int RunEval(const EvalOptions& options) {
  Threads threads(options.threads);
  isoquant::Context context(threads.executor());
  Model model = LoadModel(context, options.model);
  const Split split = LoadSplit(options.data.path, CsvFor(options.data, model.format, model.inputs()));
  const Dataset& test = split.test;
  CheckFit(options.model, model.inputs(), model.outputs(), test, split.classes);
  ReportGuesses(options.model, options.data.path, split.train);

  const std::vector<float> logits = RunModel(context, model, test.images(), options.batch);
  const std::vector<size_t> predictions = Classify(logits, model.outputs());
  Evaluation result;
  result.model = options.model;
  result.kind = model.kind;
  result.layers = model.f32 ? Describe(*model.f32) : Describe(*model.int8);
  result.tier = model.f32 ? UsableFloatTiers().front() : context.tier();
  result.threads = threads.count();
  result.reading = test.reading;
  result.num_images = test.size();
  result.accuracy = Accuracy(predictions, test.labels);
  result.confusion = CountConfusion(test.labels, predictions, model.outputs());
  result.digest = Digest(logits);
  result.layer_errors = CompareWithReference(options, context, model, test);
  const double seconds = options.speed ? kSecondsPerMeasurement : 0;
  result.tiers = model.f32 ? EvaluateTiers(threads.executor(), *model.f32, test.images(), seconds)
                           : EvaluateTiers(threads.executor(), *model.int8, test.images(), seconds);
  const bool same = AllTiersAgree(result);
  if (options.json) {
    PrintEvaluationJson(std::cout, result);
  } else {
    PrintEvaluation(std::cout, result);
  }
  return same ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

Command AddEval(CLI::App& parent) {
  CLI::App& app = *parent.add_subcommand("eval", "Test a network: accuracy, confusion, errors, speed, digest");
  auto options = std::make_shared<EvalOptions>();
  app.add_option("MODEL", options->model, "f32 or int8 weights (.safetensors), or a packed file")->required();
  AddDataOptions(app, options->data);
  app.add_option("--reference", options->reference, "f32 weights to compare the layers of an int8 network with");
  app.add_option("--batch", options->batch, "Images in each call")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_flag("--speed,!--no-speed", options->speed, "Measure images per second by tier and batch (the default)");
  AddThreadsOption(app, options->threads);
  AddJsonOption(app, options->json);
  app.footer(
      "Example: quantized_mlp eval int8.safetensors --reference f32.safetensors --data fashion-mnist --threads 2");
  return {&app, [options] { return RunEval(*options); }};
}

}  // namespace quantized_mlp
