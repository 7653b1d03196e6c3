// Test support: products of f32 through the engine, by the policy of f32_policy-inl.h and by those of the library.
#ifndef ISOQUANT_TEST_F32_PRODUCT_H_
#define ISOQUANT_TEST_F32_PRODUCT_H_

#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// Which ways the policy takes. kInPlace: rows of A where they lie. kArranged: arranged rows, two panels at a time, B
// from L2. kBoth: rows in place, two panels at a time, and B arranged from three rows on. kLibrary: the policy is the
// one of the library, and sums that are stored or added come from MatMul.
enum class F32Way : uint8_t { kInPlace, kArranged, kBoth, kLibrary };

// What becomes of the sums: stored, added to C, or multiplied by a factor of their column and stored, by a functor or
// by a stage that is known by reference.
enum class F32Output : uint8_t { kOverwrite, kAccumulate, kFunctor, kReference };

// c = output(a b) on the target that the Context chooses. The factors are N numbers.
Status MultiplyF32(Context& context, F32Way way, F32Output output, const MatrixView<const float>& a,
                   const WeightsRef& b, const float* factors, const MatrixView<float>& c);

}  // namespace isoquant

#endif  // ISOQUANT_TEST_F32_PRODUCT_H_
