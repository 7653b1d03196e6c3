// Tests of rows that are quantised on their way: in every form that a policy may want, they are what QuantizeRows
// writes.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/inl/sources/row_parameters.h"
#include "isoquant/quantize.h"
#include "test/guarded.h"
#include "test/support.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/quantized_rows_test.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/sources/quantized_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Rows of 16-bit floats are given as their bits.
template <class X, class Q, class Bits>
void Arrange(const MatrixView<const Bits>& x, const RowParameters& parameters, size_t row, size_t rows, bool prepares,
             const ArrangedForm& form, void* out) {
  const MatrixView<const X> typed(reinterpret_cast<const X*>(x.data), x.rows, x.cols, x.row_stride);
  const QuantizedRows<X, Q> source(typed, parameters);
  if (!prepares) source.prepare(source, row, rows);
  source.arrange(source, row, rows, prepares, form, out);
}

// One name each, for HWY_EXPORT.
void ArrangeF32S8(const MatrixView<const float>& x, const RowParameters& parameters, size_t row, size_t rows,
                  bool prepares, const ArrangedForm& form, void* out) {
  Arrange<float, int8_t>(x, parameters, row, rows, prepares, form, out);
}
void ArrangeF32U8(const MatrixView<const float>& x, const RowParameters& parameters, size_t row, size_t rows,
                  bool prepares, const ArrangedForm& form, void* out) {
  Arrange<float, uint8_t>(x, parameters, row, rows, prepares, form, out);
}
void ArrangeBf16S8(const MatrixView<const uint16_t>& x, const RowParameters& parameters, size_t row, size_t rows,
                   bool prepares, const ArrangedForm& form, void* out) {
  Arrange<BFloat16, int8_t>(x, parameters, row, rows, prepares, form, out);
}
void ArrangeF16U8(const MatrixView<const uint16_t>& x, const RowParameters& parameters, size_t row, size_t rows,
                  bool prepares, const ArrangedForm& form, void* out) {
  Arrange<Float16, uint8_t>(x, parameters, row, rows, prepares, form, out);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(ArrangeF32S8);
HWY_EXPORT(ArrangeF32U8);
HWY_EXPORT(ArrangeBf16S8);
HWY_EXPORT(ArrangeF16U8);

constexpr ArrangedForm kForms[] = {{64, 4, 0x80, false}, {64, 64, 0, false}, {32, 4, 0, true},
                                   {8, 8, 0x80, false},  {8, 8, 0, false},   {4, 4, 0, false}};

// Element i of row r of an arranged tile.
template <class Q>
Q ElementOf(const std::vector<uint8_t>& tile, const ArrangedForm& form, size_t rows, size_t r, size_t i) {
  const size_t at = i / form.piece_k * form.piece_k * rows + r * form.piece_k + i % form.piece_k;
  if (!form.wide) return static_cast<Q>(tile[at] ^ form.flip);
  int16_t element;
  std::memcpy(&element, tile.data() + at * sizeof(element), sizeof(element));
  return static_cast<Q>(element);
}

float ToFloat(float x) { return x; }
// bf16 is the upper half of f32. These f16 are normal numbers, or infinite, NaN or 0.
float Bf16ToFloat(uint16_t bits) {
  const uint32_t wide = uint32_t{bits} << 16;
  float x;
  std::memcpy(&x, &wide, sizeof(x));
  return x;
}
float F16ToFloat(uint16_t bits) {
  const float sign = (bits >> 15) != 0 ? -1.0f : 1.0f;
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  if (exponent == 31 && mantissa != 0) return std::numeric_limits<float>::quiet_NaN();
  if (exponent == 31) return sign * std::numeric_limits<float>::infinity();
  if (exponent == 0) return sign * static_cast<float>(std::ldexp(mantissa, -24));
  return sign * static_cast<float>(std::ldexp(1024 + mantissa, exponent - 25));
}

// Arranges `x` in two tiles by `arrange` in every form, and compares with QuantizeRows of the same values in f32.
template <class Q, class X, class Function>
void CheckRows(Context& context, const GuardedMatrix<X>& x, float (*to_float)(X), Function arrange) {
  const size_t m = x.view().rows, k = x.view().cols;
  const GuardedMatrix<float> wide(m, k);
  for (size_t r = 0; r < m; ++r) {
    for (size_t i = 0; i < k; ++i) wide.at(r, i) = to_float(x.at(r, i));
  }
  const GuardedMatrix<Q> q(m, k);
  std::vector<float> scales(m), expected_scales(m), inverses(m);
  std::vector<int32_t> zero_points(m), expected_zero_points(m);
  if constexpr (std::is_signed<Q>::value) {
    ISOQUANT_CHECK_OK(QuantizeRows(context, wide.const_view(), q.view(), {expected_scales.data(), m}));
  } else {
    ISOQUANT_CHECK_OK(QuantizeRows(context, wide.const_view(), q.view(), {expected_scales.data(), m},
                                   {expected_zero_points.data(), m}));
  }
  CAPTURE(sizeof(X));
  CAPTURE(std::is_signed<Q>::value);
  for (const ArrangedForm& form : kForms) {
    for (const bool prepares : {false, true}) {
      for (const bool second : {false, true}) {
        const size_t begin = second ? m / 2 : 0, rows = second ? m - m / 2 : m / 2;
        if (rows == 0) continue;
        const size_t size = (k + form.piece_k - 1) / form.piece_k * form.piece_k * rows * (form.wide ? 2 : 1);
        // Whole lines, as a tile has; nothing is written behind them, or behind the tile's last piece.
        std::vector<uint8_t> memory(size + 128, 0xa5);
        uint8_t* const tile = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
        arrange(x.const_view(), {scales.data(), inverses.data(), zero_points.data()}, begin, rows, prepares, form,
                tile);
        const std::vector<uint8_t> arranged(tile, tile + size);
        size_t wrong = 0;
        for (size_t r = 0; r < rows; ++r) {
          for (size_t i = 0; i < k; ++i) {
            wrong += ElementOf<Q>(arranged, form, rows, r, i) != q.at(begin + r, i) ? 1 : 0;
          }
        }
        CAPTURE(sizeof(X));
        CAPTURE(std::is_signed<Q>::value);
        CAPTURE(form.piece_k);
        CAPTURE(form.wide);
        CAPTURE(k);
        CHECK(wrong == 0);
        CHECK(tile[size] == 0xa5);
      }
      CHECK(scales == expected_scales);
      if (!std::is_signed<Q>::value) CHECK(zero_points == expected_zero_points);
    }
  }
}

TEST_CASE("Quantised rows: in every form what QuantizeRows writes, of f32, bf16 and f16") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();
  ForEachTier([&](Context& context) {
    Random random(41);
    for (const size_t m : std::initializer_list<size_t>{1, 2, 5, 13}) {
      for (const size_t k : std::initializer_list<size_t>{0, 1, 4, 7, 8, 15, 16, 17, 32, 63, 64, 65, 130, 515}) {
        const GuardedMatrix<float> x(m, k, k + 3);
        const GuardedMatrix<uint16_t> bf16(m, k), f16(m, k);
        for (size_t r = 0; r < m; ++r) {
          for (size_t i = 0; i < k; ++i) {
            x.at(r, i) = static_cast<float>(random.Below(2001)) / 16.0f - 40.0f;
            // Exponents near 1, any sign and mantissa.
            bf16.at(r, i) =
                static_cast<uint16_t>(random.Below(2) << 15 | (120 + random.Below(14)) << 7 | random.Below(128));
            f16.at(r, i) =
                static_cast<uint16_t>(random.Below(2) << 15 | (8 + random.Below(14)) << 10 | random.Below(1024));
          }
        }
        if (k > 2) {  // one row that needs clamps
          x.at(m / 2, k - 1) = kInfinity;
          x.at(m / 2, 0) = kNaN;
          bf16.at(m / 2, k / 2) = 0xff80;
          f16.at(m / 2, k / 2) = 0x7e00;
        }
        CheckRows<int8_t>(context, x, &ToFloat, ISOQUANT_DISPATCH(context, ArrangeF32S8));
        CheckRows<uint8_t>(context, x, &ToFloat, ISOQUANT_DISPATCH(context, ArrangeF32U8));
        CheckRows<int8_t>(context, bf16, &Bf16ToFloat, ISOQUANT_DISPATCH(context, ArrangeBf16S8));
        CheckRows<uint8_t>(context, f16, &F16ToFloat, ISOQUANT_DISPATCH(context, ArrangeF16U8));
      }
    }
  });
}

}  // namespace
}  // namespace isoquant
#endif  // HWY_ONCE
