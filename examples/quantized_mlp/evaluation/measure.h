// Accuracy, speed, and a digest of results.
#ifndef QUANTIZED_MLP_EVALUATION_MEASURE_H_
#define QUANTIZED_MLP_EVALUATION_MEASURE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "f32/mlp.h"
#include "with_isoquant/runner.h"

namespace quantized_mlp {

// For each image the class with the largest logit.
std::vector<size_t> Classify(const std::vector<float>& logits, size_t classes);

// The fraction of the labels that was predicted.
double Accuracy(const std::vector<size_t>& predictions, const std::vector<size_t>& labels);

// FNV-1a with 64 bits over the values as little-endian bytes. A single bit that differs changes it.
uint64_t Digest(const std::vector<float>& values);
std::string FormatDigest(uint64_t digest);

// The median time of a call. Calls are repeated until `seconds` have passed, and at least five times.
double SecondsToRun(double seconds, const std::function<void()>& call);

// The names of all tiers that this CPU has for products of int8 and that the environment admits, best first.
std::vector<std::string> UsableTiers();
// The same of products of f32.
std::vector<std::string> UsableFloatTiers();

struct TierResult {
  std::string tier;
  double images_per_second = 0;
  uint64_t digest = 0;  // of all logits
};

// Runs every usable tier. Each quantises and packs the weights anew, so that its digest covers the whole way from float
// weights to logits.
std::vector<TierResult> MeasureTiers(const Mlp& mlp, isoquant::MatrixView<const float> images, size_t batch);

bool AllDigestsEqual(const std::vector<TierResult>& results);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_EVALUATION_MEASURE_H_
