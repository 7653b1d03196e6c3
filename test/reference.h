// Test support: the definition of every operation, in plain scalar code.
//
// Each float step is one operation whose result passes through memory: no flag of a compiler makes it contract a
// product into a sum, or keep more bits than f32 has. To be called under the default float environment.
#ifndef ISOQUANT_TEST_REFERENCE_H_
#define ISOQUANT_TEST_REFERENCE_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "isoquant/linear.h"
#include "isoquant/matrix_view.h"

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
inline void ReferenceLinear(MatrixView<const float> x, MatrixView<const int8_t> weights, const LinearLayer& layer,
                            MatrixView<float> y, bool fused = false) {
  const size_t rows = x.rows, k = weights.rows, n = weights.cols;
  std::vector<float> scales(rows);
  std::vector<int32_t> zero_points(rows), sums(rows * n), column_sums(n);
  const MatrixView<int32_t> t(sums.data(), rows, n);
  if (layer.quantization == RowQuantization::kSymmetricS8) {
    std::vector<int8_t> q(rows * k);
    ReferenceQuantizeRows(x, MatrixView<int8_t>(q.data(), rows, k), scales.data());
    ReferenceMatMul(MatrixView<const int8_t>(q.data(), rows, k), weights, false, t);
  } else {
    std::vector<uint8_t> q(rows * k);
    ReferenceQuantizeRows(x, MatrixView<uint8_t>(q.data(), rows, k), scales.data(), zero_points.data());
    ReferenceMatMul(MatrixView<const uint8_t>(q.data(), rows, k), weights, false, t);
  }
  const std::vector<int8_t> ones(k, 1);
  ReferenceMatMul(MatrixView<const int8_t>(ones.data(), 1, k), weights, false,
                  MatrixView<int32_t>(column_sums.data(), 1, n));
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < n; ++c) {
      const uint32_t correction = static_cast<uint32_t>(zero_points[r]) * static_cast<uint32_t>(column_sums[c]);
      y.Row(r)[c] = ReferenceLinearOne(
          static_cast<int32_t>(static_cast<uint32_t>(t.Row(r)[c]) - correction), scales[r], layer.column_scales.data[c],
          layer.bias.size == 0 ? nullptr : layer.bias.data + c, layer.activation == Activation::kRelu, fused);
    }
  }
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_REFERENCE_H_
