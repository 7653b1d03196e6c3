// Bench: operations on single elements. Names: Activate/<kind>/<type>/<rows>/<cols>, Convert/<from>/<to>/<rows>/<cols>.
//
// Counters: gelems (1e9 elements per second) and pct_bandwidth: percent of the rate at which vectors move as many
// bytes, read and written, between the same buffers, sample by sample. The label is the tier; ISOQUANT_MAX_TIER
// chooses.
#include <algorithm>
#include <string>
#include <vector>

#include "bench/elementwise.h"
#include "bench/huge_buffer.h"
#include "bench/samples.h"
#include "isoquant/activation.h"
#include "isoquant/convert.h"

namespace isoquant {
namespace {

struct Size {
  size_t rows, cols;
};
// In the first-level cache, in the second, behind both.
constexpr Size kSizes[] = {{1, 1024}, {1, 4096}, {64, 1024}, {64, 4096}, {2048, 4096}};

// Values that functions do not make short work of.
template <class T>
void Fill(Context& context, const MatrixView<T>& x) {
  std::vector<float> row(x.cols);
  for (size_t r = 0; r < x.rows; ++r) {
    for (size_t c = 0; c < x.cols; ++c) row[c] = static_cast<float>((r * 31 + c * 7) % 977) / 81.0f - 6.0f;
    CheckOk(Convert(context, MatrixView<const float>(row.data(), 1, x.cols), x.Rows(r, 1)));
  }
}

template <class From, class To, class Call>
void Measure(benchmark::State& state, const Size& size, const Call& call) {
  const size_t n = size.rows * size.cols, from_bytes = n * sizeof(From), to_bytes = n * sizeof(To);
  const size_t buffer_bytes = std::max(from_bytes, to_bytes);
  const HugeBuffer from = AllocateHugeBuffer(buffer_bytes), to = AllocateHugeBuffer(buffer_bytes);
  const MatrixView<From> x(reinterpret_cast<From*>(from.get()), size.rows, size.cols);
  const MatrixView<To> y(reinterpret_cast<To*>(to.get()), size.rows, size.cols);
  Context context;
  Fill(context, x);
  const Repeats repeats(50.0 * static_cast<double>(n));
  std::vector<double> rates, limits;
  for (auto _ : state) {
    limits.push_back(repeats.Rate([&] {
      MoveBytes(from.get(), from_bytes, to.get(), to_bytes);
      benchmark::ClobberMemory();
    }));
    rates.push_back(repeats.Rate([&] {
      CheckOk(call(context, MatrixView<const From>(x), y));
      benchmark::ClobberMemory();
    }));
    state.SetIterationTime(repeats.count / rates.back());
  }
  state.counters["gelems"] = 1e-9 * Median(rates) / 50;
  state.counters["pct_bandwidth"] = 100 * Median(Ratios(rates, limits));
  state.SetLabel(context.tier());
}

template <class From, class To, class Call>
void Register(const std::string& name, const Call& call) {
  for (const Size& size : kSizes) {
    const std::string whole = name + "/" + std::to_string(size.rows) + "/" + std::to_string(size.cols);
    benchmark::RegisterBenchmark(whole.c_str(), [size, call](benchmark::State& s) { Measure<From, To>(s, size, call); })
        ->UseManualTime()
        ->Iterations(size.rows > 1000 ? 11 : 41);
  }
}

template <class T>
void RegisterActivations(const std::string& type) {
  const struct {
    const char* name;
    Activation activation;
  } kKinds[] = {
      {"Relu", Activation::kRelu},       {"LeakyRelu", Activation::kLeakyRelu}, {"HardSwish", Activation::kHardSwish},
      {"Sigmoid", Activation::kSigmoid}, {"Tanh", Activation::kTanh},           {"Silu", Activation::kSilu},
      {"Gelu", Activation::kGelu},       {"GeluTanh", Activation::kGeluTanh},   {"Exp", Activation::kExp}};
  for (const auto& kind : kKinds) {
    const Activation activation = kind.activation;
    Register<T, T>(std::string("Activate/") + kind.name + "/" + type,
                   [activation](Context& context, const MatrixView<const T>& x, const MatrixView<T>& y) {
                     return Activate(context, activation, 0.1f, x, y);
                   });
  }
}

template <class From, class To>
void RegisterConvert(const std::string& name) {
  Register<From, To>("Convert/" + name, [](Context& context, const MatrixView<const From>& x, const MatrixView<To>& y) {
    return Convert(context, x, y);
  });
}

void RegisterAll() {
  RegisterActivations<float>("f32");
  RegisterActivations<BFloat16>("bf16");
  RegisterActivations<Float16>("f16");
  RegisterConvert<float, BFloat16>("f32/bf16");
  RegisterConvert<float, Float16>("f32/f16");
  RegisterConvert<BFloat16, float>("bf16/f32");
  RegisterConvert<Float16, float>("f16/f32");
  RegisterConvert<BFloat16, Float16>("bf16/f16");
  RegisterConvert<Float16, BFloat16>("f16/bf16");
}

}  // namespace
}  // namespace isoquant

int main(int argc, char** argv) {
  isoquant::RegisterAll();
  isoquant::RegisterNorms();
  isoquant::RegisterBlocks();
  isoquant::RegisterQuantizers();
  isoquant::RegisterVectors();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("cpu", isoquant::DetectCpu().brand);
  benchmark::AddCustomContext("tier", isoquant::Context().tier());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
