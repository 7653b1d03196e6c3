// Bench: vector operations, and sums of matrices, out of L1, L2 and memory.
#include <initializer_list>
#include <memory>

#include "bench/elementwise.h"
#include "bench/samples.h"
#include "hwy/aligned_allocator.h"

namespace isoquant {
namespace {

template <class T>
struct Vectors {
  explicit Vectors(size_t n_in) : n(n_in), a_memory(n, T{1}), b_memory(n, T{2}), y_memory(n) {}
  VectorView<const T> a() const { return {a_memory.data(), n}; }
  VectorView<const T> b() const { return {b_memory.data(), n}; }
  VectorView<T> y() { return {y_memory.data(), n}; }

  size_t n;
  Context context;
  hwy::AlignedVector<T> a_memory, b_memory, y_memory;
};

// A call that reads or writes `streams` vectors.
template <class T, class Function>
void AddBench(const std::string& name, size_t n, double streams, bool writes, const Function& function) {
  const auto data = std::make_shared<Vectors<T>>(n);
  const double elements = static_cast<double>(n);
  RegisterElementwise({name + "/" + std::to_string(n),
                       elements,
                       streams * sizeof(T) * elements,
                       [data, function] { function(*data); },
                       {},
                       {},
                       writes});
}

template <class T>
void AddIntegers(const std::string& type, size_t n) {
  AddBench<T>("AddSaturated/" + type, n, 3, true,
              [](Vectors<T>& v) { CheckOk(AddSaturated(v.context, v.a(), v.b(), v.y())); });
  AddBench<T>("Min/" + type, n, 3, true, [](Vectors<T>& v) { CheckOk(Min(v.context, v.a(), v.b(), v.y())); });
  AddBench<T>("ReduceMax/" + type, n, 1, false, [](Vectors<T>& v) {
    T result;
    CheckOk(ReduceMax(v.context, v.a(), result));
    benchmark::DoNotOptimize(result);
  });
}

}  // namespace

void RegisterVectors() {
  for (const size_t bytes : std::initializer_list<size_t>{8 << 10, 128 << 10, 64 << 20}) {  // of an input
    AddBench<float>("Add/f32", bytes / 4, 3, true,
                    [](Vectors<float>& v) { CheckOk(Add(v.context, v.a(), v.b(), v.y())); });
    AddBench<float>("AddMul/f32", bytes / 4, 4, true,
                    [](Vectors<float>& v) { CheckOk(AddMul(v.context, v.a(), v.b(), v.y())); });
    AddBench<double>("AddMul/f64", bytes / 8, 4, true,
                     [](Vectors<double>& v) { CheckOk(AddMul(v.context, v.a(), v.b(), v.y())); });
    AddBench<float>("Min/f32", bytes / 4, 3, true,
                    [](Vectors<float>& v) { CheckOk(Min(v.context, v.a(), v.b(), v.y())); });
    AddIntegers<int8_t>("s8", bytes);
    AddIntegers<uint8_t>("u8", bytes);
    const auto dot = [](auto& v) {
      float result;
      CheckOk(Dot(v.context, v.a(), v.b(), result));
      benchmark::DoNotOptimize(result);
    };
    AddBench<float>("Dot/f32", bytes / 4, 2, false, dot);
    AddBench<float>("ReduceMax/f32", bytes / 4, 1, false, [](Vectors<float>& v) {
      float result;
      CheckOk(ReduceMax(v.context, v.a(), result));
      benchmark::DoNotOptimize(result);
    });
    AddBench<float>("ReduceSum/f32", bytes / 4, 1, false, [](Vectors<float>& v) {
      float result;
      CheckOk(ReduceSum(v.context, v.a(), result));
      benchmark::DoNotOptimize(result);
    });
    AddBench<int8_t>("Dot/s8s8", bytes, 2, false, [](Vectors<int8_t>& v) {
      int32_t result;
      CheckOk(Dot(v.context, v.a(), v.b(), result));
      benchmark::DoNotOptimize(result);
    });
    AddBench<int8_t>("Dot/u8s8", bytes, 2, false, [](Vectors<int8_t>& v) {
      int32_t result;
      const VectorView<const uint8_t> a(reinterpret_cast<const uint8_t*>(v.a_memory.data()), v.n);
      CheckOk(Dot(v.context, a, v.b(), result));
      benchmark::DoNotOptimize(result);
    });
  }
}

}  // namespace isoquant
