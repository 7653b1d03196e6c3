// Tests of Quantize*, Dequantize*: the bytes of the scalar definition, on every tier, for every kind of float.
#include "isoquant/quantize.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr size_t kSizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 67};

struct StaticCase {
  float scale;
  int32_t zero_point;  // of s8; u8: 128 more
};
// Powers of two keep ties; the extremes are the last ones whose inverse is normal.
constexpr StaticCase kStatic[] = {{1.0f, 0},     {0.5f, 3},      {1.0f, 127},     {2.0f, -128},
                                  {0.007f, -17}, {3e-3f, 0},     {0x1p-126f, 1},  {0x1p126f, -1},
                                  {1e30f, 5},    {1.7e-38f, 64}, {0x1p125f, 100}, {0.9999999f, 0}};

// ---- One case of each operation: `run` writes outputs, `expect` what they should hold. All outputs of all operations
// for one input, so that each test below is one loop.
class AllOperations {
 public:
  AllOperations(MatrixView<const float> x, const StaticCase& s, size_t stride)
      : x_(x),
        s_(s),
        static_s8_(x.rows, x.cols, stride),
        static_u8_(x.rows, x.cols, stride),
        rows_s8_(x.rows, x.cols, stride),
        rows_u8_(x.rows, x.cols, stride),
        columns_s8_(x.rows, x.cols, stride),
        symmetric_scales_(x.rows),
        asymmetric_scales_(x.rows),
        zero_points_(x.rows),
        column_scales_(x.cols) {}

  // Under the default float environment.
  void Expect() {
    ReferenceQuantize(x_, s_.scale, s_.zero_point, static_s8_.expected());
    ReferenceQuantize(x_, s_.scale, s_.zero_point + 128, static_u8_.expected());
    ReferenceQuantizeRows(x_, rows_s8_.expected(), symmetric_scales_.expected().data);
    ReferenceQuantizeRows(x_, rows_u8_.expected(), asymmetric_scales_.expected().data, zero_points_.expected().data);
    ReferenceQuantizeColumns(x_, columns_s8_.expected(), column_scales_.expected().data);
  }

  // Statuses are looked at later: doctest itself is not to run under a strange float environment.
  void Run(Context& context) {
    static_s8_.Clear();
    static_u8_.Clear();
    rows_s8_.Clear();
    rows_u8_.Clear();
    columns_s8_.Clear();
    symmetric_scales_.Clear();
    asymmetric_scales_.Clear();
    zero_points_.Clear();
    column_scales_.Clear();
    status_[0] = Quantize(context, x_, s_.scale, s_.zero_point, static_s8_.view());
    status_[1] = Quantize(context, x_, s_.scale, s_.zero_point + 128, static_u8_.view());
    status_[2] = QuantizeRows(context, x_, rows_s8_.view(), symmetric_scales_.vector());
    status_[3] = QuantizeRows(context, x_, rows_u8_.view(), asymmetric_scales_.vector(), zero_points_.vector());
    status_[4] = QuantizeColumns(context, x_, columns_s8_.view(), column_scales_.vector());
  }

  void Check() {
    for (const Status& status : status_) ISOQUANT_CHECK_OK(status);
    INFO("scale ", s_.scale, " zero point ", s_.zero_point);
    {
      INFO("static s8");
      static_s8_.Check();
    }
    {
      INFO("static u8");
      static_u8_.Check();
    }
    {
      INFO("rows s8");
      symmetric_scales_.Check();
      rows_s8_.Check();
    }
    {
      INFO("rows u8");
      asymmetric_scales_.Check();
      zero_points_.Check();
      rows_u8_.Check();
    }
    {
      INFO("columns s8");
      column_scales_.Check();
      columns_s8_.Check();
    }
  }

 private:
  const MatrixView<const float> x_;
  const StaticCase s_;
  Output<int8_t> static_s8_;
  Output<uint8_t> static_u8_;
  Output<int8_t> rows_s8_;
  Output<uint8_t> rows_u8_;
  Output<int8_t> columns_s8_;
  Output<float> symmetric_scales_, asymmetric_scales_;
  Output<int32_t> zero_points_;
  Output<float> column_scales_;
  Status status_[5];
};

// The way back. q: any bytes, read as s8 and as u8; scales: any floats.
class AllInverses {
 public:
  AllInverses(size_t rows, size_t cols, size_t stride, Random& random)
      : s8_(rows, cols, stride),
        u8_(rows, cols, stride),
        row_scales_(rows),
        column_scales_(cols),
        zero_points_(rows),
        tensor_scale_(SpecialFloat(random)) {
    FillIntegers(random, s8_.buffer().data(), s8_.buffer().size());
    FillIntegers(random, u8_.buffer().data(), u8_.buffer().size());
    FillIntegers(random, zero_points_.data(), rows);
    for (int32_t& z : zero_points_) z = z % 256;
    FillFloats(random, kFloatKinds - 1, row_scales_.data(), rows);
    FillFloats(random, kFloatKinds - 1, column_scales_.data(), cols);
    for (size_t i = 0; i < kOutputs; ++i) x_.emplace_back(new Output<float>(rows, cols, stride));
  }

  void Expect() {
    ReferenceDequantize(s8_.const_view(), tensor_scale_, 7, x_[0]->expected());
    ReferenceDequantize(u8_.const_view(), 0.37f, 128, x_[1]->expected());
    ReferenceDequantizeRows(s8_.const_view(), row_scales_.data(), nullptr, x_[2]->expected());
    ReferenceDequantizeRows(u8_.const_view(), row_scales_.data(), zero_points_.data(), x_[3]->expected());
    ReferenceDequantizeColumns(s8_.const_view(), column_scales_.data(), x_[4]->expected());
  }

  void Run(Context& context) {
    const VectorView<const float> row_scales(row_scales_.data(), row_scales_.size());
    const VectorView<const float> column_scales(column_scales_.data(), column_scales_.size());
    for (const auto& x : x_) x->Clear();
    status_[0] = Dequantize(context, s8_.const_view(), tensor_scale_, 7, x_[0]->view());
    status_[1] = Dequantize(context, u8_.const_view(), 0.37f, 128, x_[1]->view());
    status_[2] = DequantizeRows(context, s8_.const_view(), row_scales, x_[2]->view());
    status_[3] = DequantizeRows(context, u8_.const_view(), row_scales,
                                VectorView<const int32_t>(zero_points_.data(), zero_points_.size()), x_[3]->view());
    status_[4] = DequantizeColumns(context, s8_.const_view(), column_scales, x_[4]->view());
  }

  void Check() {
    for (size_t i = 0; i < kOutputs; ++i) {
      INFO("dequantize ", i);
      ISOQUANT_CHECK_OK(status_[i]);
      x_[i]->Check();
    }
  }

 private:
  static constexpr size_t kOutputs = 5;
  GuardedMatrix<int8_t> s8_;
  GuardedMatrix<uint8_t> u8_;
  Guarded<float> row_scales_, column_scales_;
  Guarded<int32_t> zero_points_;
  const float tensor_scale_;
  std::vector<std::unique_ptr<Output<float>>> x_;
  Status status_[kOutputs];
};

// Of either kind.
template <class Operations>
void ExpectRunAndCheck(Operations& all, Context& context) {
  all.Expect();
  all.Run(context);
  all.Check();
}

TEST_CASE("Quantize: every operation, edges, strides and kinds of floats") {
  ForEachTier([](Context& context) {
    Random random(1);
    size_t next_static = 0;
    for (const size_t cols : kSizes) {
      for (const size_t rows : {size_t{0}, size_t{1}, kFloatKinds}) {
        for (const size_t gap : {size_t{0}, size_t{5}}) {
          const GuardedMatrix<float> x(rows, cols, cols + gap);
          FillRows(random, x.view());
          AllOperations all(x.const_view(), kStatic[next_static++ % (sizeof(kStatic) / sizeof(kStatic[0]))],
                            cols + 2 * gap);
          ExpectRunAndCheck(all, context);
        }
      }
    }
  });
}

TEST_CASE("Quantize: every static scale and zero point") {
  ForEachTier([](Context& context) {
    Random random(2);
    const GuardedMatrix<float> x(2 * kFloatKinds, 19);
    FillRows(random, x.view());
    for (const StaticCase& s : kStatic) {
      // Also values around the clamps and ties, in units of this scale.
      for (size_t c = 0; c < 19; ++c) {
        x.at(0, c) = Rounded(static_cast<float>(static_cast<int>(c) - 9) * 0.5f) * s.scale;
        x.at(1, c) =
            (127.0f - static_cast<float>(s.zero_point) + static_cast<float>(static_cast<int>(c) - 9) * 0.5f) * s.scale;
        x.at(2, c) =
            (-128.0f - static_cast<float>(s.zero_point) + static_cast<float>(static_cast<int>(c) - 9) * 0.5f) * s.scale;
      }
      AllOperations all(x.const_view(), s, 19);
      ExpectRunAndCheck(all, context);
    }
  });
}

TEST_CASE("Quantize: columns of every kind") {
  ForEachTier([](Context& context) {
    for (const size_t rows : {size_t{1}, size_t{2}, size_t{9}}) {
      for (const size_t shift : {size_t{0}, size_t{5}}) {
        Random random(3);
        const size_t cols = 2 * kFloatKinds + 3;
        const GuardedMatrix<float> x(rows, cols, cols + shift);
        for (size_t c = 0; c < cols; ++c) FillFloats(random, c + shift, &x.at(0, c), rows, x.view().row_stride);
        AllOperations all(x.const_view(), kStatic[0], cols);
        ExpectRunAndCheck(all, context);
      }
    }
  });
}

TEST_CASE("Quantize: random bits") {
  ForEachTier([](Context& context) {
    Random random(4);
    const GuardedMatrix<float> x(64, 61);
    for (float& value : x.buffer()) value = FromBits(static_cast<uint32_t>(random()));
    AllOperations all(x.const_view(), {1e10f, 11}, 61);
    ExpectRunAndCheck(all, context);
  });
}

TEST_CASE("Dequantize: every operation, edges and strides") {
  ForEachTier([](Context& context) {
    Random random(5);
    for (const size_t cols : kSizes) {
      for (const size_t rows : {size_t{0}, size_t{1}, size_t{11}}) {
        for (const size_t gap : {size_t{0}, size_t{3}}) {
          AllInverses all(rows, cols, cols + gap, random);
          ExpectRunAndCheck(all, context);
        }
      }
    }
  });
}

// ---- What the header says, without the reference.

TEST_CASE("Quantize: static: NaN is the zero point, infinities saturate, ties go to even") {
  ForEachTier([](Context& context) {
    constexpr size_t n = 14;
    const float x[n] = {kNaN,  -kNaN, kInfinity, -kInfinity, 0.0f,   -0.0f,   0.25f,
                        0.75f, 1.25f, -0.25f,    -0.75f,     1e-45f, -1e-45f, 3e38f};
    const MatrixView<const float> view(x, 1, n);
    int8_t s8[n];
    uint8_t u8[n];
    ISOQUANT_CHECK_OK(Quantize(context, view, 0.5f, 3, MatrixView<int8_t>(s8, 1, n)));
    ISOQUANT_CHECK_OK(Quantize(context, view, 0.5f, 3, MatrixView<uint8_t>(u8, 1, n)));
    // x / scale is 0.5, 1.5, 2.5: rounded to 0, 2, 2 before the odd zero point is added.
    const int want_s8[n] = {3, 3, 127, -128, 3, 3, 3, 5, 5, 3, 1, 3, 3, 127};
    const int want_u8[n] = {3, 3, 255, 0, 3, 3, 3, 5, 5, 3, 1, 3, 3, 255};
    for (size_t i = 0; i < n; ++i) {
      INFO("element ", i);
      CHECK(s8[i] == want_s8[i]);
      CHECK(u8[i] == want_u8[i]);
    }
  });
}

// The sum of it and 1/2 rounds to 1.
TEST_CASE("Quantize: the largest value below a half is rounded to zero") {
  static constexpr float kBelowHalf = 0x1.fffffep-2f;
  ForEachTier([](Context& context) {
    constexpr size_t n = 67;
    std::vector<float> x(n, kBelowHalf);
    x[1] = -kBelowHalf;
    x[2] = 127.0f;  // scale 1
    std::vector<int8_t> s8(n, 99);
    const MatrixView<const float> view(x.data(), 1, n);
    const auto check = [&] {
      for (size_t i = 0; i < n; ++i) CHECK(s8[i] == (i == 2 ? 127 : 0));
    };
    ISOQUANT_CHECK_OK(Quantize(context, view, 1.0f, 0, MatrixView<int8_t>(s8.data(), 1, n)));
    check();
    float scale = 0.0f;
    ISOQUANT_CHECK_OK(QuantizeRows(context, view, MatrixView<int8_t>(s8.data(), 1, n), {&scale, 1}));
    CHECK(scale == 1.0f);
    check();
    // A zero point.
    x.assign(n, 0.0f);
    x[3] = -kBelowHalf;
    x[4] = 254.5f;
    std::vector<uint8_t> u8(n, 99);
    int32_t zero_point = -1;
    ISOQUANT_CHECK_OK(QuantizeRows(context, view, MatrixView<uint8_t>(u8.data(), 1, n), {&scale, 1}, {&zero_point, 1}));
    CHECK(scale == 1.0f);
    CHECK(zero_point == 0);
    for (size_t i = 0; i < n; ++i) CHECK(int32_t{u8[i]} == (i == 4 ? 254 : 0));
  });
}

TEST_CASE("Quantize: dynamic: zero, tiny, infinite and NaN rows") {
  ForEachTier([](Context& context) {
    constexpr size_t rows = 7, cols = 4;
    const float max = std::numeric_limits<float>::max();
    const float x[rows][cols] = {
        {0.0f, -0.0f, 0.0f, 0.0f},           {1e-45f, 0x1p-126f, -0x1p-125f, 0x1p-130f}, {kNaN, -kNaN, kNaN, kNaN},
        {kInfinity, -kInfinity, kNaN, 0.0f}, {kInfinity, -kInfinity, kNaN, 12.7f},       {max, -max, 0.0f, -0.0f},
        {-25.5f, 0.0f, -0.0f, -12.75f}};
    const MatrixView<const float> view(&x[0][0], rows, cols);
    int8_t s8[rows][cols];
    uint8_t u8[rows][cols];
    float s8_scales[rows], u8_scales[rows];
    int32_t zero_points[rows];
    ISOQUANT_CHECK_OK(QuantizeRows(context, view, MatrixView<int8_t>(&s8[0][0], rows, cols), {s8_scales, rows}));
    ISOQUANT_CHECK_OK(QuantizeRows(context, view, MatrixView<uint8_t>(&u8[0][0], rows, cols), {u8_scales, rows},
                                   {zero_points, rows}));
    const int want_s8[rows][cols] = {{0, 0, 0, 0},        {0, 1, -2, 0},     {0, 0, 0, 0},     {127, -127, 0, 0},
                                     {127, -127, 0, 127}, {127, -127, 0, 0}, {-127, 0, 0, -64}};
    const int want_u8[rows][cols] = {{0, 0, 0, 0},     {2, 3, 0, 2},       {0, 0, 0, 0},      {255, 0, 0, 0},
                                     {255, 0, 0, 255}, {255, 0, 128, 128}, {0, 255, 255, 127}};
    const int want_zero_points[rows] = {0, 2, 0, 0, 0, 128, 255};
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) {
        INFO("row ", r, " column ", c);
        CHECK(s8[r][c] == want_s8[r][c]);
        CHECK(u8[r][c] == want_u8[r][c]);
        // Zero is represented exactly.
        if (x[r][c] == 0.0f) CHECK(u8[r][c] == zero_points[r]);
      }
      INFO("row ", r);
      CHECK(zero_points[r] == want_zero_points[r]);
      if (r < 4) {
        CHECK(s8_scales[r] == 0x1p-126f);
        CHECK(u8_scales[r] == 0x1p-126f);
      }
    }
    CHECK(s8_scales[4] == 12.7f / 127.0f);
    CHECK(u8_scales[4] == 12.7f / 255.0f);
    CHECK(u8_scales[5] == 2.0f * (max / 255.0f));  // max - -max would be infinite
    CHECK(u8_scales[6] == 25.5f / 255.0f);
  });
}

TEST_CASE("Quantize: no columns, or no rows, still have scales") {
  ForEachTier([](Context& context) {
    float scales[3] = {5.0f, 5.0f, 5.0f};
    int32_t zero_points[3] = {9, 9, 9};
    ISOQUANT_CHECK_OK(
        QuantizeRows(context, MatrixView<const float>(nullptr, 3, 0), MatrixView<int8_t>(nullptr, 3, 0), {scales, 3}));
    for (const float scale : scales) CHECK(scale == 0x1p-126f);
    scales[0] = scales[1] = scales[2] = 5.0f;
    ISOQUANT_CHECK_OK(QuantizeRows(context, MatrixView<const float>(nullptr, 3, 0), MatrixView<uint8_t>(nullptr, 3, 0),
                                   {scales, 3}, {zero_points, 3}));
    for (const float scale : scales) CHECK(scale == 0x1p-126f);
    for (const int32_t zero_point : zero_points) CHECK(zero_point == 0);
    scales[0] = scales[1] = scales[2] = 5.0f;
    ISOQUANT_CHECK_OK(QuantizeColumns(context, MatrixView<const float>(nullptr, 0, 3),
                                      MatrixView<int8_t>(nullptr, 0, 3), {scales, 3}));
    for (const float scale : scales) CHECK(scale == 0x1p-126f);
  });
}

TEST_CASE("Quantize: symmetric values never need -128, and the error is at most half a step") {
  ForEachTier([](Context& context) {
    Random random(6);
    constexpr size_t rows = 8, cols = 300;
    std::vector<float> x(rows * cols), back(rows * cols), scales(rows);
    std::vector<int8_t> s8(rows * cols);
    std::vector<uint8_t> u8(rows * cols);
    std::vector<int32_t> zero_points(rows);
    for (float& value : x) value = random.Signed();
    const MatrixView<const float> view(x.data(), rows, cols);
    const MatrixView<float> back_view(back.data(), rows, cols);
    const MatrixView<int8_t> s8_view(s8.data(), rows, cols);
    const MatrixView<uint8_t> u8_view(u8.data(), rows, cols);
    const auto check_error = [&] {
      for (size_t i = 0; i < x.size(); ++i) CHECK(std::fabs(x[i] - back[i]) <= scales[i / cols] * 0.5001f);
    };
    ISOQUANT_CHECK_OK(QuantizeRows(context, view, s8_view, {scales.data(), rows}));
    ISOQUANT_CHECK_OK(DequantizeRows(context, s8_view, {scales.data(), rows}, back_view));
    check_error();
    for (const int8_t q : s8) CHECK(q != -128);
    ISOQUANT_CHECK_OK(QuantizeRows(context, view, u8_view, {scales.data(), rows}, {zero_points.data(), rows}));
    ISOQUANT_CHECK_OK(DequantizeRows(context, u8_view, {scales.data(), rows}, {zero_points.data(), rows}, back_view));
    check_error();
  });
}

TEST_CASE("Dequantize: a NaN is stored as 7fc00000") {
  ForEachTier([](Context& context) {
    const int8_t q[3] = {0, 1, -1};
    const MatrixView<const int8_t> view(q, 1, 3);
    float x[3];
    uint32_t bits[3];
    for (const uint32_t scale : {0x7f800000u, 0xff800000u, 0x7fc12345u, 0xffc00000u, 0x7f800001u}) {
      ISOQUANT_CHECK_OK(Dequantize(context, view, FromBits(scale), 0, MatrixView<float>(x, 1, 3)));
      std::memcpy(bits, x, sizeof(bits));
      const bool infinite = (scale & 0x7fffff) == 0;
      CHECK(bits[0] == 0x7fc00000u);
      CHECK(bits[1] == (infinite ? scale : 0x7fc00000u));
      CHECK(bits[2] == (infinite ? scale ^ 0x80000000u : 0x7fc00000u));
    }
  });
}

// ---- What the caller and its threads have set, and how many there are.

TEST_CASE("Quantize: the caller's float settings change nothing and are kept") {
  ForEachTier([](Context& context) {
    ForEachFloatSettings([&](const auto& under_settings) {
      Random random(7);
      const GuardedMatrix<float> x(3 * kFloatKinds, 37);
      FillRows(random, x.view());
      for (const StaticCase& s : {kStatic[0], kStatic[4], kStatic[6]}) {
        AllOperations all(x.const_view(), s, 37);
        all.Expect();
        under_settings([&] { all.Run(context); });
        all.Check();
      }
      AllInverses inverses(40, 37, 40, random);
      inverses.Expect();
      under_settings([&] { inverses.Run(context); });
      inverses.Check();
    });
  });
}

TEST_CASE("Quantize: any number of workers, with float settings of their own") {
  Random random(8);
  // Enough elements for five tasks, by rows and by columns.
  const GuardedMatrix<float> x(35 * kFloatKinds, 643, 650);
  FillRows(random, x.view());
  AllOperations expected(x.const_view(), kStatic[4], 643);
  AllInverses inverses(35 * kFloatKinds, 643, 643, random);
  expected.Expect();
  inverses.Expect();
  ForEachTierOn<UnusualExecutor>({1, 2, 3, 5}, [&](Context& context, const UnusualExecutor& executor) {
    expected.Run(context);
    expected.Check();
    inverses.Run(context);
    inverses.Check();
    CHECK(executor.kept());
    if (executor.NumWorkers() != 1) CHECK(executor.most_tasks() == executor.NumWorkers());
  });
}

TEST_CASE("Quantize: rows do not depend on their neighbours") {
  Random random(9);
  const GuardedMatrix<float> x(2 * kFloatKinds, 45);
  FillRows(random, x.view());
  ForEachTier([&](Context& context) {
    for (size_t r = 0; r < x.view().rows; ++r) {
      // A single row: its stride does not matter.
      AllOperations all(MatrixView<const float>(x.view().Row(r), 1, 45, 0), kStatic[1], 45);
      ExpectRunAndCheck(all, context);
    }
  });
}

// ---- Errors

TEST_CASE("Quantize: scales and zero points out of their domain are refused, in every rounding mode") {
  ForEachTier([](Context& context) {
    ForEachFloatSettings([&](const auto& under_settings) {
      const float x = 1.0f;
      const MatrixView<const float> view(&x, 1, 1);
      Output<int8_t> s8(1);
      Output<uint8_t> u8(1);
      const auto code = [&](float scale, int32_t s8_zero_point, int32_t u8_zero_point) {
        Status s8_status, u8_status;
        under_settings([&] {
          s8_status = Quantize(context, view, scale, s8_zero_point, s8.view());
          u8_status = Quantize(context, view, scale, u8_zero_point, u8.view());
        });
        CHECK(s8_status.code() == u8_status.code());
        return s8_status.code();
      };
      // Just above 2^126 the inverse rounds to a subnormal number; upwards, it would round to a normal one.
      for (const float scale : {0.0f, -0.0f, -1.0f, kNaN, kInfinity, -kInfinity, 0x1p-127f, 0x1.fffffcp-127f, 1e-45f,
                                0x1.000002p126f, 0x1p127f, std::numeric_limits<float>::max()}) {
        INFO("scale ", scale);
        CHECK(code(scale, 0, 0) == StatusCode::kInvalidValue);
      }
      CHECK(code(1.0f, -129, -1) == StatusCode::kInvalidValue);
      CHECK(code(1.0f, 128, 256) == StatusCode::kInvalidValue);
      CHECK(s8.IsUntouched());
      CHECK(u8.IsUntouched());
      CHECK(code(0x1p-126f, -128, 0) == StatusCode::kOk);
      CHECK(code(0x1p126f, 127, 255) == StatusCode::kOk);
    });
  });
}

TEST_CASE("Quantize: outputs that overlap inputs are refused") {
  Context context;
  float floats[8] = {};
  int32_t ints[2] = {};
  const MatrixView<float> x(floats, 2, 2);
  const MatrixView<int8_t> s8(reinterpret_cast<int8_t*>(floats), 2, 2);
  const MatrixView<uint8_t> u8(reinterpret_cast<uint8_t*>(floats), 2, 2);
  int8_t other_s8[4] = {};
  uint8_t other_u8[4] = {};
  const MatrixView<int8_t> s8_apart(other_s8, 2, 2);
  const MatrixView<uint8_t> u8_apart(other_u8, 2, 2);
  const VectorView<float> scales(floats + 6, 2), inside(floats + 1, 2);
  const VectorView<int32_t> zero_points(ints, 2);
  const auto overlaps = [](const Status& status) { return status.code() == StatusCode::kOverlap; };
  CHECK(overlaps(Quantize(context, x, 1.0f, 0, s8)));
  CHECK(overlaps(Quantize(context, x, 1.0f, 0, u8)));
  CHECK(overlaps(QuantizeRows(context, x, s8, scales)));
  CHECK(overlaps(QuantizeRows(context, x, s8_apart, inside)));
  CHECK(overlaps(QuantizeRows(context, x, u8, scales, zero_points)));
  CHECK(overlaps(QuantizeRows(context, x, u8_apart, inside, zero_points)));
  CHECK(overlaps(QuantizeRows(context, x, u8_apart, scales, {reinterpret_cast<int32_t*>(floats), 2})));
  CHECK(overlaps(QuantizeColumns(context, x, s8, scales)));
  CHECK(overlaps(QuantizeColumns(context, x, s8_apart, inside)));
  CHECK(overlaps(Dequantize(context, s8, 1.0f, 0, x)));
  CHECK(overlaps(Dequantize(context, u8, 1.0f, 0, x)));
  CHECK(overlaps(DequantizeRows(context, s8_apart, inside, x)));
  CHECK(overlaps(DequantizeRows(context, u8_apart, inside, zero_points, x)));
  CHECK(overlaps(DequantizeRows(context, u8_apart, scales, {reinterpret_cast<const int32_t*>(floats), 2}, x)));
  CHECK(overlaps(DequantizeColumns(context, s8_apart, inside, x)));
  for (const float value : floats) CHECK(value == 0.0f);
}

// ---- Golden digests

TEST_CASE("Quantize: golden digests") {
  Random random(10);
  constexpr size_t rows = 26 * kFloatKinds, cols = 513;
  std::vector<float> x_data(rows * cols), back_data(rows * cols), row_scales(rows), column_scales(cols);
  std::vector<int8_t> s8_data(rows * cols);
  std::vector<uint8_t> u8_data(rows * cols);
  std::vector<int32_t> zero_points(rows);
  const MatrixView<float> x(x_data.data(), rows, cols), back(back_data.data(), rows, cols);
  FillRows(random, x);
  const MatrixView<int8_t> s8(s8_data.data(), rows, cols);
  const MatrixView<uint8_t> u8(u8_data.data(), rows, cols);
  const VectorView<float> rs(row_scales.data(), rows), cs(column_scales.data(), cols);
  const VectorView<int32_t> zs(zero_points.data(), rows);
  std::vector<float> special_scales(rows);
  FillFloats(random, kFloatKinds - 1, special_scales.data(), rows);
  const VectorView<const float> special(special_scales.data(), rows);
  const auto check = [](const char* name, const auto&... parts) {
    Digest digest;
    (digest.Add(parts.data(), parts.size()), ...);
    CheckGolden(name, digest.value());
  };
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    ISOQUANT_CHECK_OK(Quantize(context, x, 0.0078f, -5, s8));
    check("quantize/static/s8", s8_data);
    ISOQUANT_CHECK_OK(Dequantize(context, s8, 0.0078f, -5, back));
    check("dequantize/static/s8", back_data);
    ISOQUANT_CHECK_OK(Quantize(context, x, 0.0078f, 121, u8));
    check("quantize/static/u8", u8_data);
    ISOQUANT_CHECK_OK(Dequantize(context, u8, 0.0078f, 121, back));
    check("dequantize/static/u8", back_data);
    ISOQUANT_CHECK_OK(QuantizeRows(context, x, s8, rs));
    check("quantize/rows/s8", s8_data, row_scales);
    ISOQUANT_CHECK_OK(DequantizeRows(context, s8, rs, back));
    check("dequantize/rows/s8", back_data);
    ISOQUANT_CHECK_OK(QuantizeRows(context, x, u8, rs, zs));
    check("quantize/rows/u8", u8_data, row_scales, zero_points);
    ISOQUANT_CHECK_OK(DequantizeRows(context, u8, rs, zs, back));
    check("dequantize/rows/u8", back_data);
    ISOQUANT_CHECK_OK(DequantizeRows(context, u8, special, zs, back));
    check("dequantize/rows/special", back_data);
    ISOQUANT_CHECK_OK(QuantizeColumns(context, x, s8, cs));
    check("quantize/columns/s8", s8_data, column_scales);
    ISOQUANT_CHECK_OK(DequantizeColumns(context, s8, cs, back));
    check("dequantize/columns/s8", back_data);
  });
}

}  // namespace
}  // namespace isoquant
