// The seam of training: every matrix product in float goes through this one function.
#ifndef QUANTIZED_MLP_F32_MATMUL_F32_H_
#define QUANTIZED_MLP_F32_MATMUL_F32_H_

#include "isoquant/executor.h"
#include "isoquant/matrix_view.h"

namespace quantized_mlp {

// A matrix as it lies in memory, or its transpose.
struct Operand {
  isoquant::MatrixView<const float> matrix;
  bool transposed = false;

  size_t rows() const { return transposed ? matrix.cols : matrix.rows; }
  size_t cols() const { return transposed ? matrix.rows : matrix.cols; }
};

inline Operand Plain(isoquant::MatrixView<const float> matrix) { return {matrix, false}; }
inline Operand Transposed(isoquant::MatrixView<const float> matrix) { return {matrix, true}; }

// c = a b, a: M x K, b: K x N, c: M x N, which must fit. Each output is one chain of additions in increasing k, so its
// bits do not depend on the executor, or on how rows are split over calls.
//
// It is plain C++ that compilers vectorise. A float MatMul of the library would take its place, here alone.
void MatMulF32(isoquant::Executor& executor, Operand a, Operand b, isoquant::MatrixView<float> c);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_F32_MATMUL_F32_H_
