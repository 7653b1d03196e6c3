// Bench: what output stages cost, beside the plain product, and what quantising x costs in Linear. Names:
// MatMulStage/<types>/M/K/N (s8s8f32, s8s8s8, u8s8f32, u8s8u8; fixed and fixed_single: u8s8u8 by fixed-point
// multipliers; counter vs_s32), LinearQuantise/<type>/M/K/N (s8, u8;
// counter vs_prequantised).
#include <type_traits>

#include "bench/samples.h"
#include "hwy/aligned_allocator.h"

namespace isoquant {
namespace {

// Aligned to lines of the cache: a row that crosses them costs more, and is not what is compared here.
template <class T>
using Aligned = hwy::AlignedVector<T>;

// Operands of all the products whose rows are quantised to A: u8 ones have zero points, and outputs of 8 bits are As
// too.
template <class A>
struct Operands {
  explicit Operands(const Shape& shape)
      : m(static_cast<size_t>(shape.m)),
        k(static_cast<size_t>(shape.k)),
        n(static_cast<size_t>(shape.n)),
        x(m * k),
        a(m * k),
        row_scales(m),
        column_scales(n),
        zero_points(m),
        bias(n),
        multipliers(n, 1717986918),  // 0.8
        shifts(n, -13),
        s32(m * n),
        f32(m * n),
        c(m * n) {
    uint32_t state = 1;
    const auto random = [&state] {  // of Numerical Recipes; any values will do
      state = state * 1664525u + 1013904223u;
      return static_cast<int8_t>(state >> 24);
    };
    Aligned<int8_t> b(k * n);
    for (int8_t& value : b) value = random();
    for (float& value : x) value = static_cast<float>(random());
    for (float& value : column_scales) value = 1e-4f;
    for (int32_t& value : bias) value = random();
    CheckOk(PackedWeights::Pack(context, KxN{{b.data(), k, n}}, weights));
    if constexpr (std::is_signed_v<A>) {
      CheckOk(QuantizeRows(context, {x.data(), m, k}, {a.data(), m, k}, {row_scales.data(), m}));
    } else {
      CheckOk(
          QuantizeRows(context, {x.data(), m, k}, {a.data(), m, k}, {row_scales.data(), m}, {zero_points.data(), m}));
    }
  }

  double count() const { return static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n); }
  MatrixView<const A> quantised() const { return {a.data(), m, k}; }
  VectorView<const int32_t> row_zero_points() const { return {zero_points.data(), std::is_signed_v<A> ? 0 : m}; }

  void ToS32() { CheckOk(MatMul(context, quantised(), weights, MatrixView<int32_t>(s32.data(), m, n))); }
  void ToF32() {
    const Dequantization d{{row_scales.data(), m}, row_zero_points(), {column_scales.data(), n}, {}, Activation::kNone};
    CheckOk(MatMul(context, quantised(), weights, d, MatrixView<float>(f32.data(), m, n)));
  }
  void To8Bits() {
    Requantization r;
    r.scales = {column_scales.data(), n};
    r.bias = {bias.data(), n};
    r.a_zero_points = row_zero_points();
    r.zero_point = 3;
    CheckOk(MatMul(context, quantised(), weights, r, MatrixView<A>(c.data(), m, n)));
  }
  void ToFixedPoint(FixedPointRounding rounding) {
    FixedPointRequantization r;
    r.multipliers = {multipliers.data(), n};
    r.shifts = {shifts.data(), n};
    r.bias = {bias.data(), n};
    r.a_zero_points = row_zero_points();
    r.zero_point = 3;
    r.rounding = rounding;
    CheckOk(MatMul(context, quantised(), weights, r, MatrixView<A>(c.data(), m, n)));
  }
  void ToFixedDouble() { ToFixedPoint(FixedPointRounding::kDouble); }
  void ToFixedSingle() { ToFixedPoint(FixedPointRounding::kSingle); }
  void FromFloats() {
    LinearLayer layer;
    layer.weights = &weights;
    layer.column_scales = {column_scales.data(), n};
    layer.quantization = std::is_signed_v<A> ? RowQuantization::kSymmetricS8 : RowQuantization::kAsymmetricU8;
    CheckOk(Linear(context, {x.data(), m, k}, layer, {f32.data(), m, n}));
  }

  size_t m, k, n;
  Context context;
  Aligned<float> x;
  Aligned<A> a;
  Aligned<float> row_scales, column_scales;
  Aligned<int32_t> zero_points, bias, multipliers;
  Aligned<int8_t> shifts;
  Aligned<int32_t> s32;
  Aligned<float> f32;
  Aligned<A> c;
  PackedWeights weights;
};

// Rates of the two, sample by sample, and the median of their ratios.
template <class A>
void Compare(benchmark::State& state, void (Operands<A>::*call)(), void (Operands<A>::*base)(), const char* counter) {
  Operands<A> operands({state.range(0), state.range(1), state.range(2)});
  const Repeats repeats(operands.count());
  std::vector<double> rates, base_rates;
  for (auto _ : state) {
    base_rates.push_back(repeats.Rate([&] {
      (operands.*base)();
      benchmark::ClobberMemory();
    }));
    rates.push_back(repeats.Rate([&] {
      (operands.*call)();
      benchmark::ClobberMemory();
    }));
    state.SetIterationTime(operands.count() / rates.back());
  }
  state.counters["gops"] = 2e-9 * Median(rates);
  state.counters[counter] = Median(Ratios(rates, base_rates));
  state.SetLabel(operands.context.tier());
}

}  // namespace

void RegisterStages() {
  const auto add = [](const char* name, const Shape& shape, auto call, auto base, const char* counter) {
    benchmark::RegisterBenchmark(name, [=](benchmark::State& state) { Compare(state, call, base, counter); })
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount(shape, 0.6));
  };
  using S8 = Operands<int8_t>;
  using U8 = Operands<uint8_t>;
  for (const Shape& shape : {Shape{1024, 64, 1024}, Shape{1024, 256, 1024}, Shape{1024, 1024, 1024},
                             Shape{16, 1024, 1024}, Shape{1, 1024, 1024}}) {
    add("MatMulStage/s8s8f32", shape, &S8::ToF32, &S8::ToS32, "vs_s32");
    add("MatMulStage/s8s8s8", shape, &S8::To8Bits, &S8::ToS32, "vs_s32");
    add("MatMulStage/u8s8f32", shape, &U8::ToF32, &U8::ToS32, "vs_s32");
    add("MatMulStage/u8s8u8", shape, &U8::To8Bits, &U8::ToS32, "vs_s32");
    add("MatMulStage/fixed", shape, &U8::ToFixedDouble, &U8::ToS32, "vs_s32");
    add("MatMulStage/fixed_single", shape, &U8::ToFixedSingle, &U8::ToS32, "vs_s32");
  }
  for (const Shape& shape : {Shape{1, 1024, 1024}, Shape{16, 1024, 1024}, Shape{64, 1024, 1024}, Shape{64, 4096, 1024},
                             Shape{1024, 1024, 1024}}) {
    add("LinearQuantise/s8", shape, &S8::FromFloats, &S8::ToF32, "vs_prequantised");
    add("LinearQuantise/u8", shape, &U8::FromFloats, &U8::ToF32, "vs_prequantised");
  }
}

}  // namespace isoquant
