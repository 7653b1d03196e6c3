// Tests of MatMul of bf16 as users call it: each output is the chain of fused multiply-adds of the elements as f32, and
// so has the bits of MatMul of f32.
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/float_matmul.h"
#include "test/float_types.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

float Widened(BFloat16 x) { return FromBits(uint32_t{x.bits} << 16); }

// Numbers of many magnitudes, so that each rounding shows.
BFloat16 AnyMagnitude(Random& random) {
  const uint64_t bits = random();
  const uint32_t exponent = 115 + static_cast<uint32_t>(bits >> 8) % 24;
  return {static_cast<uint16_t>((bits & 0x807f) | exponent << 7)};
}

using Fill = BFloat16 (*)(Random&);

// One product of guarded operands, and what it must be.
struct Bf16Product {
  Bf16Product(Random& random, const Shape& shape, Fill fill = &AnyMagnitude)
      : a(shape.m, shape.k, shape.k + shape.gap),
        b(shape.k, shape.n, shape.n + shape.gap),
        transposed(shape.n, shape.k, shape.k + shape.gap),
        before(shape.m, shape.n),
        result(shape.m, shape.n, shape.n + shape.gap) {
    for (BFloat16& x : a.buffer()) x = fill(random);
    for (BFloat16& x : b.buffer()) x = fill(random);
    for (float& x : before.buffer()) x = Widened(fill(random));
    Expect(Store::kOverwrite);
  }
  // After a change of operands.
  void Expect(Store store) {
    for (size_t k = 0; k < b.view().rows; ++k) {
      for (size_t n = 0; n < b.view().cols; ++n) transposed.at(n, k) = b.at(k, n);
    }
    for (size_t m = 0; m < a.view().rows; ++m) {
      for (size_t n = 0; n < b.view().cols; ++n) {
        result.expected().Row(m)[n] = OneNaN(Chain(m, n, store == Store::kAccumulate ? before.at(m, n) : 0.0f));
      }
    }
  }
  // The definition.
  float Chain(size_t m, size_t n, float c) const {
    for (size_t k = 0; k < a.view().cols; ++k) c = Rounded(std::fma(Widened(a.at(m, k)), Widened(b.at(k, n)), c));
    return c;
  }

  Status Multiply(Context& context, const WeightsRef& weights, Store store) {
    result.Clear();
    if (store == Store::kAccumulate) {
      for (size_t m = 0; m < before.view().rows; ++m) {
        for (size_t n = 0; n < before.view().cols; ++n) result.view().Row(m)[n] = before.at(m, n);
      }
    }
    return MatMul(context, a.const_view(), weights, result.view(), store);
  }
  void CheckWith(Context& context, const WeightsRef& weights, Store store) {
    ISOQUANT_CHECK_OK(Multiply(context, weights, store));
    result.Check();
  }
  // Overwriting and accumulating, with weights of all kinds.
  void CheckAll(Context& context) {
    const PackedWeights packed = Packed(context, KxN{b.const_view()});
    for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
      Expect(store);
      CheckWith(context, packed, store);
      CheckWith(context, KxN{b.const_view()}, store);
      CheckWith(context, NxK{transposed.const_view()}, store);
    }
    Expect(Store::kOverwrite);
  }

  void Run(Context& context) {
    const PackedWeights packed = Packed(context, KxN{b.const_view()});
    ISOQUANT_CHECK_OK(Multiply(context, packed, Store::kOverwrite));
  }
  void Check() { result.Check(); }
  Output<float>& output() { return result; }

  GuardedMatrix<BFloat16> a, b, transposed;
  GuardedMatrix<float> before;
  Output<float> result;
};

TEST_CASE("MatMul of bf16: golden digests") {
  Random random(171);
  Bf16Product small(random, {1, 300, 100}), middle(random, {33, 257, 129, 3}), deep(random, {5, 4201, 48}),
      large(random, {130, 131, 200});
  CheckGoldenOutputs("matmul/bf16/1x300x100", small);
  CheckGoldenOutputs("matmul/bf16/33x257x129", middle);
  CheckGoldenOutputs("matmul/bf16/5x4201x48", deep);
  CheckGoldenOutputs("matmul/bf16/130x131x200", large);
}

TEST_CASE("MatMul of bf16: shapes around the edges of tiles, all weights, overwriting and accumulating") {
  ForEachTier([&](Context& context) {
    Random random(172);
    for (const Shape& shape : {Shape{1, 1, 1}, Shape{1, 2, 16}, Shape{1, 3, 33, 2}, Shape{2, 17, 31}, Shape{5, 16, 48},
                               Shape{6, 15, 32, 1}, Shape{7, 33, 17}, Shape{11, 31, 65}, Shape{12, 34, 32, 5},
                               Shape{13, 47, 16}, Shape{17, 65, 15, 1}, Shape{25, 9, 64}, Shape{40, 18, 9}}) {
      CAPTURE(shape.m);
      CAPTURE(shape.k);
      CAPTURE(shape.n);
      Bf16Product(random, shape).CheckAll(context);
    }
  });
}

TEST_CASE("MatMul of bf16: every depth up to three pieces of K") {
  ForEachTier([&](Context& context) {
    Random random(173);
    for (size_t k = 0; k <= 49; ++k) {
      CAPTURE(k);
      Bf16Product(random, {3, k, 33}).CheckAll(context);
    }
  });
}

TEST_CASE("MatMul of bf16: the bits of MatMul of the same elements as f32") {
  Random random(174);
  // Any bits: infinities and NaN, subnormal numbers, products that overflow or vanish.
  const Fill any_bits = [](Random& r) { return BFloat16{static_cast<uint16_t>(r())}; };
  // Subnormal numbers and their neighbours, and sums of them.
  const Fill tiny = [](Random& r) {
    const uint64_t bits = r();
    return BFloat16{static_cast<uint16_t>((bits & 0x80ff) | ((bits >> 20 & 1) != 0 ? 0x3f80 : 0))};
  };
  const Fill huge = [](Random& r) { return BFloat16{static_cast<uint16_t>((r() & 0x80ff) | 0x5f00)}; };
  for (const Fill fill : {any_bits, tiny, huge, &AnyMagnitude}) {
    Bf16Product product(random, {9, 43, 37}, fill);
    const GuardedMatrix<float> a(9, 43), b(43, 37);
    for (size_t i = 0; i < a.buffer().size(); ++i) a.buffer()[i] = Widened(product.a.buffer()[i]);
    for (size_t i = 0; i < b.buffer().size(); ++i) b.buffer()[i] = Widened(product.b.buffer()[i]);
    ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
      for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
        GuardedMatrix<float> c(9, 37);
        std::memcpy(c.buffer().data(), product.before.buffer().data(), c.buffer().size() * sizeof(float));
        ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), KxN{b.const_view()}, c.view(), store));
        ISOQUANT_CHECK_OK(product.Multiply(context, KxN{product.b.const_view()}, store));
        CHECK(std::memcmp(c.buffer().data(), product.result.view().data, c.buffer().size() * sizeof(float)) == 0);
        product.Expect(store);
        product.Check();
      }
    });
  }
}

TEST_CASE("MatMul of bf16: sums that are -0 stay so, whatever is behind an odd K") {
  ForEachTier([&](Context& context) {
    for (const size_t k : std::initializer_list<size_t>{1, 2, 3, 15, 16, 17, 33}) {
      CAPTURE(k);
      for (const uint16_t a_bits : {uint16_t{0x8000}, uint16_t{0xbf80}}) {  // -0 times 1, -1 times 0
        Random random(k);
        Bf16Product product(random, {14, k, 35});
        for (BFloat16& x : product.a.buffer()) x = {a_bits};
        for (BFloat16& x : product.b.buffer()) x = {static_cast<uint16_t>(a_bits == 0x8000 ? 0x3f80 : 0)};
        for (float& x : product.before.buffer()) x = -0.0f;
        product.Expect(Store::kAccumulate);
        CHECK(std::signbit(product.result.expected().Row(13)[34]));
        product.CheckWith(context, KxN{product.b.const_view()}, Store::kAccumulate);
        product.Expect(Store::kOverwrite);
        product.CheckWith(context, KxN{product.b.const_view()}, Store::kOverwrite);
      }
    }
  });
}

TEST_CASE("MatMul of bf16: what is behind the last row, column or k does not matter") {
  // Infinities and NaN around A and B would make NaN of anything that they are multiplied by.
  ForEachTier([&](Context& context) {
    constexpr uint16_t kNaN = 0xffc1;
    std::vector<BFloat16> a(7 * 40, BFloat16{kNaN}), b(40 * 50, BFloat16{kNaN});
    Random random(175);
    Bf16Product product(random, {6, 37, 45});
    for (size_t r = 0; r < 6; ++r) std::memcpy(&a[r * 40], &product.a.at(r, 0), 37 * sizeof(BFloat16));
    for (size_t r = 0; r < 37; ++r) std::memcpy(&b[r * 50], &product.b.at(r, 0), 45 * sizeof(BFloat16));
    product.result.Clear();
    ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const BFloat16>(a.data(), 6, 37, 40),
                             KxN{MatrixView<const BFloat16>(b.data(), 37, 45, 50)}, product.result.view()));
    product.Check();
  });
}

TEST_CASE("MatMul of bf16: packed weights, and blobs of them") {
  Random random(176);
  Bf16Product product(random, {9, 65, 50});
  Context context;
  const PackedWeights packed = Packed(context, NxK{product.transposed.const_view()});
  CHECK(packed.type() == ElementType::kBf16);
  ISOQUANT_CHECK_OK(packed.Verify());
  const uint16_t* panels = reinterpret_cast<const uint16_t*>(packed.panels().panels);
  for (size_t k = 0; k < 66; ++k) {
    for (size_t n = 0; n < 64; ++n) {
      const uint16_t expected = k < 65 && n < 50 ? product.b.at(k, n).bits : uint16_t{0};
      CHECK(panels[(n / 16 * 33 + k / 2) * 32 + n % 16 * 2 + k % 2] == expected);
    }
  }
  std::vector<uint8_t> blob(packed.SerializedBytes());
  CHECK(blob.size() == 64 + 4 * 33 * 64);
  ISOQUANT_CHECK_OK(packed.Serialize({blob.data(), blob.size()}));
  Digest digest;
  digest.Add(blob.data(), blob.size());
  CheckGolden("weights/blob2/bf16/65x50", digest.value());
  PackedWeights loaded;
  ISOQUANT_CHECK_OK(PackedWeights::Load({blob.data(), blob.size()}, loaded));
  ISOQUANT_CHECK_OK(loaded.Verify());
  product.CheckWith(context, loaded, Store::kOverwrite);
}

TEST_CASE("MatMul of bf16: errors, and nothing is written") {
  Random random(177);
  Bf16Product product(random, {4, 8, 20});
  product.result.Clear();
  Context context;
  const MatrixView<const BFloat16> a = product.a.const_view();
  const MatrixView<float> c = product.result.view();
  const KxN b{product.b.const_view()};
  const GuardedMatrix<float> floats(8, 20);
  CHECK(MatMul(context, a, KxN{floats.const_view()}, c).ToString() == "b is f32, expected bf16");
  CHECK(MatMul(context, a, b, MatrixView<float>(c.data, 4, 19, 20)).ToString() == "c.cols is 19, expected b's N = 20");
  CHECK(MatMul(context, MatrixView<const BFloat16>(a.data, 4, 7, 8), b, c).ToString() ==
        "a.cols is 7, expected b's K = 8");
  CHECK(MatMul(context, MatrixView<const BFloat16>(nullptr, 4, 8), b, c).code() == StatusCode::kNull);
  const MatrixView<const BFloat16> in_c(reinterpret_cast<const BFloat16*>(c.data), 4, 8);
  CHECK(MatMul(context, in_c, b, c).code() == StatusCode::kOverlap);
  CHECK(MatMul(context, {nullptr, 3, 8}, b, c).ToString() == "b is bf16, expected f32");  // without a type it is f32
  const GuardedMatrix<Float16> halves(4, 8);
  CHECK(MatMul(context, FloatMatrix(halves.const_view()), b, c).ToString() == "a is f16, expected f32 or bf16");
  CHECK(MatMul(context, FloatMatrix(floats.const_view()), b, c).ToString() == "b is bf16, expected f32");
  CHECK(product.result.IsUntouched());
}

TEST_CASE("MatMul of bf16: other roundings and orders would show") {
  Random random(178);
  const Bf16Product product(random, {12, 80, 40});
  size_t backwards = 0, two_chains = 0, unfused = 0;
  for (size_t m = 0; m < 12; ++m) {
    for (size_t n = 0; n < 40; ++n) {
      const float expected = product.Chain(m, n, 0.0f);
      float from_end = 0.0f, parts[2] = {}, rounded_to_bf16 = 0.0f;
      for (size_t k = 0; k < 80; ++k) {
        const float x = Widened(product.a.at(m, k)), y = Widened(product.b.at(k, n));
        parts[k % 2] = std::fma(x, y, parts[k % 2]);
        from_end = std::fma(Widened(product.a.at(m, 79 - k)), Widened(product.b.at(79 - k, n)), from_end);
        // (A product of two bf16 is exact in f32: so this is one of too few bits.)
        const float few = FromBits(ReferenceToBits(x * y, 7, 8) << 16);
        rounded_to_bf16 = Rounded(rounded_to_bf16 + few);
      }
      backwards += from_end != expected ? 1 : 0;
      two_chains += Rounded(parts[0] + parts[1]) != expected ? 1 : 0;
      unfused += rounded_to_bf16 != expected ? 1 : 0;
    }
  }
  CHECK(backwards > 240);
  CHECK(two_chains > 240);
  CHECK(unfused > 240);
}

}  // namespace
}  // namespace isoquant
