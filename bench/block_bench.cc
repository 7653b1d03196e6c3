// Bench: one row through RmsNorm, quantisation and a product whose weights come from memory, bf16 in and out. Names:
// Block/RmsNormQuantize+MatMul/K/N and Block/RmsNorm+Linear/K/N.
//
// Counters, of samples that are taken in turn, each with the next of many copies of the weights: pct_outside, percent
// of the block's time that the bare product, MatMul to s32, does not take; pct_islands, percent that its parts before
// the product take in calls of their own; gbytes, 10^9 bytes of weights a second.
#include <vector>

#include "bench/elementwise.h"
#include "bench/linear_operands.h"

namespace isoquant {
namespace {

struct Block {
  explicit Block(const Shape& shape)
      : operands(shape, /*cold=*/true),
        k(static_cast<size_t>(shape.k)),
        n(static_cast<size_t>(shape.n)),
        x_memory(k),
        normal_memory(k),
        y_memory(n),
        weight(k, 1.25f),
        q_memory(k) {
    for (size_t i = 0; i < k; ++i) x_memory[i].bits = static_cast<uint16_t>(0x3f00 + i % 251);
  }
  MatrixView<const BFloat16> x() const { return {x_memory.data(), 1, k}; }
  MatrixView<BFloat16> normal() { return {normal_memory.data(), 1, k}; }
  MatrixView<BFloat16> y() { return {y_memory.data(), 1, n}; }
  MatrixView<int8_t> q() { return {q_memory.data(), 1, k}; }

  void Normalise() { CheckOk(RmsNorm(operands.context, x(), {weight.data(), k}, 1e-5f, normal())); }
  void NormaliseAndQuantise() {
    CheckOk(RmsNormQuantize(operands.context, x(), {weight.data(), k}, 1e-5f, q(), {&scale, 1}));
  }

  LinearOperands operands;
  size_t k, n;
  hwy::AlignedVector<BFloat16> x_memory, normal_memory, y_memory;
  hwy::AlignedVector<float> weight;
  hwy::AlignedVector<int8_t> q_memory;
  float scale = 0.0f;
};

void NormLinear(Block& block, const LinearLayer& layer) {
  block.Normalise();
  CheckOk(Linear(block.operands.context, MatrixView<const BFloat16>(block.normal()), layer, block.y()));
}
void NormQuantizeMatMul(Block& block, const LinearLayer& layer) {
  block.NormaliseAndQuantise();
  Dequantization dequantization;
  dequantization.row_scales = {&block.scale, 1};
  dequantization.column_scales = layer.column_scales;
  dequantization.bias = layer.bias;
  CheckOk(
      MatMul(block.operands.context, MatrixView<const int8_t>(block.q()), *layer.weights, dequantization, block.y()));
}

template <class Call>
double SecondsOf(const Call& call) {
  const double begin = Seconds();
  call();
  return Seconds() - begin;
}

void Measure(benchmark::State& state, void (*run)(Block&, const LinearLayer&), void (Block::*islands)()) {
  Block block({1, state.range(0), state.range(1)});
  std::vector<double> whole, product, apart;
  for (auto _ : state) {
    const LinearLayer& layer = block.operands.NextLayer();
    whole.push_back(SecondsOf([&] { run(block, layer); }));
    const LinearLayer& next = block.operands.NextLayer();
    product.push_back(SecondsOf([&] { block.operands.RunS32(next); }));
    apart.push_back(SecondsOf([&] { (block.*islands)(); }));
    state.SetIterationTime(whole.back());
  }
  state.counters["pct_outside"] = 100.0 - 100.0 * Median(Ratios(product, whole));
  state.counters["pct_islands"] = 100.0 * Median(Ratios(apart, whole));
  state.counters["gbytes"] = 1e-9 * block.operands.count() / Median(whole);
  state.SetLabel(block.operands.context.tier());
}

}  // namespace

void RegisterBlocks() {
  const auto add = [](const char* name, void (*run)(Block&, const LinearLayer&), void (Block::*islands)()) {
    benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { Measure(state, run, islands); })
        ->Args({4096, 11008})
        ->UseManualTime()
        ->Iterations(101);
  };
  add("Block/RmsNormQuantize+MatMul", &NormQuantizeMatMul, &Block::NormaliseAndQuantise);
  add("Block/RmsNorm+Linear", &NormLinear, &Block::Normalise);
}

}  // namespace isoquant
