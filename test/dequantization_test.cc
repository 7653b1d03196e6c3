// Tests of MatMul to f32: the bytes of the scalar definition, on every tier, and of Linear on rows quantised before.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "isoquant/linear.h"
#include "isoquant/quantize.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

struct Shape {
  size_t m, k, n;
  size_t gap = 0;  // row_stride of a less k, and of c less n
};

// Bits of an option: one scale for all rows, one for all columns, bias, ReLU, special floats; zero points: none, one,
// each.
constexpr size_t kNumOptions = 32 * 3;

template <class A>
class Case {
 public:
  Case(const Shape& shape, size_t option, uint64_t seed)
      : a_(shape.m, shape.k, shape.k + shape.gap),
        b_(shape.k, shape.n),
        row_scales_((option & 1) != 0 ? 1 : shape.m),
        column_scales_((option & 2) != 0 ? 1 : shape.n),
        bias_((option & 4) != 0 ? shape.n : 0),
        zero_points_(option / 32 == 0   ? 0
                     : option / 32 == 1 ? 1
                                        : shape.m),
        c_(shape.m, shape.n, shape.n + shape.gap) {
    Random random(seed);
    FillIntegers(random, a_.buffer().data(), a_.buffer().size());
    FillIntegers(random, b_.buffer().data(), b_.buffer().size());
    const bool special = (option & 16) != 0;
    // Special: one vector of them at a time, so that each finds the others harmless.
    Fill(random, special && seed % 3 == 0, 0x1p-7f, row_scales_);
    Fill(random, special && seed % 3 == 1, 0x1p-7f, column_scales_);
    Fill(random, special && seed % 3 == 2, 8.0f, bias_);
    // Products that overflow by themselves, at the limit of what is known to be no NaN.
    if (special && seed % 2 == 0) {
      for (float& scale : row_scales_) scale = random.Below(2) == 0 ? 0x1p96f : 0x1.8p96f;
      for (float& scale : column_scales_) scale = random.Below(2) == 0 ? 0.0f : std::numeric_limits<float>::max();
    }
    for (int32_t& zero_point : zero_points_) zero_point = static_cast<int32_t>(random.Below(256));
    d.row_scales = {row_scales_.data(), row_scales_.size()};
    d.row_zero_points = {zero_points_.data(), zero_points_.size()};
    d.column_scales = {column_scales_.data(), column_scales_.size()};
    d.bias = {bias_.data(), bias_.size()};
    d.activation = (option & 8) != 0 ? Activation::kRelu : Activation::kNone;
    Context context;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{b_.const_view()}, packed_));
    Expect();
  }
  Case(const Case&) = delete;

  void Expect() {
    const std::vector<int32_t> sums =
        ReferenceCorrectedSums(a_.const_view(), b_.const_view(), VectorView<const int32_t>(d.row_zero_points));
    ReferenceDequantize(MatrixView<const int32_t>(sums.data(), a_.view().rows, b_.view().cols), d, c_.expected());
  }
  void Run(Context& context) { Run(context, packed_); }
  void RunPlain(Context& context) { Run(context, KxN{b_.const_view()}); }
  void Check() {
    ISOQUANT_CHECK_OK(status_);
    c_.Check();
  }

  Dequantization d;
  const MatrixView<A>& a() const { return a_.view(); }
  const PackedWeights& packed() const { return packed_; }
  const MatrixView<float>& c() const { return c_.view(); }
  const Output<float>& output() const { return c_; }

 private:
  void Run(Context& context, const WeightsRef& b) {
    c_.Clear();
    status_ = MatMul(context, a_.const_view(), b, d, c_.view());
  }
  static void Fill(Random& random, bool special, float scale, const Guarded<float>& values) {
    for (float& value : values) value = random.Signed() * scale;
    for (size_t i = 0; special && i < values.size(); ++i) {
      if (random.Below(3) == 0) values[i] = SpecialFloat(random);
    }
  }

  const GuardedMatrix<A> a_;
  const GuardedMatrix<int8_t> b_;
  const Guarded<float> row_scales_, column_scales_, bias_;
  const Guarded<int32_t> zero_points_;
  Output<float> c_;
  PackedWeights packed_;
  Status status_;
};

template <class A>
void CheckCase(const Shape& shape, size_t option, uint64_t seed) {
  Case<A> c(shape, option, seed);
  INFO(shape.m, " x ", shape.k, " x ", shape.n, " option ", option, " seed ", seed);
  ForEachTier([&](Context& context) {
    c.Run(context);
    c.Check();
  });
}

TEST_CASE("Dequantization: shapes around the tiles, strides, all options") {
  constexpr size_t kRows[] = {1, 2, 5, 6, 7, 11, 12, 13, 25};
  constexpr size_t kCols[] = {1, 7, 8, 15, 16, 17, 31, 32, 33, 48, 65};
  constexpr size_t kDepths[] = {1, 3, 4, 17, 64, 129};
  uint64_t seed = 0;
  for (const size_t m : kRows) {
    for (const size_t n : kCols) {
      for (size_t i = 0; i < 4; ++i, ++seed) {
        const Shape shape{m, kDepths[seed % 6], n, seed % 3};
        CheckCase<int8_t>(shape, seed * 7 % kNumOptions, seed);
        CheckCase<uint8_t>(shape, seed * 7 % kNumOptions, seed + 1);
      }
    }
  }
}

TEST_CASE("Dequantization: nothing to do, nothing to add up, several chunks of K") {
  for (const Shape& shape : {Shape{0, 0, 0}, Shape{0, 5, 7}, Shape{3, 5, 0}, Shape{5, 0, 40}, Shape{30, 0, 33},
                             Shape{2, 5000, 40}, Shape{30, 9001, 35, 1}}) {
    for (size_t option = 0; option < kNumOptions; option += 7) {
      CheckCase<int8_t>(shape, option, option);
      CheckCase<uint8_t>(shape, option, option + 1);
    }
  }
}

TEST_CASE("Dequantization: plain weights, any number of workers, any float settings") {
  for (size_t option = 0; option < kNumOptions; option += 5) {
    Case<uint8_t> c({70, 130, 47, 3}, option, option);
    Case<int8_t> large({330, 300, 67}, option, option + 1);
    ForEachTier([&](Context& tier) {
      c.RunPlain(tier);
      c.Check();
      UnusualExecutor executor(5);
      Context context(executor);
      ISOQUANT_CHECK_OK(context.SetMaxTier(tier.tier()));
      large.Run(context);
      large.Check();
      CHECK(executor.kept());
      CHECK(executor.most_tasks() >= 2);
      ForEachFloatSettings([&](const auto& under_settings) {
        under_settings([&] { c.Run(tier); });
        c.Check();
      });
    });
  }
}

TEST_CASE("Dequantization: Linear is QuantizeRows and MatMul to f32") {
  constexpr size_t m = 37, k = 130, n = 53;
  Random random(1);
  std::vector<float> x(m * k), column_scales(n), bias(n), scales(m), y(m * n), c(m * n);
  std::vector<int8_t> b(k * n), s8(m * k);
  std::vector<uint8_t> u8(m * k);
  std::vector<int32_t> zero_points(m);
  FillRows(random, MatrixView<float>(x.data(), m, k));
  FillIntegers(random, b.data(), b.size());
  for (float& value : column_scales) value = random.Signed();
  for (float& value : bias) value = random.Signed();
  const MatrixView<const float> x_view(x.data(), m, k);
  const MatrixView<float> y_view(y.data(), m, n), c_view(c.data(), m, n);
  ForEachTier([&](Context& context) {
    PackedWeights packed;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{b.data(), k, n}}, packed));
    LinearLayer layer;
    layer.weights = &packed;
    layer.column_scales = {column_scales.data(), n};
    layer.bias = {bias.data(), n};
    layer.activation = Activation::kRelu;
    Dequantization d{{scales.data(), m}, {}, {column_scales.data(), n}, {bias.data(), n}, Activation::kRelu};
    ISOQUANT_CHECK_OK(Linear(context, x_view, layer, y_view));
    ISOQUANT_CHECK_OK(QuantizeRows(context, x_view, {s8.data(), m, k}, {scales.data(), m}));
    ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(s8.data(), m, k), packed, d, c_view));
    CHECK(std::memcmp(y.data(), c.data(), y.size() * sizeof(float)) == 0);

    layer.quantization = RowQuantization::kAsymmetricU8;
    d.row_zero_points = {zero_points.data(), m};
    ISOQUANT_CHECK_OK(Linear(context, x_view, layer, y_view));
    ISOQUANT_CHECK_OK(QuantizeRows(context, x_view, {u8.data(), m, k}, {scales.data(), m}, {zero_points.data(), m}));
    ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const uint8_t>(u8.data(), m, k), packed, d, c_view));
    CHECK(std::memcmp(y.data(), c.data(), y.size() * sizeof(float)) == 0);
  });
}

TEST_CASE("Dequantization: errors name the argument and write nothing") {
  Case<uint8_t> c({3, 8, 5, 2}, 4 + 64, 1);
  const MatrixView<const uint8_t> a(c.a());
  const MatrixView<float> out(c.c());
  c.output().Clear();
  ForEachTier([&](Context& context) {
    const auto check = [&](StatusCode code, const std::string& argument, const Dequantization& d,
                           const MatrixView<const uint8_t>& a_in, const MatrixView<float>& c_in) {
      const Status status = MatMul(context, a_in, c.packed(), d, c_in);
      INFO(status.ToString());
      CHECK(status.code() == code);
      CHECK(status.argument() == argument);
    };
    Dequantization d = c.d;
    d.row_scales.size = 2;
    check(StatusCode::kMismatch, "dequantization.row_scales.size", d, a, out);
    d.row_scales = {nullptr, 1};
    check(StatusCode::kNull, "dequantization.row_scales.data", d, a, out);
    d.row_scales = {out.data, 3};
    check(StatusCode::kOverlap, "c", d, a, out);
    d = c.d;
    d.row_zero_points.size = 4;
    check(StatusCode::kMismatch, "dequantization.row_zero_points.size", d, a, out);
    d.row_zero_points = {nullptr, 3};
    check(StatusCode::kNull, "dequantization.row_zero_points.data", d, a, out);
    d = c.d;
    d.column_scales.size = 0;
    check(StatusCode::kMismatch, "dequantization.column_scales.size", d, a, out);
    d.column_scales = {nullptr, 5};
    check(StatusCode::kNull, "dequantization.column_scales.data", d, a, out);
    d.column_scales = {out.data, 5};
    check(StatusCode::kOverlap, "c", d, a, out);
    d = c.d;
    d.bias.size = 1;
    check(StatusCode::kMismatch, "dequantization.bias.size", d, a, out);
    d.bias = {nullptr, 5};
    check(StatusCode::kNull, "dequantization.bias.data", d, a, out);
    d.bias = {out.data, 5};
    check(StatusCode::kOverlap, "c", d, a, out);
    check(StatusCode::kMismatch, "a.cols", c.d, {a.data, 3, 7, a.row_stride}, out);
    check(StatusCode::kMismatch, "c.rows", c.d, {a.data, 2, 8, a.row_stride}, out);
    check(StatusCode::kMismatch, "c.cols", c.d, a, {out.data, 3, 4, out.row_stride});
    check(StatusCode::kTooSmall, "c.row_stride", c.d, a, {out.data, 3, 5, 4});
    check(StatusCode::kNull, "c.data", c.d, a, {nullptr, 3, 5});
    CHECK(c.output().IsUntouched());
  });
}

template <class A>
void CheckGoldenOutputs(const std::string& type) {
  for (size_t option = 0; option < kNumOptions; option += 11) {
    Case<A> c({97, 301, 110}, option, option);
    ForEachTier([&](Context& tier) {
      for (const size_t workers : {size_t{1}, size_t{3}}) {
        ThreadExecutor executor(workers);
        Context context(executor);
        ISOQUANT_CHECK_OK(context.SetMaxTier(tier.tier()));
        c.Run(context);
        c.Check();
        Digest digest;
        digest.Add(c.c());
        CheckGolden("dequantization/" + type + "/" + std::to_string(option), digest.value());
      }
    });
  }
}

TEST_CASE("Dequantization: golden digests") {
  CheckGoldenOutputs<int8_t>("s8");
  CheckGoldenOutputs<uint8_t>("u8");
}

}  // namespace
}  // namespace isoquant
