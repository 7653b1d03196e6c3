// Tests of the conversions between f32, bf16 and f16 in vectors: by instructions where the target has them, and
// without, on every target.
#include "test/float_types.h"

#include <cstring>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/element_type.h"
#include "isoquant/inl/isa/int8_targets.h"
#include "test/support.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/float_types_test.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/float_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// n is a multiple of 16.
void Widen(const BFloat16* bf16, const Float16* f16, size_t n, float* from_bf16, float* from_f16) {
  for (size_t i = 0; i < n; i += hn::Lanes(DF32())) {
    StoreFromF32(LoadAsF32(bf16 + i), from_bf16 + i);
    StoreFromF32(LoadAsF32(f16 + i), from_f16 + i);
  }
}
void Narrow(const float* x, size_t n, BFloat16* bf16, Float16* f16, uint16_t* emulated_f16) {
  const DF32 d;
  const hn::Rebind<uint16_t, DF32> d16;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const VF32 v = LoadAsF32(x + i);
    StoreFromF32(v, bf16 + i);
    StoreFromF32(v, f16 + i);
    hn::StoreU(EmulatedDemoteF16(d, v), d16, emulated_f16 + i);
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

HWY_EXPORT(Widen);
HWY_EXPORT(Narrow);

float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

constexpr size_t kAll = 65536;

// Through memory, so that NaN compare too.
template <class T>
size_t CountDifferent(const std::vector<T>& a, const std::vector<T>& b) {
  size_t different = 0;
  for (size_t i = 0; i < a.size(); ++i) different += std::memcmp(&a[i], &b[i], sizeof(T)) != 0 ? 1 : 0;
  return different;
}

TEST_CASE("Float types: their elements") {
  static_assert(kElementType<BFloat16> == ElementType::kBf16 && kElementType<Float16> == ElementType::kF16, "");
  static_assert(sizeof(BFloat16) == 2 && sizeof(Float16) == 2, "");
  static_assert(std::is_trivial<BFloat16>::value && std::is_trivial<Float16>::value, "");
}

TEST_CASE("Float types: all bf16 and f16 become f32, and NaN the one NaN") {
  std::vector<BFloat16> bf16(kAll);
  std::vector<Float16> f16(kAll);
  std::vector<float> expected_bf16(kAll), expected_f16(kAll);
  for (uint32_t i = 0; i < kAll; ++i) {
    bf16[i].bits = f16[i].bits = static_cast<uint16_t>(i);
    expected_bf16[i] = ReferenceFromF32<float>(ReferenceFromBits(i, 7, 8));
    expected_f16[i] = ReferenceFromF32<float>(ReferenceFromBits(i, 10, 5));
  }
  ForEachTier([&](Context& context) {
    std::vector<float> from_bf16(kAll), from_f16(kAll);
    ISOQUANT_DISPATCH(context, Widen)(bf16.data(), f16.data(), kAll, from_bf16.data(), from_f16.data());
    CHECK(CountDifferent(from_bf16, expected_bf16) == 0);
    CHECK(CountDifferent(from_f16, expected_f16) == 0);
  });
}

// Every bf16 and f16, what lies half-way to the next one, and the f32 beside these; NaN.
std::vector<float> Boundaries() {
  std::vector<float> x;
  for (uint32_t i = 0; i < kAll; ++i) {
    for (const uint32_t rest : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) x.push_back(FromBits(i << 16 | rest));
    const float here = ReferenceFromBits(i, 10, 5), next = ReferenceFromBits(i + 1, 10, 5);
    uint32_t half;
    const float middle = (here + next) / 2.0f;
    std::memcpy(&half, &middle, sizeof(half));
    for (const uint32_t bits : {half - 1, half, half + 1}) x.push_back(FromBits(bits));
  }
  for (const float large : {65519.996f, 65520.0f, 65520.004f}) {
    x.push_back(large);
    x.push_back(-large);
  }
  while (x.size() % 16 != 0) x.push_back(0.0f);
  return x;
}

TEST_CASE("Float types: f32 are rounded once, to nearest even; subnormal numbers stay; NaN is 7fc0 and 7e00") {
  const std::vector<float> x = Boundaries();
  const size_t n = x.size();
  std::vector<uint16_t> expected_bf16(n), expected_f16(n);
  for (size_t i = 0; i < n; ++i) {
    expected_bf16[i] = ReferenceFromF32<BFloat16>(x[i]);
    expected_f16[i] = ReferenceFromF32<Float16>(x[i]);
  }
  ForEachTier([&](Context& context) {
    std::vector<uint16_t> bf16(n), f16(n), emulated(n);
    ISOQUANT_DISPATCH(context, Narrow)
    (x.data(), n, reinterpret_cast<BFloat16*>(bf16.data()), reinterpret_cast<Float16*>(f16.data()), emulated.data());
    CHECK(CountDifferent(bf16, expected_bf16) == 0);
    CHECK(CountDifferent(f16, expected_f16) == 0);
    CHECK(CountDifferent(emulated, expected_f16) == 0);
  });
}

}  // namespace
}  // namespace isoquant
#endif  // HWY_ONCE
