// Tests of weights that are all in [-64, 64], which x86 without VNNI multiplies by VPMADDUBSW (tile_maddubs-inl.h): the
// same sums as of any others, on every tier.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/images.h"
#include "test/linear_on_tiers.h"
#include "test/matmul_case.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

// A product whose weights are half of what they were.
template <class A>
struct HalfCase : Case<A> {
  HalfCase(Random& random, Shape shape, size_t a_pad = 0, size_t c_pad = 0) : Case<A>(random, shape, a_pad, c_pad) {
    for (int8_t& value : this->b.buffer()) value = static_cast<int8_t>(value / 2);
    this->Expect();
  }
};

template <class A>
PackedWeights Packed(const Case<A>& c) {
  Context context;
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{c.b.const_view()}, packed));
  return packed;
}

template <class A>
void CheckOnEveryTier(Case<A>& c, bool seven_bits = true) {
  const PackedWeights packed = Packed(c);
  CHECK(packed.panels().seven_bits == seven_bits);
  ForEachTier([&](Context& context) {
    c.Check(context, packed, Store::kOverwrite);
    c.Check(context, packed, Store::kAccumulate);
  });
}

TEST_CASE_TEMPLATE("Seven bits: shapes around the tiles", A, int8_t, uint8_t) {
  Random random(1);
  for (const size_t m : Sizes{1, 2, 5, 6, 7, 11, 13, 32, 37}) {
    for (const size_t k : Sizes{64, 67, 128, 130, 131, 192}) {
      for (const size_t n : Sizes{1, 2, 8, 9, 16, 17, 33, 70}) {
        CAPTURE(m);
        CAPTURE(k);
        CAPTURE(n);
        HalfCase<A> c(random, {m, k, n}, n % 3, n % 2);
        CheckOnEveryTier(c);
      }
    }
  }
  HalfCase<A> long_rows(random, {7, 4100, 18}), many_rows(random, {150, 70, 40});
  CheckOnEveryTier(long_rows);
  CheckOnEveryTier(many_rows);
}

// The largest sums of two products, of both signs; and weights one beyond, of which two do saturate.
TEST_CASE_TEMPLATE("Seven bits: extremes", A, int8_t, uint8_t) {
  Random random(2);
  for (const A a : {std::numeric_limits<A>::min(), std::numeric_limits<A>::max()}) {
    for (const int b : {64, -64, 65, -65, 127, -128}) {
      CAPTURE(b);
      Case<A> c(random, {33, 130, 33}, 0, 0);
      for (A& value : c.a.buffer()) value = a;
      for (int8_t& value : c.b.buffer()) value = static_cast<int8_t>(b);
      c.Expect();
      CheckOnEveryTier(c, b == 64 || b == -64);
    }
  }
}

TEST_CASE("Seven bits: one weight beyond them, anywhere, is found") {
  for (const size_t k : Sizes{4, 700}) {
    for (const size_t n : Sizes{16, 40}) {
      const std::vector<int8_t> half(k * n, -64);
      for (const size_t at : {size_t{0}, k * n / 2, k * n - 1}) {
        for (const int beyond : {65, -65, 127, -128}) {
          std::vector<int8_t> b = half;
          b[at] = static_cast<int8_t>(beyond);
          Context context;
          PackedWeights packed;
          ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{b.data(), k, n}}, packed));
          CHECK(!packed.panels().seven_bits);
        }
      }
    }
  }
}

// u8 are packed as u8 - 128, and floats are no bytes.
TEST_CASE("Seven bits: of which weights") {
  Context context;
  const auto has = [&](const auto& values) {
    PackedWeights packed;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{values.data(), 8, 4}}, packed));
    return packed.panels().seven_bits;
  };
  CHECK(has(std::vector<int8_t>(32, 64)));
  CHECK(has(std::vector<uint8_t>(32, 192)));
  CHECK(has(std::vector<uint8_t>(32, 64)));
  CHECK(!has(std::vector<uint8_t>(32, 193)));
  CHECK(!has(std::vector<uint8_t>(32, 63)));
  CHECK(!has(std::vector<float>(32, 0.0f)));
}

TEST_CASE("Seven bits: of blobs that are loaded, not of those that are viewed") {
  Context context;
  for (const int8_t value : {int8_t{-64}, int8_t{-65}}) {
    const std::vector<int8_t> b(70 * 33, value);
    PackedWeights packed, loaded, viewed;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{b.data(), 70, 33}}, packed));
    std::vector<uint8_t> memory(packed.SerializedBytes() + 63);
    uint8_t* const aligned = memory.data() + (64 - reinterpret_cast<uintptr_t>(memory.data()) % 64) % 64;
    const VectorView<uint8_t> blob(aligned, packed.SerializedBytes());
    ISOQUANT_CHECK_OK(packed.Serialize(blob));
    ISOQUANT_CHECK_OK(PackedWeights::Load({blob.data, blob.size}, loaded));
    ISOQUANT_CHECK_OK(PackedWeights::View({blob.data, blob.size}, viewed));
    CHECK(packed.panels().seven_bits == (value == -64));
    CHECK(loaded.panels().seven_bits == (value == -64));
    CHECK(!viewed.panels().seven_bits);
    PackedWeights moved;
    moved = std::move(loaded);
    CHECK(moved.panels().seven_bits == (value == -64));
  }
}

// Whole panels, and some columns of one; with workers.
TEST_CASE_TEMPLATE("Seven bits: 8-bit and float outputs", A, int8_t, uint8_t) {
  Random random(3);
  for (const size_t n : Sizes{2, 3, 16, 40}) {
    const size_t k = n % 2 == 0 ? 130 : 132;  // rows whose size is a multiple of four are read in place
    const HalfCase<A> c(random, {40, k, n});
    const PackedWeights packed = Packed<A>(c);
    const std::vector<float> scales(n, 0.001f);
    const float row_scale = 0.5f;
    Requantization r;
    r.scales = {scales.data(), n};
    Dequantization d;
    d.row_scales = {&row_scale, 1};
    d.column_scales = {scales.data(), n};
    const MatrixView<int32_t> overwritten = c.overwritten.view();
    const MatrixView<const int32_t> sums(overwritten.data, overwritten.rows, overwritten.cols, overwritten.row_stride);
    GuardedMatrix<int8_t> bytes(40, n), expected_bytes(40, n);
    GuardedMatrix<float> floats(40, n), expected_floats(40, n);
    ReferenceRequantize(sums, r, expected_bytes.view());
    ReferenceDequantize(sums, d, expected_floats.view());
    ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
      ISOQUANT_CHECK_OK(MatMul(context, c.a.const_view(), packed, r, bytes.view()));
      ISOQUANT_CHECK_OK(MatMul(context, c.a.const_view(), packed, d, floats.view()));
      CHECK(std::memcmp(bytes.buffer().data(), expected_bytes.buffer().data(), 40 * n) == 0);
      CHECK(std::memcmp(floats.buffer().data(), expected_floats.buffer().data(), 40 * n * sizeof(float)) == 0);
    });
  }
}

TEST_CASE("Seven bits: Linear") {
  constexpr size_t kK = 150, kN = 45;
  Random random(6);
  std::vector<int8_t> b(kK * kN);
  FillIntegers(random, b.data(), b.size());
  for (int8_t& value : b) value = static_cast<int8_t>(value / 2);
  CheckLinearOnEveryTier(random, {b.data(), kK, kN}, {}, {5, 37}, {1});
}

template <class A>
void CheckConvolution(Random& random, const ImageShape& shape, const Conv2dGeometry& g, size_t outputs, size_t zeros) {
  ConvolutionCase<A, int8_t> c(random, shape, g, outputs, zeros, Guarded<A>::At::kEnd, 2);
  CHECK(c.packed().weights().panels().seven_bits);
  OutputImage<int32_t> y(c.OutputShape());
  c.Expect(y.expected());
  const int32_t zero_point = c.zero_point();
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    y.Clear();
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), ZeroPoints{{&zero_point, 1}, c.filter_zeros()}, c.packed(), y.view()));
    y.Check();
  });
}

// Windows that lie within the image and not, whose segments are multiples of four bytes and not; groups.
TEST_CASE_TEMPLATE("Seven bits: Conv2d", A, int8_t, uint8_t) {
  Random random(4);
  const Conv2dGeometry same{3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, far{3, 3, 1, 1, 2, 5, 2, 2, 5, 5}, strided{5, 5, 2, 2};
  Conv2dGeometry grouped{3, 3};
  grouped.groups = 2;
  for (const Conv2dGeometry& g : {same, far, strided, grouped}) {
    for (const size_t channels : Sizes{8, 6}) {
      CheckConvolution<A>(random, {2, 12, 13, channels}, g, 36, 0);
    }
  }
}

TEST_CASE_TEMPLATE("Seven bits: depthwise", A, int8_t, uint8_t) {
  Random random(5);
  const Conv2dGeometry same{3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, strided{3, 3, 2, 2, 1, 1, 1, 0, 1, 0};
  const Conv2dGeometry large{5, 5, 1, 1, 1, 1, 2, 2, 2, 2}, far{3, 2, 1, 2, 2, 3};
  for (Conv2dGeometry g : {same, strided, large, far}) {
    for (const size_t channels : Sizes{64, 70, 5}) {
      g.groups = channels;
      for (const size_t zeros : {size_t{0}, size_t{1}, channels}) {
        CheckConvolution<A>(random, {2, 11, 12, channels}, g, channels, zeros);
      }
    }
  }
}

}  // namespace
}  // namespace isoquant
