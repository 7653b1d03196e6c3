// Prints an evaluation: as text for people, as JSON for programs.
#ifndef QUANTIZED_MLP_TERMINAL_EVALUATION_REPORT_H_
#define QUANTIZED_MLP_TERMINAL_EVALUATION_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "data/table_format.h"
#include "evaluation/evaluate.h"

namespace quantized_mlp {

struct Evaluation {
  std::string model, kind, layers, tier;
  Reading reading;
  size_t threads = 1, num_images = 0;
  double accuracy = 0;
  Confusion confusion;
  uint64_t digest = 0;  // of all logits
  std::vector<LayerError> layer_errors;
  std::vector<TierSpeed> tiers;
};

// Whether every tier, in batches of every size, gave the logits with this `digest`.
bool AllTiersAgree(const Evaluation& evaluation);

void PrintEvaluation(std::ostream& out, const Evaluation& evaluation);
void PrintEvaluationJson(std::ostream& out, const Evaluation& evaluation);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TERMINAL_EVALUATION_REPORT_H_
