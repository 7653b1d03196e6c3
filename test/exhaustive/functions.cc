// Every f32 through every function of activation.h, against double arithmetic: the largest errors and where they are.
//
// Usage: exhaustive_functions [FUNCTION | all] [STRIDE] [TIER]
// STRIDE 1, the default, takes all 2^32 inputs; another one takes every STRIDE-th, from 0 on, and all powers of two
// with their neighbours.
//
// A line of the table per function: the largest error in units of the last place of the true value, the largest
// distance, in f32, from the f32 nearest to it, and the input; then the same for true values below 2^-126, where a unit
// is 2^-149. The references are good to 2^-44, so that a distance may be off by one where the true value lies so near
// the middle of two f32: an error cannot.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "isoquant/isoquant.h"

namespace isoquant {
namespace {

double Silu(double x) { return x / (1.0 + std::exp(-x)); }
double Gelu(double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }
double GeluTanh(double x) {
  const double k = 2.0 * std::sqrt(2.0 / std::acos(-1.0));
  return x / (1.0 + std::exp(-k * (x + 0.044715 * x * x * x)));
}
double HardSwish(double x) { return x <= -3.0 ? 0.0 : x >= 3.0 ? x : x * (x + 3.0) / 6.0; }

struct Function {
  const char* name;
  Activation activation;
  double (*reference)(double);
};
const Function kFunctions[] = {
    {"exp", Activation::kExp, [](double x) { return std::exp(x); }},
    {"sigmoid", Activation::kSigmoid, [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
    {"tanh", Activation::kTanh, [](double x) { return std::tanh(x); }},
    {"silu", Activation::kSilu, &Silu},
    {"gelu", Activation::kGelu, &Gelu},
    {"gelu_tanh", Activation::kGeluTanh, &GeluTanh},
    {"hard_swish", Activation::kHardSwish, &HardSwish},
};

float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}
// The order of f32 as integers.
int64_t OrderOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  const int64_t magnitude = bits & 0x7fffffff;
  return (bits >> 31) != 0 ? -magnitude : magnitude;
}
// The unit in the last place of the f32 with the exponent of `value`.
double UnitOf(double value) {
  const int exponent = std::ilogb(value);
  return std::ldexp(1.0, (exponent < -126 ? -126 : exponent) - 23);
}

struct Worst {
  double error = 0.0;
  int64_t distance = 0;
  float at = 0.0f;

  void Print() const {
    std::printf(" %7.3f %5lld %15a", error, static_cast<long long>(distance), static_cast<double>(at));
  }
};

class Run {
 public:
  Run(const Function& function, Context& context) : function_(function), context_(context) {}

  void Add(uint32_t bits) {
    x_.push_back(FromBits(bits));
    if (x_.size() == kBlock) Flush();
  }
  void Flush() {
    y_.resize(x_.size());
    const Status status =
        Activate(context_, function_.activation, 0.0f, MatrixView<const float>(x_.data(), 1, x_.size()),
                 MatrixView<float>(y_.data(), 1, y_.size()));
    if (!status.ok()) std::exit(2);
    for (size_t i = 0; i < x_.size(); ++i) Compare(x_[i], y_[i]);
    x_.clear();
  }
  void Print() const {
    std::printf("| %-10s |", function_.name);
    normal_.Print();
    std::printf(" |");
    subnormal_.Print();
    std::printf(" | %llu\n", static_cast<unsigned long long>(wrong_));
  }

 private:
  static constexpr size_t kBlock = 4096;

  void Compare(float x, float y) {
    if (std::isnan(x) || std::isnan(y)) {
      wrong_ += std::isnan(x) != std::isnan(y) && !std::isinf(x) ? 1 : 0;
      return;
    }
    if (std::isinf(x)) return;  // limits: see the unit tests
    const double expected = function_.reference(static_cast<double>(x));
    const float nearest = static_cast<float>(expected);
    const int64_t distance = std::llabs(OrderOf(y) - OrderOf(nearest));
    if (distance == 0 && std::isinf(y)) return;
    const bool is_subnormal = std::fabs(expected) < 0x1p-126;
    Worst& worst = is_subnormal ? subnormal_ : normal_;
    if (distance < worst.distance && distance < 1) return;
    const double error = expected == 0.0 ? static_cast<double>(distance)
                                         : std::fabs(static_cast<double>(y) - expected) / UnitOf(expected);
    if (error > worst.error) {
      worst.error = error;
      worst.at = x;
    }
    if (distance > worst.distance) worst.distance = distance;
  }

  const Function& function_;
  Context& context_;
  std::vector<float> x_, y_;
  Worst normal_, subnormal_;
  uint64_t wrong_ = 0;
};

int Main(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "all";
  const uint64_t stride = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  Context context;
  if (argc > 3 && !context.SetMaxTier(argv[3]).ok()) return 2;
  std::printf("| function   |   error  dist.        at        | below 2^-126: error        | NaN\n");
  for (const Function& function : kFunctions) {
    if (wanted != "all" && wanted != function.name) continue;
    Run run(function, context);
    for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += stride) run.Add(static_cast<uint32_t>(bits));
    if (stride > 1) {
      for (uint32_t exponent = 0; exponent < 512; ++exponent) {
        for (uint32_t i = 0; i < 64; ++i) run.Add((exponent << 23) - 32 + i);
      }
    }
    run.Flush();
    run.Print();
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace isoquant

int main(int argc, char** argv) { return isoquant::Main(argc, argv); }
