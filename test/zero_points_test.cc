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
        biases_(shape.n),
        integer_biases_(shape.n),
        store_(seed % 2 == 0 ? Store::kOverwrite : Store::kAccumulate) {
    Random& random = this->random_;
    Fill(random, scheme, za_);
    Fill(random, scheme, zb_);
    // Sums of the usual zero points give outputs of all values.
    for (float& scale : scales_) scale = random.Signed() * 0.01f / static_cast<float>(shape.k + 1);
    for (float& bias : biases_) bias = random.Signed() * 8.0f;
    for (int32_t& bias : integer_biases_) bias = static_cast<int32_t>(random.Below(60000)) - 30000;
    dequantization_.row_scales = {&row_scale_, 1};
    dequantization_.column_scales = {scales_.data(), shape.n};
    dequantization_.bias = {biases_.data(), shape.n};
    dequantization_.row_zero_points = a_zeros();
    dequantization_.column_zero_points = b_zeros();
    requantization_.scales = dequantization_.column_scales;
    requantization_.bias = {integer_biases_.data(), shape.n};
    requantization_.a_zero_points = a_zeros();
    requantization_.b_zero_points = b_zeros();
    requantization_.zero_point = 3;
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
    if constexpr (std::is_same<C, float>::value) {
      return MatMul(context, a, b, dequantization_, c);
    } else if constexpr (std::is_same<C, int32_t>::value) {
      return MatMul(context, a, b, ZeroPoints{a_zeros(), b_zeros()}, c, store_);
    } else {
      return MatMul(context, a, b, requantization_, c);
    }
  }
  void Expect(const MatrixView<const int32_t>& t, const MatrixView<float>& c) {
    ReferenceDequantize(t, dequantization_, c);
  }
  template <class Q>
  void Expect(const MatrixView<const int32_t>& t, const MatrixView<Q>& c) {
    ReferenceRequantize(t, requantization_, c);
  }
  void Expect(const MatrixView<const int32_t>& t, const MatrixView<int32_t>& c) {
    // Accumulated to what Output fills its memory with.
    const uint32_t before = store_ == Store::kAccumulate ? 0x5a5a5a5a : 0;
    for (size_t i = 0; i < t.rows; ++i) {
      for (size_t j = 0; j < t.cols; ++j) {
        c.Row(i)[j] = static_cast<int32_t>(static_cast<uint32_t>(t.Row(i)[j]) + before);
      }
    }
  }

  const Guarded<int32_t> za_, zb_;
  const Guarded<float> scales_, biases_;
  const Guarded<int32_t> integer_biases_;
  const float row_scale_ = 0.75f;
  Dequantization dequantization_;
  Requantization requantization_;
  const Store store_;
  std::vector<B> transposed_;
};

// Calls f(A(), B(), C()) for all types.
template <class F>
void ForEachTypes(const F& f) {
  const auto for_each_output = [&](auto a, auto b) {
    f(a, b, int32_t());
    f(a, b, float());
    f(a, b, int8_t());
    f(a, b, uint8_t());
  };
  for_each_output(int8_t(), int8_t());
  for_each_output(uint8_t(), int8_t());
  for_each_output(int8_t(), uint8_t());
  for_each_output(uint8_t(), uint8_t());
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

// ---- Linear

template <class B>
class LinearCase final : public ProductCase<float, float, B> {
 public:
  LinearCase(const Shape& shape, const Scheme& scheme, RowQuantization quantization, uint64_t seed)
      : ProductCase<float, float, B>(shape, seed), zb_(SizeOf(scheme.b, shape.n)), scales_(shape.n), bias_(shape.n) {
    Random& random = this->random_;
    Fill(random, scheme, zb_);
    FillRows(random, this->a());
    for (float& scale : scales_) scale = random.Signed() * 0x1p-7f;
    for (float& bias : bias_) bias = random.Signed() * 8.0f;
    layer_.weights = &this->packed();
    layer_.column_scales = {scales_.data(), shape.n};
    layer_.bias = {bias_.data(), shape.n};
    layer_.quantization = quantization;
    layer_.column_zero_points = {zb_.data(), zb_.size()};
    ReferenceLinear(this->a(), this->b(), layer_, this->expected());
  }

 private:
  Status Call(Context& context, const MatrixView<const float>& x, const WeightsRef&,
              const MatrixView<float>& y) const override {
    return Linear(context, x, layer_, y);
  }

  const Guarded<int32_t> zb_;
  const Guarded<float> scales_, bias_;
  LinearLayer layer_;
};

constexpr RowQuantization kQuantizations[] = {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8};

TEST_CASE("Zero points: Linear, rows of all kinds of floats") {
  uint64_t seed = 0;
  for (const RowQuantization quantization : kQuantizations) {
    for (const Shape& shape : {Shape{1, 65, 33}, Shape{kFloatKinds + 3, 0, 20}, Shape{kFloatKinds, 7, 40, 1},
                               Shape{3 * kFloatKinds, 130, 70}}) {
      for (const Scheme& scheme : {kSchemes[0], kSchemes[1], kSchemes[2], kSchemes[9]}) {
        LinearCase<int8_t> s8(shape, scheme, quantization, ++seed);
        LinearCase<uint8_t> u8(shape, scheme, quantization, seed);
        s8.CheckOnEveryTier();
        u8.CheckOnEveryTier();
      }
    }
    // Several tasks that arrange the same rows, with float settings of their own.
    LinearCase<uint8_t> wide({6, 400, 1500}, kSchemes[1], quantization, 5);
    LinearCase<int8_t> high({330, 400, 37}, kSchemes[0], quantization, 6);
    ForEachTierOn<UnusualExecutor>({1, 4}, [&](Context& context, const UnusualExecutor&) {
      wide.Run(context);
      wide.Check();
      high.Run(context);
      high.Check();
    });
  }
}

// ---- Errors

TEST_CASE("Zero points: errors name the argument and write nothing") {
  constexpr size_t kM = 3, kK = 8, kN = 5;
  const std::vector<uint8_t> a(kM * kK), b(kK * kN);
  const std::vector<float> floats(kK * kM, 1.0f);
  const std::vector<int32_t> zeros(8);
  const MatrixView<const uint8_t> rows(a.data(), kM, kK);
  const MatrixView<const float> x(floats.data(), kM, kK);
  std::vector<int32_t> memory(kM * kN, 7);
  const std::vector<int32_t> before = memory;
  const MatrixView<int32_t> s32(memory.data(), kM, kN);
  const MatrixView<float> f32(reinterpret_cast<float*>(memory.data()), kM, kN);
  const MatrixView<uint8_t> u8(reinterpret_cast<uint8_t*>(memory.data()), kM, kN);
  using Vector = VectorView<const int32_t>;
  ForEachTier([&](Context& context) {
    const PackedWeights packed = Packed(context, KxN{{b.data(), kK, kN}});
    const auto check = [&](const std::string& name, const std::string& out, const std::string& n, size_t size,
                           const auto& call) {
      ISOQUANT_CHECK_OK(call(Vector(zeros.data(), size)));
      ISOQUANT_CHECK_OK(call(Vector(zeros.data(), 1)));
      ISOQUANT_CHECK_OK(call(Vector()));
      memory = before;
      CheckRefused(call(Vector(zeros.data(), size + 1)), Mismatch(name + ".size", size + 1, n, size));
      CheckRefused(call(Vector(nullptr, size)), Null(name, n, size));
      CheckRefused(call(Vector(nullptr, 1)), Null(name, "1", 1));
      CheckRefused(call(Vector(memory.data(), size)), Overlap(out, name));
      CheckRefused(call(Vector(memory.data() + 2, 1)), Overlap(out, name));
      CHECK(memory == before);
    };
    check("z.a", "c", "a.rows", kM, [&](const Vector& v) {
      return MatMul(context, rows, packed, ZeroPoints{v, {}}, s32);
    });
    check("z.b", "c", "b's N", kN, [&](const Vector& v) {
      return MatMul(context, rows, packed, ZeroPoints{{}, v}, s32);
    });
    Dequantization d;
    d.row_scales = d.column_scales = {floats.data(), 1};
    check("dequantization.column_zero_points", "c", "b's N", kN, [&](const Vector& v) {
      d.column_zero_points = v;
      return MatMul(context, rows, packed, d, f32);
    });
    LinearLayer layer;
    layer.weights = &packed;
    layer.column_scales = {floats.data(), kN};
    check("layer.column_zero_points", "y", "layer.weights' N", kN, [&](const Vector& v) {
      layer.column_zero_points = v;
      return Linear(context, x, layer, f32);
    });
    Requantization r;
    r.scales = {floats.data(), 1};
    check("requantization.b_zero_points", "c", "b's N", kN, [&](const Vector& v) {
      r.b_zero_points = v;
      return MatMul(context, rows, packed, r, u8);
    });
    r.b_zero_points = {zeros.data(), 1};
    CheckRefused(
        Requantize(context, MatrixView<const int32_t>(zeros.data(), 1, 5), r, MatrixView<uint8_t>(u8.data, 1, 5)),
        Mismatch("requantization.b_zero_points.size", 1, "that of none", 0));
  });
}

// Of all outputs of a scheme.
template <class A, class B>
void CheckGoldenProducts(const std::string& name, const Scheme& scheme, uint64_t seed) {
  constexpr Shape kShape{61, 203, 90};
  Case<A, B, int32_t> s32(kShape, scheme, seed);
  Case<A, B, float> f32(kShape, scheme, seed);
  Case<A, B, int8_t> s8(kShape, scheme, seed);
  Case<A, B, uint8_t> u8(kShape, scheme, seed);
  CheckGoldenOutputs(name, s32, f32, s8, u8);
}

TEST_CASE("Zero points: golden digests") {
  for (const size_t i : std::initializer_list<size_t>{0, 1, 3, 4}) {
    const Scheme& scheme = kSchemes[i];
    const std::string name = "zero_points/" + std::to_string(i) + "/";
    CheckGoldenProducts<int8_t, int8_t>(name + "s8s8", scheme, i);
    CheckGoldenProducts<int8_t, uint8_t>(name + "s8u8", scheme, i);
    CheckGoldenProducts<uint8_t, int8_t>(name + "u8s8", scheme, i);
    CheckGoldenProducts<uint8_t, uint8_t>(name + "u8u8", scheme, i);
    for (const RowQuantization quantization : kQuantizations) {
      LinearCase<int8_t> s8({33, 131, 70}, scheme, quantization, i);
      LinearCase<uint8_t> u8({33, 131, 70}, scheme, quantization, i);
      CheckGoldenOutputs(name + "linear/" + (quantization == RowQuantization::kSymmetricS8 ? "s8" : "u8"), s8, u8);
    }
  }
}

}  // namespace
}  // namespace isoquant
