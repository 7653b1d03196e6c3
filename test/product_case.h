// Test support: one product whose sums go through an output stage, in guarded memory, and what it must be.
#ifndef ISOQUANT_TEST_PRODUCT_CASE_H_
#define ISOQUANT_TEST_PRODUCT_CASE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {

// A derived class has the operation's other arguments and what the output is to be.
template <class A, class C, class B = int8_t>
class ProductCase {
 public:
  ProductCase(const ProductCase&) = delete;
  ProductCase& operator=(const ProductCase&) = delete;

  // The status is looked at in Check: doctest itself is not to run under a strange float environment.
  void Run(Context& context) { Run(context, packed_); }
  void RunPlain(Context& context) { Run(context, KxN{b()}); }
  // Of the same values, packed or not.
  void RunWith(Context& context, const WeightsRef& b) { Run(context, b); }
  void Check() {
    ISOQUANT_CHECK_OK(status_);
    c_.Check();
  }
  void CheckOnEveryTier() {
    ForEachTier([&](Context& context) {
      Run(context);
      Check();
    });
  }

  const MatrixView<A>& a() const { return a_.view(); }
  const Guarded<A>& a_buffer() const { return a_.buffer(); }
  MatrixView<const B> b() const { return b_.const_view(); }
  const PackedWeights& packed() const { return packed_; }
  const MatrixView<C>& c() const { return c_.view(); }
  const Output<C>& output() const { return c_; }
  MatrixView<C> expected() { return c_.expected(); }

  // The names under which the operation reports its operands.
  struct Names {
    std::string a, b, k, n, c;
  };
  // Checks what it refuses of them, whatever the stage. For K at least 1, and two rows and columns at least.
  void CheckOperandErrors(Context& context, const Names& names);

 protected:
  // Integers are filled in; floats are left to the derived class.
  ProductCase(const Shape& shape, uint64_t seed)
      : random_(seed),
        a_(shape.m, shape.k, shape.k + shape.gap),
        b_(shape.k, shape.n),
        c_(shape.m, shape.n, shape.n + shape.gap) {
    if constexpr (std::is_integral_v<A>) FillIntegers(random_, a_.buffer().data(), a_.buffer().size());
    FillIntegers(random_, b_.buffer().data(), b_.buffer().size());
    Context context;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{b()}, packed_));
  }
  ~ProductCase() = default;

  virtual Status Call(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
                      const MatrixView<C>& c) const = 0;
  void Run(Context& context, const WeightsRef& b) {
    c_.Clear();
    status_ = Call(context, a_.const_view(), b, c_.view());
  }
  // Of a quantised product, without zero points.
  std::vector<int32_t> Sums(VectorView<const int32_t> za, VectorView<const int32_t> zb = {}) const {
    return ReferenceCorrectedSums(a_.const_view(), b(), za, zb);
  }

  Random random_;
  Status status_;

 private:
  const GuardedMatrix<A> a_;
  const GuardedMatrix<B> b_;
  Output<C> c_;
  PackedWeights packed_;
};

template <class A, class C, class B>
void ProductCase<A, C, B>::CheckOperandErrors(Context& context, const Names& names) {
  const MatrixView<const A> a(a_.const_view());
  const MatrixView<C> c(c_.view());
  const size_t m = a.rows, k = a.cols, n = c.cols;
  const auto refused = [&](const MatrixView<const A>& a_in, const MatrixView<C>& c_in, const Refusal& refusal) {
    CheckRefused(Call(context, a_in, packed_, c_in), refusal);
  };
  refused({a.data, m, k - 1, a.row_stride}, c, Mismatch(names.a + ".cols", k - 1, names.k, k));
  refused({a.data, m - 1, k, a.row_stride}, c, Mismatch(names.c + ".rows", m, names.a + ".rows", m - 1));
  refused(a, {c.data, m, n - 1, c.row_stride}, Mismatch(names.c + ".cols", n - 1, names.n, n));
  refused(a, {c.data, m, n, n - 1}, StrideTooSmall(names.c, n - 1, n));
  refused({a.data, m, k, kHugeStride}, c, StrideTooLarge(names.a, m, k, sizeof(A)));
  refused(a, {c.data, m, n, kHugeStride}, StrideTooLarge(names.c, m, n, sizeof(C)));
  refused({nullptr, m, k}, c, NullMatrix(names.a, m * k));
  refused(a, {nullptr, m, n}, NullMatrix(names.c, m * n));
  refused(a, {reinterpret_cast<C*>(a_.view().data), m, n}, Overlap(names.c, names.a));
  refused(a, {reinterpret_cast<C*>(const_cast<int8_t*>(packed_.panels().panels)), m, n}, Overlap(names.c, names.b));
}

// What is wrong with the other arguments of an operation: what a change makes of them, and how that is refused.
template <class Arguments>
struct Fault {
  std::function<void(Arguments&)> change;
  Refusal refusal;
};

}  // namespace isoquant

#endif  // ISOQUANT_TEST_PRODUCT_CASE_H_
