// Tests of ONNX's rules of quantisation: QuantizeLinear*, QuantizeDynamic, the scales of QLinearMatMul, and the
// inverses with zero points: the bytes of the scalar definition, on every tier, for every kind of float.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "isoquant/quantize.h"
#include "isoquant/requantize.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kMax = std::numeric_limits<float>::max();
constexpr size_t kSizes[] = {0, 1, 3, 7, 8, 15, 17, 33, 67, 133};

template <class Q>
Q ReferenceDivide(float x, float scale, int32_t zero_point) {
  const int32_t lo = std::numeric_limits<Q>::min(), hi = std::numeric_limits<Q>::max();
  const float quotient = Rounded(x / scale);
  if (std::isnan(quotient)) return static_cast<Q>(zero_point);
  const float clamped = Clamp(quotient, static_cast<float>(lo - zero_point), static_cast<float>(hi - zero_point));
  return static_cast<Q>(RoundTiesToEven(clamped) + zero_point);
}

void ReferenceDynamic(MatrixView<const float> x, MatrixView<uint8_t> q, float& scale, int32_t& zero_point) {
  Range range;
  for (size_t r = 0; r < x.rows; ++r) {
    for (size_t c = 0; c < x.cols; ++c) range.Add(x.Row(r)[c]);
  }
  scale = range.hi == range.lo ? 1.0f : Rounded(Rounded(range.hi - range.lo) / 255.0f);
  const float unrounded = Rounded(0.0f - Rounded(range.lo / scale));
  zero_point = std::isnan(unrounded) ? 0 : RoundTiesToEven(Clamp(unrounded, 0.0f, 255.0f));
  for (size_t r = 0; r < x.rows; ++r) {
    for (size_t c = 0; c < x.cols; ++c) q.Row(r)[c] = ReferenceDivide<uint8_t>(x.Row(r)[c], scale, zero_point);
  }
}

// ---- All operations of one input, what they write and should write.
class AllOperations {
 public:
  AllOperations(MatrixView<const float> x, float scale, int32_t zero_point, size_t stride, Random& random)
      : x_(x),
        tensor_scale_(scale),
        zero_point_(zero_point),
        row_scales_(x.rows),
        column_scales_(x.cols),
        row_points_(x.rows),
        column_points_(x.cols),
        dynamic_scale_(1),
        dynamic_zero_point_(1) {
    for (const Guarded<float>* scales : {&row_scales_, &column_scales_}) {
      for (float& s : *scales) s = random.Below(2) == 0 ? SpecialFloat(random) : random.Signed();
    }
    // Of s8; of u8 they are 128 more.
    for (const Guarded<int32_t>* points : {&row_points_, &column_points_}) {
      for (int32_t& z : *points) z = static_cast<int32_t>(random.Below(256)) - 128;
    }
    for (int i = 0; i < 4; ++i) s8_.emplace_back(new Output<int8_t>(x.rows, x.cols, stride));
    for (int i = 0; i < 4; ++i) u8_.emplace_back(new Output<uint8_t>(x.rows, x.cols, stride));
    dynamic_.emplace_back(new Output<uint8_t>(x.rows, x.cols, stride));
    for (int i = 0; i < 4; ++i) back_.emplace_back(new Output<float>(x.rows, x.cols, stride));
  }

  // Under the default float environment.
  void Expect() {
    for (size_t r = 0; r < x_.rows; ++r) {
      for (size_t c = 0; c < x_.cols; ++c) {
        const auto expect = [&](size_t i, float scale, int32_t z) {
          s8_[i]->expected().Row(r)[c] = ReferenceDivide<int8_t>(x_.Row(r)[c], scale, z);
          const int32_t z_u8 = i == 3 ? 0 : z + 128;
          u8_[i]->expected().Row(r)[c] = ReferenceDivide<uint8_t>(x_.Row(r)[c], scale, z_u8);
        };
        expect(0, tensor_scale_, zero_point_);
        expect(1, row_scales_[r], row_points_[r]);
        expect(2, column_scales_[c], column_points_[c]);
        expect(3, column_scales_[c], 0);
        const int32_t q8 = s8_[0]->expected().Row(r)[c], qu8 = u8_[0]->expected().Row(r)[c];
        back_[0]->expected().Row(r)[c] = ReferenceDequantizeOne(q8, row_scales_[r], row_points_[r]);
        back_[1]->expected().Row(r)[c] = ReferenceDequantizeOne(q8, column_scales_[c], column_points_[c]);
        back_[2]->expected().Row(r)[c] = ReferenceDequantizeOne(qu8, column_scales_[c], column_points_[c]);
        back_[3]->expected().Row(r)[c] = ReferenceDequantizeOne(qu8, row_scales_[r], row_points_[r]);
      }
    }
    ReferenceDynamic(x_, dynamic_[0]->expected(), *dynamic_scale_.expected().data,
                     *dynamic_zero_point_.expected().data);
  }

  // Statuses are looked at later: doctest itself is not to run under a strange float environment.
  void Run(Context& context) {
    for (const auto& out : s8_) out->Clear();
    for (const auto& out : u8_) out->Clear();
    for (const auto& out : back_) out->Clear();
    dynamic_[0]->Clear();
    dynamic_scale_.Clear();
    dynamic_zero_point_.Clear();
    std::vector<int32_t> row_points_u8(row_points_.begin(), row_points_.end());
    std::vector<int32_t> column_points_u8(column_points_.begin(), column_points_.end());
    for (int32_t& z : row_points_u8) z += 128;
    for (int32_t& z : column_points_u8) z += 128;
    const VectorView<const float> rs(row_scales_.data(), x_.rows), cs(column_scales_.data(), x_.cols);
    const VectorView<const int32_t> rz(row_points_.data(), x_.rows), cz(column_points_.data(), x_.cols);
    const VectorView<const int32_t> ruz(row_points_u8.data(), x_.rows), cuz(column_points_u8.data(), x_.cols);
    size_t i = 0;
    status_[i++] = QuantizeLinear(context, x_, tensor_scale_, zero_point_, s8_[0]->view());
    status_[i++] = QuantizeLinear(context, x_, tensor_scale_, zero_point_ + 128, u8_[0]->view());
    status_[i++] = QuantizeLinearRows(context, x_, rs, rz, s8_[1]->view());
    status_[i++] = QuantizeLinearRows(context, x_, rs, ruz, u8_[1]->view());
    status_[i++] = QuantizeLinearColumns(context, x_, cs, cz, s8_[2]->view());
    status_[i++] = QuantizeLinearColumns(context, x_, cs, cuz, u8_[2]->view());
    status_[i++] = QuantizeLinearColumns(context, x_, cs, {}, s8_[3]->view());
    status_[i++] = QuantizeLinearColumns(context, x_, cs, {}, u8_[3]->view());
    status_[i++] = QuantizeDynamic(context, x_, dynamic_[0]->view(), *dynamic_scale_.vector().data,
                                   *dynamic_zero_point_.vector().data);
    const MatrixView<const int8_t> q8(s8_[0]->view());
    const MatrixView<const uint8_t> qu8(u8_[0]->view());
    status_[i++] = DequantizeRows(context, q8, rs, rz, back_[0]->view());
    status_[i++] = DequantizeColumns(context, q8, cs, cz, back_[1]->view());
    status_[i++] = DequantizeColumns(context, qu8, cs, cz, back_[2]->view());
    status_[i++] = DequantizeRows(context, qu8, rs, rz, back_[3]->view());
  }

  void Check() {
    for (const Status& status : status_) ISOQUANT_CHECK_OK(status);
    INFO("scale ", tensor_scale_, " zero point ", zero_point_);
    const auto check = [](const char* name, const auto& outputs) {
      for (size_t i = 0; i < outputs.size(); ++i) {
        INFO(name, " ", i);
        outputs[i]->Check();
      }
    };
    check("s8", s8_);
    check("u8", u8_);
    check("back", back_);
    check("dynamic", dynamic_);
    dynamic_scale_.Check();
    dynamic_zero_point_.Check();
  }

  // Of everything that was written.
  uint64_t DigestOfAll() const {
    Digest digest;
    for (const auto& out : s8_) digest.Add(out->view());
    for (const auto& out : u8_) digest.Add(out->view());
    for (const auto& out : back_) digest.Add(out->view());
    digest.Add(dynamic_[0]->view());
    digest.Add(dynamic_scale_.vector().data, 1);
    digest.Add(dynamic_zero_point_.vector().data, 1);
    return digest.value();
  }

 private:
  template <class T>
  using Outputs = std::vector<std::unique_ptr<Output<T>>>;

  const MatrixView<const float> x_;
  const float tensor_scale_;
  const int32_t zero_point_;
  const Guarded<float> row_scales_, column_scales_;
  const Guarded<int32_t> row_points_, column_points_;
  Outputs<int8_t> s8_;
  Outputs<uint8_t> u8_, dynamic_;
  Outputs<float> back_;
  Output<float> dynamic_scale_;
  Output<int32_t> dynamic_zero_point_;
  Status status_[13];
};

constexpr float kScales[] = {1.0f, 0.1f, -0.7f, 0x1p-149f, 0x1p-126f, 0x1p127f, 0.0f, -0.0f, kInfinity, kNaN, 3e-3f};

void CheckAll(const MatrixView<const float>& x, size_t stride, Random& random) {
  const float scale = kScales[random.Below(sizeof(kScales) / sizeof(kScales[0]))];
  AllOperations all(x, scale, static_cast<int32_t>(random.Below(256)) - 128, stride, random);
  all.Expect();
  ForEachTier([&](Context& context) {
    all.Run(context);
    all.Check();
  });
}

TEST_CASE("QuantizeLinear: every operation, edges and strides, every kind of float") {
  Random random(1);
  for (const size_t cols : kSizes) {
    for (const size_t gap : {size_t{0}, size_t{3}}) {
      const size_t rows = cols % 3 == 0 ? kFloatKinds : 5;
      const GuardedMatrix<float> x(rows, cols, cols + gap);
      for (size_t r = 0; r < rows; ++r) FillFloats(random, r + cols, x.view().Row(r), cols);
      CheckAll(x.const_view(), cols + 2 * gap, random);
    }
  }
  CheckAll(MatrixView<const float>(nullptr, 0, 5), 5, random);
}

// One kind for a whole tensor, since one scale is for all of it.
TEST_CASE("QuantizeLinear: tensors of one kind of float") {
  Random random(2);
  for (size_t kind = 0; kind < kFloatKinds; ++kind) {
    for (const size_t cols : {size_t{1}, size_t{70}}) {
      const GuardedMatrix<float> x(3, cols);
      for (size_t r = 0; r < 3; ++r) FillFloats(random, kind, x.view().Row(r), cols);
      CheckAll(x.const_view(), cols, random);
    }
  }
}

TEST_CASE("QuantizeLinear: the caller's float settings change nothing and are kept") {
  Random random(3);
  const GuardedMatrix<float> x(kFloatKinds, 37);
  FillRows(random, x.view());
  AllOperations all(x.const_view(), 0.1f, 3, 37, random);
  all.Expect();
  ForEachTier([&](Context& context) {
    ForEachFloatSettings([&](const auto& under_settings) {
      under_settings([&] { all.Run(context); });
      all.Check();
    });
  });
}

TEST_CASE("QuantizeLinear: any number of workers; one row, or rows with gaps") {
  Random random(4);
  for (const size_t gap : {size_t{0}, size_t{5}}) {
    const GuardedMatrix<float> x(kFloatKinds * 17, 641, 641 + gap);
    FillRows(random, x.view());
    AllOperations all(x.const_view(), 0.1f, -7, 641 + gap, random);
    all.Expect();
    ForEachTierOn<UnusualExecutor>({2, 5}, [&](Context& context, const UnusualExecutor& executor) {
      all.Run(context);
      all.Check();
      CHECK(executor.kept());
      CHECK(executor.most_tasks() >= 2);
    });
  }
  const GuardedMatrix<float> x(1, 200001);
  FillFloats(random, 0, x.buffer().data(), x.buffer().size());
  x.buffer()[190000] = -7.0f;  // the range: in the part of the last worker
  x.buffer()[3] = 9.0f;        // and in that of the first
  AllOperations all(x.const_view(), 0.1f, -7, 200001, random);
  all.Expect();
  ForEachTierOn<UnusualExecutor>({3}, [&](Context& context, const UnusualExecutor&) {
    all.Run(context);
    all.Check();
  });
}

// ---- The rule in integers

// x / scale for normal x and scale, rounded to f32 and then to an integer, ties to even both times.
int32_t ExactQuotient(float x, float scale) {
  int x_exponent, scale_exponent;
  const auto x_bits = static_cast<uint64_t>(std::ldexp(std::fabs(std::frexp(x, &x_exponent)), 24));
  const auto scale_bits = static_cast<uint64_t>(std::ldexp(std::frexp(scale, &scale_exponent), 24));
  // 39 or 40 bits of the quotient, and whether there are more.
  uint64_t q = (x_bits << 39) / scale_bits;
  const bool more = (x_bits << 39) % scale_bits != 0;
  int exponent = x_exponent - scale_exponent - 39;  // of q
  const auto shorten = [](uint64_t value, int bits, bool sticky) {
    if (bits <= 0) return value << -bits;
    if (bits > 62) return uint64_t{0};
    const uint64_t half = uint64_t{1} << (bits - 1), rest = value & (2 * half - 1), floor = value >> bits;
    return floor + (rest > half || (rest == half && (sticky || floor % 2 != 0)) ? 1 : 0);
  };
  const int excess = q >> 39 != 0 ? 16 : 15;
  q = shorten(q, excess, more);
  exponent += excess;
  const int32_t rounded = static_cast<int32_t>(shorten(q, -exponent, false));
  return x < 0.0f ? -rounded : rounded;
}

TEST_CASE("QuantizeLinear: quotients next to ties, in exact arithmetic") {
  std::vector<float> x;
  std::vector<int32_t> expected;
  for (const float scale : {0.1f, 0.3f, 0.7f, 1.0f / 255.0f, 3.0f, 0.0078f}) {
    x.clear();
    expected.clear();
    for (int k = -127; k < 127; ++k) {
      float near = (static_cast<float>(k) + 0.5f) * scale;
      near = std::nextafter(std::nextafter(near, -kInfinity), -kInfinity);
      for (int i = 0; i < 5; ++i, near = std::nextafter(near, kInfinity)) {
        x.push_back(near);
        expected.push_back(ExactQuotient(near, scale));
      }
    }
    const MatrixView<const float> view(x.data(), 1, x.size());
    std::vector<int8_t> q(x.size()), by_reciprocal(x.size());
    ForEachTier([&](Context& context) {
      ISOQUANT_CHECK_OK(QuantizeLinear(context, view, scale, 0, MatrixView<int8_t>(q.data(), 1, q.size())));
      for (size_t i = 0; i < x.size(); ++i) {
        INFO("x ", x[i], " scale ", scale);
        CHECK(int32_t{q[i]} == expected[i]);
      }
      // The other rule is another one.
      ISOQUANT_CHECK_OK(Quantize(context, view, scale, 0, MatrixView<int8_t>(by_reciprocal.data(), 1, q.size())));
      CHECK(q != by_reciprocal);
    });
  }
}

// ---- What the header says, by values written here.

TEST_CASE("QuantizeLinear: ties go to even before the zero point is added; NaN, infinities, scales of any kind") {
  ForEachTier([](Context& context) {
    constexpr size_t n = 12;
    const float x[n] = {0.25f, 0.75f, 1.25f, -0.25f, -0.75f, kNaN, kInfinity, -kInfinity, 1e30f, -1e30f, 0.0f, -0.0f};
    const MatrixView<const float> view(x, 1, n);
    const auto check = [&](float scale, int32_t zero_point, const std::vector<int>& expected) {
      INFO("scale ", scale);
      int8_t q[n];
      ISOQUANT_CHECK_OK(QuantizeLinear(context, view, scale, zero_point, MatrixView<int8_t>(q, 1, n)));
      for (size_t i = 0; i < n; ++i) CHECK(int{q[i]} == expected[i]);
    };
    check(0.5f, 3, {3, 5, 5, 3, 1, 3, 127, -128, 127, -128, 3, 3});
    check(-0.5f, 3, {3, 1, 1, 3, 5, 3, -128, 127, -128, 127, 3, 3});
    check(0.0f, 3, {127, 127, 127, -128, -128, 3, 127, -128, 127, -128, 3, 3});
    check(kInfinity, -5, {-5, -5, -5, -5, -5, -5, -5, -5, -5, -5, -5, -5});
    check(kNaN, 1, std::vector<int>(n, 1));
  });
}

struct Dynamic {
  std::vector<float> x;
  float scale;
  int32_t zero_point;
  std::vector<int> q;
};

TEST_CASE("QuantizeDynamic: zeros, one sign, ties, tiny and infinite ranges, NaN") {
  const Dynamic all[] = {
      {{}, 1.0f, 0, {}},
      {{0.0f, -0.0f, 0.0f}, 1.0f, 0, {0, 0, 0}},
      {{0.0f, 255.0f, 0.5f, 1.5f, 2.5f}, 1.0f, 0, {0, 255, 0, 2, 2}},
      {{-255.0f, -0.5f, -1.5f, -2.5f}, 1.0f, 255, {0, 255, 253, 253}},
      // lo / scale is a tie: 127.5 is 128, which is added to rounded quotients.
      {{-127.5f, 127.5f, 0.0f, 126.5f}, 1.0f, 128, {0, 255, 128, 254}},
      {{-126.5f, 128.5f, 0.0f, 127.5f}, 1.0f, 126, {0, 254, 126, 254}},
      {{2.0f, 4.0f, 510.0f}, 2.0f, 0, {1, 2, 255}},
      // hi - lo overflows: by the formula, to the bit.
      {{kMax, -kMax, 1.0f}, kInfinity, 0, {0, 0, 0}},
      // Subnormal scales, and one that is 0.
      {{0x1p-149f * 255.0f, 0x1p-149f}, 0x1p-149f, 0, {255, 1}},
      {{0x1p-149f, -0x1p-148f, 0.0f}, 0.0f, 255, {255, 0, 255}},
      {{0x1p-149f * 127.0f, 0.0f}, 0.0f, 0, {255, 0}},
      {{0x1p-149f * 128.0f, 0.0f}, 0x1p-149f, 0, {128, 0}},
      // What is not finite does not count.
      {{kNaN, kInfinity, -kInfinity, 255.0f, 1.0f}, 1.0f, 0, {0, 255, 0, 255, 1}},
      {{kNaN, kInfinity, -kInfinity, 127.0f, -128.0f}, 1.0f, 128, {128, 255, 0, 255, 0}},
      {{kNaN, kInfinity, -kInfinity}, 1.0f, 0, {0, 255, 0}},
  };
  ForEachTier([&](Context& context) {
    for (const Dynamic& d : all) {
      std::vector<uint8_t> q(d.x.size(), 77);
      float scale = -1.0f;
      int32_t zero_point = -1;
      ISOQUANT_CHECK_OK(
          QuantizeDynamic(context, {d.x.data(), 1, q.size()}, {q.data(), 1, q.size()}, scale, zero_point));
      INFO("case ", &d - all);
      CHECK(scale == d.scale);
      CHECK(zero_point == d.zero_point);
      for (size_t i = 0; i < q.size(); ++i) CHECK(int{q[i]} == d.q[i]);
    }
  });
}

// The joined matrix is quantised by the same function, which other tests check.
TEST_CASE("QuantizeDynamic: matrices side by side") {
  Random random(58);
  const std::vector<std::vector<size_t>> widths = {{}, {0}, {5}, {1, 1}, {3, 0, 4}, {32, 32}, {16, 70, 1}, {64, 128}};
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    for (const std::vector<size_t>& cols : widths) {
      for (const size_t rows : std::initializer_list<size_t>{0, 1, 7, 700}) {
        std::list<Guarded<float>> memory;
        std::vector<MatrixView<const float>> parts;
        size_t all = 0;
        for (const size_t n : cols) all += n;
        std::vector<float> joined(rows * all);
        size_t column = 0;
        for (const size_t n : cols) {
          memory.emplace_back(rows * n);
          for (size_t i = 0; i < rows * n; ++i) {
            const float value = random.Below(9) == 0 && rows == 7 ? SpecialFloat(random) : random.Signed() * 9.0f;
            memory.back().data()[i] = value;
            joined[i / n * all + column + i % n] = value;
          }
          parts.emplace_back(memory.back().data(), rows, n);
          column += n;
        }
        Output<uint8_t> expected(rows, all, all + 3), q(rows, all, all + 3);
        float scale = -1.0f, expected_scale = -2.0f;
        int32_t zero_point = -1, expected_point = -2;
        ISOQUANT_CHECK_OK(QuantizeDynamic(context, MatrixView<const float>(joined.data(), rows, all), q.expected(),
                                          expected_scale, expected_point));
        q.Clear();
        ISOQUANT_CHECK_OK(QuantizeDynamic(context, {parts.data(), parts.size()}, q.view(), scale, zero_point));
        q.Check();
        CHECK(scale == expected_scale);
        CHECK(zero_point == expected_point);
      }
    }
  });
}

TEST_CASE("QuantizeDynamic: errors of matrices side by side") {
  Context context;
  std::vector<float> x(12, 1.0f);
  std::vector<uint8_t> q(12, 7);
  const std::vector<uint8_t> before = q;
  float scale = 5.0f;
  int32_t zero_point = 9;
  using X = MatrixView<const float>;
  const auto refused = [&](std::vector<X> parts, const MatrixView<uint8_t>& to, const Refusal& refusal) {
    CheckRefused(QuantizeDynamic(context, {parts.data(), parts.size()}, to, scale, zero_point), refusal);
    CHECK(q == before);
    CHECK(scale == 5.0f);
    CHECK(zero_point == 9);
  };
  const MatrixView<uint8_t> to(q.data(), 2, 6);
  refused({X(x.data(), 2, 3), X(x.data(), 1, 3)}, to, Mismatch("x[i].rows", 1, "q.rows", 2));
  refused({X(x.data(), 2, 3), X(x.data(), 2, 2)}, to, Mismatch("q.cols", 6, "the sum of x[i].cols", 5));
  refused({X(x.data(), 2, 3), X(x.data(), 2, 4)}, to,
          {StatusCode::kTooLarge, "x[i].cols", 4, 3, "x[i].cols is 4, expected at most what q leaves = 3"});
  refused({X(x.data(), 2, 3), X(nullptr, 2, 3)}, to, NullMatrix("x[i]", 6));
  refused({X(x.data(), 2, 6)}, {nullptr, 2, 6}, NullMatrix("q", 12));
  refused({X(x.data(), 2, 6)}, {reinterpret_cast<uint8_t*>(x.data()), 2, 6}, Overlap("q", "x[i]"));
  CheckRefused(QuantizeDynamic(context, {nullptr, 2}, to, scale, zero_point), Null("x", "x.size", 2));
}

// ---- QLinearMatMul

TEST_CASE("QLinearMatMul: scales are a product and a quotient, in any float settings") {
  const std::vector<float> b = {0.1f, 3.0f, 0x1p-149f, kInfinity, 0.0f, -0.7f, kMax};
  const float a = 0.3f, c = 0.007f;
  std::vector<float> expected;
  for (const float s : b) expected.push_back(Rounded(Rounded(a * s) / c));
  ForEachFloatSettings([&](const auto& under_settings) {
    std::vector<float> scales(b.size(), -1.0f), in_place = b;
    Status status, status_in_place;
    under_settings([&] {
      status = MakeRequantizationScales(a, {b.data(), b.size()}, c, {scales.data(), scales.size()});
      status_in_place = MakeRequantizationScales(a, {in_place.data(), b.size()}, c, {in_place.data(), in_place.size()});
    });
    ISOQUANT_CHECK_OK(status);
    ISOQUANT_CHECK_OK(status_in_place);
    CHECK(std::memcmp(scales.data(), expected.data(), b.size() * sizeof(float)) == 0);
    CHECK(std::memcmp(in_place.data(), expected.data(), b.size() * sizeof(float)) == 0);
  });
  std::vector<float> memory(8, 1.0f);
  CheckRefused(MakeRequantizationScales(a, {b.data(), 7}, c, {memory.data(), 6}),
               Mismatch("scales.size", 6, "b_scales.size", 7));
  CheckRefused(MakeRequantizationScales(a, {memory.data(), 7}, c, {memory.data() + 1, 7}),
               Overlap("scales", "b_scales"));
  CheckRefused(MakeRequantizationScales(a, {nullptr, 7}, c, {memory.data(), 7}), Null("b_scales", "b_scales.size", 7));
  CheckRefused(MakeRequantizationScales(a, {b.data(), 7}, c, {nullptr, 7}), Null("scales", "b_scales.size", 7));
  for (const float value : memory) CHECK(value == 1.0f);
  ISOQUANT_CHECK_OK(MakeRequantizationScales(a, {}, c, {}));
}

// ---- Errors

TEST_CASE("QuantizeLinear: errors name the argument and write nothing") {
  const float x_data[6] = {1, 2, 3, 4, 5, 6};
  const MatrixView<const float> x(x_data, 2, 3);
  Output<int8_t> s8(2, 3, 3);
  Output<uint8_t> u8(2, 3, 3);
  const float scales[3] = {1.0f, 2.0f, 3.0f};
  const int32_t points[3] = {0, 1, 127}, too_low[3] = {0, -1, 5}, too_high[3] = {0, 128, 3};
  const std::string at_least = "at least the smallest value of q's type",
                    at_most = "at most the largest value of q's type";
  ForEachTier([&](Context& context) {
    CheckRefused(QuantizeLinear(context, x, 1.0f, 128, s8.view()), InvalidInteger("zero_point", 128, at_most, 127));
    CheckRefused(QuantizeLinear(context, x, 1.0f, -1, u8.view()), InvalidInteger("zero_point", -1, at_least, 0));
    CheckRefused(QuantizeLinear(context, x, 1.0f, 0, MatrixView<int8_t>(s8.view().data, 2, 2, 3)),
                 Mismatch("q.cols", 2, "x.cols", 3));
    CheckRefused(QuantizeLinearRows(context, x, {scales, 3}, {points, 2}, s8.view()),
                 Mismatch("scales.size", 3, "x.rows", 2));
    CheckRefused(QuantizeLinearRows(context, x, {scales, 2}, {points, 3}, s8.view()),
                 Mismatch("zero_points.size", 3, "x.rows", 2));
    CheckRefused(QuantizeLinearColumns(context, x, {scales, 2}, {}, u8.view()),
                 Mismatch("scales.size", 2, "x.cols", 3));
    CheckRefused(QuantizeLinearColumns(context, x, {nullptr, 3}, {}, u8.view()), Null("scales", "x.cols", 3));
    CheckRefused(QuantizeLinearColumns(context, x, {scales, 3}, {nullptr, 3}, u8.view()),
                 Null("zero_points", "x.cols", 3));
    CheckRefused(QuantizeLinearColumns(context, x, {scales, 3}, {too_low, 3}, u8.view()),
                 InvalidInteger("zero_points[i]", -1, at_least, 0));
    CheckRefused(QuantizeLinearRows(context, x, {scales, 2}, {too_high, 2}, s8.view()),
                 InvalidInteger("zero_points[i]", 128, at_most, 127));
    // Overlaps.
    float memory[16] = {};
    int32_t integers[16] = {};
    const MatrixView<uint8_t> in_memory(reinterpret_cast<uint8_t*>(memory), 2, 3);
    const MatrixView<uint8_t> in_integers(reinterpret_cast<uint8_t*>(integers), 2, 3);
    CheckRefused(QuantizeLinear(context, {memory, 2, 3}, 1.0f, 0, in_memory), Overlap("q", "x"));
    CheckRefused(QuantizeLinearRows(context, x, {memory, 2}, {}, in_memory), Overlap("q", "scales"));
    CheckRefused(QuantizeLinearRows(context, x, {scales, 2}, {integers, 2}, in_integers), Overlap("q", "zero_points"));
    float scale = 5.0f;
    int32_t zero_point = 9;
    CheckRefused(QuantizeDynamic(context, {memory, 2, 3}, in_memory, scale, zero_point), Overlap("q", "x"));
    CheckRefused(QuantizeDynamic(context, {memory, 2, 3}, u8.view(), memory[4], zero_point), Overlap("scale", "x"));
    CheckRefused(QuantizeDynamic(context, x, in_memory, memory[1], zero_point), Overlap("scale", "q"));
    CheckRefused(QuantizeDynamic(context, x, in_integers, scale, integers[0]), Overlap("zero_point", "q"));
    CheckRefused(QuantizeDynamic(context, x, {u8.view().data, 1, 3}, scale, zero_point),
                 Mismatch("q.rows", 1, "x.rows", 2));
    CheckRefused(QuantizeDynamic(context, {nullptr, 2, 3}, u8.view(), scale, zero_point), NullMatrix("x", 6));
    CHECK(scale == 5.0f);
    CHECK(zero_point == 9);
    // The inverses.
    float back[6] = {};
    CheckRefused(DequantizeRows(context, MatrixView<const int8_t>(s8.view()), {scales, 2}, {points, 1}, {back, 2, 3}),
                 Mismatch("zero_points.size", 1, "q.rows", 2));
    CheckRefused(
        DequantizeColumns(context, MatrixView<const int8_t>(s8.view()), {scales, 3}, {points, 2}, {back, 2, 3}),
        Mismatch("zero_points.size", 2, "q.cols", 3));
    CheckRefused(
        DequantizeColumns(context, MatrixView<const uint8_t>(u8.view()), {scales, 2}, {points, 3}, {back, 2, 3}),
        Mismatch("scales.size", 2, "q.cols", 3));
    for (const float value : memory) CHECK(value == 0.0f);
    for (const float value : back) CHECK(value == 0.0f);
    CHECK(s8.IsUntouched());
    CHECK(u8.IsUntouched());
  });
}

// ---- Golden digests

TEST_CASE("QuantizeLinear: golden digests") {
  Random random(10);
  const GuardedMatrix<float> x(13 * kFloatKinds, 513);
  FillRows(random, x.view());
  AllOperations any(x.const_view(), 0.0078f, -5, 513, random);
  any.Expect();
  const GuardedMatrix<float> ordinary(150, 700);
  for (float& value : ordinary.buffer()) value = (random.Signed() + 0.25f) * 5.0f;
  AllOperations usual(ordinary.const_view(), 0.0078f, 100, 700, random);
  usual.Expect();
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    any.Run(context);
    any.Check();
    CheckGolden("quantize_linear/any", any.DigestOfAll());
    usual.Run(context);
    usual.Check();
    CheckGolden("quantize_linear/usual", usual.DigestOfAll());
  });
}

}  // namespace
}  // namespace isoquant
