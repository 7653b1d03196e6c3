// Adds eight rows of b to a row of c at a time. So each load and store of c, which lies in L1, serves eight
// multiply-adds.
#include "f32/matmul_f32.h"

#include <algorithm>
#include <vector>

namespace quantized_mlp {
namespace {

using isoquant::MatrixView;

constexpr size_t kSteps = 8;      // of k
constexpr size_t kColumns = 256;  // of c in a block: kSteps rows of b are 8 KiB
constexpr size_t kRows = 16;      // of c in a task

void Transpose(MatrixView<const float> from, std::vector<float>& to) {
  constexpr size_t kBlock = 16;  // a cache line
  to.resize(from.rows * from.cols);
  for (size_t r0 = 0; r0 < from.rows; r0 += kBlock) {
    for (size_t c = 0; c < from.cols; ++c) {
      const size_t end = std::min(r0 + kBlock, from.rows);
      for (size_t r = r0; r < end; ++r) to[c * from.rows + r] = from.Row(r)[c];
    }
  }
}

// y[j] += sum over i of x[i] b(i, j), in increasing i.
void AddRows(const float (&x)[kSteps], const float* __restrict b, size_t stride, size_t columns, float* __restrict y) {
  for (size_t j = 0; j < columns; ++j) {
    float sum = y[j];
    sum += x[0] * b[j];
    sum += x[1] * b[stride + j];
    sum += x[2] * b[2 * stride + j];
    sum += x[3] * b[3 * stride + j];
    sum += x[4] * b[4 * stride + j];
    sum += x[5] * b[5 * stride + j];
    sum += x[6] * b[6 * stride + j];
    sum += x[7] * b[7 * stride + j];
    y[j] = sum;
  }
}

void AddRow(float x, const float* __restrict b, size_t columns, float* __restrict y) {
  for (size_t j = 0; j < columns; ++j) y[j] += x * b[j];
}

// Rows [begin, end) of c.
void MultiplyRows(const Operand& a, MatrixView<const float> b, size_t begin, size_t end, MatrixView<float> c) {
  const auto at = [&a](size_t m, size_t k) { return a.transposed ? a.matrix.Row(k)[m] : a.matrix.Row(m)[k]; };
  for (size_t m = begin; m < end; ++m) std::fill(c.Row(m), c.Row(m) + c.cols, 0.0f);
  for (size_t n = 0; n < c.cols; n += kColumns) {
    const size_t columns = std::min(kColumns, c.cols - n);
    size_t k = 0;
    for (; k + kSteps <= b.rows; k += kSteps) {
      for (size_t m = begin; m < end; ++m) {
        float x[kSteps];
        for (size_t i = 0; i < kSteps; ++i) x[i] = at(m, k + i);
        AddRows(x, b.Row(k) + n, b.row_stride, columns, c.Row(m) + n);
      }
    }
    for (; k < b.rows; ++k) {
      for (size_t m = begin; m < end; ++m) AddRow(at(m, k), b.Row(k) + n, columns, c.Row(m) + n);
    }
  }
}

}  // namespace

void MatMulF32(isoquant::Executor& executor, Operand a, Operand b, MatrixView<float> c) {
  static thread_local std::vector<float> transpose;
  MatrixView<const float> plain = b.matrix;
  if (b.transposed) {
    Transpose(b.matrix, transpose);
    plain = {transpose.data(), b.rows(), b.cols()};
  }
  const size_t num_tasks = (c.rows + kRows - 1) / kRows;
  const auto task = [&](size_t i, size_t) { MultiplyRows(a, plain, i * kRows, std::min((i + 1) * kRows, c.rows), c); };
  executor.Run(num_tasks, isoquant::TaskRef(task));
}

}  // namespace quantized_mlp
