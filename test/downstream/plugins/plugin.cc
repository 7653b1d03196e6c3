// A plug-in: what its copy of the library is and computes.
#include "plugin.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isoquant/isoquant.h"

extern "C" Description Describe() {
  constexpr size_t kM = 7, kK = 65, kN = 33;
  std::vector<float> x(kM * kK), scales(kN, 0.03125f), bias(kN, 0.1f), y(kM * kN);
  std::vector<int8_t> weights(kK * kN);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 37 % 101) / 7.0f - 5.0f;
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<int8_t>(i * 89 % 256 - 128);

  isoquant::Context context;
  isoquant::PackedWeights packed;
  isoquant::Status status = isoquant::PackedWeights::Pack(context, isoquant::KxN{{weights.data(), kK, kN}}, packed);
  isoquant::LinearLayer layer;
  layer.weights = &packed;
  layer.column_scales = {scales.data(), kN};
  layer.bias = {bias.data(), kN};
  if (status.ok()) status = isoquant::Linear(context, {x.data(), kM, kK}, layer, {y.data(), kM, kN});

  Description description{};
  description.ok = status.ok();
  description.tiers = isoquant::ExplainTiers(context).size();
  description.digest = 14695981039346656037u;  // FNV-1a
  const unsigned char* bytes = reinterpret_cast<const unsigned char*>(y.data());
  for (size_t i = 0; i < y.size() * sizeof(float); ++i) {
    description.digest = (description.digest ^ bytes[i]) * 1099511628211u;
  }
  return description;
}
