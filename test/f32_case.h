// Test support: one product of f32 in guarded memory, what it must be, and what it must not be.
#ifndef ISOQUANT_TEST_F32_CASE_H_
#define ISOQUANT_TEST_F32_CASE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "src/pack.h"
#include "test/f32_product.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {

// On emulated CPUs (see WorkerCounts) two of the ways: the others do not depend on the CPU.
inline std::vector<F32Way> Ways() {
  if (std::getenv("ISOQUANT_TEST_FEWER_WORKERS") != nullptr) return {F32Way::kBoth, F32Way::kLibrary};
  return {F32Way::kInPlace, F32Way::kArranged, F32Way::kBoth, F32Way::kLibrary};
}
constexpr F32Output kOutputs[] = {F32Output::kOverwrite, F32Output::kAccumulate, F32Output::kFunctor,
                                  F32Output::kReference};

// Operands that end at guard pages, packed ones too, and what every output must be.
class F32Case {
 public:
  F32Case(Random& random, const Shape& shape, float scale = 1.0f)
      : a_(shape.m, shape.k, shape.k + shape.gap),
        b_(shape.k, shape.n, shape.n + shape.gap),
        b_transposed_(shape.n, shape.k, shape.k + shape.gap),
        factors_(shape.n),
        before_(shape.m, shape.n),
        c_(shape.m, shape.n, shape.n + shape.gap),
        panels_(PanelBytes(shape)) {
    for (float& x : a_.buffer()) x = random.Signed() * scale;
    for (float& x : b_.buffer()) x = random.Signed() * scale;
    for (float& x : before_.buffer()) x = random.Signed() * scale * scale;
    for (float& x : factors_) x = random.Signed();
    Prepare();
  }

  // After a change of operands.
  void Prepare() {
    for (size_t k = 0; k < b_.view().rows; ++k) {
      for (size_t n = 0; n < b_.view().cols; ++n) b_transposed_.at(n, k) = b_.at(k, n);
    }
    Context context;
    PanelLayout layout;
    REQUIRE(layout.Compute(b_.view().rows, b_.view().cols, ElementType::kF32));
    PackInto(context, KxN{b_.const_view()}, layout, panels_.data());
    packed_ = layout.At(panels_.data(), b_.view().rows, b_.view().cols);
    from_zero_ = Chains([](size_t, size_t) { return 0.0f; });
    from_c_ = Chains([&](size_t m, size_t n) { return before_.at(m, n); });
  }

  // One product, which run(product) calls; true if all of C is right and what lies between its rows is as before.
  template <class Run>
  bool IsRight(Context& context, F32Way way, F32Output output, const WeightsRef& b, const Run& run) {
    c_.Clear();
    for (size_t m = 0; m < c_.view().rows; ++m) {
      for (size_t n = 0; n < c_.view().cols; ++n) {
        if (output == F32Output::kAccumulate) c_.view().Row(m)[n] = before_.at(m, n);
        c_.expected().Row(m)[n] = Expected(m, n, output);
      }
    }
    Status status;
    run([&] { status = MultiplyF32(context, way, output, a_.const_view(), b, factors_.data(), c_.view()); });
    return status.ok() && c_.IsExpected();
  }
  bool IsRight(Context& context, F32Way way, F32Output output, const WeightsRef& b) {
    return IsRight(context, way, output, b, [](const auto& product) { product(); });
  }
  // All ways, outputs and orders of weights; or, if `some`, each way and each output with one order.
  void Check(Context& context, bool some = false) {
    for (const F32Way way : Ways()) {
      for (const F32Output output : kOutputs) {
        CAPTURE(static_cast<int>(way));
        CAPTURE(static_cast<int>(output));
        const bool only = some && ++order_ != 0;
        if (!only || order_ % 3 == 0) CHECK(IsRight(context, way, output, WeightsRef(packed_)));
        if (!only || order_ % 3 == 1) CHECK(IsRight(context, way, output, KxN{b_.const_view()}));
        if (!only || order_ % 3 == 2) CHECK(IsRight(context, way, output, NxK{b_transposed_.const_view()}));
      }
    }
  }

  // What a driver or a policy might make of an output instead.
  float CLast(size_t m, size_t n) const { return Rounded(before_.at(m, n) + from_zero_[Index(m, n)]); }
  float TwoChains(size_t m, size_t n) const {
    float sums[2] = {};
    for (size_t k = 0; k < Depth(); ++k) sums[k % 2] = std::fma(a_.at(m, k), b_.at(k, n), sums[k % 2]);
    return Rounded(sums[0] + sums[1]);
  }
  float ChainOfEachChunk(size_t m, size_t n, size_t chunk) const {
    float sum = 0.0f;
    for (size_t begin = 0; begin < Depth(); begin += chunk) {
      float chain = 0.0f;
      for (size_t k = begin; k < begin + chunk && k < Depth(); ++k) chain = std::fma(a_.at(m, k), b_.at(k, n), chain);
      sum = begin == 0 ? chain : Rounded(sum + chain);
    }
    return sum;
  }
  float Unfused(size_t m, size_t n) const {
    float sum = 0.0f;
    for (size_t k = 0; k < Depth(); ++k) sum = Rounded(sum + Rounded(a_.at(m, k) * b_.at(k, n)));
    return sum;
  }
  float FromTheEnd(size_t m, size_t n) const {
    float sum = 0.0f;
    for (size_t k = Depth(); k-- != 0;) sum = std::fma(a_.at(m, k), b_.at(k, n), sum);
    return sum;
  }
  // Share of the outputs that `other` gives other bits.
  template <class F>
  double Differing(F32Output output, const F& other) const {
    size_t count = 0;
    for (size_t i = 0; i < from_zero_.size(); ++i) {
      const float expected = Expected(i / Columns(), i % Columns(), output),
                  actual = other(i / Columns(), i % Columns());
      count += std::memcmp(&expected, &actual, sizeof(float)) != 0 ? 1 : 0;
    }
    return static_cast<double>(count) / static_cast<double>(from_zero_.size());
  }

  GuardedMatrix<float>& a() { return a_; }
  GuardedMatrix<float>& b() { return b_; }
  GuardedMatrix<float>& before() { return before_; }
  WeightsRef packed() const { return WeightsRef(packed_); }

 private:
  static size_t PanelBytes(const Shape& shape) {
    return PackedPanels::NumPanels(shape.n) * PackedPanels::PanelBytes(shape.k, ElementType::kF32);
  }
  size_t Depth() const { return a_.view().cols; }
  size_t Columns() const { return b_.view().cols; }
  size_t Index(size_t m, size_t n) const { return m * Columns() + n; }

  template <class Begin>
  std::vector<float> Chains(const Begin& begin) const {
    std::vector<float> sums;
    for (size_t m = 0; m < a_.view().rows; ++m) {
      for (size_t n = 0; n < Columns(); ++n) sums.push_back(begin(m, n));
      for (size_t k = 0; k < Depth(); ++k) {
        for (size_t n = 0; n < Columns(); ++n) {
          sums[Index(m, n)] = Rounded(std::fma(a_.at(m, k), b_.at(k, n), sums[Index(m, n)]));
        }
      }
    }
    for (float& sum : sums) sum = sum == sum ? sum : std::numeric_limits<float>::quiet_NaN();
    return sums;
  }
  float Expected(size_t m, size_t n, F32Output output) const {
    if (output == F32Output::kAccumulate) return from_c_[Index(m, n)];
    const float sum = from_zero_[Index(m, n)];
    return output == F32Output::kOverwrite ? sum : Rounded(sum * factors_[n]);
  }

  GuardedMatrix<float> a_, b_, b_transposed_;
  Guarded<float> factors_;
  GuardedMatrix<float> before_;
  Output<float> c_;
  Guarded<uint8_t> panels_;
  PackedPanels packed_;
  std::vector<float> from_zero_, from_c_;
  size_t order_ = 0;
};

}  // namespace isoquant

#endif  // ISOQUANT_TEST_F32_CASE_H_
