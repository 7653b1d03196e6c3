// Prints pictures, the table, JSON.
#include "terminal/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/text.h"
#include "terminal/reading_json.h"

namespace quantized_mlp {
namespace {

constexpr size_t kPicturesPerLine = 4;                             // at most 80 columns
constexpr const char* kShades[] = {"  ", "░░", "▒▒", "▓▓", "██"};  // two characters make a square
constexpr float kMaxShade = 4;

constexpr const char* kBest = ", the best one in this program";

void PrintPictureLine(std::ostream& out, const Dataset& digits, const std::vector<size_t>& predictions, size_t begin,
                      size_t end) {
  for (size_t y = 0; y < digits.height; ++y) {
    for (size_t i = begin; i < end; ++i) {
      const float* row = digits.images().Row(i) + y * digits.width;
      out << "  ";
      for (size_t x = 0; x < digits.width; ++x) out << kShades[static_cast<size_t>(row[x] * kMaxShade + 0.5f)];
    }
    out << "\n";
  }
  for (size_t i = begin; i < end; ++i) {
    const bool right = predictions[i] == digits.labels[i];
    const std::string caption = "is " + std::to_string(digits.labels[i]) + ", read as " +
                                std::to_string(predictions[i]) + (right ? "" : " (!)");
    out << "  " << AlignLeft(caption, 2 * digits.width);
  }
  out << "\n\n";
}

}  // namespace

void PrintPictures(std::ostream& out, const Dataset& digits, const std::vector<size_t>& predictions, size_t count) {
  count = std::min(count, digits.size());
  for (size_t begin = 0; begin < count; begin += kPicturesPerLine) {
    PrintPictureLine(out, digits, predictions, begin, std::min(begin + kPicturesPerLine, count));
  }
}

void PrintText(std::ostream& out, const Report& report) {
  out << "A " << report.network << " network read " << report.num_images << " digits that it was not trained on:\n"
      << "  float32  " << Format("%.2f", 100 * report.accuracy_f32) << " % right\n"
      << "  int8     " << Format("%.2f", 100 * report.accuracy_int8) << " % right\n"
      << "Data: " << Describe(report.reading) << "\n\n"
      << "Tier: " << report.tier << (report.why_not_better.empty() ? kBest : ". Why no better one:") << "\n";
  for (const std::string& reason : report.why_not_better) out << "  " << reason << "\n";
  out << "\n  " << AlignLeft("tier", 16) << AlignRight("images/s", 12) << "   digest of all int8 logits\n";
  for (const TierResult& result : report.tiers) {
    out << "  " << AlignLeft(result.tier, 16) << AlignRight(Format("%.0f", result.images_per_second), 12) << "   "
        << FormatDigest(result.digest) << "\n";
  }
  out << (AllDigestsEqual(report.tiers) ? "\nThe same bits on every tier.\n" : "\nThe tiers DISAGREE.\n");
}

void PrintJson(std::ostream& out, const Report& report) {
  nlohmann::ordered_json tiers = nlohmann::ordered_json::array();
  for (const TierResult& result : report.tiers) {
    tiers.push_back({{"tier", result.tier},
                     {"images_per_second", result.images_per_second},
                     {"digest", FormatDigest(result.digest)}});
  }
  std::string why = report.why_not_better.empty() ? report.tier + kBest : "";
  for (const std::string& reason : report.why_not_better) why += (why.empty() ? "" : "; ") + reason;
  const nlohmann::ordered_json json = {{"accuracy_f32", report.accuracy_f32},
                                       {"accuracy_int8", report.accuracy_int8},
                                       {"tier", report.tier},
                                       {"why_not_better", why},
                                       {"data", ToJson(report.reading)},
                                       {"tiers", tiers}};
  out << json.dump(2) << "\n";
}

}  // namespace quantized_mlp
