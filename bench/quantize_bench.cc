// Bench: f32 to 8-bit integers: by tensor, with the reciprocal of the scale (Quantize) and by division
// (QuantizeLinear), and dynamically, by tensor (QuantizeDynamic, two passes) and by row (QuantizeRows).
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "bench/elementwise.h"
#include "bench/samples.h"
#include "hwy/aligned_allocator.h"
#include "isoquant/quantize.h"

namespace isoquant {
namespace {

struct Matrix {
  Matrix(size_t rows_in, size_t cols_in)
      : rows(rows_in), cols(cols_in), x_memory(rows * cols), q_memory(rows * cols), scales(rows), zero_points(rows) {
    uint32_t state = 1;
    for (float& v : x_memory) {
      state = state * 1664525u + 1013904223u;  // of Numerical Recipes; any values will do
      v = static_cast<float>(state >> 8) * 0x1p-22f - 2.0f;
    }
  }

  MatrixView<const float> x() const { return {x_memory.data(), rows, cols}; }
  MatrixView<uint8_t> q() { return {q_memory.data(), rows, cols}; }

  size_t rows, cols;
  Context context;
  hwy::AlignedVector<float> x_memory;
  hwy::AlignedVector<uint8_t> q_memory;
  hwy::AlignedVector<float> scales;
  hwy::AlignedVector<int32_t> zero_points;
  float scale = 0.0f;
  int32_t zero_point = 0;
};

}  // namespace

void RegisterQuantizers() {
  for (const auto& [rows, cols] : {std::pair<size_t, size_t>{1, 4096}, {64, 1024}, {256, 4096}, {2048, 4096}}) {
    const auto data = std::make_shared<Matrix>(rows, cols);
    const double elements = static_cast<double>(rows) * static_cast<double>(cols);
    const auto add = [&](const char* name, double passes, std::function<void()> run) {
      const std::string whole =
          std::string(name) + "/u8/" + std::to_string(data->rows) + "/" + std::to_string(data->cols);
      RegisterElementwise({whole, elements, (4 * passes + 1) * elements, std::move(run), {}, {}});
    };
    add("Quantize", 1, [data] { CheckOk(Quantize(data->context, data->x(), 0.0157f, 127, data->q())); });
    add("QuantizeLinear", 1, [data] { CheckOk(QuantizeLinear(data->context, data->x(), 0.0157f, 127, data->q())); });
    add("QuantizeDynamic", 2,
        [data] { CheckOk(QuantizeDynamic(data->context, data->x(), data->q(), data->scale, data->zero_point)); });
    add("QuantizeRows", 2, [data] {
      CheckOk(QuantizeRows(data->context, data->x(), data->q(), {data->scales.data(), data->rows},
                           {data->zero_points.data(), data->rows}));
    });
  }
}

}  // namespace isoquant
