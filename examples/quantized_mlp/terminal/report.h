// Prints the results of the demonstration: as text for people, as JSON for programs.
#ifndef QUANTIZED_MLP_TERMINAL_REPORT_H_
#define QUANTIZED_MLP_TERMINAL_REPORT_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "evaluation/measure.h"

namespace quantized_mlp {

struct Report {
  std::string network;  // "64-128-64-10"
  Reading reading;
  size_t num_images = 0;
  double accuracy_f32 = 0, accuracy_int8 = 0;
  std::string tier;
  std::vector<std::string> why_not_better;  // one line for each tier that is better and does not run
  std::vector<TierResult> tiers;
};

// Prints the first `count` digits as pictures, with label and prediction.
void PrintPictures(std::ostream& out, const Dataset& digits, const std::vector<size_t>& predictions, size_t count);

void PrintText(std::ostream& out, const Report& report);
void PrintJson(std::ostream& out, const Report& report);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_TERMINAL_REPORT_H_
