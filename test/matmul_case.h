// Test support: one product in guarded memory, and what it must be.
#ifndef ISOQUANT_TEST_MATMUL_CASE_H_
#define ISOQUANT_TEST_MATMUL_CASE_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/matmul.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {

// One product, its operands in guarded memory, and what C must be.
template <class A>
struct Case {
  Case(Random& random, Shape shape, size_t a_pad, size_t c_pad)
      : a(shape.m, shape.k, shape.k + a_pad),
        b(shape.k, shape.n),
        b_transposed(shape.n, shape.k),
        c(shape.m, shape.n, shape.n + c_pad),
        before(shape.m, shape.n),
        overwritten(shape.m, shape.n),
        accumulated(shape.m, shape.n) {
    FillIntegers(random, a.buffer().data(), a.buffer().size());
    FillIntegers(random, b.buffer().data(), b.buffer().size());
    FillIntegers(random, before.buffer().data(), before.buffer().size());
    for (size_t k = 0; k < shape.k; ++k) {
      for (size_t n = 0; n < shape.n; ++n) b_transposed.at(n, k) = b.at(k, n);
    }
    Expect();
  }

  void Expect() {
    ReferenceMatMul(a.const_view(), b.const_view(), false, overwritten.view());
    Copy(before, accumulated);
    ReferenceMatMul(a.const_view(), b.const_view(), true, accumulated.view());
  }

  // Runs one MatMul and compares all of C, and what lies between its rows.
  void Check(Context& context, const WeightsRef& weights, Store store) {
    ISOQUANT_CHECK_OK(Run(context, weights, store));
    const Differences differences = Compare(store == Store::kAccumulate ? accumulated : overwritten);
    CHECK(differences.wrong == 0);
    CHECK(differences.touched == 0);
  }
  // The same as a question.
  bool Holds(Context& context, const WeightsRef& weights, Store store) {
    if (!Run(context, weights, store).ok()) return false;
    const Differences differences = Compare(store == Store::kAccumulate ? accumulated : overwritten);
    return differences.wrong == 0 && differences.touched == 0;
  }
  // C holds the product.
  bool IsOverwritten() const { return Compare(overwritten).wrong == 0; }

  Status Run(Context& context, const WeightsRef& weights, Store store) {
    for (int32_t& value : c.buffer()) value = 0x5a5a5a5a;
    Copy(before, c);
    return MatMul(context, a.const_view(), weights, c.view(), store);
  }

  struct Differences {
    size_t wrong = 0, touched = 0;
  };
  Differences Compare(const GuardedMatrix<int32_t>& expected) const {
    Differences differences;
    for (size_t i = 0; i < c.buffer().size(); ++i) {
      const size_t stride = c.view().row_stride, row = i / stride, col = i % stride;
      if (col >= c.view().cols) {
        differences.touched += c.buffer()[i] != 0x5a5a5a5a ? 1 : 0;
      } else {
        differences.wrong += c.buffer()[i] != expected.at(row, col) ? 1 : 0;
      }
    }
    return differences;
  }

  static void Copy(const GuardedMatrix<int32_t>& from, const GuardedMatrix<int32_t>& to) {
    for (size_t r = 0; r < from.view().rows; ++r) {
      for (size_t col = 0; col < from.view().cols; ++col) to.at(r, col) = from.at(r, col);
    }
  }

  GuardedMatrix<A> a;
  GuardedMatrix<int8_t> b, b_transposed;
  GuardedMatrix<int32_t> c, before, overwritten, accumulated;
};

}  // namespace isoquant

#endif  // ISOQUANT_TEST_MATMUL_CASE_H_
