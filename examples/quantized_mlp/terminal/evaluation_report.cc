// Prints tables and JSON.
#include "terminal/evaluation_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evaluation/measure.h"
#include "support/text.h"
#include "terminal/reading_json.h"

namespace quantized_mlp {
namespace {

constexpr size_t kMaxTable = 20;  // classes

void PrintConfusion(std::ostream& out, const Confusion& confusion) {
  if (confusion.size() > kMaxTable) return;  // --json has it
  out << "\nConfusion (a row for each label, a column for each prediction):\n  label ";
  for (size_t i = 0; i < confusion.size(); ++i) out << AlignRight(std::to_string(i), 6);
  out << "   right\n";
  for (size_t label = 0; label < confusion.size(); ++label) {
    out << AlignRight(std::to_string(label), 7) << " ";
    size_t sum = 0;
    for (const size_t count : confusion[label]) {
      sum += count;
      out << AlignRight(count == 0 ? "." : std::to_string(count), 6);
    }
    const double part = static_cast<double>(confusion[label][label]) / static_cast<double>(std::max<size_t>(sum, 1));
    out << AlignRight(Format("%.1f %%", 100 * part), 8) << "\n";
  }
}

void PrintErrors(std::ostream& out, const std::vector<LayerError>& errors) {
  if (errors.empty()) return;
  out << "\nOutputs of each layer in int8 against f32:\n  layer           max           RMS        cosine\n";
  for (size_t i = 0; i < errors.size(); ++i) {
    out << AlignRight(std::to_string(i), 7) << AlignRight(Format("%.6f", errors[i].max), 14)
        << AlignRight(Format("%.6f", errors[i].rms), 14) << AlignRight(Format("%.6f", errors[i].cosine), 14) << "\n";
  }
}

void PrintTiers(std::ostream& out, const Evaluation& evaluation) {
  if (evaluation.tiers.empty()) return;
  const bool speed = !evaluation.tiers.front().images_per_second.empty();
  out << "\n"
      << (speed ? "Images per second in batches of" : "Tiers") << ", " << evaluation.threads << " thread"
      << (evaluation.threads == 1 ? "" : "s") << ":\n  " << AlignLeft("tier", 16);
  for (const size_t batch : kBatches) out << (speed ? AlignRight(std::to_string(batch), 11) : "");
  out << "   digest of all logits\n";
  for (const TierSpeed& tier : evaluation.tiers) {
    out << "  " << AlignLeft(tier.tier, 16);
    for (const double value : tier.images_per_second) out << AlignRight(Format("%.0f", value), 11);
    out << "   " << FormatDigest(tier.digest) << "\n";
  }
  out << (AllTiersAgree(evaluation) ? "\nThe same bits on every tier and in batches of every size.\n"
                                    : "\nTiers or batches DISAGREE.\n");
}

}  // namespace

bool AllTiersAgree(const Evaluation& evaluation) {
  return std::all_of(evaluation.tiers.begin(), evaluation.tiers.end(),
                     [&](const TierSpeed& tier) { return tier.digest == evaluation.digest && tier.same_in_batches; });
}

void PrintEvaluation(std::ostream& out, const Evaluation& evaluation) {
  out << evaluation.model << ": a " << evaluation.layers << " network, " << evaluation.kind << ", on "
      << evaluation.tier << "\n"
      << Format("%.2f", 100 * evaluation.accuracy) << " % of " << evaluation.num_images
      << " test images right; digest of the logits " << FormatDigest(evaluation.digest) << "\n"
      << "Data: " << Describe(evaluation.reading) << "\n";
  PrintConfusion(out, evaluation.confusion);
  PrintErrors(out, evaluation.layer_errors);
  PrintTiers(out, evaluation);
}

void PrintEvaluationJson(std::ostream& out, const Evaluation& evaluation) {
  using Json = nlohmann::ordered_json;
  Json errors = Json::array(), tiers = Json::array();
  for (const LayerError& error : evaluation.layer_errors) {
    errors.push_back({{"max", error.max}, {"rms", error.rms}, {"cosine", error.cosine}});
  }
  for (const TierSpeed& tier : evaluation.tiers) {
    Json speeds = Json::object();
    for (size_t i = 0; i < tier.images_per_second.size(); ++i) {
      speeds[std::to_string(kBatches[i])] = tier.images_per_second[i];
    }
    tiers.push_back({{"tier", tier.tier},
                     {"digest", FormatDigest(tier.digest)},
                     {"same_in_batches", tier.same_in_batches},
                     {"images_per_second", speeds}});
  }
  const Json json = {{"model", evaluation.model},
                     {"kind", evaluation.kind},
                     {"layers", evaluation.layers},
                     {"threads", evaluation.threads},
                     {"images", evaluation.num_images},
                     {"data", ToJson(evaluation.reading)},
                     {"accuracy", evaluation.accuracy},
                     {"logits", FormatDigest(evaluation.digest)},
                     {"confusion", evaluation.confusion},
                     {"layer_errors", errors},
                     {"tiers", tiers}};
  out << json.dump(2) << "\n";
}

}  // namespace quantized_mlp
