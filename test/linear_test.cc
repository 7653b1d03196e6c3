// Tests of Linear: the bytes of the scalar definition, on every tier, however the work is split.
#include "isoquant/linear.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "isoquant/quantize.h"
#include "test/guarded.h"
#include "test/product_case.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

enum class Values { kOrdinary, kSpecial };

// A layer with guard pages behind everything that it refers to; a: its input x, c: its output y.
class Case final : public ProductCase<float, float> {
 public:
  struct Options {
    bool bias = true;
    Activation activation = Activation::kNone;
    RowQuantization quantization = RowQuantization::kSymmetricS8;
    Values values = Values::kOrdinary;
  };

  Case(const Shape& shape, const Options& options, uint64_t seed = 1)
      : ProductCase(shape, seed), column_scales_(shape.n), bias_(options.bias ? shape.n : 0) {
    if (options.values == Values::kSpecial) {
      FillRows(random_, x());
      FillFloats(random_, kFloatKinds - 1, column_scales_.data(), column_scales_.size());
      FillFloats(random_, kFloatKinds - 1, bias_.data(), bias_.size());
    } else {
      for (float& value : a_buffer()) value = random_.Signed() + 0.25f;
      for (float& scale : column_scales_) scale = random_.Signed() * 0x1p-7f;
      for (float& bias : bias_) bias = random_.Signed() * 8.0f;
    }
    layer.weights = &packed();
    layer.column_scales = {column_scales_.data(), column_scales_.size()};
    layer.bias = {bias_.data(), bias_.size()};
    layer.activation = options.activation;
    layer.quantization = options.quantization;
    Expect();
  }

  // After changes of x, scales or bias; under the default float environment.
  void Expect() { ReferenceLinear(x(), b(), layer, expected()); }

  LinearLayer layer;
  const MatrixView<float>& x() const { return a(); }
  const MatrixView<float>& y() const { return c(); }
  const Guarded<float>& column_scales() const { return column_scales_; }
  const Guarded<float>& bias() const { return bias_; }

 private:
  Status Call(Context& context, const MatrixView<const float>& x, const WeightsRef&,
              const MatrixView<float>& y) const override {
    return Linear(context, x, layer, y);
  }

  const Guarded<float> column_scales_, bias_;
};

constexpr RowQuantization kQuantizations[] = {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8};

// The eight kinds of layers.
Case::Options OptionsOf(size_t i, Values values) {
  return {(i & 1) != 0, (i & 2) != 0 ? Activation::kRelu : Activation::kNone, kQuantizations[i / 4 % 2], values};
}

uint32_t BitsOf(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

TEST_CASE("Linear: all kinds of layers, edges of K and N, strides and kinds of floats") {
  constexpr size_t kEdges[] = {0, 1, 3, 4, 15, 16, 17, 33, 64, 129};
  size_t option = 0;
  for (const size_t k : kEdges) {
    for (const size_t n : kEdges) {
      for (const Values values : {Values::kOrdinary, Values::kSpecial}) {
        // Four of the eight kinds for each shape, the other four for the next one.
        for (size_t i = 0; i < 4; ++i) {
          option = (option + 5) % 8;
          const size_t gap = (k + n + i) % 3;
          Case c({values == Values::kSpecial ? kFloatKinds : 5, k, n, gap}, OptionsOf(option, values), k * 131 + n);
          INFO("K ", k, " N ", n, " kind of layer ", option);
          c.CheckOnEveryTier();
        }
        option = (option + 1) % 8;
      }
    }
  }
}

TEST_CASE("Linear: all numbers of rows") {
  constexpr size_t kRows[] = {0, 1, 2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 23, 24, 25, 97};
  for (const size_t rows : kRows) {
    for (size_t option = 0; option < 8; ++option) {
      Case c({rows, 61, 35, 2}, OptionsOf(option, Values::kSpecial), rows);
      INFO("M ", rows, " kind of layer ", option);
      c.CheckOnEveryTier();
    }
  }
}

TEST_CASE("Linear: short rows, by fours and others") {
  for (const size_t rows : {size_t{4}, size_t{8}, size_t{10}, size_t{16}, size_t{28}, size_t{36}}) {
    for (const size_t k : {size_t{1}, size_t{3}, size_t{8}, size_t{15}, size_t{16}, size_t{17}}) {
      for (const Values values : {Values::kOrdinary, Values::kSpecial}) {  // special ones are not all finite
        for (const size_t option : {(rows + k) % 4, 4 + (rows + k) % 4}) {
          Case c({rows, k, 19, k % 3}, OptionsOf(option, values), rows + k);
          INFO("M ", rows, " K ", k, " kind of layer ", option);
          c.CheckOnEveryTier();
        }
      }
    }
  }
}

TEST_CASE("Linear: long rows, several blocks of rows") {
  for (const RowQuantization quantization : kQuantizations) {
    // More rows than are quantised at a time; K in more than one piece.
    Case c({211, 5000, 19, 1}, {true, Activation::kRelu, quantization, Values::kOrdinary}, 3);
    c.CheckOnEveryTier();
  }
}

TEST_CASE("Linear: one row at a time gives the same bytes") {
  for (const RowQuantization quantization : kQuantizations) {
    Case c({2 * kFloatKinds + 1, 130, 47, 3}, {true, Activation::kRelu, quantization, Values::kSpecial}, 4);
    ForEachTier([&](Context& context) {
      for (const size_t step : {size_t{1}, size_t{2}, size_t{13}}) {
        c.output().Clear();
        for (size_t r = 0; r < c.x().rows; r += step) {
          const size_t rows = std::min(step, c.x().rows - r);
          // The stride of a single row does not matter.
          const size_t x_stride = rows == 1 ? 0 : c.x().row_stride, y_stride = rows == 1 ? 0 : c.y().row_stride;
          ISOQUANT_CHECK_OK(Linear(context, MatrixView<const float>(c.x().Row(r), rows, c.x().cols, x_stride), c.layer,
                                   MatrixView<float>(c.y().Row(r), rows, c.y().cols, y_stride)));
        }
        c.Check();
      }
    });
  }
}

TEST_CASE("Linear: any number of workers, with float settings of their own") {
  for (const RowQuantization quantization : kQuantizations) {
    // Worth five tasks, with a matrix unit too.
    Case c({330, 1000, 137}, {true, Activation::kNone, quantization, Values::kSpecial}, 5);
    ForEachTierOn<UnusualExecutor>({1, 2, 3, 5}, [&](Context& context, const UnusualExecutor& executor) {
      c.Run(context);
      c.Check();
      CHECK(executor.kept());
      if (executor.NumWorkers() != 1) CHECK(executor.most_tasks() >= executor.NumWorkers());
    });
  }
}

TEST_CASE("Linear: the caller's float settings change nothing and are kept") {
  for (size_t option = 0; option < 8; ++option) {
    Case c({3 * kFloatKinds, 70, 35}, OptionsOf(option, Values::kSpecial), 6);
    ForEachTier([&](Context& context) {
      ForEachFloatSettings([&](const auto& under_settings) {
        under_settings([&] { c.Run(context); });
        c.Check();
      });
    });
  }
}

// ---- What the header says, without ReferenceLinear.

TEST_CASE("Linear: equals QuantizeRows, MatMul, and scalar steps") {
  constexpr size_t m = 9, k = 75, n = 21;
  Case c({m, k, n}, {true, Activation::kRelu, RowQuantization::kAsymmetricU8, Values::kOrdinary}, 7);
  ForEachTier([&](Context& context) {
    std::vector<uint8_t> q(m * k);
    std::vector<float> scales(m);
    std::vector<int32_t> zero_points(m), sums(m * n);
    const MatrixView<uint8_t> q_view(q.data(), m, k);
    const MatrixView<int32_t> t(sums.data(), m, n);
    ISOQUANT_CHECK_OK(QuantizeRows(context, c.x(), q_view, {scales.data(), m}, {zero_points.data(), m}));
    ReferenceMatMul(MatrixView<const uint8_t>(q_view), c.b(), false, t);
    c.Run(context);
    size_t positive = 0;
    for (size_t r = 0; r < m; ++r) {
      CHECK(zero_points[r] != 0);
      for (size_t j = 0; j < n; ++j) {
        int32_t column_sum = 0;
        for (size_t i = 0; i < k; ++i) column_sum += c.b().Row(i)[j];
        float v = Rounded(static_cast<float>(t.Row(r)[j] - zero_points[r] * column_sum) * scales[r]);
        v = Rounded(v * c.column_scales()[j]);
        v = Rounded(v + c.bias()[j]);
        if (v < 0.0f) v = 0.0f;
        positive += v > 0.0f;
        CHECK(BitsOf(c.y().Row(r)[j]) == BitsOf(v));
      }
    }
    CHECK(positive > m * n / 4);
    CHECK(positive < m * n);
  });
}

TEST_CASE("Linear: a NaN is stored as 7fc00000, with ReLU too") {
  for (size_t option = 0; option < 8; ++option) {
    Case c({5, 33, 19}, OptionsOf(option, Values::kOrdinary), 8);
    const bool has_bias = c.layer.bias.size != 0;
    // Column 0: scale NaN. 1: NaN with another payload. 2: signalling. 3: infinity times zero. 4: infinity.
    // 5 to 8, by the bias: NaN, signalling NaN, infinity; infinity less infinity.
    const uint32_t bits[] = {0xffc00000, 0x7fc12345, 0xff800001, 0x7f800000, 0x7f800000};
    for (size_t i = 0; i < 5; ++i) c.column_scales()[i] = FromBits(bits[i]);
    if (has_bias) {
      c.bias()[5] = FromBits(0xffd00001);
      c.bias()[6] = FromBits(0x7f800003);
      c.bias()[7] = kInfinity;
      c.bias()[8] = -kInfinity;
    }
    c.column_scales()[8] = kInfinity;
    for (size_t i = 0; i < c.x().cols; ++i) c.x().Row(0)[i] = 0.0f;  // its sums are zero
    c.Expect();
    ForEachTier([&](Context& context) {
      c.Run(context);
      c.Check();
      for (size_t r = 0; r < c.y().rows; ++r) {
        const float* y = c.y().Row(r);
        for (size_t i = 0; i < 3; ++i) CHECK(BitsOf(y[i]) == 0x7fc00000u);
        if (r == 0) CHECK(BitsOf(y[3]) == 0x7fc00000u);
        if (r != 0) CHECK((std::isinf(y[4]) || y[4] == 0.0f));
        if (has_bias) {
          CHECK(BitsOf(y[5]) == 0x7fc00000u);
          CHECK(BitsOf(y[6]) == 0x7fc00000u);
          CHECK(BitsOf(y[7]) == 0x7f800000u);
        }
        for (size_t i = 9; i < c.y().cols; ++i) CHECK(std::isfinite(y[i]));
      }
    });
  }
}

TEST_CASE("Linear: the sign of zero") {
  for (const RowQuantization quantization : kQuantizations) {
    for (const Activation activation : {Activation::kNone, Activation::kRelu}) {
      for (const bool has_bias : {false, true}) {
        constexpr size_t kN = 40;  // whole vectors and a part of one
        Case c({3, 20, kN}, {has_bias, activation, quantization, Values::kOrdinary}, 9);
        for (size_t r = 0; r < 3; ++r) {
          for (size_t i = 0; i < 20; ++i) c.x().Row(r)[i] = r == 0 ? -0.0f : 0.0f;
        }
        for (size_t j = 0; j < kN; ++j) {
          c.column_scales()[j] = j % 2 == 0 ? 0.5f : -0.5f;
          if (has_bias) c.bias()[j] = j / 2 % 2 == 0 ? 0.0f : -0.0f;
        }
        ForEachTier([&](Context& context) {
          c.Run(context);
          for (size_t r = 0; r < 3; ++r) {
            for (size_t j = 0; j < kN; ++j) {
              // 0 * scale, then -0 only as -0 + -0. ReLU keeps it: -0 is not less than 0.
              const bool negative = j % 2 != 0 && (!has_bias || j / 2 % 2 != 0);
              CHECK(BitsOf(c.y().Row(r)[j]) == (negative ? 0x80000000u : 0u));
            }
          }
        });
      }
    }
  }
}

TEST_CASE("Linear: K = 0 gives the bias") {
  for (const RowQuantization quantization : kQuantizations) {
    Case c({4, 0, 21}, {true, Activation::kNone, quantization, Values::kOrdinary}, 10);
    ForEachTier([&](Context& context) {
      c.Run(context);
      for (size_t r = 0; r < 4; ++r) {
        for (size_t j = 0; j < 21; ++j) CHECK(BitsOf(c.y().Row(r)[j]) == BitsOf(c.bias()[j]));
      }
    });
  }
}

TEST_CASE("Linear: the product is rounded before the bias is added") {
  for (const RowQuantization quantization : kQuantizations) {
    constexpr size_t m = 8, n = 37;
    Case c({m, 50, n}, {true, Activation::kNone, quantization, Values::kOrdinary}, 11);
    // All rows alike, and a bias that cancels the rounded product: unfused the sum is +0 exactly, fused it is the error
    // of the product's rounding.
    for (size_t r = 1; r < m; ++r) std::copy(c.x().Row(0), c.x().Row(0) + c.x().cols, c.x().Row(r));
    for (float& bias : c.bias()) bias = 0.0f;
    c.Expect();
    for (size_t j = 0; j < n; ++j) c.bias()[j] = -c.expected().Row(0)[j];
    c.Expect();
    std::vector<float> fused(m * n);
    const MatrixView<float> fused_view(fused.data(), m, n);
    ReferenceLinear(c.x(), c.b(), c.layer, fused_view, /*fused=*/true);
    size_t differ = 0;
    for (size_t i = 0; i < m * n; ++i) differ += fused[i] != 0.0f;
    CHECK(differ > m * n / 2);
    ForEachTier([&](Context& context) {
      c.Run(context);
      c.Check();
      for (size_t r = 0; r < m; ++r) {
        for (size_t j = 0; j < n; ++j) CHECK(BitsOf(c.y().Row(r)[j]) == 0u);
      }
    });
  }
}

TEST_CASE("Linear: approximates the product of floats as well as 8 bits allow") {
  constexpr size_t m = 20, k = 512, n = 40;
  Random random(12);
  std::vector<float> x_data(m * k), w_data(k * n), column_scales(n), y_data(m * n);
  const MatrixView<float> x(x_data.data(), m, k), w(w_data.data(), k, n), y(y_data.data(), m, n);
  for (float& value : x_data) value = random.Signed();
  for (float& value : w_data) value = random.Signed() * 0.1f;
  for (const RowQuantization quantization : kQuantizations) {
    ForEachTier([&](Context& context) {
      std::vector<int8_t> q(k * n);
      const MatrixView<int8_t> q_view(q.data(), k, n);
      ISOQUANT_CHECK_OK(QuantizeColumns(context, w, q_view, {column_scales.data(), n}));
      const PackedWeights packed = Packed(context, KxN{q_view});
      LinearLayer layer;
      layer.weights = &packed;
      layer.column_scales = {column_scales.data(), n};
      layer.quantization = quantization;
      ISOQUANT_CHECK_OK(Linear(context, x, layer, y));
      double error2 = 0.0, exact2 = 0.0;
      for (size_t r = 0; r < m; ++r) {
        for (size_t j = 0; j < n; ++j) {
          double exact = 0.0;
          for (size_t i = 0; i < k; ++i) exact += static_cast<double>(x.Row(r)[i]) * static_cast<double>(w.Row(i)[j]);
          const double error = static_cast<double>(y.Row(r)[j]) - exact;
          error2 += error * error;
          exact2 += exact * exact;
        }
      }
      // Steps of 2 / 254 (x and w in [-1, 1]) have errors of step / sqrt(12), relative to values of 1 / sqrt(3), each:
      // sqrt(2) * (1 / 127) / 2 = 0.56 %.
      CHECK(std::sqrt(error2 / exact2) < 0.0062);
      CHECK(std::sqrt(error2 / exact2) > 0.004);
    });
  }
}

// ---- Errors

TEST_CASE("Linear: errors name the argument and write nothing") {
  Case c({3, 8, 5, 2}, {});
  float* y = c.y().data;
  const char* n = "layer.weights' N";
  const Fault<LinearLayer> faults[] = {
      {[](LinearLayer& l) { l.weights = nullptr; },
       {StatusCode::kNull, "layer.weights", 0, 1, "layer.weights is null, expected weights = 1 elements"}},
      {[](LinearLayer& l) { l.column_scales.size = 4; }, Mismatch("layer.column_scales.size", 4, n, 5)},
      {[](LinearLayer& l) { l.column_scales.data = nullptr; }, Null("layer.column_scales", n, 5)},
      {[](LinearLayer& l) { l.bias.size = 6; }, Mismatch("layer.bias.size", 6, n, 5)},
      {[](LinearLayer& l) { l.bias.data = nullptr; }, Null("layer.bias", n, 5)},
      {[=](LinearLayer& l) { l.bias.data = y; }, Overlap("y", "layer.bias")},
      {[=](LinearLayer& l) { l.column_scales.data = y + 3; }, Overlap("y", "layer.column_scales")},
  };
  c.output().Clear();
  ForEachTier([&](Context& context) {
    for (const Fault<LinearLayer>& fault : faults) {
      LinearLayer layer = c.layer;
      fault.change(layer);
      CheckRefused(Linear(context, c.x(), layer, c.y()), fault.refusal);
    }
    c.CheckOperandErrors(context, {"x", "layer.weights", "layer.weights' K", n, "y"});
    CHECK(c.output().IsUntouched());
  });
}

// ---- Golden digests

TEST_CASE("Linear: golden digests") {
  for (size_t option = 0; option < 8; ++option) {
    const bool bias = (option & 1) != 0, relu = (option & 2) != 0, u8 = (option & 4) != 0;
    const std::string name = std::string("linear/") + (u8 ? "u8" : "s8") +
                             (bias   ? relu ? "/bias_relu" : "/bias"
                              : relu ? "/relu"
                                     : "/plain");
    // Ordinary values, where a fused product shows; and special ones. Enough products for three tasks.
    Case ordinary({97, 301, 110}, OptionsOf(option, Values::kOrdinary), 13);
    Case special({5 * kFloatKinds + 1, 259, 67}, OptionsOf(option, Values::kSpecial), 14);
    CheckGoldenOutputs(name, ordinary, special);
  }
}

}  // namespace
}  // namespace isoquant
