// Tests of convert.h: all 16-bit numbers, all boundaries of f32, on every tier; shapes, in place, refusals.
#include "isoquant/convert.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "test/float_types.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/refusal.h"
#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

float FromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

// All numbers of T; of f32 the boundaries: every bf16 and f16, what lies half-way to the next, and their neighbours.
template <class T>
std::vector<StorageOf<T>> Inputs() {
  std::vector<StorageOf<T>> x;
  for (uint32_t i = 0; i < 65536; ++i) {
    if constexpr (!std::is_same<T, float>::value) {
      x.push_back(static_cast<uint16_t>(i));
    } else {
      for (const uint32_t rest : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) x.push_back(FromBits(i << 16 | rest));
      const float middle = (ReferenceFromBits(i, 10, 5) + ReferenceFromBits(i + 1, 10, 5)) / 2.0f;
      uint32_t bits;
      std::memcpy(&bits, &middle, sizeof(bits));
      for (const uint32_t near : {bits - 1, bits, bits + 1}) x.push_back(FromBits(near));
    }
  }
  return x;
}

template <class From, class To>
Status ConvertStored(Context& context, const MatrixView<const StorageOf<From>>& x, const MatrixView<StorageOf<To>>& y) {
  return Convert(context, ViewAs<const From>(x), ViewAs<To>(y));
}

template <class T>
size_t CountDifferent(const std::vector<T>& a, const std::vector<T>& b) {
  size_t different = 0;
  for (size_t i = 0; i < a.size(); ++i) different += std::memcmp(&a[i], &b[i], sizeof(T)) != 0 ? 1 : 0;
  return different;
}

template <class From, class To>
void CheckPairOf(const std::string& name) {
  const std::vector<StorageOf<From>> x = Inputs<From>();
  const size_t n = x.size();
  std::vector<StorageOf<To>> expected(n);
  for (size_t i = 0; i < n; ++i) expected[i] = ReferenceFromF32<To>(ReferenceToF32<From>(x[i]));
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    std::vector<StorageOf<To>> y(n);
    const MatrixView<StorageOf<To>> to(y.data(), 1, n);
    ISOQUANT_CHECK_OK((ConvertStored<From, To>(context, {x.data(), 1, n}, to)));
    CHECK(CountDifferent(y, expected) == 0);
    Digest digest;
    digest.Add(to);
    CheckGolden("convert/" + name, digest.value());
    // Rows with gaps, and in place.
    const size_t rows = 13, cols = 131;
    const GuardedMatrix<StorageOf<From>> from_rows(rows, cols, cols + 2);
    const GuardedMatrix<StorageOf<To>> to_rows(rows, cols, cols + 5);
    size_t wrong = 0;
    for (size_t r = 0; r < rows; ++r) std::memcpy(&from_rows.at(r, 0), &x[r * 1000], cols * sizeof(x[0]));
    ISOQUANT_CHECK_OK((ConvertStored<From, To>(context, from_rows.const_view(), to_rows.view())));
    for (size_t r = 0; r < rows; ++r) {
      wrong += std::memcmp(&to_rows.at(r, 0), &expected[r * 1000], cols * sizeof(y[0])) != 0 ? 1 : 0;
    }
    if constexpr (sizeof(From) == sizeof(To)) {
      ISOQUANT_CHECK_OK((ConvertStored<From, To>(context, from_rows.const_view(), from_rows.view())));
      for (size_t r = 0; r < rows; ++r) {
        wrong += std::memcmp(&from_rows.at(r, 0), &expected[r * 1000], cols * sizeof(y[0])) != 0 ? 1 : 0;
      }
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("Convert: all numbers and boundaries, golden digests") {
  CheckPairOf<float, float>("f32/f32");
  CheckPairOf<float, BFloat16>("f32/bf16");
  CheckPairOf<float, Float16>("f32/f16");
  CheckPairOf<BFloat16, float>("bf16/f32");
  CheckPairOf<BFloat16, BFloat16>("bf16/bf16");
  CheckPairOf<BFloat16, Float16>("bf16/f16");
  CheckPairOf<Float16, float>("f16/f32");
  CheckPairOf<Float16, BFloat16>("f16/bf16");
  CheckPairOf<Float16, Float16>("f16/f16");
}

// The same bits by VCVTNE2PS2BF16, which the case above has where the CPU has it, and by operations on f32.
TEST_CASE("Convert: f16 to bf16 on a CPU without the instruction") {
  Cpu cpu = DetectCpu();
  cpu.leaf7_1_eax &= ~(1u << 5);
  const ScopedDetection without(cpu, false);
  CheckPairOf<Float16, BFloat16>("f16/bf16");
}

template <class From, class To>
void CheckLengths(Context& context) {
  for (size_t n = 0; n < 70; ++n) {
    const Guarded<StorageOf<From>> x(n);
    const Guarded<StorageOf<To>> y(n);
    for (size_t i = 0; i < n; ++i) x[i] = ReferenceFromF32<From>(0.37f * static_cast<float>(i) - 7.0f);
    ISOQUANT_CHECK_OK((ConvertStored<From, To>(context, {x.data(), 1, n}, {y.data(), 1, n})));
    size_t wrong = 0;
    for (size_t i = 0; i < n; ++i) wrong += y[i] != ReferenceFromF32<To>(ReferenceToF32<From>(x[i])) ? 1 : 0;
    CHECK(wrong == 0);
  }
}

TEST_CASE("Convert: every length, up to the end of memory") {
  ForEachTier([](Context& context) {
    CheckLengths<float, BFloat16>(context);
    CheckLengths<float, Float16>(context);
    CheckLengths<BFloat16, float>(context);
    CheckLengths<Float16, float>(context);
    CheckLengths<Float16, BFloat16>(context);
  });
}

// What is rare has ways of its own, for all the elements around it.
template <class From, class To>
void CheckRareAmongNumbers(Context& context, const std::vector<StorageOf<From>>& rare) {
  constexpr size_t kSize = 131;  // two blocks of 64 and a tail
  std::vector<StorageOf<From>> x(kSize);
  std::vector<StorageOf<To>> y(kSize);
  size_t wrong = 0;
  for (size_t at = 0; at < kSize; ++at) {
    for (size_t i = 0; i < kSize; ++i) x[i] = ReferenceFromF32<From>(0.0371f * static_cast<float>(i) - 2.0f);
    x[at] = rare[at % rare.size()];
    x[(at + 7) % kSize] = StorageOf<From>();  // zeros are not rare
    ISOQUANT_CHECK_OK((ConvertStored<From, To>(context, {x.data(), 1, kSize}, {y.data(), 1, kSize})));
    for (size_t i = 0; i < kSize; ++i) {
      const StorageOf<To> expected = ReferenceFromF32<To>(ReferenceToF32<From>(x[i]));
      wrong += std::memcmp(&y[i], &expected, sizeof(expected)) != 0 ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Convert: NaN, infinities and subnormal numbers at every place among others") {
  ForEachTier([](Context& context) {
    std::vector<float> f32;
    for (const uint32_t bits : {0x7f800001u, 0xffffffffu, 0x7f800000u, 0xff800000u, 0x00000001u, 0x807fffffu}) {
      f32.push_back(FromBits(bits));
    }
    CheckRareAmongNumbers<float, BFloat16>(context, f32);
    CheckRareAmongNumbers<float, Float16>(context, f32);
    CheckRareAmongNumbers<BFloat16, Float16>(context, {0x7f81, 0xffff, 0x7f80, 0xff80, 0x0001, 0x807f, 0x3380});
    CheckRareAmongNumbers<Float16, BFloat16>(context, {0x7c01, 0xffff, 0x7c00, 0xfc00, 0x0001, 0x83ff, 0x3c0c});
  });
}

TEST_CASE("Convert: bf16 is not truncated, and f16 is not rounded by way of bf16") {
  Context context;
  // Half-way and a little more; and what bf16 rounds down to the middle of two f16.
  const float x[] = {FromBits(0x3f808001), FromBits(0x3f80101f)};
  BFloat16 bf16[2];
  Float16 f16[2];
  ISOQUANT_CHECK_OK(Convert(context, MatrixView<const float>(x, 1, 2), MatrixView<BFloat16>(bf16, 1, 2)));
  ISOQUANT_CHECK_OK(Convert(context, MatrixView<const float>(x, 1, 2), MatrixView<Float16>(f16, 1, 2)));
  CHECK(bf16[0].bits == 0x3f81);
  CHECK(bf16[1].bits == 0x3f80);
  CHECK(f16[1].bits == 0x3c01);
}

TEST_CASE("Convert: bad arguments are named, and nothing is written") {
  Context context;
  std::vector<float> memory(32, 1.0f);
  std::vector<BFloat16> out(24, BFloat16{7});
  const MatrixView<const float> x(memory.data(), 2, 6, 7);
  const MatrixView<BFloat16> y(out.data(), 2, 6);
  CheckRefused(Convert(context, x, MatrixView<BFloat16>(out.data(), 3, 6)), Mismatch("y.rows", 3, "x.rows", 2));
  CheckRefused(Convert(context, x, MatrixView<BFloat16>(out.data(), 2, 5)), Mismatch("y.cols", 5, "x.cols", 6));
  CheckRefused(Convert(context, MatrixView<const float>(nullptr, 2, 6), y), NullMatrix("x", 12));
  CheckRefused(Convert(context, x, MatrixView<BFloat16>(nullptr, 2, 6)), NullMatrix("y", 12));
  CheckRefused(Convert(context, MatrixView<const float>(memory.data(), 2, 6, kHugeStride), y),
               StrideTooLarge("x", 2, 6, sizeof(float)));
  // Of types of different sizes, not in place.
  CheckRefused(Convert(context, x, MatrixView<BFloat16>(reinterpret_cast<BFloat16*>(memory.data()), 2, 6, 7)),
               Overlap("y", "x"));
  CheckRefused(Convert(context, y, MatrixView<Float16>(reinterpret_cast<Float16*>(out.data() + 1), 2, 6)),
               Overlap("y", "x"));
  FloatMatrix integers(x);
  integers.type = ElementType::kS8;
  CHECK(Convert(context, integers, FloatMatrix(y)).code() == StatusCode::kWrongType);
  CHECK(Convert(context, FloatMatrix(x), integers).argument() == std::string("y"));
  for (const BFloat16 v : out) CHECK(v.bits == 7);
}

}  // namespace
}  // namespace isoquant
