// Classifies, counts, hashes and takes times.
#include "evaluation/measure.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "support/require.h"

namespace quantized_mlp {
namespace {

constexpr double kSecondsPerTier = 0.1;
constexpr size_t kMinRuns = 5;

std::vector<std::string> NamesOf(const std::vector<isoquant::TierReport>& reports) {
  std::vector<std::string> names;
  for (const isoquant::TierReport& tier : reports) {
    if (tier.usable) names.push_back(tier.name);
  }
  return names;
}

}  // namespace

double SecondsToRun(double seconds, const std::function<void()>& call) {
  std::vector<double> times;
  double total = 0;
  while (total < seconds || times.size() < kMinRuns) {
    const auto start = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    times.push_back(elapsed.count());
    total += elapsed.count();
  }
  // The median, because a run that was interrupted says nothing about the kernel.
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
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

std::string FormatDigest(uint64_t digest) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(digest));
  return text;
}

std::vector<std::string> UsableTiers() { return NamesOf(isoquant::ExplainTiers(isoquant::Context())); }

std::vector<std::string> UsableFloatTiers() {
  constexpr isoquant::ElementType kF32 = isoquant::ElementType::kF32;
  return NamesOf(isoquant::ExplainTiers(isoquant::Context(), kF32, kF32));
}

std::vector<TierResult> MeasureTiers(const Mlp& mlp, isoquant::MatrixView<const float> images, size_t batch) {
  std::vector<TierResult> results;
  for (const std::string& tier : UsableTiers()) {
    isoquant::Context context;
    Require(context.SetMaxTier(tier.c_str()));
    QuantizedMlp model(context, QuantizeMlp(context, mlp));
    const uint64_t digest = Digest(RunInBatches(context, model, images, batch));
    const double seconds = SecondsToRun(kSecondsPerTier, [&] { RunInBatches(context, model, images, batch); });
    results.push_back({context.tier(), static_cast<double>(images.rows) / seconds, digest});
  }
  return results;
}

bool AllDigestsEqual(const std::vector<TierResult>& results) {
  return std::all_of(results.begin(), results.end(),
                     [&results](const TierResult& result) { return result.digest == results.front().digest; });
}

}  // namespace quantized_mlp
