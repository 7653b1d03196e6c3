// Bench: what zero points of both operands cost. Names: MatMulZeros/<types>/M/K/N (u8u8s32, u8u8f32, u8u8u8: one zero
// point for all rows and one for all columns), MatMulEachZero/<types>/M/K/N (one for each). Counter vs_without: beside
// the same output of u8 x s8 without any.
#include "bench/samples.h"
#include "hwy/aligned_allocator.h"

namespace isoquant {
namespace {

template <class T>
using Aligned = hwy::AlignedVector<T>;

enum class Zeros { kNone, kOne, kEach };

struct Operands {
  explicit Operands(const Shape& shape)
      : m(static_cast<size_t>(shape.m)),
        k(static_cast<size_t>(shape.k)),
        n(static_cast<size_t>(shape.n)),
        a(m * k),
        row_scales(m, 1e-2f),
        column_scales(n, 1e-4f),
        row_zeros(m, 131),
        column_zeros(n, 125),
        s32(m * n),
        f32(m * n),
        u8(m * n) {
    Aligned<uint8_t> b(k * n);
    uint32_t state = 1;
    const auto random = [&state] {  // of Numerical Recipes; any values will do
      state = state * 1664525u + 1013904223u;
      return static_cast<uint8_t>(state >> 24);
    };
    for (uint8_t& value : a) value = random();
    for (uint8_t& value : b) value = random();
    CheckOk(PackedWeights::Pack(context, KxN{{b.data(), k, n}}, of_u8));
    CheckOk(PackedWeights::Pack(context, KxN{{reinterpret_cast<const int8_t*>(b.data()), k, n}}, of_s8));
  }

  double count() const { return static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n); }
  static VectorView<const int32_t> Some(Zeros zeros, const Aligned<int32_t>& z) {
    return {z.data(), zeros == Zeros::kNone ? 0 : zeros == Zeros::kOne ? 1 : z.size()};
  }

  void ToS32(Zeros zeros) { Multiply(zeros, ZeroPoints{Some(zeros, row_zeros), Some(zeros, column_zeros)}, s32); }
  void ToF32(Zeros zeros) {
    Dequantization d;
    d.row_scales = {row_scales.data(), m};
    d.column_scales = {column_scales.data(), n};
    d.row_zero_points = Some(zeros, row_zeros);
    d.column_zero_points = Some(zeros, column_zeros);
    Multiply(zeros, d, f32);
  }
  void ToU8(Zeros zeros) {
    Requantization r;
    r.scales = {column_scales.data(), n};
    r.a_zero_points = Some(zeros, row_zeros);
    r.b_zero_points = Some(zeros, column_zeros);
    Multiply(zeros, r, u8);
  }
  template <class Rule, class C>
  void Multiply(Zeros zeros, const Rule& rule, Aligned<C>& c) {
    const MatrixView<const uint8_t> rows(a.data(), m, k);
    CheckOk(MatMul(context, rows, zeros == Zeros::kNone ? of_s8 : of_u8, rule, MatrixView<C>(c.data(), m, n)));
    benchmark::ClobberMemory();
  }

  size_t m, k, n;
  Context context;
  Aligned<uint8_t> a;
  Aligned<float> row_scales, column_scales;
  Aligned<int32_t> row_zeros, column_zeros, s32;
  Aligned<float> f32;
  Aligned<uint8_t> u8;
  PackedWeights of_u8, of_s8;
};

// Rates of the two, sample by sample, and the median of their ratios.
void Compare(benchmark::State& state, void (Operands::*call)(Zeros), Zeros zeros) {
  Operands operands({state.range(0), state.range(1), state.range(2)});
  const Repeats repeats(operands.count());
  std::vector<double> rates, base_rates;
  for (auto _ : state) {
    base_rates.push_back(repeats.Rate([&] { (operands.*call)(Zeros::kNone); }));
    rates.push_back(repeats.Rate([&] { (operands.*call)(zeros); }));
    state.SetIterationTime(operands.count() / rates.back());
  }
  state.counters["gops"] = 2e-9 * Median(rates);
  state.counters["vs_without"] = Median(Ratios(rates, base_rates));
  state.SetLabel(operands.context.tier());
}

}  // namespace

void RegisterZeroPoints() {
  for (const Shape& shape : {Shape{64, 1024, 1024}, Shape{64, 256, 1024}, Shape{1, 1024, 1024}}) {
    const auto add = [&](const char* name, void (Operands::*call)(Zeros), Zeros zeros) {
      benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { Compare(state, call, zeros); })
          ->Args({shape.m, shape.k, shape.n})
          ->UseManualTime()
          ->Iterations(SampleCount(shape, 0.6));
    };
    add("MatMulZeros/u8u8s32", &Operands::ToS32, Zeros::kOne);
    add("MatMulEachZero/u8u8s32", &Operands::ToS32, Zeros::kEach);
    add("MatMulZeros/u8u8f32", &Operands::ToF32, Zeros::kOne);
    add("MatMulEachZero/u8u8f32", &Operands::ToF32, Zeros::kEach);
    add("MatMulZeros/u8u8u8", &Operands::ToU8, Zeros::kOne);
    add("MatMulEachZero/u8u8u8", &Operands::ToU8, Zeros::kEach);
  }
}

}  // namespace isoquant
