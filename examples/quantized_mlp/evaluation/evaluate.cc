// Counts, errors, digests and times.
#include "evaluation/evaluate.h"

#include <algorithm>
#include <cmath>

#include "evaluation/measure.h"
#include "support/require.h"

namespace quantized_mlp {
namespace {

using isoquant::MatrixView;

constexpr size_t kMeasuredImages = 512;  // in a timed run: few, so that slow tiers end soon

LayerError Compare(const std::vector<float>& expected, const std::vector<float>& actual) {
  LayerError error;
  double squares = 0, dot = 0, norm_a = 0, norm_b = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double a = static_cast<double>(expected[i]), b = static_cast<double>(actual[i]);
    error.max = std::max(error.max, std::fabs(a - b));
    squares += (a - b) * (a - b);
    dot += a * b;
    norm_a += a * a;
    norm_b += b * b;
  }
  error.rms = std::sqrt(squares / static_cast<double>(std::max<size_t>(expected.size(), 1)));
  const double norm = std::sqrt(norm_a) * std::sqrt(norm_b);
  error.cosine = norm > 0 ? dot / norm : norm_a == norm_b ? 1 : 0;
  return error;
}

bool EmulatesFma(const std::string& tier) {
  return tier == "sse4" || tier == "ssse3" || tier == "sse2" || tier == "scalar" || tier == "emu128";
}

// Of a QuantizedMlp or an MlpRunner, on tiers that are usable for it.
template <class M>
std::vector<TierSpeed> Evaluate(isoquant::Executor& executor, M& model, const std::vector<std::string>& tiers,
                                MatrixView<const float> images, double seconds) {
  std::vector<TierSpeed> results;
  for (const std::string& tier : tiers) {
    isoquant::Context context(executor);
    Require(context.SetMaxTier(tier.c_str()));
    TierSpeed result;
    result.tier = tier;
    const std::vector<float> logits = RunInBatches(context, model, images, 64);
    result.digest = Digest(logits);
    const MatrixView<const float> some = images.Rows(0, std::min(images.rows, kMeasuredImages));
    const auto end = logits.begin() + static_cast<std::ptrdiff_t>(some.rows * model.outputs());
    for (const size_t batch : kBatches) {
      const uint64_t digest = Digest(RunInBatches(context, model, some, batch));
      if (digest != Digest({logits.begin(), end})) result.same_in_batches = false;
      if (seconds == 0) continue;
      const double time = SecondsToRun(seconds, [&] { RunInBatches(context, model, some, batch); });
      result.images_per_second.push_back(static_cast<double>(some.rows) / time);
    }
    results.push_back(result);
  }
  return results;
}

}  // namespace

Confusion CountConfusion(const std::vector<size_t>& labels, const std::vector<size_t>& predictions, size_t classes) {
  Confusion confusion(classes, std::vector<size_t>(classes));
  for (size_t i = 0; i < labels.size(); ++i) ++confusion[labels[i]][predictions[i]];
  return confusion;
}

std::vector<LayerError> CompareLayers(isoquant::Context& context, const Mlp& mlp, QuantizedMlp& quantized,
                                      MatrixView<const float> images) {
  std::vector<LayerError> errors;
  std::vector<float> x, y, x8, y8;  // outputs of the previous layer, and of this one
  MatrixView<const float> in = images, in8 = images;
  for (size_t i = 0; i < mlp.layers.size(); ++i) {
    const size_t outputs = mlp.layers[i].outputs;
    y.resize(images.rows * outputs);
    y8.resize(images.rows * outputs);
    RunLayer(context, mlp.layers[i], in, i + 1 < mlp.layers.size(), {y.data(), images.rows, outputs});
    quantized.RunLayer(context, i, in8, {y8.data(), images.rows, outputs});
    errors.push_back(Compare(y, y8));
    x.swap(y);
    x8.swap(y8);
    in = {x.data(), images.rows, outputs};
    in8 = {x8.data(), images.rows, outputs};
  }
  return errors;
}

std::vector<TierSpeed> EvaluateTiers(isoquant::Executor& executor, QuantizedMlp& model, MatrixView<const float> images,
                                     double seconds) {
  return Evaluate(executor, model, UsableTiers(), images, seconds);
}

std::vector<TierSpeed> EvaluateTiers(isoquant::Executor& executor, const Mlp& mlp, MatrixView<const float> images,
                                     double seconds) {
  isoquant::Context context(executor);
  MlpRunner runner(context, mlp);
  std::vector<std::string> tiers = UsableFloatTiers();
  while (tiers.size() > 1 && EmulatesFma(tiers.back())) tiers.pop_back();
  return Evaluate(executor, runner, tiers, images, seconds);
}

}  // namespace quantized_mlp
