// Tests of activation.h: distance from the true values, special values, bytes on every tier, shapes, in place.
#include "isoquant/activation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/linear.h"
#include "test/float_types.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kSlope = 0.3f;

float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}
uint32_t ToBits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

// ---- The definitions

// In double, good to 2^-44.
double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double Silu(double x) { return x / (1.0 + std::exp(-x)); }
double Gelu(double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }
double GeluTanh(double x) {
  return x / (1.0 + std::exp(-2.0 * std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
}

// In f32, step by step.
float HardSwish(float x) {
  const float t = x < -3.0f ? -3.0f : x;
  volatile float r = t + 3.0f;
  const float limited = r > 6.0f ? 6.0f : r;
  volatile float part = limited * (1.0f / 6.0f);
  volatile float y = t * part;
  return y;
}
float Stepwise(Activation activation, float x) {
  volatile float product = x * kSlope;
  if (activation == Activation::kHardSwish) return HardSwish(x);
  if (activation == Activation::kNone || !(x < 0.0f)) return x;
  return activation == Activation::kRelu ? 0.0f : product;
}

struct Kind {
  const char* name;
  Activation activation;
  double (*reference)(double);  // or null: Stepwise gives all bits
  int64_t distance;             // at most so many f32 from the nearest one
  // At infinity, -infinity, -0 and 0.
  float at_infinity, at_minus_infinity, at_minus_zero, at_zero;
};
const Kind kKinds[] = {
    {"none", Activation::kNone, nullptr, 0, kInf, -kInf, -0.0f, 0.0f},
    {"relu", Activation::kRelu, nullptr, 0, kInf, 0.0f, -0.0f, 0.0f},
    {"leaky_relu", Activation::kLeakyRelu, nullptr, 0, kInf, -kInf, -0.0f, 0.0f},
    {"hard_swish", Activation::kHardSwish, nullptr, 0, kInf, -0.0f, -0.0f, 0.0f},
    {"sigmoid", Activation::kSigmoid, &Sigmoid, 2, 1.0f, 0.0f, 0.5f, 0.5f},
    {"tanh", Activation::kTanh, [](double x) { return std::tanh(x); }, 2, 1.0f, -1.0f, -0.0f, 0.0f},
    {"silu", Activation::kSilu, &Silu, 2, kInf, -0.0f, -0.0f, 0.0f},
    {"gelu", Activation::kGelu, &Gelu, 4, kInf, -0.0f, -0.0f, 0.0f},
    {"gelu_tanh", Activation::kGeluTanh, &GeluTanh, 2, kInf, -0.0f, -0.0f, 0.0f},
    {"exp", Activation::kExp, [](double x) { return std::exp(x); }, 1, kInf, 0.0f, 1.0f, 1.0f},
};

// Around every power of two, where functions change their ways, and anywhere.
std::vector<float> Inputs() {
  std::vector<float> x;
  for (uint32_t exponent = 0; exponent < 512; ++exponent) {
    for (uint32_t i = 0; i < 8; ++i) x.push_back(FromBits((exponent << 23) - 4 + i));
  }
  for (const float at :
       {3.0f, 6.0f, 9.01f, 9.5f, 10.8f, 14.5f, 30.0f, 87.3f, 88.7228f, 89.0f, 103.97f, 104.0f, 109.0f}) {
    for (uint32_t i = 0; i < 16; ++i) {
      x.push_back(FromBits(ToBits(at) - 8 + i));
      x.push_back(-x.back());
    }
  }
  Random random(11);
  for (int i = 0; i < 4000; ++i) {
    x.push_back(FromBits(static_cast<uint32_t>(random())));
    x.push_back(random.Signed() * 15.0f);
    x.push_back(random.Signed() * 110.0f);
  }
  return x;
}

template <class T>
std::vector<T> Activated(Context& context, Activation activation, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  ISOQUANT_CHECK_OK(Activate(context, activation, kSlope, MatrixView<const T>(x.data(), 1, x.size()),
                             MatrixView<T>(y.data(), 1, y.size())));
  return y;
}

// ---- Values

// The order of f32 as integers; NaN are beyond all.
int64_t OrderOf(float x) {
  const int64_t magnitude = ToBits(x) & 0x7fffffff;
  return (ToBits(x) >> 31) != 0 ? -magnitude : magnitude;
}

TEST_CASE("Activation: no further from the true values than the header says, within their range") {
  const std::vector<float> x = Inputs();
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    std::vector<float> nearest(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      if (std::isfinite(x[i])) {
        nearest[i] = kind.reference == nullptr ? Stepwise(kind.activation, x[i])
                                               : static_cast<float>(kind.reference(static_cast<double>(x[i])));
      }
    }
    ForEachTier([&](Context& context) {
      const std::vector<float> y = Activated(context, kind.activation, x);
      size_t wrong = 0, outside = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        if (std::isnan(x[i])) wrong += ToBits(y[i]) != 0x7fc00000 ? 1 : 0;
        if (!std::isfinite(x[i])) continue;
        wrong += std::llabs(OrderOf(y[i]) - OrderOf(nearest[i])) > kind.distance ? 1 : 0;
        if (kind.activation == Activation::kTanh) outside += !(y[i] >= -1.0f && y[i] <= 1.0f) ? 1 : 0;
        if (kind.activation == Activation::kSigmoid) outside += !(y[i] >= 0.0f && y[i] <= 1.0f) ? 1 : 0;
      }
      CHECK(wrong == 0);
      CHECK(outside == 0);
    });
  }
}

TEST_CASE("Activation: infinities, zeros and NaN") {
  ForEachTier([](Context& context) {
    for (const Kind& kind : kKinds) {
      CAPTURE(kind.name);
      const std::vector<float> x = {kInf,
                                    -kInf,
                                    -0.0f,
                                    0.0f,
                                    FromBits(0x7fc00000),
                                    FromBits(0xffc12345),
                                    FromBits(0x7f800001),
                                    FromBits(0xffffffff)};
      const std::vector<float> y = Activated(context, kind.activation, x);
      CHECK(ToBits(y[0]) == ToBits(kind.at_infinity));
      CHECK(ToBits(y[1]) == ToBits(kind.at_minus_infinity));
      CHECK(ToBits(y[2]) == ToBits(kind.at_minus_zero));
      CHECK(ToBits(y[3]) == ToBits(kind.at_zero));
      for (size_t i = 4; i < x.size(); ++i) CHECK(ToBits(y[i]) == 0x7fc00000);
    }
  });
}

template <class T>
void CheckOneNaN(Context& context, const Kind& kind) {
  constexpr size_t kSize = 67;  // a block of four vectors of 16, and a tail
  std::vector<StorageOf<T>> x(kSize, ReferenceFromF32<T>(0.75f)), y(kSize);
  const float at_number = Activated<float>(context, kind.activation, {0.75f})[0];
  const StorageOf<T> nan = ReferenceFromF32<T>(FromBits(0x7fc00000)), number = ReferenceFromF32<T>(at_number);
  size_t wrong = 0;
  for (size_t at = 0; at < kSize; ++at) {
    std::fill(x.begin(), x.end(), ReferenceFromF32<T>(0.75f));
    const uint32_t bits = sizeof(T) == 4 ? 0xff812345 : 0xffff;
    std::memcpy(&x[at], &bits, sizeof(x[at]));
    ISOQUANT_CHECK_OK(Activate(context, kind.activation, kSlope,
                               ViewAs<const T>(MatrixView<const StorageOf<T>>(x.data(), 1, kSize)),
                               ViewAs<T>(MatrixView<StorageOf<T>>(y.data(), 1, kSize))));
    for (size_t i = 0; i < kSize; ++i) wrong += std::memcmp(&y[i], i == at ? &nan : &number, sizeof(nan)) != 0 ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("Activation: one NaN at every place among numbers") {
  ForEachTier([](Context& context) {
    for (const Kind& kind : kKinds) {
      CAPTURE(kind.name);
      CheckOneNaN<float>(context, kind);
      CheckOneNaN<BFloat16>(context, kind);
      CheckOneNaN<Float16>(context, kind);
    }
  });
}

TEST_CASE("Activation: golden digests") {
  const std::vector<float> x = Inputs();
  const size_t rows = 30, cols = x.size() / rows;
  for (const Kind& kind : kKinds) {
    // One row for three tasks, and rows with gaps.
    const std::vector<float> twelve = [&] {
      std::vector<float> all;
      for (int i = 0; i < 12; ++i) all.insert(all.end(), x.begin(), x.end());
      return all;
    }();
    ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor& executor) {
      Digest digest;
      std::vector<float> y = executor.NumWorkers() == 1 ? Activated(context, kind.activation, x)
                                                        : Activated(context, kind.activation, twelve);
      digest.Add(MatrixView<float>(y.data(), 1, x.size()));
      y.assign(rows * (cols + 5), 7.0f);
      ISOQUANT_CHECK_OK(Activate(context, kind.activation, kSlope, MatrixView<const float>(x.data(), rows, cols),
                                 MatrixView<float>(y.data(), rows, cols, cols + 5)));
      digest.Add(MatrixView<float>(y.data(), rows, cols, cols + 5));
      for (size_t r = 0; r < rows; ++r) CHECK(y[r * (cols + 5) + cols] == 7.0f);
      CheckGolden(std::string("activation/") + kind.name, digest.value());
    });
  }
}

// ---- Types and shapes

// The f32 result of every seventh number, rounded once.
template <class T>
void CheckBits16(Context& context, const Kind& kind) {
  std::vector<T> x;
  std::vector<float> wide;
  for (uint32_t bits = 0; bits < 65536; bits += 7) {
    x.push_back(T{static_cast<uint16_t>(bits)});
    wide.push_back(ReferenceToF32<T>(static_cast<uint16_t>(bits)));
  }
  const std::vector<float> expected = Activated(context, kind.activation, wide);
  const std::vector<T> y = Activated(context, kind.activation, x);
  size_t wrong = 0;
  for (size_t i = 0; i < x.size(); ++i) wrong += y[i].bits != ReferenceFromF32<T>(expected[i]) ? 1 : 0;
  CHECK(wrong == 0);
}

TEST_CASE("Activation: bf16 and f16 are f32 results, rounded once") {
  ForEachTier([](Context& context) {
    for (const Kind& kind : kKinds) {
      CAPTURE(kind.name);
      CheckBits16<BFloat16>(context, kind);
      CheckBits16<Float16>(context, kind);
    }
  });
}

template <class T>
void CheckShape(Context& context, const Kind& kind, size_t rows, size_t cols, size_t gap) {
  Random random(rows + cols);
  const GuardedMatrix<StorageOf<T>> x(rows, cols, cols + gap), y(rows, cols, cols + 2 * gap);
  std::vector<float> wide;
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < cols; ++c) {
      x.at(r, c) = ReferenceFromF32<T>(random.Signed() * 8.0f);
      wide.push_back(ReferenceToF32<T>(x.at(r, c)));
    }
  }
  const std::vector<float> expected = Activated(context, kind.activation, wide);
  const auto count_wrong = [&](const GuardedMatrix<StorageOf<T>>& actual) {
    size_t wrong = 0;
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < cols; ++c) wrong += actual.at(r, c) != ReferenceFromF32<T>(expected[r * cols + c]) ? 1 : 0;
    }
    return wrong;
  };
  ISOQUANT_CHECK_OK(Activate(context, kind.activation, kSlope, ViewAs<const T>(x.const_view()), ViewAs<T>(y.view())));
  CHECK(count_wrong(y) == 0);
  ISOQUANT_CHECK_OK(Activate(context, kind.activation, kSlope, ViewAs<const T>(x.const_view()), ViewAs<T>(x.view())));
  CHECK(count_wrong(x) == 0);
}

TEST_CASE_TEMPLATE("Activation: rows of every length, with and without gaps, in place", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    for (const Kind& kind : kKinds) {
      CAPTURE(kind.name);
      for (const size_t cols : std::initializer_list<size_t>{0, 1, 3, 4, 5, 8, 15, 16, 17, 31, 33, 63, 64, 65, 131}) {
        CheckShape<T>(context, kind, 1, cols, 0);
        CheckShape<T>(context, kind, 3, cols, 0);
        CheckShape<T>(context, kind, 2, cols, 3);
      }
    }
  });
}

TEST_CASE("Activation: no rows, no columns") {
  Context context;
  ISOQUANT_CHECK_OK(Activate(context, Activation::kExp, 0.0f, MatrixView<const float>(nullptr, 0, 5), {nullptr, 0, 5}));
  ISOQUANT_CHECK_OK(Activate(context, Activation::kExp, 0.0f, MatrixView<const float>(nullptr, 5, 0), {nullptr, 5, 0}));
}

TEST_CASE("Activation: bad arguments are named, and nothing is written") {
  Context context;
  std::vector<float> memory(32, 1.0f), out(16, 7.0f);
  const MatrixView<const float> x(memory.data(), 2, 6, 7);
  const MatrixView<float> y(out.data(), 2, 6);
  const auto activate = [&](const MatrixView<const float>& x_in, const MatrixView<float>& y_in) {
    return Activate(context, Activation::kSilu, 0.0f, x_in, y_in);
  };
  CheckRefused(activate(x, {out.data(), 3, 6}), Mismatch("y.rows", 3, "x.rows", 2));
  CheckRefused(activate(x, {out.data(), 2, 5}), Mismatch("y.cols", 5, "x.cols", 6));
  CheckRefused(activate({nullptr, 2, 6}, y), NullMatrix("x", 12));
  CheckRefused(activate(x, {nullptr, 2, 6}), NullMatrix("y", 12));
  CheckRefused(activate(x, {out.data(), 2, 6, 5}), StrideTooSmall("y", 5, 6));
  CheckRefused(activate({memory.data(), 2, 6, kHugeStride}, y), StrideTooLarge("x", 2, 6, sizeof(float)));
  // In place: at the same elements alone.
  CheckRefused(activate(x, {memory.data() + 1, 2, 6, 7}), Overlap("y", "x"));
  CheckRefused(activate(x, {memory.data(), 2, 6, 8}), Overlap("y", "x"));
  const auto unknown = static_cast<Activation>(10);
  CHECK(Activate(context, unknown, 0.0f, x, y).ToString() ==
        "activation is 10, expected at most the last Activation = 9");
  for (const float v : out) CHECK(v == 7.0f);
}

}  // namespace
}  // namespace isoquant
