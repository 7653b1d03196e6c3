// Public layer: many products of one shape in one call.
//
// Product i of P is that of MatMul with matrix i of a, with its matrix of b (matrix_batch.h) and with matrix i of c, to
// the bit; a batch of one is MatMul. P = c.count = a.count may be 0. Arguments are checked once. With an executor one
// call hands out all tasks: whole products, or blocks of their rows (and, if these are too few, parts of their
// columns). The bits do not depend on the tier, the executor, or on how products are split over calls. What a call
// packs of plain b lies in the Context's scratch memory: some panels for each worker; or all matrices of b, if one
// serves several products, if sums of its columns are wanted (zero points of a), or if a is large.
//
// c must not overlap a, b or what the parameters view; matrices of a and b may overlap one another, and c's may not.
//
// Errors: those of the MatMul with these types; kMismatch (a.count and c.count; b.count(), if it does not divide
// c.count; the K, N of packed matrices of b; the size of parameters for each product), kWrongType (matrices of b with
// different types), kTooSmall (the batch stride of c), kTooLarge (a batch that exceeds the address space), kNull. A
// Status names the first argument that is wrong, whichever the product. Nothing is written on error.
#ifndef ISOQUANT_BATCH_H_
#define ISOQUANT_BATCH_H_

#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/dequantize.h"
#include "isoquant/fixed_point.h"
#include "isoquant/float_matmul.h"
#include "isoquant/float_types.h"
#include "isoquant/matmul.h"
#include "isoquant/matrix_batch.h"
#include "isoquant/requantize.h"
#include "isoquant/status.h"

namespace isoquant {

// To s32, overwriting or accumulating: matmul.h.
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const MatrixBatch<int32_t>& c, Store store = Store::kOverwrite);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const MatrixBatch<int32_t>& c, Store store = Store::kOverwrite);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<ZeroPoints>& z, const MatrixBatch<int32_t>& c,
                                Store store = Store::kOverwrite);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<ZeroPoints>& z, const MatrixBatch<int32_t>& c,
                                Store store = Store::kOverwrite);

// f32 x f32, and bf16 x bf16, to f32, overwriting or accumulating: float_matmul.h.
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const float>& a, const WeightsBatch& b,
                                const MatrixBatch<float>& c, Store store = Store::kOverwrite);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const BFloat16>& a, const WeightsBatch& b,
                                const MatrixBatch<float>& c, Store store = Store::kOverwrite);

// The same through a FloatOutput.
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const float>& a, const WeightsBatch& b,
                                const PerProduct<FloatOutput>& output, const MatrixBatch<float>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const float>& a, const WeightsBatch& b,
                                const PerProduct<FloatOutput>& output, const MatrixBatch<BFloat16>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const float>& a, const WeightsBatch& b,
                                const PerProduct<FloatOutput>& output, const MatrixBatch<Float16>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const BFloat16>& a, const WeightsBatch& b,
                                const PerProduct<FloatOutput>& output, const MatrixBatch<float>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const BFloat16>& a, const WeightsBatch& b,
                                const PerProduct<FloatOutput>& output, const MatrixBatch<BFloat16>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const BFloat16>& a, const WeightsBatch& b,
                                const PerProduct<FloatOutput>& output, const MatrixBatch<Float16>& c);

// To f32, bf16 and f16: dequantize.h.
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<Dequantization>& dequantization, const MatrixBatch<float>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<Dequantization>& dequantization, const MatrixBatch<float>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<Dequantization>& dequantization, const MatrixBatch<BFloat16>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<Dequantization>& dequantization, const MatrixBatch<BFloat16>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<Dequantization>& dequantization, const MatrixBatch<Float16>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<Dequantization>& dequantization, const MatrixBatch<Float16>& c);

// To s8 and u8: requantize.h.
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<Requantization>& requantization, const MatrixBatch<int8_t>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<Requantization>& requantization, const MatrixBatch<uint8_t>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<Requantization>& requantization, const MatrixBatch<int8_t>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<Requantization>& requantization, const MatrixBatch<uint8_t>& c);

// To s8 and u8 by fixed-point multipliers: fixed_point.h.
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<FixedPointRequantization>& requantization,
                                const MatrixBatch<int8_t>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const int8_t>& a, const WeightsBatch& b,
                                const PerProduct<FixedPointRequantization>& requantization,
                                const MatrixBatch<uint8_t>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<FixedPointRequantization>& requantization,
                                const MatrixBatch<int8_t>& c);
ISOQUANT_API Status MatMulBatch(Context& context, const MatrixBatch<const uint8_t>& a, const WeightsBatch& b,
                                const PerProduct<FixedPointRequantization>& requantization,
                                const MatrixBatch<uint8_t>& c);

}  // namespace isoquant

#endif  // ISOQUANT_BATCH_H_
