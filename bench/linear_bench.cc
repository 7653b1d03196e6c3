// Bench: Linear of all types, with activations and residual. Names and counters:
//   Linear/<x>_<y>/M/K/N                vs_f32: over f32 to f32
//   LinearActivation/<y>_<name>/M/K/N   vs_apart: over Linear and Activate; vs_none: over Linear alone
//   LinearResidual/<y>/M/K/N            vs_none: over Linear alone
//   LinearCold/<x>_<y>/M/K/N            vs_s32: over MatMul to s32, each with the next of many copies of the weights
//   LinearBf16Bias/M/K/N                us: microseconds of bf16 in, bias, bf16 out; vs_sgemm: over f32 sgemm
//   (OpenBLAS)
#include <functional>

#include "bench/linear_operands.h"
#include "bench/sgemm_peer.h"

namespace isoquant {
namespace {

using Call = std::function<void()>;

// Rates of the first call and of the others, sample by sample, and the medians of their ratios.
void Compare(benchmark::State& state, double count, const Call& call,
             const std::vector<std::pair<const char*, Call>>& bases) {
  const Repeats repeats(count);
  std::vector<double> rates;
  std::vector<std::vector<double>> base_rates(bases.size());
  const auto rate = [&](const Call& timed) {
    return repeats.Rate([&] {
      timed();
      benchmark::ClobberMemory();
    });
  };
  for (auto _ : state) {
    for (size_t i = 0; i < bases.size(); ++i) base_rates[i].push_back(rate(bases[i].second));
    rates.push_back(rate(call));
    state.SetIterationTime(count / rates.back());
  }
  state.counters["gops"] = 2e-9 * Median(rates);
  state.counters["us"] = 1e6 * count / Median(rates);
  for (size_t i = 0; i < bases.size(); ++i) {
    state.counters[bases[i].first] = Median(Ratios(rates, base_rates[i]));
  }
}

template <class X, class Y>
void TypesBench(benchmark::State& state) {
  LinearOperands operands(ShapeOf(state));
  Compare(state, operands.count(), [&] { operands.Run<X, Y>(operands.layer); },
          {{"vs_f32", [&] { operands.Run<float, float>(operands.layer); }}});
  state.SetLabel(operands.context.tier());
}

struct NamedActivation {
  const char* name;
  Activation activation;
};
constexpr NamedActivation kActivations[] = {{"leaky_relu", Activation::kLeakyRelu},
                                            {"hard_swish", Activation::kHardSwish},
                                            {"sigmoid", Activation::kSigmoid},
                                            {"tanh", Activation::kTanh},
                                            {"silu", Activation::kSilu},
                                            {"gelu", Activation::kGelu},
                                            {"gelu_tanh", Activation::kGeluTanh}};

template <class Y>
void ActivationBench(benchmark::State& state, Activation activation) {
  LinearOperands operands(ShapeOf(state));
  LinearLayer fused = operands.layer;
  fused.activation = activation;
  fused.activation_parameter = 0.125f;
  const MatrixView<Y> y = operands.y<Y>();
  const auto apart = [&] {
    operands.Run<float, Y>(operands.layer);
    CheckOk(Activate(operands.context, activation, 0.125f, y, y));
  };
  Compare(state, operands.count(), [&] { operands.Run<float, Y>(fused); },
          {{"vs_apart", apart}, {"vs_none", [&] { operands.Run<float, Y>(operands.layer); }}});
  state.SetLabel(operands.context.tier());
}

template <class Y>
void ResidualBench(benchmark::State& state) {
  LinearOperands operands(ShapeOf(state));
  Compare(state, operands.count(), [&] { operands.RunWithResidual<float, Y>(operands.layer); },
          {{"vs_none", [&] { operands.Run<float, Y>(operands.layer); }}});
  state.SetLabel(operands.context.tier());
}

template <class X, class Y>
void ColdBench(benchmark::State& state) {
  LinearOperands operands(ShapeOf(state), /*cold=*/true);
  Compare(state, operands.count(), [&] { operands.Run<X, Y>(operands.NextLayer()); },
          {{"vs_s32", [&] { operands.RunS32(operands.NextLayer()); }}});
  state.SetLabel(operands.context.tier());
}

void SgemmBench(benchmark::State& state) {
  LinearOperands operands(ShapeOf(state));
  std::vector<std::pair<const char*, Call>> peers;
  if (const Sgemm sgemm = FindSgemm()) {
    peers.push_back({"vs_sgemm", [&operands, sgemm] { operands.RunSgemm(sgemm); }});
  }
  Compare(
      state, operands.count(), [&] { operands.Run<BFloat16, BFloat16>(operands.layer); }, peers);
  state.SetLabel(std::string(operands.context.tier()) + "; " + SgemmVersion());
}

using AddBench = std::function<void(const std::string&, const std::function<void(benchmark::State&)>&)>;

template <class X>
void RegisterTypes(const std::string& x, const AddBench& add) {
  add("Linear/" + x + "_f32", &TypesBench<X, float>);
  add("Linear/" + x + "_bf16", &TypesBench<X, BFloat16>);
  add("Linear/" + x + "_f16", &TypesBench<X, Float16>);
}

}  // namespace

void RegisterLinear() {
  const auto with = [](const Shape& shape, int64_t samples) {
    return [=](const std::string& name, const std::function<void(benchmark::State&)>& bench) {
      benchmark::RegisterBenchmark(name.c_str(), bench)
          ->Args({shape.m, shape.k, shape.n})
          ->UseManualTime()
          ->Iterations(samples);
    };
  };
  for (const Shape& shape :
       {Shape{1, 16, 16}, Shape{16, 16, 16}, Shape{1, 1024, 1024}, Shape{64, 1024, 1024}, Shape{1024, 64, 1024}}) {
    const AddBench add = with(shape, SampleCount(shape, 0.3));
    RegisterTypes<float>("f32", add);
    RegisterTypes<BFloat16>("bf16", add);
    RegisterTypes<Float16>("f16", add);
    for (const NamedActivation& named : kActivations) {
      const Activation activation = named.activation;
      add(std::string("LinearActivation/f32_") + named.name,
          [=](benchmark::State& state) { ActivationBench<float>(state, activation); });
      add(std::string("LinearActivation/bf16_") + named.name,
          [=](benchmark::State& state) { ActivationBench<BFloat16>(state, activation); });
    }
    add("LinearResidual/f32", &ResidualBench<float>);
    add("LinearResidual/bf16", &ResidualBench<BFloat16>);
  }
  for (const Shape& shape : {Shape{1, 4096, 4096}, Shape{1, 4096, 11008}}) {
    with(shape, 61)("LinearCold/f32_f32", &ColdBench<float, float>);
    with(shape, 61)("LinearCold/bf16_bf16", &ColdBench<BFloat16, BFloat16>);
  }
  for (const Shape& shape : {Shape{1, 4096, 4096}, Shape{16, 4096, 4096}, Shape{256, 4096, 4096}}) {
    with(shape, SampleCount(shape, 1.0))("LinearBf16Bias", &SgemmBench);
  }
}

}  // namespace isoquant
