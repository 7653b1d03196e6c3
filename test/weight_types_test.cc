// Tests of weights by type: panels of f32, blobs of each version and format, and that integer operations take integers
// alone.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "isoquant/isoquant.h"
#include "src/operands.h"
#include "src/pack.h"
#include "test/blobs.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::vector<size_t>;

// ---- f32

// Both orders of K x N floats of any bits: NaNs with payloads, -0 and subnormals among them. Strides are wider than
// rows by `gap`.
struct FloatWeights {
  FloatWeights(size_t k, size_t n, size_t gap, uint64_t seed) : kxn(k, n, n + gap), nxk(n, k, k + gap) {
    Random random(seed);
    for (const Guarded<float>* buffer : {&kxn.buffer(), &nxk.buffer()}) {
      for (size_t i = 0; i < buffer->size(); ++i) Fill(random, buffer->data() + i);
    }
    for (size_t r = 0; r < k; ++r) {
      for (size_t c = 0; c < n; ++c) std::memcpy(&nxk.at(c, r), &kxn.at(r, c), sizeof(float));
    }
  }
  static void Fill(Random& random, float* to) {
    const uint32_t special[] = {0x80000000u, 0x7fa00001u, 0xffc12345u, 1u, 0x7f800000u};
    const size_t i = random.Below(20);
    const uint32_t bits = i < 5 ? special[i] : static_cast<uint32_t>(random());
    std::memcpy(to, &bits, sizeof(bits));
  }
  KxN AsKxN() const { return KxN{kxn.const_view()}; }
  NxK AsNxK() const { return NxK{nxk.const_view()}; }
  // A line of a panel is one k of 16 columns.
  std::vector<uint32_t> ExpectedPanels() const {
    const MatrixView<const float> v = kxn.const_view();
    std::vector<uint32_t> panels((v.cols + 15) / 16 * 16 * v.rows, 0);
    for (size_t r = 0; r < v.rows; ++r) {
      for (size_t c = 0; c < v.cols; ++c) {
        std::memcpy(&panels[c / 16 * 16 * v.rows + r * 16 + c % 16], v.Row(r) + c, sizeof(float));
      }
    }
    return panels;
  }

  GuardedMatrix<float> kxn, nxk;
};

bool LiesAsDocumented(const PackedWeights& packed, const FloatWeights& weights) {
  const MatrixView<const float> v = weights.kxn.const_view();
  const std::vector<uint32_t> expected = weights.ExpectedPanels();
  return packed.type() == ElementType::kF32 && packed.panels().type == ElementType::kF32 && packed.k() == v.rows &&
         packed.n() == v.cols && packed.panels().column_sums == nullptr &&
         reinterpret_cast<uintptr_t>(packed.panels().panels) % 64 == 0 &&
         (expected.empty() || std::memcmp(packed.panels().panels, expected.data(), 4 * expected.size()) == 0);
}

TEST_CASE("Weights of f32: the packed layout, bit for bit, from both orders, on every tier") {
  ForEachTier([](Context& context) {
    for (const size_t k : Sizes{0, 1, 2, 3, 4, 5, 17, 64}) {
      for (const size_t n : Sizes{0, 1, 15, 16, 17, 33}) {
        for (const size_t gap : Sizes{0, 3}) {
          CAPTURE(k);
          CAPTURE(n);
          CAPTURE(gap);
          const FloatWeights plain(k, n, gap, 100 * k + n);
          const PackedWeights packed = Packed(context, plain.AsKxN()), transposed = Packed(context, plain.AsNxK());
          CHECK(LiesAsDocumented(packed, plain));
          CHECK(LiesAsDocumented(transposed, plain));
          ISOQUANT_CHECK_OK(packed.Verify());

          // Up to the guard page, and all of it written.
          PanelLayout layout;
          REQUIRE(layout.Compute(k, n, ElementType::kF32));
          const std::vector<uint32_t> panels = plain.ExpectedPanels();
          REQUIRE(layout.bytes == 4 * panels.size());
          for (const WeightsRef& weights : {WeightsRef(plain.AsKxN()), WeightsRef(plain.AsNxK())}) {
            CHECK(weights.type() == ElementType::kF32);
            const Guarded<uint8_t> memory(layout.bytes);
            std::fill(memory.begin(), memory.end(), uint8_t{0xaa});
            PackInto(context, weights, layout, memory.data());
            CHECK(std::equal(memory.begin(), memory.end(), reinterpret_cast<const uint8_t*>(panels.data())));
          }
        }
      }
    }
  });
}

TEST_CASE("Weights of f32: the layout does not depend on the executor") {
  const FloatWeights plain(517, 531, 1, 3);  // 1.1 MB: several tasks
  for (const size_t workers : Sizes{1, 2, 3, 7}) {
    CAPTURE(workers);
    ThreadExecutor executor(workers);
    Context context(executor);
    const PackedWeights packed = Packed(context, plain.AsKxN()), transposed = Packed(context, plain.AsNxK());
    CHECK(LiesAsDocumented(packed, plain));
    CHECK(LiesAsDocumented(transposed, plain));
  }
}

TEST_CASE("Weights of f32: Pack's errors") {
  Context context;
  Untouched target;
  const auto refuse = [&](const auto& b, const Refusal& refusal) {
    CheckRefused(PackedWeights::Pack(context, b, target.weights), refusal);
    CHECK(target.IsUntouched());
  };
  const float values[6] = {};
  const float* const none = nullptr;
  refuse(KxN{{none, 2, 3}}, NullMatrix("b", 6));
  refuse(NxK{{none, 2, 3}}, NullMatrix("b", 6));
  refuse(KxN{{values, 2, 3, 2}}, StrideTooSmall("b", 2, 3));
  refuse(NxK{{values, 2, 3, kHugeStride}}, StrideTooLarge("b", 2, 3, sizeof(float)));
  // A panel of f32 with so many K has 2^64 bytes, none to those who forget the carry; one of s8 has 2^62. There is
  // none.
  const size_t k = size_t{1} << (8 * sizeof(size_t) - 6);
  refuse(NxK{{values, 0, k}}, {StatusCode::kOutOfMemory, "packed", SIZE_MAX, 0,
                               "packed needs " + std::to_string(SIZE_MAX) + " bytes, which could not be allocated"});
  const int8_t s8 = 0;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, NxK{{&s8, 0, k}}, target.weights));
  // Columns without number, of nothing: packed at once.
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{values, 0, k}}, target.weights));
  ISOQUANT_CHECK_OK(target.weights.Verify());
  CHECK(target.weights.SerializedBytes() == kHeader);
}

TEST_CASE("Weights of f32: a blob is the header, the panels and nothing else") {
  Context context;
  for (const size_t k : Sizes{0, 1, 2, 5, 16}) {
    for (const size_t n : Sizes{0, 1, 16, 17, 33}) {
      CAPTURE(k);
      CAPTURE(n);
      const FloatWeights plain(k, n, 0, k + n);
      const PackedWeights packed = Packed(context, plain.AsKxN());
      const std::vector<uint32_t> panels = plain.ExpectedPanels();
      std::vector<uint8_t> expected(kHeader + 4 * panels.size(), 0);
      std::memcpy(expected.data(), "ISOQUANT", 8);
      PutU32(expected.data() + kVersionAt, 2);
      PutU32(expected.data() + kHeaderSizeAt, kHeader);
      PutU64(expected.data() + kKAt, k);
      PutU64(expected.data() + kNAt, n);
      PutU64(expected.data() + kTotalAt, expected.size());
      PutU32(expected.data() + kFormatAt, 6);
      for (size_t i = 0; i < panels.size(); ++i) PutU32(expected.data() + kHeader + 4 * i, panels[i]);
      SealPayload(expected.data(), expected.size());
      CHECK(Serialized(packed) == expected);

      const Blob blob(expected);
      PackedWeights moved;
      moved = ViewOf(All(blob));
      const PackedWeights loaded = LoadOf(All(blob));
      for (const PackedWeights* weights : {&std::as_const(moved), &loaded}) {
        CHECK(LiesAsDocumented(*weights, plain));
        ISOQUANT_CHECK_OK(weights->Verify());
        CHECK(Serialized(*weights) == expected);
      }
      CHECK(reinterpret_cast<const uint8_t*>(moved.panels().panels) == blob.data() + kHeader);
    }
  }
}

TEST_CASE("Weights of f32: every flipped bit is found, and every cut") {
  Context context;
  const std::vector<uint8_t> bytes = Serialized(Packed(context, FloatWeights(3, 18, 0, 2).AsKxN()));
  const Blob blob(bytes);
  Untouched target;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    CAPTURE(bit);
    const uint8_t mask = static_cast<uint8_t>(1u << bit % 8);
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ mask);
    if (bit < 8 * kHeader) {
      CHECK(RefusalOf(All(blob), target).code() == StatusCode::kCorrupt);
    } else {
      CHECK(ViewOf(All(blob)).Verify().code() == StatusCode::kCorrupt);
      CHECK(LoadOf(All(blob)).Verify().code() == StatusCode::kCorrupt);
    }
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ mask);
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(RefusalOf({blob.data(), size}, target).code() == StatusCode::kTooSmall);
  }
}

TEST_CASE("Weights of f32: padding is +0") {
  Context context;
  PackedWeights packed = Packed(context, FloatWeights(3, 18, 0, 3).AsNxK());
  const std::vector<uint8_t> bytes = Serialized(packed);
  // The second panel has two columns. -0 is no padding, nor is the smallest number.
  for (const size_t line : Sizes{0, 1, 2}) {
    for (const size_t column : Sizes{2, 15}) {
      for (const uint32_t bits : {0x80000000u, 1u}) {
        const size_t at = 3 * 64 + line * 64 + column * 4;
        const Blob blob(bytes);
        PutU32(blob.data() + kHeader + at, bits);
        SealPayload(blob.data(), blob.size());
        const Status status = ViewOf(All(blob)).Verify();
        CHECK(status.code() == StatusCode::kCorrupt);
        CHECK(std::string(status.argument()) == "padding");

        // Packed weights lie in memory of their own, which is writable.
        int8_t* const panels = const_cast<int8_t*>(packed.panels().panels);
        std::memcpy(panels + at, &bits, sizeof(bits));
        CHECK(packed.Verify().code() == StatusCode::kCorrupt);
        std::memset(panels + at, 0, sizeof(bits));
        ISOQUANT_CHECK_OK(packed.Verify());
      }
    }
  }
}

TEST_CASE("Weights of f32: golden blobs") {
  ForEachTier([](Context& context) {
    std::vector<float> values(37 * 19);
    Random random(2025);
    for (float& value : values) value = random.Signed();
    const auto check = [](const std::string& name, const PackedWeights& packed) {
      const std::vector<uint8_t> blob = Serialized(packed);
      Digest digest;
      digest.Add(blob.data(), blob.size());
      CheckGolden(name, digest.value());
    };
    check("weights/blob2/f32/kxn/37x19", Packed(context, KxN{{values.data(), 37, 19}}));
    check("weights/blob2/f32/nxk/37x19", Packed(context, NxK{{values.data(), 19, 37}}));
  });
}

// ---- Packing of floats

// Element (k, n) is element k / group * 16 group + n % 16 * group + k % group of panel n / 16. The others are +0.
template <class T>
void CheckPanels(Context& context, Random& random, size_t k, size_t n, bool transposed) {
  constexpr size_t kGroup = 4 / sizeof(T);
  const GuardedMatrix<T> values(transposed ? n : k, transposed ? k : n, (transposed ? k : n) + k % 3);
  for (T& value : values.buffer()) {
    const uint64_t bits = random();  // NaN of all kinds are among them
    std::memcpy(&value, &bits, sizeof(value));
  }
  const PackedWeights packed =
      transposed ? Packed(context, NxK{values.const_view()}) : Packed(context, KxN{values.const_view()});
  const size_t lines = (k + kGroup - 1) / kGroup, panels = (n + 15) / 16;
  std::vector<T> expected(panels * lines * 16 * kGroup);
  std::memset(expected.data(), 0, expected.size() * sizeof(T));
  for (size_t row = 0; row < k; ++row) {
    for (size_t col = 0; col < n; ++col) {
      const size_t at = (col / 16 * lines + row / kGroup) * 16 * kGroup + col % 16 * kGroup + row % kGroup;
      std::memcpy(&expected[at], transposed ? &values.at(col, row) : &values.at(row, col), sizeof(T));
    }
  }
  CHECK(std::memcmp(packed.panels().panels, expected.data(), expected.size() * sizeof(T)) == 0);
}

TEST_CASE("Weights of floats: every element is in its place, in panels of both orders") {
  Random random(410);
  ForEachTier([&](Context& context) {
    for (const size_t k : Sizes{1, 2, 5, 16, 63, 130}) {
      for (const size_t n : Sizes{1, 16, 17, 31, 70, 130}) {
        CAPTURE(k);
        CAPTURE(n);
        for (const bool transposed : {false, true}) {
          CheckPanels<float>(context, random, k, n, transposed);
          CheckPanels<BFloat16>(context, random, k, n, transposed);
        }
      }
    }
  });
}

// ---- Versions and formats of blobs

// 5 x 3 weights 17 i - 128, i = 3 k + n, as the library wrote them when the layout was in version 1.
alignas(64) constexpr uint8_t kVersion1[] = {
    0x49, 0x53, 0x4f, 0x51, 0x55, 0x41, 0x4e, 0x54, 0x01, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0xbb, 0xa1, 0xa8, 0xad, 0xc0, 0x8b, 0xd8, 0x72, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9e,
    0xc8, 0xeb, 0x4d, 0x21, 0x43, 0x30, 0xc0, 0x80, 0xb3, 0xe6, 0x19, 0x91, 0xc4, 0xf7, 0x2a, 0xa2, 0xd5, 0x08, 0x3b,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x4c, 0x00, 0x00, 0x00, 0x5d,
    0x00, 0x00, 0x00, 0x6e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x7e, 0xff, 0xff, 0xff, 0xd3, 0xff, 0xff, 0xff, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};

TEST_CASE("Weights: a blob of version 1 is read, and written again as version 2") {
  Context context;
  std::vector<int8_t> values(15), a(2 * 5);
  for (size_t i = 0; i < 15; ++i) values[i] = static_cast<int8_t>(17 * static_cast<int>(i) - 128);
  for (size_t i = 0; i < 10; ++i) a[i] = static_cast<int8_t>(25 * static_cast<int>(i) - 128);
  const PackedWeights packed = Packed(context, KxN{{values.data(), 5, 3}});
  const std::vector<uint8_t> version1(std::begin(kVersion1), std::end(kVersion1)), version2 = Serialized(packed);
  CHECK(AsVersion1(version2) == version1);
  CHECK(version2 != version1);

  const MatrixView<const int8_t> rows(a.data(), 2, 5);
  std::vector<int32_t> expected(6);
  for (size_t i = 0; i < 6; ++i) {
    for (size_t k = 0; k < 5; ++k) expected[i] += a[i / 3 * 5 + k] * values[k * 3 + i % 3];
  }
  const PackedWeights view = ViewOf({kVersion1, sizeof(kVersion1)}), loaded = LoadOf({kVersion1, sizeof(kVersion1)});
  for (const PackedWeights* weights : {&view, &loaded}) {
    CHECK(weights->type() == ElementType::kS8);
    ISOQUANT_CHECK_OK(weights->Verify());
    CHECK(Serialized(*weights) == version2);
    std::vector<int32_t> c(6, -1);
    ISOQUANT_CHECK_OK(MatMul(context, rows, *weights, MatrixView<int32_t>(c.data(), 2, 3)));
    CHECK(c == expected);
  }

  // Damaged.
  const Blob blob(version1);
  Untouched target;
  for (size_t bit = 0; bit < 8 * version1.size(); ++bit) {
    CAPTURE(bit);
    const uint8_t mask = static_cast<uint8_t>(1u << bit % 8);
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ mask);
    if (bit < 8 * kHeader) {
      CHECK(RefusalOf(All(blob), target).code() == StatusCode::kCorrupt);
    } else {
      CHECK(ViewOf(All(blob)).Verify().code() == StatusCode::kCorrupt);
    }
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ mask);
  }
  // The place of the format was reserved.
  for (const size_t at : {kFormatAt, kFormatAt + 3, kReservedAt, kReservedAt + 3}) {
    CAPTURE(at);
    blob.Restore(version1);
    blob[at] = 1;
    SealHeader(blob.data());
    const Status status = RefusalOf(All(blob), target);
    CHECK(status.code() == StatusCode::kCorrupt);
    CHECK(std::string(status.argument()) == "blob reserved field");
  }
}

TEST_CASE("Weights: blobs of other formats are refused by name") {
  Context context;
  const std::vector<int8_t> values(5 * 17, 1);
  const std::vector<uint8_t> bytes = Serialized(Packed(context, KxN{{values.data(), 5, 17}}));
  const Blob blob(bytes);
  Untouched target;
  struct Format {
    uint32_t number;
    const char* name;
  };
  const Format formats[] = {{0, "0"},
                            {3, "s4"},
                            {5, "f16"},
                            {7, "7"},
                            {9, "9"},
                            {255, "255"},
                            {256 + 1, "257"},
                            {256 + 6, "262"},
                            {1u << 24, "16777216"},
                            {0x01000001u, "16777217"},
                            {~0u, "4294967295"}};
  for (const Format& format : formats) {
    PutU32(blob.data() + kFormatAt, format.number);
    SealHeader(blob.data());
    CheckRefused(RefusalOf(All(blob), target), {StatusCode::kWrongType, "blob format", format.number, 0,
                                                std::string("blob format is ") + format.name +
                                                    ", expected one that this version packs: s8, u8, bf16 or f32"});
  }

  // The sizes are those of s8.
  PutU32(blob.data() + kFormatAt, 6);
  SealHeader(blob.data());
  CheckRefused(RefusalOf(All(blob), target),
               {StatusCode::kCorrupt, "blob total size", 64 + 2 * 2 * 64 + 128, 64 + 2 * 5 * 64,
                "blob total size is 448, expected size of K x N in this format = 704"});
  // And the other way round.
  const std::vector<float> floats(5 * 17, 1.0f);
  const Blob of_floats(Serialized(Packed(context, KxN{{floats.data(), 5, 17}})));
  PutU32(of_floats.data() + kFormatAt, 1);
  SealHeader(of_floats.data());
  CHECK(RefusalOf(All(of_floats), target).code() == StatusCode::kCorrupt);

  for (const size_t at : {kReservedAt, kReservedAt + 3}) {
    blob.Restore(bytes);
    blob[at] = 1;
    SealHeader(blob.data());
    CheckRefused(
        RefusalOf(All(blob), target),
        {StatusCode::kCorrupt, "blob reserved field", at == kReservedAt ? 1u : 1u << 24, 0,
         std::string("blob reserved field is ") + (at == kReservedAt ? "1" : "16777216") + ", expected zero = 0"});
  }
}

// ---- Types of operands

Refusal WrongType(const std::string& argument, ElementType actual, ElementType expected) {
  return {StatusCode::kWrongType, argument, static_cast<uint64_t>(actual), static_cast<uint64_t>(expected),
          argument + " is " + NameOf(actual) + ", expected " + NameOf(expected)};
}

// By products of integers.
Refusal NoInteger(const std::string& argument, ElementType actual) {
  return {StatusCode::kWrongType, argument, static_cast<uint64_t>(actual), static_cast<uint64_t>(ElementType::kS8),
          argument + " is " + NameOf(actual) + ", expected s8 or u8"};
}

TEST_CASE("Weights: plain weights know their type") {
  int8_t s8[6] = {};
  const float f32[6] = {};
  CHECK(WeightsRef(KxN{{s8, 2, 3}}).type() == ElementType::kS8);
  CHECK(WeightsRef(NxK{{f32, 2, 3}}).type() == ElementType::kF32);
  CHECK(WeightsRef(NxK{{nullptr, 2, 3}}).type() == ElementType::kS8);
  const WeightMatrix m = MatrixView<const float>(f32 + 1, 1, 2, 3);
  CHECK(m.data == f32 + 1);
  CHECK(m.type == ElementType::kF32);
  const MatrixView<const float> as = m.As<float>();
  CHECK(as.data == f32 + 1);
  CHECK(as.rows == 1);
  CHECK(as.cols == 2);
  CHECK(as.row_stride == 3);
  // What cannot be packed is not accepted.
  CHECK(!std::is_constructible<WeightMatrix, const uint16_t*, size_t, size_t>::value);
  CHECK(!std::is_constructible<WeightMatrix, const double*, size_t, size_t>::value);
  CHECK(std::is_constructible<WeightMatrix, float*, size_t, size_t>::value);

  // Whoever sets the type by hand.
  Context context;
  Untouched target;
  KxN b{{s8, 2, 3}};
  for (const ElementType type : {ElementType::kS4, ElementType::kF16, static_cast<ElementType>(77)}) {
    b.values.type = type;
    const Status status = PackedWeights::Pack(context, b, target.weights);
    CHECK(status.code() == StatusCode::kWrongType);
    CHECK(std::string(status.argument()) == "b");
    CHECK(status.actual() == static_cast<uint64_t>(type));
    CHECK(target.IsUntouched());
  }
}

// Every integer product of rows of type A refuses these weights, and writes nothing.
template <class A>
void CheckRefusedBy(Context& context, const WeightsRef& b, const Refusal& refusal) {
  constexpr size_t kM = 2, kK = 3, kN = 5;
  const A a[kM * kK] = {};
  const float scales[kN] = {1, 1, 1, 1, 1};
  const MatrixView<const A> rows(a, kM, kK);
  std::vector<uint8_t> c(kM * kN * 4, 0xaa);
  const std::vector<uint8_t> before = c;
  const auto out = [&](auto element) {
    return MatrixView<decltype(element)>(reinterpret_cast<decltype(element)*>(c.data()), kM, kN);
  };
  Dequantization dequantization;
  dequantization.row_scales = dequantization.column_scales = {scales, 1};
  Requantization requantization;
  requantization.scales = {scales, 1};
  CheckRefused(MatMul(context, rows, b, out(int32_t{})), refusal);
  CheckRefused(MatMul(context, rows, b, out(int32_t{}), Store::kAccumulate), refusal);
  CheckRefused(MatMul(context, rows, b, ZeroPoints(), out(int32_t{})), refusal);
  CheckRefused(MatMul(context, rows, b, dequantization, out(float{})), refusal);
  CheckRefused(MatMul(context, rows, b, requantization, out(int8_t{})), refusal);
  CheckRefused(MatMul(context, rows, b, requantization, out(uint8_t{})), refusal);
  CHECK(c == before);
}

TEST_CASE("Weights: integer products refuse other types by name") {
  Context context;
  const std::vector<float> values(15, 1.0f);
  const PackedWeights packed = Packed(context, KxN{{values.data(), 3, 5}});
  const Blob blob(Serialized(packed));
  const PackedWeights view = ViewOf(All(blob));
  const KxN kxn{{values.data(), 3, 5}};
  const NxK nxk{{values.data(), 5, 3}};
  for (const WeightsRef& b : {WeightsRef(packed), WeightsRef(view), WeightsRef(kxn), WeightsRef(nxk)}) {
    const Refusal refusal = NoInteger("b", ElementType::kF32);
    CheckRefusedBy<int8_t>(context, b, refusal);
    CheckRefusedBy<uint8_t>(context, b, refusal);
  }
  // Panels that someone else made.
  alignas(64) const int8_t bytes[64] = {};
  const int32_t sums[16] = {};
  for (const ElementType type : {ElementType::kS4, ElementType::kBf16, ElementType::kF16}) {
    const PackedPanels panels{bytes, sums, 3, 5, type};
    CheckRefusedBy<int8_t>(context, WeightsRef(panels), NoInteger("b", type));
    CheckRefusedBy<uint8_t>(context, WeightsRef(panels), NoInteger("b", type));
  }

  const std::vector<float> x(6, 1.0f), scales(5, 1.0f);
  std::vector<float> y(10, 7.0f);
  LinearLayer layer;
  layer.weights = &packed;
  layer.column_scales = {scales.data(), 5};
  for (const RowQuantization quantization : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
    layer.quantization = quantization;
    CheckRefused(Linear(context, {x.data(), 2, 3}, layer, {y.data(), 2, 5}),
                 NoInteger("layer.weights", ElementType::kF32));
    CHECK(y == std::vector<float>(10, 7.0f));
  }
}

TEST_CASE("Weights: operands of a product of floats are checked as those of integers are") {
  Context context;
  std::vector<float> memory(64);
  const std::vector<float> a(6, 1.0f);
  const std::vector<int8_t> s8(15, 1);
  const MatrixView<const float> rows(a.data(), 2, 3);
  const MatrixView<float> c(memory.data(), 2, 5);
  const auto check = [&](const WeightsRef& b, const MatrixView<float>& out) {
    return CheckOperands<float>(rows, b, out);
  };
  const PackedWeights packed = Packed(context, KxN{{a.data(), 3, 2}}), of_s8 = Packed(context, KxN{{s8.data(), 3, 5}});
  const MatrixView<float> narrow(memory.data(), 2, 2);
  ISOQUANT_CHECK_OK(check(packed, narrow));
  CHECK(AreUsual<float>(rows, packed.panels(), narrow));
  ISOQUANT_CHECK_OK(check(KxN{{memory.data() + 10, 3, 5}}, c));
  CheckRefused(check(KxN{{memory.data() + 9, 3, 5}}, c), Overlap("c", "b"));
  CheckRefused(check(of_s8, c), WrongType("b", ElementType::kS8, ElementType::kF32));
  CheckRefused(check(KxN{{s8.data(), 3, 5}}, c), WrongType("b", ElementType::kS8, ElementType::kF32));

  // Panels in the memory of the output: three lines of one panel.
  std::vector<float> buffer(200);
  float* const aligned = buffer.data() + (64 - reinterpret_cast<uintptr_t>(buffer.data()) % 64) % 64 / 4;
  const PackedPanels panels{reinterpret_cast<const int8_t*>(aligned), nullptr, 3, 5, ElementType::kF32};
  CheckRefused(check(WeightsRef(panels), {aligned, 2, 5}), Overlap("c", "b"));
  CheckRefused(check(WeightsRef(panels), {aligned + 47, 2, 5}), Overlap("c", "b"));
  ISOQUANT_CHECK_OK(check(WeightsRef(panels), {aligned + 48, 2, 5}));
  const PackedPanels none{nullptr, nullptr, 3, 5, ElementType::kF32};
  const Status null = check(WeightsRef(none), c);
  CHECK(null.code() == StatusCode::kNull);
  CHECK(std::string(null.argument()) == "b.panels");
}

}  // namespace
}  // namespace isoquant
