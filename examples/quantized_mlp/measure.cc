// Classifies, counts, hashes and takes times.
#include "measure.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "require.h"

namespace quantized_mlp {
namespace {

constexpr double kSecondsPerTier = 0.1;
constexpr size_t kMinRuns = 5;

double SecondsToRun(isoquant::Context& context, QuantizedMlp& model, isoquant::MatrixView<const float> images,
                    size_t batch) {
  std::vector<double> times;
  double total = 0;
  while (total < kSecondsPerTier || times.size() < kMinRuns) {
    const auto start = std::chrono::steady_clock::now();
    RunInBatches(context, model, images, batch);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    times.push_back(elapsed.count());
    total += elapsed.count();
  }
  // The median, because a run that was interrupted says nothing about the kernel.
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

}  // namespace

std::vector<float> RunInBatches(isoquant::Context& context, QuantizedMlp& model,
                                isoquant::MatrixView<const float> images, size_t batch) {
  std::vector<float> logits(images.rows * model.outputs());
  for (size_t begin = 0; begin < images.rows; begin += batch) {
    const size_t rows = std::min(batch, images.rows - begin);
    model.Run(context, images.Rows(begin, rows), {logits.data() + begin * model.outputs(), rows, model.outputs()});
  }
  return logits;
}

std::vector<size_t> Classify(const std::vector<float>& logits, size_t classes) {
  std::vector<size_t> predictions;
  for (const float* row = logits.data(); row != logits.data() + logits.size(); row += classes) {
    predictions.push_back(static_cast<size_t>(std::max_element(row, row + classes) - row));
  }
  return predictions;
}

double Accuracy(const std::vector<size_t>& predictions, const std::vector<size_t>& labels) {
  size_t right = 0;
  for (size_t i = 0; i < labels.size(); ++i) right += predictions[i] == labels[i] ? 1 : 0;
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

uint64_t Digest(const std::vector<float>& values) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const float value : values) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (bits >> shift & 0xff)) * 0x100000001b3u;
  }
  return hash;
}

std::vector<TierResult> MeasureTiers(const Mlp& mlp, isoquant::MatrixView<const float> images, size_t batch) {
  std::vector<TierResult> results;
  for (const isoquant::TierReport& tier : isoquant::ExplainTiers(isoquant::Context())) {
    if (!tier.usable) continue;
    isoquant::Context context;
    Require(context.SetMaxTier(tier.name.c_str()));
    QuantizedMlp model(context, mlp);
    const uint64_t digest = Digest(RunInBatches(context, model, images, batch));
    const double seconds = SecondsToRun(context, model, images, batch);
    results.push_back({context.tier(), static_cast<double>(images.rows) / seconds, digest});
  }
  return results;
}

bool AllDigestsEqual(const std::vector<TierResult>& results) {
  return std::all_of(results.begin(), results.end(),
                     [&results](const TierResult& result) { return result.digest == results.front().digest; });
}

}  // namespace quantized_mlp
