// Tests of fused multiply-add: the instruction, where the target has one, and its emulation, on every target.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "test/support.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/fma_test.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/isa/fma-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// n is a multiple of 16.
void Fuse(const float* a, const float* b, const float* c, size_t n, float* fused, float* emulated) {
  const hn::CappedTag<float, 16> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto va = hn::LoadU(d, a + i), vb = hn::LoadU(d, b + i), vc = hn::LoadU(d, c + i);
    hn::StoreU(FusedMulAdd(d, va, vb, vc), d, fused + i);
    hn::StoreU(EmulatedFusedMulAdd(d, va, vb, vc), d, emulated + i);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(Fuse);

float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}
uint32_t ToBits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return x == x ? bits : 0x7fc00000;  // any NaN will do
}

constexpr size_t kBlock = 1024;
struct Operands {
  float a[kBlock], b[kBlock], c[kBlock];
};

// How many results are wrong.
size_t CountWrong(Context& context, const Operands& operands, size_t n) {
  float fused[kBlock], emulated[kBlock];
  ISOQUANT_DISPATCH(context, Fuse)(operands.a, operands.b, operands.c, n, fused, emulated);
  size_t wrong = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint32_t expected = ToBits(std::fma(operands.a[i], operands.b[i], operands.c[i]));
    wrong += ToBits(fused[i]) != expected || ToBits(emulated[i]) != expected ? 1 : 0;
  }
  return wrong;
}

TEST_CASE("Fused multiply-add of special numbers, all triples") {
  constexpr float kMax = std::numeric_limits<float>::max(), kInfinity = std::numeric_limits<float>::infinity();
  // 0x1.001p0 squared lies half-way between two floats. With one of the small numbers added, the sum is the double next
  // to that, less or more a little.
  constexpr float kSpecial[] = {0.0f,           1.0f,           1.0f + 0x1p-23f, 1.0f - 0x1p-24f, 0x1.001p0f,
                                0x1.ffffep-53f, 0x1.00002p-52f, 0x1p-70f,        0x1.000002p-75f, 0x1p-74f,
                                0x1p-126f,      0x1p-149f,      0x1p127f,        0x1.fffffcp-63f, 0x1.000004p63f,
                                0x1.8p-1f,      kMax,           kInfinity,       0x1.8p-149f};
  std::vector<float> numbers;
  for (const float x : kSpecial) {
    numbers.push_back(x);
    numbers.push_back(-x);
  }
  numbers.push_back(std::numeric_limits<float>::quiet_NaN());
  ForEachTier([&](Context& context) {
    Operands operands{};
    size_t n = 0, wrong = 0;
    for (const float a : numbers) {
      for (const float b : numbers) {
        for (const float c : numbers) {
          operands.a[n] = a;
          operands.b[n] = b;
          operands.c[n] = c;
          if (++n == kBlock) {
            wrong += CountWrong(context, operands, kBlock);
            n = 0;
          }
        }
      }
    }
    wrong += CountWrong(context, operands, kBlock);
    CHECK(wrong == 0);
  });
}

// A c near -a b, a half of the last place of a b, and the like: where one rounding and two differ.
float Addend(Random& random, float a, float b) {
  const float product = a * b;
  const uint64_t kind = random.Below(4);
  if (kind == 0) return FromBits(static_cast<uint32_t>(random()));
  const int exponent = product == 0.0f || !std::isfinite(product) ? 0 : std::ilogb(product);
  if (kind == 1) return -FromBits(ToBits(product) + static_cast<uint32_t>(random.Below(5)) - 2);
  const int shift = static_cast<int>(random.Below(60)) - 30;
  const float power = std::ldexp(random.Below(2) != 0 ? 1.0f : -1.0f, exponent + shift);
  return kind == 2 ? power : power * (1.0f + static_cast<float>(random.Below(1 << 20)) * 0x1p-23f);
}

TEST_CASE("Fused multiply-add of random numbers: ISOQUANT_FMA_CASES of them on each tier, or 20000") {
  const char* const wanted = std::getenv("ISOQUANT_FMA_CASES");
  const size_t cases = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 20000;
  ForEachTier([&](Context& context) {
    Random random(57);
    size_t wrong = 0, twice_rounded = 0;
    for (size_t done = 0; done < cases; done += kBlock) {
      Operands operands;
      for (size_t i = 0; i < kBlock; ++i) {
        // Any bits; or near 1, or near the smallest numbers.
        const uint64_t bits = random(), kind = random.Below(3);
        float a = FromBits(static_cast<uint32_t>(bits)), b = FromBits(static_cast<uint32_t>(bits >> 32));
        if (kind != 0) {
          a = std::ldexp(1.0f + static_cast<float>(bits & 0x7fffff) * 0x1p-23f, kind == 1 ? 0 : -80);
          b = std::ldexp(1.0f + static_cast<float>(bits >> 32 & 0x7fffff) * 0x1p-23f, kind == 1 ? 0 : -60);
        }
        operands.a[i] = a;
        operands.b[i] = b;
        operands.c[i] = Addend(random, a, b);
        const volatile float product = a * b;
        twice_rounded += ToBits(product + operands.c[i]) != ToBits(std::fma(a, b, operands.c[i])) ? 1 : 0;
      }
      wrong += CountWrong(context, operands, kBlock);
    }
    CHECK(wrong == 0);
    CHECK(twice_rounded > cases / 20);  // the cases tell one rounding from two
  });
}

}  // namespace
}  // namespace isoquant
#endif  // HWY_ONCE
