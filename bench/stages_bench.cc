// Bench: what output stages cost, beside the plain product, and what quantising x costs in Linear. Names:
// MatMulStage/f32/M/K/N, MatMulStage/s8/M/K/N (counter vs_s32), LinearQuantise/M/K/N (counter vs_prequantised).
#include <cstring>
#include <new>

#include "bench/samples.h"

namespace isoquant {
namespace {

// Aligned to lines of the cache: a row that crosses them costs more, and is not what is compared here.
template <class T>
class Aligned {
 public:
  explicit Aligned(size_t size) : data_(static_cast<T*>(::operator new(size * sizeof(T), kAlignment))), size_(size) {
    std::memset(data_, 0, size * sizeof(T));
  }
  ~Aligned() { ::operator delete(data_, kAlignment); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  T* data() const { return data_; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  T* data_;
  size_t size_;
};

// Operands of all the products.
struct Operands {
  explicit Operands(const Shape& shape)
      : m(static_cast<size_t>(shape.m)),
        k(static_cast<size_t>(shape.k)),
        n(static_cast<size_t>(shape.n)),
        x(m * k),
        a(m * k),
        row_scales(m),
        column_scales(n),
        bias(n),
        s32(m * n),
        f32(m * n),
        s8(m * n) {
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
    CheckOk(QuantizeRows(context, {x.data(), m, k}, {a.data(), m, k}, {row_scales.data(), m}));
  }

  double count() const { return static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n); }
  MatrixView<const int8_t> quantised() const { return {a.data(), m, k}; }

  void ToS32() { CheckOk(MatMul(context, quantised(), weights, MatrixView<int32_t>(s32.data(), m, n))); }
  void ToF32() {
    const Dequantization d{{row_scales.data(), m}, {}, {column_scales.data(), n}, {}, Activation::kNone};
    CheckOk(MatMul(context, quantised(), weights, d, MatrixView<float>(f32.data(), m, n)));
  }
  void ToS8() {
    Requantization r;
    r.scales = {column_scales.data(), n};
    r.bias = {bias.data(), n};
    r.zero_point = 3;
    CheckOk(MatMul(context, quantised(), weights, r, MatrixView<int8_t>(s8.data(), m, n)));
  }
  void FromFloats() {
    LinearLayer layer;
    layer.weights = &weights;
    layer.column_scales = {column_scales.data(), n};
    CheckOk(Linear(context, {x.data(), m, k}, layer, {f32.data(), m, n}));
  }

  size_t m, k, n;
  Context context;
  Aligned<float> x;
  Aligned<int8_t> a;
  Aligned<float> row_scales, column_scales;
  Aligned<int32_t> bias, s32;
  Aligned<float> f32;
  Aligned<int8_t> s8;
  PackedWeights weights;
};

// Rates of the two, sample by sample, and the median of their ratios.
template <void (Operands::*kCall)(), void (Operands::*kBase)()>
void Compare(benchmark::State& state, const char* counter) {
  Operands operands({state.range(0), state.range(1), state.range(2)});
  const Repeats repeats(operands.count());
  std::vector<double> rates, base_rates;
  for (auto _ : state) {
    base_rates.push_back(repeats.Rate([&] {
      (operands.*kBase)();
      benchmark::ClobberMemory();
    }));
    rates.push_back(repeats.Rate([&] {
      (operands.*kCall)();
      benchmark::ClobberMemory();
    }));
    state.SetIterationTime(operands.count() / rates.back());
  }
  state.counters["gops"] = 2e-9 * Median(rates);
  state.counters[counter] = Median(Ratios(rates, base_rates));
  state.SetLabel(operands.context.tier());
}

void F32Bench(benchmark::State& state) { Compare<&Operands::ToF32, &Operands::ToS32>(state, "vs_s32"); }
void S8Bench(benchmark::State& state) { Compare<&Operands::ToS8, &Operands::ToS32>(state, "vs_s32"); }
void QuantiseBench(benchmark::State& state) {
  Compare<&Operands::FromFloats, &Operands::ToF32>(state, "vs_prequantised");
}

}  // namespace

void RegisterStages() {
  const auto add = [](const char* name, void (*bench)(benchmark::State&), const Shape& shape) {
    benchmark::RegisterBenchmark(name, bench)
        ->Args({shape.m, shape.k, shape.n})
        ->UseManualTime()
        ->Iterations(SampleCount(shape, 0.6));
  };
  for (const Shape& shape : {Shape{1024, 64, 1024}, Shape{1024, 256, 1024}, Shape{1024, 1024, 1024},
                             Shape{16, 1024, 1024}, Shape{1, 1024, 1024}}) {
    add("MatMulStage/f32", &F32Bench, shape);
    add("MatMulStage/s8", &S8Bench, shape);
  }
  for (const Shape& shape : {Shape{1, 1024, 1024}, Shape{16, 1024, 1024}, Shape{64, 1024, 1024}, Shape{64, 4096, 1024},
                             Shape{1024, 1024, 1024}}) {
    add("LinearQuantise", &QuantiseBench, shape);
  }
}

}  // namespace isoquant
