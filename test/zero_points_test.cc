// Tests of products whose operands have zero points: the bytes of the scalar definition, on every tier, for all types
// of operands and outputs, and for weights of any kind.
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/blobs.h"
#include "test/guarded.h"
#include "test/product_case.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

enum class Count { kNone, kOne, kEach };

// Of a and b; `extreme`: values far outside the types too.
struct Scheme {
  Count a, b;
  bool extreme;
};
constexpr Scheme kSchemes[] = {{Count::kOne, Count::kOne, false},  {Count::kEach, Count::kEach, true},
                               {Count::kNone, Count::kOne, true},  {Count::kEach, Count::kOne, false},
                               {Count::kOne, Count::kEach, false}, {Count::kNone, Count::kEach, false},
                               {Count::kEach, Count::kOne, true},  {Count::kEach, Count::kNone, false},
                               {Count::kOne, Count::kNone, true},  {Count::kNone, Count::kNone, false}};
constexpr size_t kNumSchemes = sizeof(kSchemes) / sizeof(kSchemes[0]);

size_t SizeOf(Count count, size_t each) { return count == Count::kNone ? 0 : count == Count::kOne ? 1 : each; }

constexpr int32_t kExtremes[] = {-128, 127, 0, 255, -129, 256, 128, INT32_MIN, INT32_MAX, 0x12345678};

void Fill(Random& random, const Scheme& scheme, const Guarded<int32_t>& zero_points) {
  for (int32_t& z : zero_points) {
    z = scheme.extreme ? kExtremes[random.Below(10)] : static_cast<int32_t>(random.Below(384)) - 128;
  }
}

// One product of A and B to C, by any of the operations.
template <class A, class B, class C>
class Case final : public ProductCase<A, C, B> {
 public:
  Case(const Shape& shape, const Scheme& scheme, uint64_t seed)
      : ProductCase<A, C, B>(shape, seed),
        za_(SizeOf(scheme.a, shape.m)),
        zb_(SizeOf(scheme.b, shape.n)),
        scales_(shape.n),
        biases_(shape.n) {
    Random& random = this->random_;
    Fill(random, scheme, za_);
    Fill(random, scheme, zb_);
    // Sums of the usual zero points give outputs of all values.
    for (float& scale : scales_) scale = random.Signed() * 0.01f / static_cast<float>(shape.k + 1);
    for (float& bias : biases_) bias = random.Signed() * 8.0f;
    dequantization_.row_scales = {&row_scale_, 1};
    dequantization_.column_scales = {scales_.data(), shape.n};
    dequantization_.bias = {biases_.data(), shape.n};
    dequantization_.row_zero_points = a_zeros();
    dequantization_.column_zero_points = b_zeros();
    const std::vector<int32_t> sums = this->Sums(a_zeros(), b_zeros());
    Expect(MatrixView<const int32_t>(sums.data(), shape.m, shape.n), this->expected());
    const MatrixView<const B> b = this->b();
    transposed_.resize(shape.k * shape.n);
    for (size_t i = 0; i < transposed_.size(); ++i) transposed_[i] = b.Row(i % shape.k)[i / shape.k];
  }

  VectorView<const int32_t> a_zeros() const { return {za_.data(), za_.size()}; }
  VectorView<const int32_t> b_zeros() const { return {zb_.data(), zb_.size()}; }

  // With weights of every kind.
  void CheckAllWeights(Context& context) {
    const Blob blob(Serialized(this->packed()));
    const PackedWeights view = ViewOf(All(blob)), loaded = LoadOf(All(blob));
    const KxN kxn{this->b()};
    const NxK nxk{{transposed_.data(), this->c().cols, this->a().cols}};
    for (const WeightsRef& b :
         {WeightsRef(this->packed()), WeightsRef(view), WeightsRef(loaded), WeightsRef(kxn), WeightsRef(nxk)}) {
      this->RunWith(context, b);
      this->Check();
    }
  }

 private:
  Status Call(Context& context, const MatrixView<const A>& a, const WeightsRef& b,
              const MatrixView<C>& c) const override {
    return MatMul(context, a, b, dequantization_, c);
  }
  void Expect(const MatrixView<const int32_t>& t, const MatrixView<float>& c) {
    ReferenceDequantize(t, dequantization_, c);
  }

  const Guarded<int32_t> za_, zb_;
  const Guarded<float> scales_, biases_;
  const float row_scale_ = 0.75f;
  Dequantization dequantization_;
  std::vector<B> transposed_;
};

// Calls f(A(), B(), C()) for all types.
template <class F>
void ForEachTypes(const F& f) {
  const auto for_each_output = [&](auto a, auto b) { f(a, b, float()); };
  for_each_output(int8_t(), int8_t());
  for_each_output(uint8_t(), int8_t());
}

template <class A, class B, class C>
void CheckCase(const Shape& shape, const Scheme& scheme, uint64_t seed) {
  INFO(shape.m, " x ", shape.k, " x ", shape.n, " zero points ", static_cast<int>(scheme.a), " and ",
       static_cast<int>(scheme.b), " seed ", seed);
  Case<A, B, C> c(shape, scheme, seed);
  c.CheckOnEveryTier();
}

TEST_CASE("Zero points: shapes around the tiles, strides, all schemes") {
  constexpr size_t kRows[] = {1, 2, 6, 7, 12, 13, 33};
  constexpr size_t kCols[] = {1, 8, 15, 16, 17, 33, 65};
  constexpr size_t kDepths[] = {1, 3, 4, 17, 64, 130};
  uint64_t seed = 0;
  for (const size_t m : kRows) {
    for (const size_t n : kCols) {
      ForEachTypes([&](auto a, auto b, auto c) {
        ++seed;
        CheckCase<decltype(a), decltype(b), decltype(c)>({m, kDepths[seed % 6], n, seed % 3},
                                                         kSchemes[seed % kNumSchemes], seed);
      });
    }
  }
}

TEST_CASE("Zero points: nothing to do, nothing to add up, several chunks of K") {
  for (const Shape& shape :
       {Shape{0, 5, 7}, Shape{3, 5, 0}, Shape{5, 0, 40}, Shape{30, 0, 33}, Shape{30, 4501, 35, 1}}) {
    for (const Scheme& scheme : {kSchemes[0], kSchemes[1]}) {
      ForEachTypes(
          [&](auto a, auto b, auto c) { CheckCase<decltype(a), decltype(b), decltype(c)>(shape, scheme, shape.m); });
    }
  }
}

TEST_CASE("Zero points: packed weights, views and copies of blobs, and plain ones of both orders") {
  uint64_t seed = 0;
  for (const Shape& shape : {Shape{1, 70, 40}, Shape{20, 131, 37, 1}}) {
    for (const Scheme& scheme : {kSchemes[0], kSchemes[1], kSchemes[2], kSchemes[9]}) {
      ForEachTypes([&](auto a, auto b, auto c) {
        Case<decltype(a), decltype(b), decltype(c)> test(shape, scheme, ++seed);
        ForEachTier([&](Context& context) { test.CheckAllWeights(context); });
      });
    }
  }
}

TEST_CASE("Zero points: any number of workers") {
  // Few rows of many columns are split by columns, so that several tasks need the sums of the same rows.
  for (const Shape& shape : {Shape{5, 500, 1300}, Shape{200, 300, 67}}) {
    ForEachTypes([&](auto a, auto b, auto c) {
      Case<decltype(a), decltype(b), decltype(c)> test(shape, kSchemes[1], shape.m);
      ForEachTierOn<ThreadExecutor>({1, 3, 8}, [&](Context& context, const ThreadExecutor&) {
        test.Run(context);
        test.Check();
        test.RunPlain(context);
        test.Check();
      });
    });
  }
}

}  // namespace
}  // namespace isoquant
