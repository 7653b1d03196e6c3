// Tests of add.h: bytes against the scalar definition, on every tier, for lengths around vectors, strides, in place.
#include "isoquant/add.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
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
Status Call(Context& context, bool multiplies, const MatrixView<StorageOf<T>>& a, const MatrixView<StorageOf<T>>& b,
            const MatrixView<StorageOf<T>>& y) {
  const MatrixView<const T> a_view(ViewAs<T>(a)), b_view(ViewAs<T>(b));
  if (multiplies) return Multiply(context, a_view, b_view, ViewAs<T>(y));
  return Add(context, a_view, b_view, ViewAs<T>(y));
}

template <class T>
struct AddCase {
  using Stored = StorageOf<T>;

  AddCase(Random& random, bool multiplies_in, size_t rows, size_t cols, size_t gap)
      : multiplies(multiplies_in), a(rows, cols, cols + gap), b(rows, cols, cols + 2 * gap), y(rows, cols) {
    // Numbers about 1, and every bit pattern: NaN, infinities, subnormal numbers.
    for (const GuardedMatrix<Stored>* m : {&a, &b}) {
      for (size_t r = 0; r < rows; ++r) {
        for (size_t c = 0; c < cols; ++c) {
          m->at(r, c) = ReferenceFromF32<T>(random.Signed());
          const uint64_t bits = random();
          if (bits % 3 == 0) std::memcpy(&m->at(r, c), &bits, sizeof(Stored));
        }
      }
    }
  }
  void Run(Context& context) { ISOQUANT_CHECK_OK(Call<T>(context, multiplies, a.view(), b.view(), y.view())); }
  Stored Expected(size_t r, size_t c) const {
    const float x = ReferenceToF32<T>(a.at(r, c)), z = ReferenceToF32<T>(b.at(r, c));
    return ReferenceFromF32<T>(multiplies ? x * z : x + z);
  }
  void Check() const {
    for (size_t r = 0; r < y.view().rows; ++r) {
      std::vector<Stored> expected;
      for (size_t c = 0; c < y.view().cols; ++c) expected.push_back(Expected(r, c));
      CHECK(FirstDifference(y.view().Row(r), expected.data(), expected.size()) == expected.size());
    }
  }
  const GuardedMatrix<Stored>& output() const { return y; }

  bool multiplies;
  GuardedMatrix<Stored> a, b, y;
};

TEST_CASE_TEMPLATE("Add: sums and products of every length", T, float, BFloat16, Float16) {
  ForEachTier([](Context& context) {
    Random random(1);
    for (const bool multiplies : {false, true}) {
      for (size_t n = 0; n <= 130; ++n) {
        AddCase<T> test(random, multiplies, 2, n, n % 4);
        test.Run(context);
        test.Check();
        // In place of a or b, where strides are equal.
        const bool in_b = n % 8 >= 4;
        const MatrixView<StorageOf<T>>& both = (in_b ? test.b : test.a).view();
        ISOQUANT_CHECK_OK(Call<T>(context, multiplies, test.a.view(), test.b.view(), both));
        for (size_t r = 0; r < 2; ++r) CHECK(FirstDifference(both.Row(r), test.y.view().Row(r), n) == n);
      }
    }
  });
}

template <class T>
void CheckGoldenSums(const std::string& name) {
  for (const bool multiplies : {false, true}) {
    Random random(2);
    AddCase<T> small(random, multiplies, 7, 131, 3), split(random, multiplies, 40, 4100, 0);
    CheckGoldenOutputs((multiplies ? "multiply/" : "add/") + name, small, split);
  }
}

TEST_CASE("Add: golden digests") {
  CheckGoldenSums<float>("f32");
  CheckGoldenSums<BFloat16>("bf16");
  CheckGoldenSums<Float16>("f16");
}

TEST_CASE("Add: bad arguments are named, and nothing is written") {
  Context context;
  std::vector<float> memory(64, 1.0f), out(16, 7.0f);
  const MatrixView<const float> a(memory.data(), 2, 6), b(memory.data() + 20, 2, 6);
  const MatrixView<float> y(out.data(), 2, 6);
  CheckRefused(Add(context, a, b, MatrixView<float>(out.data(), 3, 6)), Mismatch("y.rows", 3, "a.rows", 2));
  CheckRefused(Add(context, a, {b.data, 1, 6}, y), Mismatch("b.rows", 1, "a.rows", 2));
  CheckRefused(Multiply(context, a, {b.data, 2, 5}, y), Mismatch("b.cols", 5, "a.cols", 6));
  CheckRefused(Multiply(context, a, {nullptr, 2, 6}, y), NullMatrix("b", 12));
  CheckRefused(Add(context, a, b, MatrixView<float>(memory.data() + 1, 2, 6)), Overlap("y", "a"));
  CheckRefused(Add(context, a, b, MatrixView<float>(memory.data() + 20, 2, 6, 7)), Overlap("y", "b"));
  for (const float v : out) CHECK(v == 7.0f);
  ISOQUANT_CHECK_OK(Add(context, MatrixView<const float>(nullptr, 0, 3), {nullptr, 0, 3}, {nullptr, 0, 3}));
}

}  // namespace
}  // namespace isoquant
