// Tests of vector.h: bytes against scalar definitions, on every tier, of every length up to 200, at the end and at the
// beginning of memory.
#include "isoquant/vector.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "test/float_rows.h"
#include "test/float_types.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

template <class T>
using At = typename Guarded<T>::At;

// ---- Definitions

template <class T>
T OneNaNReference(T v) {
  if (v == v) return v;
  const uint32_t f32 = 0x7fc00000;
  const uint64_t f64 = 0x7ff8000000000000;
  std::memcpy(&v, sizeof(T) == 4 ? static_cast<const void*>(&f32) : &f64, sizeof(T));
  return v;
}

template <class T>
T MinReference(T a, T b) {
  if constexpr (std::is_floating_point<T>::value) {
    if (a != a || b != b) return OneNaNReference(std::numeric_limits<T>::quiet_NaN());
    if (a == b) return std::signbit(a) ? a : b;
  }
  return a < b ? a : b;
}
template <class T>
T MaxReference(T a, T b) {
  if constexpr (std::is_floating_point<T>::value) {
    if (a != a || b != b) return OneNaNReference(std::numeric_limits<T>::quiet_NaN());
    if (a == b) return std::signbit(a) ? b : a;
  }
  return a > b ? a : b;
}
template <class T>
T AddReference(T a, T b) {
  if constexpr (std::is_floating_point<T>::value) return OneNaNReference(static_cast<T>(a + b));
  return static_cast<T>(a + b);
}
template <class T>
T AddSaturatedReference(T a, T b) {
  const int sum = int{a} + int{b}, least = std::numeric_limits<T>::min(), largest = std::numeric_limits<T>::max();
  return static_cast<T>(sum < least ? least : sum > largest ? largest : sum);
}

// ---- Values

// Integers with many extremes; floats of all kinds where `special`, else about 1.
template <class T>
void Fill(Random& random, const Guarded<T>& v, bool special) {
  if constexpr (std::is_integral<T>::value) {
    FillIntegers(random, v.data(), v.size());
  } else {
    const T kInfinity = std::numeric_limits<T>::infinity(), kNaN = std::numeric_limits<T>::quiet_NaN();
    const T values[] = {T{0},
                        -T{0},
                        kInfinity,
                        -kInfinity,
                        kNaN,
                        -kNaN,
                        std::numeric_limits<T>::denorm_min(),
                        (std::numeric_limits<T>::max)()};
    for (T& x : v) {
      x = static_cast<T>(random.Signed() * 2.0f);
      if (special && random.Below(3) == 0) x = values[random.Below(8)];
    }
  }
}

// One function of two vectors: y[i] = reference(a[i], b[i]).
template <class T, class Call, class Reference>
void CheckCombines(Context& context, const Call& call, const Reference& reference, Digest& digest) {
  Random random(sizeof(T));
  for (size_t n = 0; n <= 200; ++n) {
    const At<T> at = n % 2 == 0 ? At<T>::kEnd : At<T>::kBegin;
    const Guarded<T> a(n, at), b(n, at), y(n, at);
    Fill(random, a, n % 4 < 2);
    Fill(random, b, n % 4 < 2);
    std::vector<T> expected(n);
    for (size_t i = 0; i < n; ++i) expected[i] = reference(a[i], b[i]);
    const VectorView<const T> a_view(a.data(), n), b_view(b.data(), n);
    ISOQUANT_CHECK_OK(call(context, a_view, b_view, VectorView<T>(y.data(), n)));
    CHECK(FirstDifference(y.data(), expected.data(), n) == n);
    if constexpr (sizeof(T) <= 4) digest.Add(y.data(), n);
    // In place of an input.
    ISOQUANT_CHECK_OK(call(context, a_view, b_view, VectorView<T>((n % 3 == 0 ? a : b).data(), n)));
    CHECK(FirstDifference((n % 3 == 0 ? a : b).data(), expected.data(), n) == n);
  }
}

#define ISOQUANT_COMBINES(FUNCTION)                                               \
  [](Context& context_in, const auto& a_in, const auto& b_in, const auto& y_in) { \
    return FUNCTION(context_in, a_in, b_in, y_in);                                \
  },                                                                              \
      [](auto a_in, auto b_in) { return FUNCTION##Reference(a_in, b_in); }

template <class T>
void CheckAllCombines(const std::string& name) {
  ForEachTier([&](Context& context) {
    Digest digest;
    CheckCombines<T>(context, ISOQUANT_COMBINES(Min), digest);
    CheckCombines<T>(context, ISOQUANT_COMBINES(Max), digest);
    CheckCombines<T>(context, ISOQUANT_COMBINES(Add), digest);
    if constexpr (std::is_integral<T>::value) CheckCombines<T>(context, ISOQUANT_COMBINES(AddSaturated), digest);
    CheckGolden("vector/combine/" + name, digest.value());
  });
}

TEST_CASE("Vector: Min, Max, Add and AddSaturated") {
  CheckAllCombines<float>("f32");
  CheckAllCombines<int8_t>("s8");
  CheckAllCombines<uint8_t>("u8");
}

TEST_CASE_TEMPLATE("Vector: AddMul rounds once", T, float, double) {
  ForEachTier([](Context& context) {
    Random random(11);
    for (size_t n = 0; n <= 200; ++n) {
      const At<T> at = n % 2 == 0 ? At<T>::kEnd : At<T>::kBegin;
      const Guarded<T> a(n, at), b(n, at), acc(n, at);
      Fill(random, a, n % 4 < 2);
      Fill(random, b, n % 4 < 2);
      Fill(random, acc, n % 4 < 2);
      std::vector<T> expected(n);
      for (size_t i = 0; i < n; ++i) {
        if (n % 4 == 3) acc[i] = -a[i] * b[i];  // what is left is the rounding of the product
        expected[i] = OneNaNReference(std::fma(a[i], b[i], acc[i]));
      }
      ISOQUANT_CHECK_OK(AddMul(context, VectorView<const T>(a.data(), n), VectorView<const T>(b.data(), n),
                               VectorView<T>(acc.data(), n)));
      CHECK(FirstDifference(acc.data(), expected.data(), n) == n);
    }
  });
}

TEST_CASE_TEMPLATE("Vector: dot products of bytes are exact", A, uint8_t, int8_t) {
  ForEachTier([](Context& context) {
    Random random(21);
    Digest digest;
    for (size_t n = 0; n <= 300; ++n) {
      const size_t size = n <= 200 ? n : n * 13;
      const auto at = n % 2 == 0 ? At<A>::kEnd : At<A>::kBegin;
      const auto b_at = n % 2 == 0 ? At<int8_t>::kEnd : At<int8_t>::kBegin;
      const Guarded<A> a(size, at);
      const Guarded<int8_t> b(size, b_at);
      FillIntegers(random, a.data(), size);
      FillIntegers(random, b.data(), size);
      uint32_t expected = 0;
      for (size_t i = 0; i < size; ++i) expected += static_cast<uint32_t>(int32_t{a[i]} * int32_t{b[i]});
      int32_t result = 7;
      ISOQUANT_CHECK_OK(Dot(context, VectorView<const A>(a.data(), size), {b.data(), size}, result));
      CHECK(result == static_cast<int32_t>(expected));
      digest.Add(&result, 1);
    }
    CheckGolden(std::is_signed<A>::value ? "vector/dot/s8s8" : "vector/dot/u8s8", digest.value());
    // The largest products, past what s16 and s32 hold.
    for (const int8_t value : {int8_t{-128}, int8_t{127}}) {
      const std::vector<A> a(140000,
                             std::is_signed<A>::value ? std::numeric_limits<A>::min() : std::numeric_limits<A>::max());
      const std::vector<int8_t> b(a.size(), value);
      int32_t result;
      ISOQUANT_CHECK_OK(Dot(context, VectorView<const A>(a.data(), a.size()), {b.data(), b.size()}, result));
      CHECK(result == static_cast<int32_t>(static_cast<uint32_t>(a.size()) *
                                           static_cast<uint32_t>(int32_t{a[0]} * int32_t{value})));
    }
  });
}

// f32 and bf16, whose memory has bits.
template <class T>
void CheckDots(const std::string& name) {
  using Stored = StorageOf<T>;
  ForEachTier([&](Context& context) {
    Random random(31);
    Digest digest;
    for (size_t n = 0; n <= 220; ++n) {
      const size_t size = n <= 200 ? n : n * 7;
      const Guarded<Stored> a(size), b(size);
      for (Stored& v : a) v = ReferenceFromF32<T>(random.Signed());
      for (Stored& v : b) v = ReferenceFromF32<T>(random.Signed());
      if (n % 50 == 49) a[n / 2] = ReferenceFromF32<T>(-std::numeric_limits<float>::quiet_NaN());
      if (n % 50 == 48) b[n / 2] = ReferenceFromF32<T>(std::numeric_limits<float>::infinity());
      if (n % 50 == 47) {  // products that vanish: their sum is +0
        for (Stored& v : a) v = ReferenceFromF32<T>(-1e-30f);
        for (Stored& v : b) v = ReferenceFromF32<T>(1e-30f);
      }
      const float expected = OneNaNReference(SumReference(size, [&](size_t i, float lane) {
        return std::fma(ReferenceToF32<T>(a[i]), ReferenceToF32<T>(b[i]), lane);
      }));
      float result = 7.0f;
      ISOQUANT_CHECK_OK(Dot(context, VectorView<const T>(reinterpret_cast<const T*>(a.data()), size),
                            VectorView<const T>(reinterpret_cast<const T*>(b.data()), size), result));
      CHECK(FirstDifference(&result, &expected, 1) == 1);
      digest.Add(&result, 1);
    }
    CheckGolden("vector/dot/" + name, digest.value());
    if constexpr (std::is_same<T, float>::value) {
      const float nan = -std::numeric_limits<float>::quiet_NaN(), one = 1.0f;
      const float expected = OneNaNReference(nan);
      float result = 7.0f;
      ISOQUANT_CHECK_OK(Dot(context, VectorView<const float>(&nan, 1), VectorView<const float>(&one, 1), result));
      CHECK(FirstDifference(&result, &expected, 1) == 1);
    }
    // All 64 lanes are -0: their sum is +0.
    for (const size_t size : std::initializer_list<size_t>{64, 128}) {
      const std::vector<Stored> a(size, ReferenceFromF32<T>(-1e-30f)), b(size, ReferenceFromF32<T>(1e-30f));
      const float expected = 0.0f;
      float result = 7.0f;
      ISOQUANT_CHECK_OK(Dot(context, VectorView<const T>(reinterpret_cast<const T*>(a.data()), size),
                            VectorView<const T>(reinterpret_cast<const T*>(b.data()), size), result));
      CHECK(FirstDifference(&result, &expected, 1) == 1);
    }
  });
}

TEST_CASE("Vector: dot products of floats") {
  CheckDots<float>("f32");
  CheckDots<BFloat16>("bf16");
}

TEST_CASE_TEMPLATE("Vector: least and largest element, and sum", T, float, int8_t, uint8_t) {
  using Sum = std::conditional_t<std::is_integral<T>::value, int32_t, float>;
  ForEachTier([](Context& context) {
    Random random(41);
    for (size_t n = 0; n <= 260; ++n) {
      const size_t size = n <= 200 ? n : n * 11;
      const Guarded<T> x(size, n % 2 == 0 ? At<T>::kEnd : At<T>::kBegin);
      Fill(random, x, n % 16 == 0);
      if (n % 16 == 8) {
        for (T& v : x) v = static_cast<T>(random.Below(2) == 0 ? T{0} : -T{0});  // of floats -0 is the lesser
      }
      if (std::is_integral<T>::value && n % 16 == 9) {
        for (T& v : x) v = std::numeric_limits<T>::max();
      }
      T least = std::numeric_limits<T>::max(), largest = std::numeric_limits<T>::lowest();
      if constexpr (std::is_floating_point<T>::value) {
        least = std::numeric_limits<T>::infinity();
        largest = -least;
      }
      for (const T v : x) {
        least = MinReference(least, v);
        largest = MaxReference(largest, v);
      }
      CAPTURE(n);
      CAPTURE(least);
      CAPTURE(largest);
      const VectorView<const T> view(x.data(), size);
      T result;
      ISOQUANT_CHECK_OK(ReduceMin(context, view, result));
      CAPTURE(result);
      CHECK(FirstDifference(&result, &least, 1) == 1);
      ISOQUANT_CHECK_OK(ReduceMax(context, view, result));
      CHECK(FirstDifference(&result, &largest, 1) == 1);
      Sum sum;
      ISOQUANT_CHECK_OK(ReduceSum(context, view, sum));
      if constexpr (std::is_integral<T>::value) {
        int32_t expected = 0;
        for (const T v : x) expected += v;
        CHECK(sum == expected);
      } else {
        const float expected = OneNaNReference(SumReference(size, [&](size_t i, float lane) { return lane + x[i]; }));
        CHECK(FirstDifference(&sum, &expected, 1) == 1);
      }
    }
  });
}

// The extreme is one element alone, the last or the one in the middle; of floats also a zero among those of other sign.
TEST_CASE_TEMPLATE("Vector: no element is left out of the least and the largest", T, float, int8_t, uint8_t) {
  ForEachTier([](Context& context) {
    for (size_t n = 1; n <= 330; ++n) {
      for (const size_t at : std::initializer_list<size_t>{n - 1, n / 2}) {
        std::vector<T> x(n, T{5});
        const VectorView<const T> view(x.data(), n);
        T least = 0, largest = 0;
        x[at] = T{4};
        ISOQUANT_CHECK_OK(ReduceMin(context, view, least));
        x[at] = T{6};
        ISOQUANT_CHECK_OK(ReduceMax(context, view, largest));
        CHECK(least == T{4});
        CHECK(largest == T{6});
        if constexpr (std::is_floating_point<T>::value) {
          for (T& v : x) v = T{0};
          x[at] = -T{0};
          ISOQUANT_CHECK_OK(ReduceMin(context, view, least));
          for (T& v : x) v = -T{0};
          x[at] = T{0};
          ISOQUANT_CHECK_OK(ReduceMax(context, view, largest));
          CHECK(std::signbit(least));
          CHECK(!std::signbit(largest));
        }
      }
    }
  });
}

// A long array is read as four runs, and three elements are left.
TEST_CASE_TEMPLATE("Vector: the least and the largest of long arrays", T, float, int8_t, uint8_t) {
  constexpr size_t kRun = (size_t{1} << 18) / sizeof(T), kSize = 4 * kRun + 3;
  std::vector<T> x(kSize, T{5});
  const VectorView<const T> view(x.data(), kSize);
  ForEachTier([&](Context& context) {
    for (size_t i = 0; i < 10; ++i) {
      const size_t at = i == 9 ? kSize - 1 : (i + 1) / 2 * kRun - i % 2;  // the ends of all runs
      T result = 0;
      x[at] = i % 4 < 2 ? T{4} : T{6};
      ISOQUANT_CHECK_OK(i % 4 < 2 ? ReduceMin(context, view, result) : ReduceMax(context, view, result));
      CHECK(result == x[at]);
      if constexpr (std::is_floating_point<T>::value) {
        x[at] = std::numeric_limits<T>::quiet_NaN();
        ISOQUANT_CHECK_OK(ReduceMax(context, view, result));
        CHECK(std::isnan(result));
      }
      x[at] = T{5};
    }
  });
}

TEST_CASE("Vector: parts for workers are the same as the whole") {
  constexpr size_t kSize = 400003;
  Random random(51);
  std::vector<float> a(kSize), b(kSize), expected(kSize), y(kSize);
  for (float& v : a) v = random.Signed();
  for (float& v : b) v = random.Signed();
  const VectorView<const float> a_view(a.data(), kSize), b_view(b.data(), kSize);
  Context alone;
  ISOQUANT_CHECK_OK(Add(alone, a_view, b_view, {expected.data(), kSize}));
  ThreadExecutor executor(3);
  Context context(executor);
  ISOQUANT_CHECK_OK(Add(context, a_view, b_view, {y.data(), kSize}));
  CHECK(FirstDifference(y.data(), expected.data(), kSize) == kSize);
  CHECK(y[kSize - 1] == a[kSize - 1] + b[kSize - 1]);
}

TEST_CASE("Vector: bad arguments are named, and nothing is written") {
  Context context;
  std::vector<float> memory(16, 1.0f), out(8, 7.0f);
  const VectorView<const float> a(memory.data(), 6), b(memory.data() + 6, 6);
  CheckRefused(Add(context, a, {b.data, 5}, {out.data(), 6}), Mismatch("b.size", 5, "a.size", 6));
  CheckRefused(Add(context, a, b, {out.data(), 7}), Mismatch("y.size", 7, "a.size", 6));
  CheckRefused(Add(context, {nullptr, 6}, b, {out.data(), 6}), Null("a", "a.size", 6));
  CheckRefused(Add(context, a, {nullptr, 6}, {out.data(), 6}), Null("b", "a.size", 6));
  CheckRefused(Add(context, a, b, {nullptr, 6}), Null("y", "a.size", 6));
  CheckRefused(Add(context, a, b, {memory.data() + 1, 6}), Overlap("y", "a"));
  CheckRefused(Add(context, a, b, {memory.data() + 9, 6}), Overlap("y", "b"));
  CheckRefused(AddMul(context, a, b, {memory.data() + 9, 6}), Overlap("acc", "b"));
  CheckRefused(AddMul(context, a, b, {out.data(), 5}), Mismatch("acc.size", 5, "a.size", 6));
  float result = 7.0f;
  CheckRefused(Dot(context, a, {b.data, 5}, result), Mismatch("b.size", 5, "a.size", 6));
  CheckRefused(ReduceMin(context, VectorView<const float>(nullptr, 3), result), Null("x", "x.size", 3));
  int32_t sum = 7;
  const std::vector<int8_t> bytes(8);
  const VectorView<const int8_t> s8(bytes.data(), 8);
  CheckRefused(Dot(context, s8, {bytes.data(), 7}, sum), Mismatch("b.size", 7, "a.size", 8));
  CheckRefused(Dot(context, s8, {nullptr, 8}, sum), Null("b", "a.size", 8));
  CHECK(sum == 7);
  CHECK(result == 7.0f);
  for (const float v : out) CHECK(v == 7.0f);
}

}  // namespace
}  // namespace isoquant
