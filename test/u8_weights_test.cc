// Tests of weights of u8: how they lie in panels and blobs, and that they multiply as what they are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "isoquant/isoquant.h"
#include "src/pack.h"
#include "test/blobs.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/reference.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::vector<size_t>;

// Both orders of K x N values.
struct Weights {
  Weights(size_t k, size_t n, size_t gap, uint64_t seed) : kxn(k, n, n + gap), nxk(n, k, k + gap) {
    Random random(seed);
    FillIntegers(random, kxn.buffer().data(), kxn.buffer().size());
    for (size_t r = 0; r < k; ++r) {
      for (size_t c = 0; c < n; ++c) nxk.at(c, r) = kxn.at(r, c);
    }
  }
  KxN AsKxN() const { return KxN{kxn.const_view()}; }
  NxK AsNxK() const { return NxK{nxk.const_view()}; }

  // As weights.h says: values less 128, padding 0, sums of what the panels hold.
  std::vector<uint8_t> ExpectedPayload() const {
    const MatrixView<const uint8_t> v = kxn.const_view();
    const size_t groups = (v.rows + 3) / 4, panels = (v.cols + 15) / 16 * groups * 64;
    std::vector<uint8_t> payload(panels + (4 * v.cols + 63) / 64 * 64);
    for (size_t c = 0; c < v.cols; ++c) {
      uint32_t sum = 0;
      for (size_t r = 0; r < v.rows; ++r) {
        const int value = int{v.Row(r)[c]} - 128;
        payload[c / 16 * groups * 64 + r / 4 * 64 + c % 16 * 4 + r % 4] = static_cast<uint8_t>(value);
        sum += static_cast<uint32_t>(value);
      }
      PutU32(payload.data() + panels + 4 * c, sum);
    }
    return payload;
  }

  GuardedMatrix<uint8_t> kxn, nxk;
};

// The layout that every tier packs, byte by byte.
void CheckLayout(Context& context, const Weights& plain) {
  const std::vector<uint8_t> expected = plain.ExpectedPayload();
  for (const WeightsRef& b : {WeightsRef(plain.AsKxN()), WeightsRef(plain.AsNxK())}) {
    CHECK(b.type() == ElementType::kU8);
    PanelLayout layout;
    REQUIRE(layout.Compute(b.k(), b.n(), ElementType::kU8));
    REQUIRE(layout.bytes == expected.size());
    const Guarded<uint8_t> memory(layout.bytes);
    std::fill(memory.begin(), memory.end(), uint8_t{0xaa});
    PackInto(context, b, layout, memory.data());
    CHECK(std::equal(memory.begin(), memory.end(), expected.begin()));
  }
}

TEST_CASE("Weights of u8: the packed layout, from both orders, on every tier") {
  ForEachTier([](Context& context) {
    for (const size_t k : Sizes{1, 2, 3, 4, 5, 17, 63, 64, 130, 300, 1100}) {
      for (const size_t n : Sizes{1, 15, 16, 17, 33, 64, 70, 130}) {
        CAPTURE(k);
        CAPTURE(n);
        CheckLayout(context, Weights(k, n, (k + n) % 3, 100 * k + n));
      }
    }
  });
}

TEST_CASE("Weights of u8: a blob is in format 2, and every flipped bit is found") {
  Context context;
  const Weights plain(5, 18, 0, 7);
  const PackedWeights packed = Packed(context, plain.AsKxN());
  CHECK(packed.type() == ElementType::kU8);
  ISOQUANT_CHECK_OK(packed.Verify());
  const std::vector<uint8_t> bytes = Serialized(packed), payload = plain.ExpectedPayload();
  std::vector<uint8_t> expected(kHeader + payload.size());
  std::memcpy(expected.data(), "ISOQUANT", 8);
  PutU32(expected.data() + kVersionAt, 2);
  PutU32(expected.data() + kHeaderSizeAt, kHeader);
  PutU64(expected.data() + kKAt, 5);
  PutU64(expected.data() + kNAt, 18);
  PutU64(expected.data() + kTotalAt, expected.size());
  PutU32(expected.data() + kFormatAt, 2);
  std::copy(payload.begin(), payload.end(), expected.begin() + kHeader);
  SealPayload(expected.data(), expected.size());
  CHECK(bytes == expected);

  const Blob blob(bytes);
  const PackedWeights view = ViewOf(All(blob)), loaded = LoadOf(All(blob));
  for (const PackedWeights* weights : {&view, &loaded}) {
    CHECK(weights->type() == ElementType::kU8);
    CHECK(Serialized(*weights) == bytes);
    ISOQUANT_CHECK_OK(weights->Verify());
  }
  for (size_t bit = 8 * kHeader; bit < 8 * bytes.size(); ++bit) {
    CAPTURE(bit);
    const uint8_t mask = static_cast<uint8_t>(1u << bit % 8);
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ mask);
    CHECK(ViewOf(All(blob)).Verify().code() == StatusCode::kCorrupt);
    // With checksums that fit: a sum is wrong, or the padding.
    SealPayload(blob.data(), blob.size());
    CHECK(ViewOf(All(blob)).Verify().code() == StatusCode::kCorrupt);
    blob.Restore(bytes);
  }
}

TEST_CASE("Weights of u8: products are those of 0 to 255") {
  // One row of ones adds up columns; by MatMul as it always was, without zero points.
  constexpr size_t kK = 131, kN = 37;
  const Weights plain(kK, kN, 1, 3);
  std::vector<int64_t> sums(kN);
  for (size_t k = 0; k < kK; ++k) {
    for (size_t n = 0; n < kN; ++n) sums[n] += plain.kxn.at(k, n);
  }
  const std::vector<int8_t> ones(kK, 1);
  const std::vector<uint8_t> twos(kK, 2);
  ForEachTier([&](Context& context) {
    const PackedWeights packed = Packed(context, plain.AsKxN());
    for (const WeightsRef& b : {WeightsRef(packed), WeightsRef(plain.AsKxN()), WeightsRef(plain.AsNxK())}) {
      std::vector<int32_t> c(kN, 1);
      const MatrixView<int32_t> out(c.data(), 1, kN);
      ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(ones.data(), 1, kK), b, out));
      for (size_t n = 0; n < kN; ++n) CHECK(c[n] == sums[n]);
      ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const uint8_t>(twos.data(), 1, kK), b, out, Store::kAccumulate));
      for (size_t n = 0; n < kN; ++n) CHECK(c[n] == 3 * sums[n]);
    }
  });
}

TEST_CASE("Weights of u8: zero points of 128 are s8") {
  // u8 weights with a zero point of 128 are the s8 weights of the same bytes with the highest bit turned.
  constexpr size_t kM = 9, kK = 67, kN = 40;
  const Weights plain(kK, kN, 0, 5);
  std::vector<int8_t> s8(kK * kN);
  for (size_t i = 0; i < s8.size(); ++i) s8[i] = static_cast<int8_t>(plain.kxn.buffer()[i] ^ 0x80);
  std::vector<uint8_t> a(kM * kK);
  Random random(6);
  FillIntegers(random, a.data(), a.size());
  const MatrixView<const uint8_t> rows(a.data(), kM, kK);
  const std::vector<int32_t> each(kN, 128);
  ForEachTier([&](Context& context) {
    const PackedWeights packed = Packed(context, plain.AsNxK()), as_s8 = Packed(context, KxN{{s8.data(), kK, kN}});
    CHECK(std::memcmp(packed.panels().panels, as_s8.panels().panels, packed.SerializedBytes() - kHeader) == 0);
    std::vector<int32_t> c(kM * kN), expected(kM * kN);
    ISOQUANT_CHECK_OK(MatMul(context, rows, as_s8, MatrixView<int32_t>(expected.data(), kM, kN)));
    for (const size_t size : {size_t{1}, kN}) {
      const ZeroPoints z{{}, {each.data(), size}};
      ISOQUANT_CHECK_OK(MatMul(context, rows, packed, z, MatrixView<int32_t>(c.data(), kM, kN)));
      CHECK(c == expected);
    }
  });
}

TEST_CASE("Weights of u8: the layout does not depend on the executor") {
  const Weights plain(517, 1031, 1, 3);
  const std::vector<uint8_t> payload = plain.ExpectedPayload();
  for (const size_t workers : Sizes{1, 3, 8}) {
    ThreadExecutor executor(workers);
    Context context(executor);
    const PackedWeights packed = Packed(context, plain.AsKxN()), transposed = Packed(context, plain.AsNxK());
    CHECK(std::memcmp(packed.panels().panels, payload.data(), payload.size()) == 0);
    CHECK(std::memcmp(transposed.panels().panels, payload.data(), payload.size()) == 0);
  }
}

TEST_CASE("Weights of u8: golden blobs") {
  ForEachTier([](Context& context) {
    std::vector<uint8_t> values(37 * 19);
    Random random(2025);
    FillIntegers(random, values.data(), values.size());
    const auto check = [](const std::string& name, const PackedWeights& packed) {
      const std::vector<uint8_t> blob = Serialized(packed);
      Digest digest;
      digest.Add(blob.data(), blob.size());
      CheckGolden(name, digest.value());
    };
    check("weights/blob2/u8/kxn/37x19", Packed(context, KxN{{values.data(), 37, 19}}));
    check("weights/blob2/u8/nxk/37x19", Packed(context, NxK{{values.data(), 19, 37}}));
  });
}

}  // namespace
}  // namespace isoquant
