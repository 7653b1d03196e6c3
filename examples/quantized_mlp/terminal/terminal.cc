// Draws with characters.
#include "terminal/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/text.h"

namespace quantized_mlp {
namespace {

constexpr size_t kMaxColumns = 120;
constexpr size_t kBarColumns = 30;
constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

// One of the 24 greys of terminals with 256 colours.
std::string Grey(float value) { return std::to_string(232 + std::lround(23 * std::min(1.0f, std::max(0.0f, value)))); }

std::string Bar(float part) {
  const size_t eighths = static_cast<size_t>(std::lround(8 * static_cast<float>(kBarColumns) * part));
  std::string bar;
  for (size_t i = 0; i < eighths / 8; ++i) bar += "█";
  bar += kEighths[eighths % 8];
  const size_t columns = (eighths + 7) / 8;
  return bar + std::string(kBarColumns - std::min(columns, kBarColumns), ' ');
}

}  // namespace

bool IsStdoutTerminal() { return isatty(STDOUT_FILENO) != 0; }
bool IsStderrTerminal() { return isatty(STDERR_FILENO) != 0; }

void PrintPicture(std::ostream& out, const float* pixels, size_t width, size_t height, bool colour) {
  const size_t step = (width + kMaxColumns - 1) / kMaxColumns;
  const auto at = [&](size_t y, size_t x) { return y < height ? pixels[y * width + x] : 0.0f; };
  const float half = *std::max_element(pixels, pixels + width * height) / 2;
  for (size_t y = 0; y < height; y += 2 * step) {
    out << "  ";
    for (size_t x = 0; x < width; x += step) {
      const float upper = at(y, x), lower = at(y + step, x);
      if (colour) {
        out << "\x1b[38;5;" << Grey(upper) << ";48;5;" << Grey(lower) << "m▀";
      } else {
        out << (upper > half ? lower > half ? "█" : "▀" : lower > half ? "▄" : " ");
      }
    }
    out << (colour ? "\x1b[0m\n" : "\n");
  }
}

void PrintBars(std::ostream& out, const std::vector<float>& probabilities, const std::vector<std::string>& names,
               size_t count) {
  std::vector<size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return probabilities[a] > probabilities[b]; });
  order.resize(std::min(count, order.size()));
  size_t columns = 0;
  for (const size_t i : order) columns = std::max(columns, names[i].size());
  for (const size_t i : order) {
    out << "  " << AlignLeft(names[i], columns) << "  " << Bar(probabilities[i])
        << AlignRight(Format("%.2f %%", 100 * static_cast<double>(probabilities[i])), 9) << "\n";
  }
}

std::vector<float> Softmax(const std::vector<float>& logits) {
  const float max = *std::max_element(logits.begin(), logits.end());
  std::vector<float> probabilities;
  float sum = 0;
  for (const float logit : logits) sum += probabilities.emplace_back(std::exp(logit - max));
  for (float& value : probabilities) value /= sum;
  return probabilities;
}

std::string ProgressLine(const Progress& progress, size_t epochs) {
  constexpr double kColumns = 24;
  const size_t done = static_cast<size_t>(progress.part * kColumns);
  std::string line = "epoch " + AlignRight(std::to_string(progress.epoch), std::to_string(epochs).size()) + "/" +
                     std::to_string(epochs) + " [" + std::string(done, '#') +
                     std::string(static_cast<size_t>(kColumns) - done, '-') + "] loss " +
                     Format("%.4f", progress.loss) + ", " + Format("%.2f", 100 * progress.accuracy) + " % right";
  if (!std::isnan(progress.validation)) line += ", validation " + Format("%.2f", 100 * progress.validation) + " %";
  return line + ", " + Format("%.0f", progress.seconds_left) + " s left";
}

}  // namespace quantized_mlp
