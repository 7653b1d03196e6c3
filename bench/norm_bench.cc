// Bench: RmsNorm, LayerNorm, Softmax, RmsNormQuantize.
#include <initializer_list>
#include <memory>
#include <type_traits>

#include "bench/elementwise.h"
#include "bench/plain_loops.h"
#include "bench/samples.h"
#include "hwy/aligned_allocator.h"

namespace isoquant {
namespace {

template <class T>
struct Rows {
  Rows(size_t rows_in, size_t cols_in)
      : rows(rows_in),
        cols(cols_in),
        x_memory(rows * cols),
        y_memory(rows * cols),
        q(rows * cols),
        weight(cols, 1.25f),
        bias(cols, 0.5f),
        scales(rows) {
    uint32_t state = 1;
    for (T& v : x_memory) {
      state = state * 1664525u + 1013904223u;  // of Numerical Recipes; any values will do
      if constexpr (std::is_same_v<T, float>) {
        v = static_cast<float>(state >> 8) * 0x1p-22f - 2.0f;
      } else {
        v.bits = static_cast<uint16_t>(0x3c00 + (state >> 26));
      }
    }
  }

  MatrixView<const T> x() const { return {x_memory.data(), rows, cols}; }
  MatrixView<T> y() { return {y_memory.data(), rows, cols}; }
  VectorView<const float> w() const { return {weight.data(), cols}; }
  VectorView<const float> b() const { return {bias.data(), cols}; }
  template <class Loop>
  void ForRows(const Loop& loop) {
    for (size_t r = 0; r < rows; ++r) loop(x().Row(r), y().Row(r));
  }

  size_t rows, cols;
  Context context;
  hwy::AlignedVector<T> x_memory, y_memory;
  hwy::AlignedVector<int8_t> q;
  hwy::AlignedVector<float> weight, bias, scales;
};

template <class T>
void Register(const std::string& type, size_t rows, size_t cols) {
  const auto data = std::make_shared<Rows<T>>(rows, cols);
  const std::string shape = "/" + type + "/" + std::to_string(rows) + "/" + std::to_string(cols);
  const double elements = static_cast<double>(rows) * static_cast<double>(cols),
               weights = 4.0 * static_cast<double>(cols);
  const double in = sizeof(T) * elements;
  ElementwiseCall rms{"RmsNorm" + shape,
                      elements,
                      2.0 * in + weights,
                      [data] { CheckOk(RmsNorm(data->context, data->x(), data->w(), 1e-5f, data->y())); },
                      {},
                      {}};
  ElementwiseCall layer{
      "LayerNorm" + shape,
      elements,
      2.0 * in + 2.0 * weights,
      [data] { CheckOk(LayerNorm(data->context, data->x(), data->w(), data->b(), 1e-5f, data->y())); },
      {},
      {}};
  ElementwiseCall softmax{"Softmax" + shape,
                          elements,
                          2.0 * in,
                          [data] { CheckOk(Softmax(data->context, data->x(), 1.0f, data->y())); },
                          {},
                          {}};
  ElementwiseCall quantize{
      "RmsNormQuantize" + shape,
      elements,
      in + elements + weights,
      [data] {
        CheckOk(RmsNormQuantize(data->context, data->x(), data->w(), 1e-5f, {data->q.data(), data->rows, data->cols},
                                {data->scales.data(), data->rows}));
      },
      {},
      {}};
  if constexpr (std::is_same_v<T, float>) {
    const auto loops = [data](ElementwiseCall& call, auto plain_loop, auto fast_loop) {
      call.plain = [data, plain_loop] { data->ForRows(plain_loop); };
      call.fast = [data, fast_loop] { data->ForRows(fast_loop); };
    };
    Rows<T>* const d = data.get();
    loops(
        rms, [d](const float* x, float* y) { plain::RmsNormLoop(x, d->weight.data(), d->cols, 1e-5f, y); },
        [d](const float* x, float* y) { fast::RmsNormLoop(x, d->weight.data(), d->cols, 1e-5f, y); });
    loops(
        layer,
        [d](const float* x, float* y) { plain::LayerNormLoop(x, d->weight.data(), d->bias.data(), d->cols, 1e-5f, y); },
        [d](const float* x, float* y) { fast::LayerNormLoop(x, d->weight.data(), d->bias.data(), d->cols, 1e-5f, y); });
    loops(
        softmax, [d](const float* x, float* y) { plain::SoftmaxLoop(x, d->cols, y); },
        [d](const float* x, float* y) { fast::SoftmaxLoop(x, d->cols, y); });
  }
  RegisterElementwise(std::move(rms));
  RegisterElementwise(std::move(layer));
  RegisterElementwise(std::move(softmax));
  RegisterElementwise(std::move(quantize));
}

}  // namespace

void RegisterNorms() {
  for (const size_t rows : std::initializer_list<size_t>{1, 64}) {
    for (const size_t cols : std::initializer_list<size_t>{1024, 2048, 4096}) {
      Register<float>("f32", rows, cols);
      Register<BFloat16>("bf16", rows, cols);
    }
  }
}

}  // namespace isoquant
