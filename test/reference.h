// Test support: the definition of every operation, in plain scalar code; floats and float environments to try them on.
//
// Each float step is one operation whose result passes through memory: no flag of a compiler makes it contract a
// product into a sum, or keep more bits than f32 has. To be called under the default float environment.
#ifndef ISOQUANT_TEST_REFERENCE_H_
#define ISOQUANT_TEST_REFERENCE_H_

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "isoquant/executor.h"
#include "isoquant/linear.h"
#include "isoquant/matrix_view.h"
#include "isoquant/requantize.h"
#include "test/guarded.h"
#include "test/support.h"

#if defined(__x86_64__) || defined(__i386__)
#include <xmmintrin.h>
#endif

namespace isoquant {

// ---- Integers

// c(m, n) = [c(m, n) +] sum over k of a(m, k) b(k, n), modulo 2^32. b: K x N.
template <class A>
void ReferenceMatMul(MatrixView<const A> a, MatrixView<const int8_t> b, bool accumulate, MatrixView<int32_t> c) {
  std::vector<uint32_t> sums(b.cols);
  for (size_t m = 0; m < a.rows; ++m) {
    for (size_t n = 0; n < b.cols; ++n) sums[n] = accumulate ? static_cast<uint32_t>(c.Row(m)[n]) : 0;
    for (size_t k = 0; k < a.cols; ++k) {
      const int32_t factor = a.Row(m)[k];
      const int8_t* row = b.Row(k);
      for (size_t n = 0; n < b.cols; ++n) sums[n] += static_cast<uint32_t>(factor * row[n]);
    }
    for (size_t n = 0; n < b.cols; ++n) c.Row(m)[n] = static_cast<int32_t>(sums[n]);
  }
}

// The element for row or column `i` of a vector of one, of each, or of none, which are zeros.
template <class T>
T OneOrEach(const VectorView<const T>& v, size_t i) {
  return v.size == 0 ? T{} : v.data[v.size == 1 ? 0 : i];
}

// t(m, n) = sum over k of (a(m, k) - za[m]) (b(k, n) - zb[n]), modulo 2^32, as it is written. b: K x N.
template <class A, class B>
std::vector<int32_t> ReferenceCorrectedSums(MatrixView<const A> a, MatrixView<const B> b, VectorView<const int32_t> za,
                                            VectorView<const int32_t> zb = {}) {
  std::vector<int32_t> t(a.rows * b.cols);
  std::vector<uint32_t> sums(b.cols);
  for (size_t m = 0; m < a.rows; ++m) {
    std::fill(sums.begin(), sums.end(), 0);
    for (size_t k = 0; k < a.cols; ++k) {
      const uint32_t factor = static_cast<uint32_t>(int32_t{a.Row(m)[k]}) - static_cast<uint32_t>(OneOrEach(za, m));
      for (size_t n = 0; n < b.cols; ++n) {
        sums[n] += factor * (static_cast<uint32_t>(int32_t{b.Row(k)[n]}) - static_cast<uint32_t>(OneOrEach(zb, n)));
      }
    }
    for (size_t n = 0; n < b.cols; ++n) t[m * b.cols + n] = static_cast<int32_t>(sums[n]);
  }
  return t;
}

// ---- Float steps

// The f32 value of a single operation.
inline float Rounded(float result) {
  volatile float in_memory = result;
  return in_memory;
}

// To nearest, ties to even, for |x| < 2^22: exact differences only, so that no rounding mode matters.
inline int32_t RoundTiesToEven(float x) {
  const float below = std::floor(x);
  const float fraction = Rounded(x - below);
  const int32_t i = static_cast<int32_t>(below);
  return fraction > 0.5f || (fraction == 0.5f && i % 2 != 0) ? i + 1 : i;
}

inline float Clamp(float x, float lo, float hi) { return x < lo ? lo : x > hi ? hi : x; }

inline float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

// NaN has one form in outputs.
inline float OneNaN(float x) { return std::isnan(x) ? FromBits(0x7fc00000) : x; }

// ---- Quantisation

constexpr float kReferenceMinScale = 0x1p-126f;

// round(clamp(x * (1 / scale), lo - zero_point, hi - zero_point)) + zero_point; NaN becomes zero_point.
inline int32_t ReferenceQuantizeOne(float x, float scale, int32_t zero_point, int32_t lo, int32_t hi) {
  const float inverse = Rounded(1.0f / scale);
  const float scaled = Rounded(x * inverse);
  if (std::isnan(scaled)) return zero_point;
  return RoundTiesToEven(Clamp(scaled, static_cast<float>(lo - zero_point), static_cast<float>(hi - zero_point))) +
         zero_point;
}

// The smallest and the largest of 0 and the finite values.
struct Range {
  float lo = 0.0f, hi = 0.0f;
  void Add(float x) {
    if (!std::isfinite(x)) return;
    if (x < lo) lo = x;
    if (x > hi) hi = x;
  }
};

inline float ReferenceSymmetricScale(const Range& range) {
  const float absmax = range.hi > -range.lo ? range.hi : -range.lo;
  const float scale = Rounded(absmax / 127.0f);
  return scale > kReferenceMinScale ? scale : kReferenceMinScale;
}

template <class Q>
void ReferenceQuantize(MatrixView<const float> x, float scale, int32_t zero_point, MatrixView<Q> q) {
  for (size_t r = 0; r < x.rows; ++r) {
    for (size_t c = 0; c < x.cols; ++c) {
      q.Row(r)[c] = static_cast<Q>(ReferenceQuantizeOne(x.Row(r)[c], scale, zero_point, std::numeric_limits<Q>::min(),
                                                        std::numeric_limits<Q>::max()));
    }
  }
}

inline void ReferenceQuantizeRows(MatrixView<const float> x, MatrixView<int8_t> q, float* scales) {
  for (size_t r = 0; r < x.rows; ++r) {
    Range range;
    for (size_t c = 0; c < x.cols; ++c) range.Add(x.Row(r)[c]);
    scales[r] = ReferenceSymmetricScale(range);
    for (size_t c = 0; c < x.cols; ++c) {
      q.Row(r)[c] = static_cast<int8_t>(ReferenceQuantizeOne(x.Row(r)[c], scales[r], 0, -127, 127));
    }
  }
}

inline void ReferenceQuantizeRows(MatrixView<const float> x, MatrixView<uint8_t> q, float* scales,
                                  int32_t* zero_points) {
  for (size_t r = 0; r < x.rows; ++r) {
    Range range;
    for (size_t c = 0; c < x.cols; ++c) range.Add(x.Row(r)[c]);
    const float above = Rounded(range.hi / 255.0f), below = Rounded(range.lo / 255.0f);
    const float scale = Rounded(above - below);
    scales[r] = scale > kReferenceMinScale ? scale : kReferenceMinScale;
    const float inverse = Rounded(1.0f / scales[r]);
    zero_points[r] = RoundTiesToEven(Clamp(Rounded(-range.lo * inverse), 0.0f, 255.0f));
    for (size_t c = 0; c < x.cols; ++c) {
      q.Row(r)[c] = static_cast<uint8_t>(ReferenceQuantizeOne(x.Row(r)[c], scales[r], zero_points[r], 0, 255));
    }
  }
}

inline void ReferenceQuantizeColumns(MatrixView<const float> x, MatrixView<int8_t> q, float* scales) {
  for (size_t c = 0; c < x.cols; ++c) {
    Range range;
    for (size_t r = 0; r < x.rows; ++r) range.Add(x.Row(r)[c]);
    scales[c] = ReferenceSymmetricScale(range);
    for (size_t r = 0; r < x.rows; ++r) {
      q.Row(r)[c] = static_cast<int8_t>(ReferenceQuantizeOne(x.Row(r)[c], scales[c], 0, -127, 127));
    }
  }
}

inline float ReferenceDequantizeOne(int32_t q, float scale, int32_t zero_point) {
  return OneNaN(Rounded(static_cast<float>(q - zero_point) * scale));
}

template <class Q>
void ReferenceDequantize(MatrixView<const Q> q, float scale, int32_t zero_point, MatrixView<float> x) {
  for (size_t r = 0; r < q.rows; ++r) {
    for (size_t c = 0; c < q.cols; ++c) x.Row(r)[c] = ReferenceDequantizeOne(q.Row(r)[c], scale, zero_point);
  }
}

// zero_points: of rows, or null.
template <class Q>
void ReferenceDequantizeRows(MatrixView<const Q> q, const float* scales, const int32_t* zero_points,
                             MatrixView<float> x) {
  for (size_t r = 0; r < q.rows; ++r) {
    const int32_t zero_point = zero_points == nullptr ? 0 : zero_points[r];
    for (size_t c = 0; c < q.cols; ++c) x.Row(r)[c] = ReferenceDequantizeOne(q.Row(r)[c], scales[r], zero_point);
  }
}

inline void ReferenceDequantizeColumns(MatrixView<const int8_t> q, const float* scales, MatrixView<float> x) {
  for (size_t r = 0; r < q.rows; ++r) {
    for (size_t c = 0; c < q.cols; ++c) x.Row(r)[c] = ReferenceDequantizeOne(q.Row(r)[c], scales[c], 0);
  }
}

// ---- Linear

// From an exact sum to y. fused: what a compiler that contracts would make of it, which is wrong.
inline float ReferenceLinearOne(int32_t t, float row_scale, float column_scale, const float* bias, bool relu,
                                bool fused = false) {
  float v = Rounded(static_cast<float>(t) * row_scale);
  if (bias != nullptr && fused) {
    v = Rounded(std::fma(v, column_scale, *bias));
  } else {
    v = Rounded(v * column_scale);
    if (bias != nullptr) v = Rounded(v + *bias);
  }
  if (relu && v < 0.0f) v = 0.0f;
  return OneNaN(v);
}

// weights: K x N, those that layer.weights holds in packed form.
template <class B>
void ReferenceLinear(MatrixView<const float> x, MatrixView<const B> weights, const LinearLayer& layer,
                     MatrixView<float> y, bool fused = false) {
  const size_t rows = x.rows, k = weights.rows, n = weights.cols;
  std::vector<float> scales(rows);
  std::vector<int32_t> zero_points(rows), t;
  const VectorView<const int32_t> za(zero_points.data(), rows);
  if (layer.quantization == RowQuantization::kSymmetricS8) {
    std::vector<int8_t> q(rows * k);
    ReferenceQuantizeRows(x, MatrixView<int8_t>(q.data(), rows, k), scales.data());
    t = ReferenceCorrectedSums(MatrixView<const int8_t>(q.data(), rows, k), weights, za, layer.column_zero_points);
  } else {
    std::vector<uint8_t> q(rows * k);
    ReferenceQuantizeRows(x, MatrixView<uint8_t>(q.data(), rows, k), scales.data(), zero_points.data());
    t = ReferenceCorrectedSums(MatrixView<const uint8_t>(q.data(), rows, k), weights, za, layer.column_zero_points);
  }
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < n; ++c) {
      y.Row(r)[c] = ReferenceLinearOne(t[r * n + c], scales[r], layer.column_scales.data[c],
                                       layer.bias.size == 0 ? nullptr : layer.bias.data + c,
                                       layer.activation == Activation::kRelu, fused);
    }
  }
}

// ---- Outputs of MatMul

template <class Q>
void ReferenceRequantize(MatrixView<const int32_t> sums, const Requantization& r, MatrixView<Q> c) {
  const int32_t min = std::max<int32_t>(r.min, std::numeric_limits<Q>::min());
  const int32_t max = std::min<int32_t>(r.max, std::numeric_limits<Q>::max());
  for (size_t m = 0; m < c.rows; ++m) {
    for (size_t n = 0; n < c.cols; ++n) {
      const uint32_t bias = r.bias.size == 0 ? 0 : static_cast<uint32_t>(r.bias.data[n]);
      const int32_t t = static_cast<int32_t>(static_cast<uint32_t>(sums.Row(m)[n]) + bias);
      float v = Rounded(Rounded(static_cast<float>(t)) * OneOrEach(r.scales, n));
      if (std::isnan(v)) v = 0.0f;
      const float lo = static_cast<float>(min - r.zero_point), hi = static_cast<float>(max - r.zero_point);
      c.Row(m)[n] = static_cast<Q>(RoundTiesToEven(Clamp(v, lo, hi)) + r.zero_point);
    }
  }
}

// sums: without zero points.
inline void ReferenceDequantize(MatrixView<const int32_t> sums, const Dequantization& d, MatrixView<float> c) {
  for (size_t m = 0; m < c.rows; ++m) {
    for (size_t n = 0; n < c.cols; ++n) {
      c.Row(m)[n] = ReferenceLinearOne(sums.Row(m)[n], OneOrEach(d.row_scales, m), OneOrEach(d.column_scales, n),
                                       d.bias.size == 0 ? nullptr : d.bias.data + n, d.activation == Activation::kRelu);
    }
  }
}

// ---- What an operation wrote, and what it should have written

// An output with guard pages behind it, the expected bytes beside it. Elements between the rows are to stay as they
// are, too.
template <class T>
class Output {
 public:
  Output(size_t rows, size_t cols, size_t row_stride)
      : actual_(rows, cols, row_stride), expected_(actual_.buffer().size()) {
    if (!expected_.empty()) std::memset(expected_.data(), kUntouched, expected_.size() * sizeof(T));
    Clear();
  }
  explicit Output(size_t size) : Output(1, size, size) {}

  // Forgets what was written. Before each run: what the last one wrote is right already.
  void Clear() const {
    if (!expected_.empty()) std::memset(actual_.buffer().data(), kUntouched, expected_.size() * sizeof(T));
  }

  const MatrixView<T>& view() const { return actual_.view(); }
  VectorView<T> vector() const { return {actual_.buffer().data(), actual_.buffer().size()}; }
  MatrixView<T> expected() { return MatrixView<T>(expected_.data(), view().rows, view().cols, view().row_stride); }

  // Checks bytes, the first wrong one only.
  void Check() {
    for (size_t i = 0; i < expected_.size(); ++i) {
      if (std::memcmp(&expected_[i], &actual_.buffer()[i], sizeof(T)) == 0) continue;
      const size_t stride = view().row_stride == 0 ? 1 : view().row_stride;
      INFO("row ", i / stride, " column ", i % stride, " of ", view().rows, " x ", view().cols);
      CHECK(actual_.buffer()[i] == expected_[i]);
      FAIL_CHECK("different bytes");  // NaN and zeros can be equal, or not, without having the same
      return;
    }
  }

  // Check() as a question.
  bool IsExpected() const {
    return expected_.empty() ||
           std::memcmp(expected_.data(), actual_.buffer().data(), expected_.size() * sizeof(T)) == 0;
  }

  bool IsUntouched() const {
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(actual_.buffer().data());
    for (size_t i = 0; i < expected_.size() * sizeof(T); ++i) {
      if (bytes[i] != kUntouched) return false;
    }
    return true;
  }

 private:
  static constexpr int kUntouched = 0x5a;
  GuardedMatrix<T> actual_;
  std::vector<T> expected_;
};

// ---- Floats

constexpr uint32_t kSpecialBits[] = {
    0x00000000, 0x80000000,                          // zeros
    0x00000001, 0x80000001, 0x007fffff, 0x807fffff,  // subnormal
    0x00800000, 0x80800000, 0x03ffffff, 0x84000000,  // small: scales near 2^-126
    0x3f000000, 0xbf000000, 0x3fc00000, 0xc2fe0000,  // 0.5, -0.5, 1.5, -127
    0x7f7fffff, 0xff7fffff, 0x7f000000,              // the largest ones
    0x7f800000, 0xff800000,                          // infinities
    0x7fc00000, 0xffc00000, 0x7fc12345, 0xffffffff,  // NaN, quiet
    0x7f800001, 0xff812345,                          // NaN, signalling
};

inline float SpecialFloat(Random& random) {
  return FromBits(kSpecialBits[random.Below(sizeof(kSpecialBits) / sizeof(kSpecialBits[0]))]);
}

// Kinds of rows (or columns, with another stride) that a quantiser may get wrong.
constexpr size_t kFloatKinds = 16;

inline void FillFloats(Random& random, size_t kind, float* x, size_t size, size_t stride = 1) {
  const auto half_integer = [&](size_t below) { return static_cast<float>(random.Below(2 * below + 1)) * 0.5f; };
  const auto sometimes = [&](float special, float otherwise) { return random.Below(4) == 0 ? special : otherwise; };
  for (size_t i = 0; i < size; ++i, x += stride) {
    const float ordinary = random.Signed();
    switch (kind % kFloatKinds) {
      case 0:
        *x = ordinary;
        break;
      case 1:
        *x = ordinary * 0x1p100f;
        break;
      case 2:
        *x = ordinary * 0x1p-125f;
        break;  // absmax / 127 < 2^-126
      case 3:
        *x = ordinary * 0x1p-119f;
        break;  // about 2^-126
      case 4:
        *x = 0.0f;
        break;
      case 5:
        *x = random.Below(2) == 0 ? 0.0f : -0.0f;
        break;
      case 6:
        *x = i == 0 ? 127.0f : half_integer(254) - 127.0f;
        break;  // ties: the symmetric scale is 1
      case 7:
        *x = i == 0 ? 255.0f : half_integer(255);
        break;  // ties: the asymmetric scale is 1
      case 8:
        *x = ordinary * 0x1p-130f;
        break;  // subnormal
      case 9:
        *x = sometimes(ordinary < 0.0f ? -std::numeric_limits<float>::max() : std::numeric_limits<float>::max(),
                       ordinary * 0x1p127f);
        break;
      case 10:
        *x = sometimes(FromBits(ordinary < 0.0f ? 0xff800000 : 0x7f800000), ordinary);
        break;
      case 11:
        *x = sometimes(FromBits(ordinary < 0.0f ? 0xffc00000 : 0x7fc54321), ordinary);
        break;
      case 12:
        *x = FromBits(0x7f800000 | static_cast<uint32_t>(random.Below(3)) | (ordinary < 0.0f ? 0x80000000 : 0));
        break;
      case 13:
        *x = std::fabs(ordinary) * 3.0f;
        break;
      case 14:
        *x = -std::fabs(ordinary) * 300.0f;
        break;
      default:
        *x = sometimes(SpecialFloat(random), ordinary);
        break;
    }
  }
}

// One kind for each row.
inline void FillRows(Random& random, const MatrixView<float>& x) {
  for (size_t r = 0; r < x.rows; ++r) FillFloats(random, r, x.Row(r), x.cols);
}

// ---- Float environments

constexpr int kRoundings[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

// Flush-to-zero and, on x86, denormals-are-zero for this thread.
inline void FlushSubnormals() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_setcsr(_mm_getcsr() | 0x8040);
#elif defined(__aarch64__)
  uint64_t fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
  __asm__ volatile("msr fpcr, %0" ::"r"(fpcr | 1 << 24) : "memory");
#endif
}

// What this thread has set, without the sticky flags of exceptions.
inline uint64_t FloatSettings() {
#if defined(__x86_64__) || defined(__i386__)
  return _mm_getcsr() & ~0x3fu;
#elif defined(__aarch64__)
  uint64_t fpcr;
  __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr)::"memory");
  return fpcr;
#else
  return static_cast<uint64_t>(std::fegetround());
#endif
}

// Calls f() under a rounding mode and, if `flush`, with subnormals flushed; true if it left these settings alone.
template <class F>
bool KeepsFloatSettings(int rounding, bool flush, const F& f) {
  std::fenv_t saved;
  std::fegetenv(&saved);
  std::fesetround(rounding);
  if (flush) FlushSubnormals();
  const uint64_t before = FloatSettings();
  f();
  const bool kept = FloatSettings() == before && std::fegetround() == rounding;
  std::fesetenv(&saved);
  return kept;
}

// Calls f(run) for all settings; run(operation) calls operation() under them and checks that they are kept.
template <class F>
void ForEachFloatSettings(const F& f) {
  for (const int rounding : kRoundings) {
    for (const bool flush : {false, true}) {
      INFO("rounding mode ", rounding, " flush ", flush);
      f([&](const auto& operation) { CHECK(KeepsFloatSettings(rounding, flush, operation)); });
    }
  }
}

// Threads whose settings differ from the caller's and from each other's.
struct UnusualSettings {
  template <class F>
  static bool Keeps(size_t worker, const F& f) {
    return KeepsFloatSettings(kRoundings[(worker + 1) % 4], true, f);
  }
};
using UnusualExecutor = KeepingExecutor<UnusualSettings>;

}  // namespace isoquant

#endif  // ISOQUANT_TEST_REFERENCE_H_
