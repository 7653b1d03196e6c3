// Tests of Linear of all types, with activations, clamp and residual: the bytes of the scalar definition, on every
// tier.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "isoquant/linear.h"
#include "test/float_types.h"
#include "test/guarded.h"
#include "test/product_case.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

uint32_t BitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

enum class Residual { kNone, kApart, kInPlace };

struct Options {
  bool bias = true;
  Activation activation = Activation::kNone;
  float parameter = 0.0f;
  bool u8 = false;
  bool clamp = false;
  Residual residual = Residual::kNone;
  bool special = false;
};

// Options of every kind: the i-th of some.
Options OptionsOf(size_t i) {
  Options options;
  options.bias = i % 2 != 0;
  options.activation = i / 2 % 3 == 2 ? Activation::kRelu : Activation::kNone;
  options.u8 = i / 3 % 2 != 0;
  options.clamp = i % 5 == 4;
  options.residual = static_cast<Residual>(i % 3);
  options.special = i / 2 % 2 != 0;
  return options;
}

// A layer from X to Y with guard pages behind everything. Matrices of 16-bit floats are kept as their bits.
template <class X, class Y>
class Case final : public ProductCase<StorageOf<X>, StorageOf<Y>> {
  using StoredX = StorageOf<X>;
  using StoredY = StorageOf<Y>;
  using Base = ProductCase<StoredX, StoredY>;

 public:
  Case(const Shape& shape, const Options& options, uint64_t seed)
      : Base(shape, seed),
        options_(options),
        column_scales_(shape.n),
        bias_(options.bias ? shape.n : 0),
        residual_(shape.m, shape.n, shape.n + shape.gap) {
    Random& random = this->random_;
    std::vector<float> row(shape.k);
    for (size_t r = 0; r < shape.m; ++r) {
      // Values that are exact in 16 bits, ties among them, and what the types cannot hold.
      if (options.special) FillFloats(random, r, row.data(), row.size());
      for (size_t i = 0; i < shape.k; ++i) {
        if (!options.special) row[i] = random.Signed() * 3.0f + 0.25f;
        x().Row(r)[i] = ReferenceFromF32<X>(row[i]);
      }
    }
    for (float& scale : column_scales_) scale = random.Signed() * 0x1p-7f;
    for (float& bias : bias_) bias = random.Signed() * 8.0f;
    for (StoredY& value : residual_.buffer()) {
      const bool special = options.special && random.Below(4) == 0;
      value = ReferenceFromF32<Y>(special ? SpecialFloat(random) : random.Signed() * 20.0f);
    }
    if (options.special) {
      for (size_t j = 0; j < shape.n; ++j) {
        if (random.Below(8) == 0) column_scales_[j] = SpecialFloat(random);
        if (options.bias && random.Below(8) == 0) bias_[j] = SpecialFloat(random);
      }
    }
    layer.weights = &this->packed();
    layer.column_scales = {column_scales_.data(), column_scales_.size()};
    layer.bias = {bias_.data(), bias_.size()};
    layer.activation = options.activation;
    layer.activation_parameter = options.parameter;
    layer.quantization = options.u8 ? RowQuantization::kAsymmetricU8 : RowQuantization::kSymmetricS8;
    if (options.clamp) {
      layer.min = -6.0f;
      layer.max = 5.5f;
    }
    Expect();
  }

  LinearLayer layer;
  const MatrixView<StoredX>& x() const { return this->a(); }
  const MatrixView<StoredY>& y() const { return this->c(); }
  MatrixView<const X> typed_x() const { return ViewAs<const X>(x()); }
  MatrixView<Y> typed_y() const { return ViewAs<Y>(y()); }
  MatrixView<const Y> typed_residual() const { return ViewAs<const Y>(residual_.view()); }

  // The results before residual and rounding, by Linear from f32 to f32.
  MatrixView<const float> InF32(Context& context) {
    const size_t m = x().rows, k = x().cols, n = y().cols;
    ISOQUANT_CHECK_OK(
        Linear(context, MatrixView<const float>(x32_.data(), m, k), layer, MatrixView<float>(y32_.data(), m, n)));
    return {y32_.data(), m, n};
  }
  float ResidualAt(size_t r, size_t c) const { return ReferenceToF32<Y>(residual_.at(r, c)); }

 private:
  void Expect() {
    const size_t m = x().rows, k = x().cols, n = y().cols;
    x32_.resize(m * k + 1);
    y32_.resize(m * n + 1);
    for (size_t r = 0; r < m; ++r) {
      for (size_t i = 0; i < k; ++i) x32_[r * k + i] = ReferenceToF32<X>(x().Row(r)[i]);
    }
    ReferenceLinear(MatrixView<const float>(x32_.data(), m, k), this->b(), layer, MatrixView<float>(y32_.data(), m, n));
    for (size_t r = 0; r < m; ++r) {
      for (size_t c = 0; c < n; ++c) {
        float v = y32_[r * n + c];
        if (v < layer.min) v = layer.min;
        if (v > layer.max) v = layer.max;
        if (options_.residual != Residual::kNone) v = Rounded(ResidualAt(r, c) + v);
        this->expected().Row(r)[c] = ReferenceFromF32<Y>(v);
      }
    }
  }

  Status Call(Context& context, const MatrixView<const StoredX>& x_in, const WeightsRef&,
              const MatrixView<StoredY>& y_in) const override {
    const MatrixView<const X> in = ViewAs<const X>(x_in);
    const MatrixView<Y> out = ViewAs<Y>(y_in);
    if (options_.residual == Residual::kNone) return Linear(context, in, layer, out);
    if (options_.residual == Residual::kApart) return Linear(context, in, layer, typed_residual(), out);
    for (size_t r = 0; r < y_in.rows; ++r) std::copy_n(residual_.view().Row(r), y_in.cols, y_in.Row(r));
    return Linear(context, in, layer, out, out);
  }

  const Options options_;
  const Guarded<float> column_scales_, bias_;
  const GuardedMatrix<StoredY> residual_;
  std::vector<float> x32_, y32_;
};

// Calls f(X(), Y()) for the nine pairs.
template <class F>
void ForEachPair(const F& f) {
  const auto with = [&](auto x) {
    f(x, float());
    f(x, BFloat16());
    f(x, Float16());
  };
  with(float());
  with(BFloat16());
  with(Float16());
}

template <class T>
const char* NameOf() {
  return std::is_same<T, float>::value ? "f32" : std::is_same<T, Float16>::value ? "f16" : "bf16";
}

TEST_CASE("Linear of all types: edges of K and N, strides, kinds of floats, residuals") {
  constexpr size_t kEdges[] = {0, 1, 3, 15, 16, 17, 33, 64, 129};
  size_t option = 0;
  ForEachPair([&](auto x, auto y) {
    for (size_t i = 0; i < 27; ++i, ++option) {
      const size_t k = kEdges[option % 9], n = kEdges[option * 5 / 9 % 9],
                   m = option % 4 == 3 ? kFloatKinds : option % 7;
      Case<decltype(x), decltype(y)> c({m, k, n, option % 3}, OptionsOf(option * 7), option);
      INFO(NameOf<decltype(x)>(), " to ", NameOf<decltype(y)>(), " ", m, " x ", k, " x ", n, " option ", option * 7);
      c.CheckOnEveryTier();
    }
  });
}

TEST_CASE("Linear of all types: many rows and workers, with float settings of their own") {
  size_t option = 0;
  ForEachPair([&](auto x, auto y) {
    option += 7;
    Case<decltype(x), decltype(y)> c({131, 500, 77, 1}, OptionsOf(option), option);
    INFO(NameOf<decltype(x)>(), " to ", NameOf<decltype(y)>(), " option ", option);
    ForEachTierOn<UnusualExecutor>({1, 3}, [&](Context& context, const UnusualExecutor& executor) {
      c.Run(context);
      c.Check();
      CHECK(executor.kept());
    });
  });
}

TEST_CASE("Linear of all types: the caller's float settings change nothing and are kept") {
  for (size_t option = 0; option < 30; option += 7) {
    Case<BFloat16, Float16> c({kFloatKinds, 70, 35}, OptionsOf(option), 6);
    Case<Float16, BFloat16> d({kFloatKinds, 70, 35}, OptionsOf(option), 7);
    ForEachTier([&](Context& context) {
      ForEachFloatSettings([&](const auto& under_settings) {
        under_settings([&] {
          c.Run(context);
          d.Run(context);
        });
        c.Check();
        d.Check();
      });
    });
  }
}

TEST_CASE("Linear of all types: one row at a time gives the same bytes") {
  Case<BFloat16, BFloat16> c({kFloatKinds, 130, 47, 3}, OptionsOf(3), 4);
  ForEachTier([&](Context& context) {
    c.output().Clear();
    for (size_t r = 0; r < c.x().rows; ++r) {
      ISOQUANT_CHECK_OK(Linear(context, c.typed_x().Rows(r, 1), c.layer, c.typed_y().Rows(r, 1)));
    }
    c.Check();
  });
}

// What a layer with K = 0 makes of any floats: its bias is all that there is. (-1 as a scale keeps -0.)
template <class Y>
std::vector<StorageOf<Y>> PassThrough(Context& context, const LinearLayer& like, const std::vector<float>& values) {
  const size_t n = values.size();
  const std::vector<float> scales(n, -1.0f);
  std::vector<StorageOf<Y>> y(n);
  const PackedWeights weights = Packed(context, KxN{{static_cast<const int8_t*>(nullptr), 0, n}});
  LinearLayer layer = like;
  layer.weights = &weights;
  layer.bias = {values.data(), n};
  layer.column_scales = {scales.data(), n};
  ISOQUANT_CHECK_OK(
      Linear(context, MatrixView<const Y>(nullptr, 1, 0), layer, MatrixView<Y>(reinterpret_cast<Y*>(y.data()), 1, n)));
  return y;
}

// Floats around everything that rounding to 16 bits may get wrong: each exponent, with mantissas that are exact, ties,
// and next to them.
std::vector<float> Boundaries() {
  std::vector<float> values;
  for (uint32_t exponent = 0; exponent < 256; ++exponent) {
    for (const uint32_t mantissa :
         {0x000000u, 0x000001u, 0x000fffu, 0x001000u, 0x001001u, 0x003000u, 0x007fffu, 0x008000u, 0x008001u, 0x018000u,
          0x400000u, 0x7fe000u, 0x7fefffu, 0x7ff000u, 0x7f7fffu, 0x7f8000u, 0x7fffffu}) {
      values.push_back(FromBits(exponent << 23 | mantissa));
      values.push_back(FromBits(0x80000000 | exponent << 23 | mantissa));
    }
  }
  for (uint32_t i = 0; i < 1024; ++i) {  // ties of subnormal f16, and those between
    values.push_back(static_cast<float>(i) * 0x1p-25f);
    values.push_back(FromBits(BitsOf(static_cast<float>(2 * i + 1) * 0x1p-25f) + i % 3 - 1));
  }
  return values;
}

template <class Y>
void CheckRounding() {
  const std::vector<float> values = Boundaries();
  ForEachTier([&](Context& context) {
    for (const bool clamps : {false, true}) {  // by either stage
      LinearLayer layer;
      if (clamps) layer.max = std::numeric_limits<float>::max();
      const std::vector<StorageOf<Y>> y = PassThrough<Y>(context, layer, values);
      size_t wrong = 0;
      for (size_t i = 0; i < values.size(); ++i) {
        const float v = clamps && values[i] > layer.max ? layer.max : values[i];
        const StorageOf<Y> expected = ReferenceFromF32<Y>(v);
        wrong += std::memcmp(&y[i], &expected, sizeof(expected)) != 0;
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE("Linear of all types: outputs are rounded once, to nearest even; NaN has one form") {
  CheckRounding<float>();
  CheckRounding<BFloat16>();
  CheckRounding<Float16>();
}

TEST_CASE("Linear of all types: all bf16 and f16 values of x") {
  // Each value in a row of its own, after a larger power of two: the quantised value says what it was read as.
  constexpr size_t kValues = 65536 / 32;
  for (const bool is_f16 : {false, true}) {
    const int8_t one = 1;
    const float scale = 1.0f;
    std::vector<uint16_t> x(kValues);
    std::vector<float> y(kValues), x32(kValues), y32(kValues);
    for (size_t i = 0; i < kValues; ++i) {
      x[i] = static_cast<uint16_t>(32 * i + i % 32);
      x32[i] = is_f16 ? ReferenceToF32<Float16>(x[i]) : ReferenceToF32<BFloat16>(x[i]);
    }
    ForEachTier([&](Context& context) {
      const PackedWeights weights = Packed(context, KxN{{&one, 1, 1}});
      LinearLayer layer;
      layer.weights = &weights;
      layer.column_scales = {&scale, 1};
      const MatrixView<float> out(y.data(), kValues, 1);
      ISOQUANT_CHECK_OK(Linear(context, MatrixView<const float>(x32.data(), kValues, 1), layer,
                               MatrixView<float>(y32.data(), kValues, 1)));
      ISOQUANT_CHECK_OK(
          is_f16 ? Linear(context, MatrixView<const Float16>(reinterpret_cast<const Float16*>(x.data()), kValues, 1),
                          layer, out)
                 : Linear(context, MatrixView<const BFloat16>(reinterpret_cast<const BFloat16*>(x.data()), kValues, 1),
                          layer, out));
      CHECK(std::memcmp(y.data(), y32.data(), y.size() * sizeof(float)) == 0);
    });
  }
}

// ---- Activations

constexpr Activation kActivations[] = {
    Activation::kNone, Activation::kRelu, Activation::kLeakyRelu, Activation::kHardSwish, Activation::kSigmoid,
    Activation::kTanh, Activation::kSilu, Activation::kGelu,      Activation::kGeluTanh,  Activation::kExp};

// y = residual + clamp(activation(what Linear gives in f32)), rounded once, by Activate and scalar steps.
template <class Y>
void CheckActivation(Activation activation, size_t seed) {
  Options options = OptionsOf(seed);
  options.activation = Activation::kNone;
  Case<BFloat16, Y> c({13, 70, 53, seed % 3}, options, seed);
  const LinearLayer plain = [&] {
    LinearLayer layer = c.layer;
    layer.min = -std::numeric_limits<float>::infinity();
    layer.max = std::numeric_limits<float>::infinity();
    return layer;
  }();
  c.layer.activation = activation;
  c.layer.activation_parameter = -0.375f;
  const size_t m = c.y().rows, n = c.y().cols;
  ForEachTier([&](Context& context) {
    std::vector<float> v(m * n);
    const MatrixView<float> in_f32(v.data(), m, n);
    ISOQUANT_CHECK_OK(Linear(context, c.typed_x(), plain, in_f32));
    ISOQUANT_CHECK_OK(Activate(context, activation, -0.375f, MatrixView<const float>(in_f32), in_f32));
    for (size_t r = 0; r < m; ++r) {
      for (size_t j = 0; j < n; ++j) {
        float& value = in_f32.Row(r)[j];
        if (value < c.layer.min) value = c.layer.min;
        if (value > c.layer.max) value = c.layer.max;
        if (options.residual != Residual::kNone) value = Rounded(c.ResidualAt(r, j) + value);
        c.expected().Row(r)[j] = ReferenceFromF32<Y>(value);
      }
    }
    c.Run(context);
    c.Check();
  });
}

TEST_CASE("Linear of all types: activations have the bits of Activate, before clamp, residual and rounding") {
  size_t seed = 0;
  for (const Activation activation : kActivations) {
    INFO("activation ", static_cast<int>(activation));
    for (size_t i = 0; i < 3; ++i) {
      CheckActivation<float>(activation, seed++);
      CheckActivation<BFloat16>(activation, seed++);
      CheckActivation<Float16>(activation, seed++);
    }
  }
}

TEST_CASE("Linear of all types: any floats through any activation") {
  const std::vector<float> values = Boundaries();
  const size_t n = values.size();
  for (const Activation activation : kActivations) {
    ForEachTier([&](Context& context) {
      LinearLayer layer;
      layer.activation = activation;
      layer.activation_parameter = 0.25f;
      std::vector<float> expected(n);
      ISOQUANT_CHECK_OK(Activate(context, activation, 0.25f, MatrixView<const float>(values.data(), 1, n),
                                 MatrixView<float>(expected.data(), 1, n)));
      const std::vector<float> y = PassThrough<float>(context, layer, values);
      CHECK(std::memcmp(y.data(), expected.data(), n * sizeof(float)) == 0);
      const std::vector<uint16_t> y16 = PassThrough<BFloat16>(context, layer, values);
      size_t wrong = 0;
      for (size_t i = 0; i < n; ++i) wrong += y16[i] != ReferenceFromF32<BFloat16>(expected[i]);
      CHECK(wrong == 0);
    });
  }
}

TEST_CASE("Linear of all types: sums that overflow, through any activation") {
  // No factor and no bias is infinite, but products and sums with the bias are.
  constexpr size_t kN = 40;
  const float largest = std::numeric_limits<float>::max();
  const int8_t q = 127;
  const int8_t ones[kN] = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1,
                           1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1};
  std::vector<float> scales(kN), bias(kN), y(kN), expected(kN);
  for (size_t i = 0; i < kN; ++i) {
    scales[i] = i / 2 % 2 == 0 ? largest : 1.0f;
    bias[i] = i / 4 % 2 == 0 ? 0.0f : -largest;
  }
  const float row_scale = 1.0f;
  for (const Activation activation : kActivations) {
    for (const float parameter : {0.25f, 0.0f, -2.0f}) {
      INFO("activation ", static_cast<int>(activation), " parameter ", parameter);
      ForEachTier([&](Context& context) {
        const PackedWeights weights = Packed(context, KxN{{ones, 1, kN}});
        const MatrixView<const int8_t> a(&q, 1, 1);
        const MatrixView<float> out(y.data(), 1, kN), apart(expected.data(), 1, kN);
        Dequantization d;
        d.row_scales = {&row_scale, 1};
        d.column_scales = {scales.data(), kN};
        d.bias = {bias.data(), kN};
        ISOQUANT_CHECK_OK(MatMul(context, a, weights, d, apart));
        CHECK(std::isinf(expected[0]));
        CHECK(expected[1] == -expected[0]);
        ISOQUANT_CHECK_OK(Activate(context, activation, parameter, MatrixView<const float>(apart), apart));
        d.activation = activation;
        d.activation_parameter = parameter;
        ISOQUANT_CHECK_OK(MatMul(context, a, weights, d, out));
        CHECK(std::memcmp(y.data(), expected.data(), kN * sizeof(float)) == 0);
      });
    }
  }
}

TEST_CASE("Linear of all types: golden digests of activations") {
  for (const Activation activation : kActivations) {
    Options options;
    options.activation = activation;
    options.parameter = 0.125f;
    options.residual = Residual::kInPlace;
    Case<BFloat16, BFloat16> c({33, 130, 47}, options, 16);
    Case<float, float> d({17, 100, 35}, options, 17);
    ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
      Digest digest;
      c.Run(context);
      d.Run(context);
      digest.Add(c.y());
      digest.Add(d.y());
      CheckGolden("linear/activation/" + std::to_string(static_cast<int>(activation)), digest.value());
    });
  }
}

// ---- Errors

TEST_CASE("Linear of all types: errors name the argument and write nothing") {
  Case<BFloat16, Float16> c({3, 8, 5, 2}, {}, 1);
  Case<Float16, float> d({3, 8, 5, 2}, {}, 1);
  c.output().Clear();
  d.output().Clear();
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  ForEachTier([&](Context& context) {
    c.CheckOperandErrors(context, {"x", "layer.weights", "layer.weights' K", "layer.weights' N", "y"});
    d.CheckOperandErrors(context, {"x", "layer.weights", "layer.weights' K", "layer.weights' N", "y"});
    const auto refused = [&](const LinearLayer& layer, const char* argument, const std::string& text) {
      const Status status = Linear(context, c.typed_x(), layer, c.typed_y());
      CHECK(status.code() == StatusCode::kInvalidValue);
      CHECK(std::string(status.argument()) == argument);
      CHECK(status.ToString() == text);
      CHECK(Linear(context, d.typed_x(), layer, d.typed_y()).ToString() == text);
    };
    LinearLayer layer = c.layer;
    layer.min = 2.0f;
    layer.max = 1.0f;
    refused(layer, "layer.min", "layer.min is 2, expected at most layer.max = 1");
    layer.max = -3.0f;
    layer.min = -2.0f;
    refused(layer, "layer.min", "layer.min is -2, expected at most layer.max = -3");
    layer = c.layer;
    layer.min = nan;
    refused(layer, "layer.min", "layer.min is nan, expected at least minus infinity = -inf");
    layer = c.layer;
    layer.max = nan;
    refused(layer, "layer.max", "layer.max is nan, expected at least layer.min = -inf");
    layer = c.layer;
    layer.activation = static_cast<Activation>(77);
    CHECK(std::string(Linear(context, c.typed_x(), layer, c.typed_y()).argument()) == "layer.activation");
    for (const auto& [min, max] : {std::pair<float, float>{-0.0f, 0.0f}, {0.0f, -0.0f}, {-inf, -inf}, {inf, inf}}) {
      LinearLayer legal = d.layer;
      legal.min = min;
      legal.max = max;
      CHECK(Linear(context, d.typed_x(), legal, ViewAs<float>(d.expected())).ok());
    }

    const MatrixView<Float16> y = c.typed_y();
    const auto residual = [&](const MatrixView<const Float16>& view) {
      return Linear(context, c.typed_x(), c.layer, view, y).ToString();
    };
    const MatrixView<const Float16> good = c.typed_residual();
    CHECK(residual({good.data, 2, 5, 7}) == "residual.rows is 2, expected y.rows = 3");
    CHECK(residual({good.data, 3, 4, 7}) == "residual.cols is 4, expected y.cols = 5");
    CHECK(residual({nullptr, 3, 5, 7}).find("residual.data is null") == 0);
    CHECK(residual({y.data + 1, 3, 5, 7}) == "y overlaps residual");
    CHECK(residual({y.data, 3, 5, 8}) == "y overlaps residual");
    CHECK(c.output().IsUntouched());
    CHECK(d.output().IsUntouched());
  });
}

// ---- Golden digests

template <class X, class Y>
void CheckGoldenPair() {
  Options plain, all;
  plain.u8 = true;
  all.activation = Activation::kRelu;
  all.clamp = true;
  all.residual = Residual::kInPlace;
  Options special = plain;
  special.special = true;
  special.residual = Residual::kApart;
  Case<X, Y> first({97, 301, 110}, plain, 13), second({97, 301, 110}, all, 14);
  Case<X, Y> third({5 * kFloatKinds + 1, 259, 67}, special, 15);
  CheckGoldenOutputs(std::string("linear/") + NameOf<X>() + "_" + NameOf<Y>(), first, second, third);
}

TEST_CASE("Linear of all types: golden digests") {
  ForEachPair([](auto x, auto y) { CheckGoldenPair<decltype(x), decltype(y)>(); });
}

}  // namespace
}  // namespace isoquant
