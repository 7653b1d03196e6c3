// Tests of training, of quantisation, and of running: the same bits for every tier, batch, number of threads and file.
#include <cmath>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "evaluation/evaluate.h"
#include "evaluation/measure.h"
#include "fixtures.h"
#include "model_files/model_file.h"
#include "model_files/network_tensors.h"
#include "model_files/packed_file.h"
#include "model_files/safetensors.h"
#include "model_files/table_metadata.h"
#include "support/file.h"
#include "support/require.h"
#include "support/threads.h"
#include "training/backprop.h"
#include "training/checkpoint.h"
#include "training/train.h"

namespace quantized_mlp {
namespace {

TEST_CASE("Back-propagation: gradients are those of finite differences") {
  isoquant::Context context;
  const Dataset images = MakeImages(6, 4, 5);
  Mlp mlp = MakeNetwork(), gradient = ZerosLike(mlp), ignored = gradient;
  Backprop backprop(context);
  backprop.Run(mlp, images.images(), images.labels.data(), gradient);
  const auto loss = [&] {
    return backprop.Run(mlp, images.images(), images.labels.data(), ignored).loss / static_cast<double>(images.size());
  };
  Random random(1);
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const auto check = [&](std::vector<float>& values, const std::vector<float>& expected) {
      for (int trial = 0; trial < 10; ++trial) {
        const size_t at = random.Below(values.size());
        const float value = values[at], step = 1e-2f;
        values[at] = value + step;
        const double above = loss();
        values[at] = value - step;
        const double below = loss();
        values[at] = value;
        CHECK((above - below) / 0.02 == doctest::Approx(static_cast<double>(expected[at])).epsilon(0.05).scale(0.05));
      }
    };
    check(mlp.layers[i].weight, gradient.layers[i].weight);
    check(mlp.layers[i].bias, gradient.layers[i].bias);
  }
}

TrainOptions SmallTraining() {
  TrainOptions options;
  options.layers = {36, 16, 4};
  options.epochs = 6;
  options.batch = 16;
  options.optimizer.learning_rate = 0.01f;
  return options;
}

TrainState RunTraining(const TrainOptions& options, size_t num_threads, TrainState state, const char* tier = nullptr) {
  Threads threads(num_threads);
  isoquant::Context context(threads.executor());
  if (tier != nullptr) Require(context.SetMaxTier(tier));
  Train(
      context, MakeImages(200, 4, 1), options, [](const Progress&) {}, [] {}, state);
  return state;
}

TrainState Start(const TrainOptions& options) { return {options.optimizer, MakeMlp(options.layers, options.seed)}; }

TEST_CASE("Training: learns, with both methods; tiers, threads and interruptions change no bit") {
  for (const Method method : {Method::kAdam, Method::kSgd}) {
    TrainOptions options = SmallTraining();
    options.optimizer.method = method;
    if (method == Method::kSgd) options.optimizer.learning_rate = 0.1f;
    const TrainState whole = RunTraining(options, 1, Start(options));
    isoquant::Context context;
    const Dataset test = MakeImages(100, 4, 99);
    const std::vector<float> logits = RunMlp(context, whole.best, test.images());
    CHECK(Accuracy(Classify(logits, 4), test.labels) > 0.95);
    CHECK(whole.epoch == options.epochs);

    const std::string expected = FormatSafetensors(ToCheckpoint(whole));
    CHECK(FormatSafetensors(ToCheckpoint(RunTraining(options, 3, Start(options)))) == expected);
    for (const std::string& tier : UsableFloatTiers()) {
      INFO(tier);
      CHECK(FormatSafetensors(ToCheckpoint(RunTraining(options, 1, Start(options), tier.c_str()))) == expected);
    }

    // The first run is killed after the second epoch. Only its checkpoint is left.
    std::string checkpoint;
    TrainState state = Start(options);
    const auto keep = [&] {
      checkpoint = FormatSafetensors(ToCheckpoint(state));
      if (state.epoch == 2) throw std::runtime_error("killed");
    };
    CHECK(ErrorOf([&] {
            Train(
                context, MakeImages(200, 4, 1), options, [](const Progress&) {}, keep, state);
          }) == "killed");
    TrainState resumed = FromCheckpoint(ParseSafetensors(checkpoint, "checkpoint"), "checkpoint", options);
    CHECK(resumed.epoch == 2);
    CHECK(FormatSafetensors(ToCheckpoint(RunTraining(options, 1, resumed))) == expected);
    options.layers = {36, 17, 4};
    CHECK(ErrorOf([&] { FromCheckpoint(ParseSafetensors(checkpoint, "x"), "x", options); }) ==
          "x: a checkpoint of other layers than 36-17-4");
  }
}

TEST_CASE("Training: stops early, and says when it diverges") {
  TrainOptions options = SmallTraining();
  options.epochs = 200;
  options.patience = 2;
  const TrainState state = RunTraining(options, 1, Start(options));
  CHECK(state.epoch < 200);
  CHECK(state.epoch == state.best_epoch + 2);
  options.optimizer.method = Method::kSgd;
  options.optimizer.learning_rate = 1e30f;
  CHECK(ErrorOf([&] { RunTraining(options, 1, Start(options)); }).find("diverges") != std::string::npos);
}

TEST_CASE("Int8: the same logits for every tier, batch, number of threads, and file") {
  const Dataset images = MakeImages(70, 4, 9);
  const TemporaryFolder folder;
  // Dynamic; static in s8; static in u8, of which one layer has no bias.
  for (const int kind : {0, 1, 2}) {
    const bool is_static = kind != 0;
    Int8Model model = MakeInt8Network(is_static, kind == 2 ? Activations::kU8 : Activations::kS8);
    if (kind == 2) {
      CHECK(model.layers[0].input_zero_point == -128);
      model.layers[1].input_zero_point = 127;  // as it is where no input is positive: all of them saturate here
      model.layers[2].input_zero_point = -120;
      model.layers[2].bias.clear();
    }
    const std::string file = folder / "int8.safetensors", packed = folder / "packed";
    WriteFile(file, FormatSafetensors(ToTensors(model), {{"format", "pt"}}));
    isoquant::Context any;
    WriteFile(packed, FormatPacked(QuantizedMlp(any, model)));
    QuantizedMlp direct(any, model);
    const uint64_t expected = Digest(RunInBatches(any, direct, images.images(), images.size()));
    size_t runs = 0;
    for (const std::string& tier : UsableTiers()) {
      for (const size_t num_threads : std::vector<size_t>{1, 2, 3}) {
        Threads threads(num_threads);
        isoquant::Context context(threads.executor());
        Require(context.SetMaxTier(tier.c_str()));
        for (const std::string& path : {file, packed}) {
          Model loaded = LoadModel(context, path);
          REQUIRE(loaded.int8);
          CHECK(loaded.int8->is_static() == is_static);
          for (const size_t batch : std::vector<size_t>{1, 7, 64, 512}) {
            CHECK(Digest(RunInBatches(context, *loaded.int8, images.images(), batch)) == expected);
            ++runs;
          }
        }
      }
    }
    CHECK(runs >= 24);
  }
}

TEST_CASE("Int8: close to float, layer by layer") {
  const Mlp mlp = MakeNetwork();
  const Dataset images = MakeImages(70, 4, 9);
  isoquant::Context context;
  double rms[2] = {};  // of static layers, summed up
  for (const int kind : {0, 1, 2}) {
    const Activations activations = kind == 2 ? Activations::kU8 : Activations::kS8;
    QuantizedMlp quantized(context, MakeInt8Network(kind != 0, activations));
    const std::vector<LayerError> errors = CompareLayers(context, mlp, quantized, images.images());
    for (const LayerError& error : errors) {
      if (kind != 0) rms[kind - 1] += error.rms;
    }
    REQUIRE(errors.size() == 3);
    for (const LayerError& error : errors) {
      CHECK(error.cosine > 0.999);
      CHECK(error.rms > 0);
      CHECK(error.max >= error.rms);
      CHECK(error.max < 0.2);
    }
  }
  // No input is negative, so u8 has steps of half the width. (The errors of the weights stay.)
  CHECK(rms[1] < 0.9 * rms[0]);
}

TEST_CASE("Networks without bias are those whose biases are zero") {
  Mlp without = MakeNetwork(), zeros = without;
  for (DenseLayer& layer : without.layers) layer.bias.clear();
  for (DenseLayer& layer : zeros.layers) layer.bias.assign(layer.bias.size(), 0.0f);
  const Dataset images = MakeImages(20, 4, 9);
  isoquant::Context context;
  CHECK(RunMlp(context, without, images.images()) == RunMlp(context, zeros, images.images()));
  QuantizedMlp int8(context, QuantizeMlp(context, without)), int8_zeros(context, QuantizeMlp(context, zeros));
  CHECK(RunInBatches(context, int8, images.images(), 20) == RunInBatches(context, int8_zeros, images.images(), 20));
  const TrainOptions options = SmallTraining();
  Tensors tensors = ToCheckpoint(Start(options));
  tensors.erase("best.layers.1.bias");
  CHECK(ErrorOf([&] { FromCheckpoint(tensors, "x", options); }) == "x: a checkpoint without a bias");
}

TEST_CASE("Evaluation: confusion and digests") {
  const Confusion confusion = CountConfusion({0, 1, 1, 2}, {0, 1, 2, 2}, 3);
  CHECK(confusion == Confusion{{1, 0, 0}, {0, 1, 1}, {0, 0, 1}});
  CHECK(Accuracy({0, 1, 2, 2}, {0, 1, 1, 2}) == 0.75);
  CHECK(Digest({1.0f}) != Digest({-1.0f}));
  CHECK(Digest({0.0f}) != Digest({-0.0f}));
  const Dataset images = MakeImages(20, 4, 9);
  Threads threads(2);
  isoquant::Context context(threads.executor());
  QuantizedMlp model(context, MakeInt8Network(true));
  const uint64_t digest = Digest(RunInBatches(context, model, images.images(), 3));
  for (const TierSpeed& tier : EvaluateTiers(threads.executor(), model, images.images(), 0)) {
    CHECK(tier.digest == digest);
    CHECK(tier.same_in_batches);
  }
  // In float, on the tiers that have such products.
  const Mlp mlp = MakeNetwork();
  const uint64_t f32_digest = Digest(RunMlp(context, mlp, images.images()));
  const std::vector<TierSpeed> f32 = EvaluateTiers(threads.executor(), mlp, images.images(), 0);
  CHECK(!f32.empty());
  CHECK(f32[0].tier == UsableFloatTiers()[0]);
  for (const TierSpeed& tier : f32) {
    CHECK(tier.digest == f32_digest);
    CHECK(tier.same_in_batches);
  }
}

TEST_CASE("Networks in float: the definition, on every tier") {
  const Mlp mlp = MakeNetwork();
  const Dataset images = MakeImages(9, 4, 3);
  std::vector<float> logits;
  for (const std::string& tier : UsableFloatTiers()) {
    isoquant::Context context;
    Require(context.SetMaxTier(tier.c_str()));
    const std::vector<float> of_tier = RunMlp(context, mlp, images.images());
    if (logits.empty()) logits = of_tier;
    CHECK(of_tier == logits);
  }
  for (size_t row = 0; row < images.size(); ++row) {
    std::vector<float> x(images.images().Row(row), images.images().Row(row) + mlp.inputs()), y;
    for (const DenseLayer& layer : mlp.layers) {
      y.clear();
      for (size_t n = 0; n < layer.outputs; ++n) {
        float sum = 0;
        for (size_t k = 0; k < layer.inputs; ++k) sum = std::fma(x[k], layer.weight[n * layer.inputs + k], sum);
        sum += layer.bias[n];
        y.push_back(&layer != &mlp.layers.back() && sum < 0 ? 0 : sum);
      }
      x = y;
    }
    for (size_t n = 0; n < mlp.outputs(); ++n) CHECK(logits[row * mlp.outputs() + n] == x[n]);
  }
}

TEST_CASE(
    "Networks keep the format of the table that they were trained on, in every kind of file; older ones are read") {
  const TemporaryFolder folder;
  isoquant::Context context;
  const Int8Model int8 = MakeInt8Network(false);
  const auto load = [&](const std::string& bytes) {
    WriteFile(folder / "network", bytes);
    return LoadModel(context, folder / "network").format;
  };
  for (const TableFormat& format : {TableFormat{}, TableFormat{16, 37}, TableFormat{0.1f, 1}, TableFormat{255, 0}}) {
    for (const TableFormat& read : {load(FormatPacked(QuantizedMlp(context, int8), format)),
                                    load(FormatSafetensors(ToTensors(int8), ToMetadata(format))),
                                    load(FormatSafetensors(ToTensors(MakeNetwork()), ToMetadata(format)))}) {
      CHECK(read.max_pixel == format.max_pixel);
      CHECK(read.label_column == format.label_column);
    }
  }
  CHECK(load(FormatSafetensors(ToTensors(int8), {{"format", "pt"}})).max_pixel == 0);
  for (const char* const bad : {"", "0", "-1", "1e9", "nan", "0x10", "16 ", "inf"}) {
    INFO(bad);
    CHECK(ErrorOf([&] { FromMetadata({{"max_pixel", bad}}, "x"); }).find("x: __metadata__ has a max_pixel") == 0);
    CHECK(ErrorOf([&] { FromMetadata({{"label_column", bad}}, "x"); }).find("x: __metadata__ has a label_column") == 0);
  }
  CHECK(ErrorOf([] {
          FromMetadata({{"label_column", "1.5"}}, "x");
        }).find("no number of a column") != std::string::npos);
}

TEST_CASE("Packed files: foreign ones are refused by name") {
  const TemporaryFolder folder;
  isoquant::Context context;
  WriteFile(folder / "empty", "");
  WriteFile(folder / "foreign", std::string("ISOQMLP\0", 8));
  const auto error = [&](const char* name) { return ErrorOf([&] { LoadModel(context, folder / name); }); };
  CHECK(error("empty") == (folder / "empty") + ": too short for a safetensors file");
  CHECK(error("foreign") == (folder / "foreign") + ": no packed network");
  CHECK(error("none").find("cannot open " + (folder / "none")) == 0);
  CHECK(error(".").find("cannot read") == 0);
  std::string bytes = FormatPacked(QuantizedMlp(context, MakeInt8Network(false)));
  CHECK(bytes.size() % 64 == 0);
  bytes[8] = 2;
  WriteFile(folder / "newer", bytes);
  CHECK(error("newer") == (folder / "newer") + ": packed in version 2, this program reads 1");
}

}  // namespace
}  // namespace quantized_mlp
