// Tests of packed weights: the layout byte for byte, blobs, and what View and Verify refuse.
#include "isoquant/weights.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "isoquant/isoquant.h"
#include "src/pack.h"
#include "test/blobs.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::vector<size_t>;

// ---- A second implementation of the layout, from the comments in weights.h alone.

// Plain weights of both orders with values from `random`; strides are wider than rows by `gap`.
struct PlainWeights {
  PlainWeights(size_t k, size_t n, size_t gap, uint64_t seed) : kxn(k, n, n + gap), nxk(n, k, k + gap) {
    Random random(seed);
    FillIntegers(random, kxn.buffer().data(), kxn.buffer().size());
    FillIntegers(random, nxk.buffer().data(), nxk.buffer().size());
    for (size_t r = 0; r < k; ++r) {
      for (size_t c = 0; c < n; ++c) nxk.at(c, r) = kxn.at(r, c);
    }
  }
  int8_t at(size_t k, size_t n) const { return kxn.at(k, n); }
  KxN AsKxN() const { return KxN{kxn.const_view()}; }
  NxK AsNxK() const { return NxK{nxk.const_view()}; }

  GuardedMatrix<int8_t> kxn, nxk;
};

size_t RoundUpTo(size_t size, size_t multiple) { return (size + multiple - 1) / multiple * multiple; }

size_t PanelsSize(size_t k, size_t n) { return RoundUpTo(k, 4) * RoundUpTo(n, 16); }

template <class Weights>
std::vector<int8_t> ExpectedPanels(const Weights& weights, size_t k, size_t n) {
  std::vector<int8_t> panels(PanelsSize(k, n), 0);
  for (size_t r = 0; r < k; ++r) {
    for (size_t c = 0; c < n; ++c) {
      panels[c / 16 * (RoundUpTo(k, 4) * 16) + r / 4 * 64 + c % 16 * 4 + r % 4] = weights.at(r, c);
    }
  }
  return panels;
}

template <class Weights>
std::vector<int32_t> ExpectedSums(const Weights& weights, size_t k, size_t n) {
  std::vector<int32_t> sums(n, 0);
  for (size_t r = 0; r < k; ++r) {
    for (size_t c = 0; c < n; ++c) sums[c] += weights.at(r, c);
  }
  return sums;
}

template <class Weights>
bool LiesAsDocumented(const PackedWeights& packed, const Weights& weights, size_t k, size_t n) {
  if (packed.k() != k || packed.n() != n) return false;
  if (reinterpret_cast<uintptr_t>(packed.panels().panels) % 64 != 0) return false;
  const std::vector<int8_t> panels = ExpectedPanels(weights, k, n);
  const std::vector<int32_t> sums = ExpectedSums(weights, k, n);
  return std::equal(panels.begin(), panels.end(), packed.panels().panels) &&
         std::equal(sums.begin(), sums.end(), packed.panels().column_sums);
}

// ---- Blobs.

std::vector<uint8_t> SerializedRandom(size_t k, size_t n, uint64_t seed) {
  Context context;
  const PlainWeights plain(k, n, 0, seed);
  const PackedWeights packed = Packed(context, plain.AsKxN());
  return Serialized(packed);
}

StatusCode Refusal(VectorView<const uint8_t> blob, Untouched& target) { return RefusalOf(blob, target).code(); }

// ---- Tests.

TEST_CASE("Weights: the packed layout, byte for byte, from both orders, on every tier") {
  const size_t ks[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33, 64, 67};
  const size_t ns[] = {0, 1, 3, 4, 5, 15, 16, 17, 31, 32, 33, 50};
  ForEachTier([&](Context& context) {
    for (const size_t k : ks) {
      for (const size_t n : ns) {
        for (const size_t gap : Sizes{0, 3}) {
          CAPTURE(k);
          CAPTURE(n);
          CAPTURE(gap);
          const PlainWeights plain(k, n, gap, 1000 * k + n);
          const PackedWeights packed = Packed(context, plain.AsKxN());
          const PackedWeights transposed = Packed(context, plain.AsNxK());
          CHECK(LiesAsDocumented(packed, plain, k, n));
          CHECK(LiesAsDocumented(transposed, plain, k, n));
          ISOQUANT_CHECK_OK(packed.Verify());
        }
      }
    }
  });
}

TEST_CASE("Weights: packing of strips and runs, and nothing is written behind the sums, on every tier") {
  // K x N goes by strips of 256 rows and by 64 columns, N x K by runs of 1024 K: whole ones, some more, some less.
  const size_t ks[] = {124, 255, 256, 257, 515, 1023, 1024, 1041, 2100}, ns[] = {15, 47, 63, 64, 65, 81, 130};
  ForEachTier([&](Context& context) {
    for (const size_t k : ks) {
      for (const size_t n : ns) {
        CAPTURE(k);
        CAPTURE(n);
        const PlainWeights plain(k, n, k % 2, 100 * k + n);
        const std::vector<int8_t> panels = ExpectedPanels(plain, k, n);
        std::vector<int32_t> sums = ExpectedSums(plain, k, n);
        sums.resize(RoundUpTo(n, 16), 0);
        PanelLayout layout;
        REQUIRE(layout.Compute(k, n));
        REQUIRE(layout.bytes == panels.size() + sums.size() * sizeof(int32_t));
        for (const WeightsRef& weights : {WeightsRef(plain.AsKxN()), WeightsRef(plain.AsNxK())}) {
          const Guarded<uint8_t> memory(layout.bytes);  // up to the guard page
          std::fill(memory.begin(), memory.end(), uint8_t{0xaa});
          PackInto(context, weights, layout, memory.data());
          CHECK(std::memcmp(memory.data(), panels.data(), panels.size()) == 0);
          CHECK(std::memcmp(memory.data() + panels.size(), sums.data(), sums.size() * sizeof(int32_t)) == 0);
        }
      }
    }
  });
}

TEST_CASE("Weights: packing reads nothing before the source") {
  ForEachTier([](Context& context) {
    for (const size_t size : Sizes{1, 5, 17, 33}) {
      const Guarded<int8_t> source(size * size, Guarded<int8_t>::At::kBegin);
      Random random(size);
      FillIntegers(random, source.data(), source.size());
      const PackedWeights packed = Packed(context, KxN{{source.data(), size, size}});
      const PackedWeights transposed = Packed(context, NxK{{source.data(), size, size}});
      ISOQUANT_CHECK_OK(packed.Verify());
      ISOQUANT_CHECK_OK(transposed.Verify());
    }
  });
}

TEST_CASE("Weights: column sums of extremes, on every tier") {
  struct Constant {
    int8_t at(size_t, size_t) const { return value; }
    int8_t value;
  };
  for (const int value : {-128, 127}) {
    // K in one chunk of the driver, in several, and past the K up to which any sum of products fits.
    for (const size_t k : Sizes{4096, 4099, 66001}) {
      const size_t n = 17;
      const std::vector<int8_t> source(k * n, static_cast<int8_t>(value));
      ForEachTier([&](Context& context) {
        const PackedWeights packed = Packed(context, NxK{{source.data(), n, k}});
        CHECK(LiesAsDocumented(packed, Constant{static_cast<int8_t>(value)}, k, n));
      });
    }
  }
}

TEST_CASE("Weights: the layout does not depend on the executor") {
  // Large enough for a task per worker.
  const size_t k = 1003, n = 1017;
  const PlainWeights plain(k, n, 1, 3);
  for (const size_t workers : Sizes{1, 2, 3, 7}) {
    CAPTURE(workers);
    ThreadExecutor executor(workers);
    Context context(executor);
    const PackedWeights packed = Packed(context, plain.AsKxN());
    const PackedWeights transposed = Packed(context, plain.AsNxK());
    CHECK(LiesAsDocumented(packed, plain, k, n));
    CHECK(LiesAsDocumented(transposed, plain, k, n));
  }
}

TEST_CASE("Weights: Pack releases what was there, and leaves it on error") {
  Context context;
  Untouched target;
  const int8_t values[6] = {1, 2, 3, 4, 5, 6};
  CHECK(PackedWeights::Pack(context, KxN{{nullptr, 2, 3}}, target.weights).code() == StatusCode::kNull);
  CHECK(PackedWeights::Pack(context, KxN{{values, 2, 3, 2}}, target.weights).code() == StatusCode::kTooSmall);
  CHECK(PackedWeights::Pack(context, NxK{{values, 2, 3, SIZE_MAX}}, target.weights).code() == StatusCode::kTooLarge);
  CHECK(PackedWeights::Pack(context, NxK{{values, 2, SIZE_MAX}}, target.weights).code() == StatusCode::kTooLarge);
  CHECK(target.IsUntouched());

  // No values, but K or N of a size that no memory has.
  CHECK(PackedWeights::Pack(context, KxN{{values, 0, SIZE_MAX}}, target.weights).code() == StatusCode::kOutOfMemory);
  CHECK(PackedWeights::Pack(context, KxN{{values, SIZE_MAX, 0}}, target.weights).code() == StatusCode::kOutOfMemory);
  CHECK(PackedWeights::Pack(context, NxK{{values, SIZE_MAX, 0}}, target.weights).code() == StatusCode::kOutOfMemory);
  CHECK(target.IsUntouched());

  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{values, 2, 3}}, target.weights));
  CHECK(target.weights.k() == 2);
  CHECK(target.weights.n() == 3);
}

TEST_CASE("Weights: a blob is the header, the panels, the sums and zeros, at any alignment") {
  Context context;
  for (const size_t k : Sizes{0, 1, 5, 16, 33}) {
    for (const size_t n : Sizes{0, 1, 15, 16, 17, 33}) {
      CAPTURE(k);
      CAPTURE(n);
      const PlainWeights plain(k, n, 0, k + n);
      const PackedWeights packed = Packed(context, plain.AsKxN());
      const std::vector<int8_t> panels = ExpectedPanels(plain, k, n);
      const std::vector<int32_t> sums = ExpectedSums(plain, k, n);
      const size_t size = kHeader + panels.size() + RoundUpTo(4 * n, 64);
      CHECK(packed.SerializedBytes() == size);

      std::vector<uint8_t> expected(size, 0);
      std::memcpy(expected.data(), "ISOQUANT", 8);
      PutU32(expected.data() + kVersionAt, 2);
      PutU32(expected.data() + kFormatAt, 1);
      PutU32(expected.data() + kHeaderSizeAt, kHeader);
      PutU64(expected.data() + kKAt, k);
      PutU64(expected.data() + kNAt, n);
      PutU64(expected.data() + kTotalAt, size);
      for (size_t i = 0; i < panels.size(); ++i) expected[kHeader + i] = static_cast<uint8_t>(panels[i]);
      for (size_t i = 0; i < n; ++i) {
        PutU32(expected.data() + kHeader + panels.size() + 4 * i, static_cast<uint32_t>(sums[i]));
      }
      SealPayload(expected.data(), size);

      for (const size_t offset : Sizes{0, 1, 7, 63}) {
        // Exactly as much as it takes, from `offset` on, up to the guard page: 0xaa where nothing may be written.
        Guarded<uint8_t> memory(size + offset);
        std::fill(memory.begin(), memory.end(), uint8_t{0xaa});
        uint8_t* blob = offset % 2 == 0 ? memory.data() + offset : memory.data();  // at the end, or before it
        CHECK(packed.Serialize({blob, size - 1}).code() == StatusCode::kTooSmall);
        CHECK(packed.Serialize({blob, 0}).code() == StatusCode::kTooSmall);
        CHECK(std::count(memory.begin(), memory.end(), uint8_t{0xaa}) == static_cast<ptrdiff_t>(memory.size()));
        ISOQUANT_CHECK_OK(packed.Serialize({blob, static_cast<size_t>(memory.end() - blob)}));
        CHECK(std::equal(expected.begin(), expected.end(), blob));
        CHECK(std::count(memory.begin(), blob, uint8_t{0xaa}) == blob - memory.begin());
        CHECK(std::count(blob + size, memory.end(), uint8_t{0xaa}) == memory.end() - (blob + size));
      }
      CHECK(packed.Serialize({nullptr, size}).code() == StatusCode::kNull);
    }
  }
}

TEST_CASE("Weights: a View is used in place, multiplies as packed weights do, and serialises to the same blob") {
  Context packing;
  for (const size_t k : Sizes{0, 1, 4, 17, 64, 100}) {
    for (const size_t n : Sizes{0, 1, 16, 17, 33, 64}) {
      const PlainWeights plain(k, n, 0, 10 * k + n);
      const PackedWeights packed = Packed(packing, plain.AsKxN());
      const std::vector<uint8_t> bytes = Serialized(packed);
      const Blob blob(bytes);

      const PackedWeights view = ViewOf(All(blob));
      ISOQUANT_CHECK_OK(view.Verify());
      CHECK(LiesAsDocumented(view, plain, k, n));
      CHECK(reinterpret_cast<const uint8_t*>(view.panels().panels) == blob.data() + kHeader);
      CHECK(Serialized(view) == bytes);

      const size_t m = 14;
      Random random(k + n);
      const GuardedMatrix<int8_t> a(m, k);
      FillIntegers(random, a.buffer().data(), a.buffer().size());
      ForEachTier([&](Context& context) {
        CAPTURE(k);
        CAPTURE(n);
        std::vector<int32_t> of_packed(m * n, -1), of_view(m * n, -2);
        ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), packed, {of_packed.data(), m, n}));
        ISOQUANT_CHECK_OK(MatMul(context, a.const_view(), view, {of_view.data(), m, n}));
        CHECK(of_packed == of_view);
      });
    }
  }
}

TEST_CASE("Weights: Load copies a blob of any alignment") {
  Context context;
  for (const size_t k : Sizes{0, 1, 17, 100}) {
    for (const size_t n : Sizes{0, 1, 17, 64}) {
      CAPTURE(k);
      CAPTURE(n);
      const PlainWeights plain(k, n, 0, 10 * k + n);
      const std::vector<uint8_t> bytes = Serialized(Packed(context, plain.AsKxN()));
      for (const size_t offset : Sizes{0, 1, 8, 63}) {
        CAPTURE(offset);
        PackedWeights loaded;
        {
          // Up to the guard page, which no byte of the blob lies behind; gone before the weights are used.
          const Blob blob(bytes.size() + offset);
          const uint8_t* const begin = offset % 2 == 0 ? blob.data() + offset : blob.data();
          std::copy(bytes.begin(), bytes.end(), blob.begin() + (begin - blob.data()));
          ISOQUANT_CHECK_OK(PackedWeights::Load({begin, bytes.size()}, loaded));
        }
        ISOQUANT_CHECK_OK(loaded.Verify());
        CHECK(LiesAsDocumented(loaded, plain, k, n));
        CHECK(Serialized(loaded) == bytes);
      }
    }
  }
}

TEST_CASE("Weights: View of a blob that was cut, without a look past the header") {
  const std::vector<uint8_t> bytes = SerializedRandom(5, 17, 1);
  // The header is all that may be read: the payload is not there at all.
  const Blob header(kHeader), nothing(0);
  std::copy(bytes.begin(), bytes.begin() + kHeader, header.begin());
  Untouched target;
  for (size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(Refusal({size < kHeader ? nothing.data() : header.data(), size}, target) == StatusCode::kTooSmall);
  }
  for (const size_t size : Sizes{bytes.size(), bytes.size() + 1, 2 * bytes.size()}) {
    const PackedWeights view = ViewOf({header.data(), size});
    CHECK(view.k() == 5);
    CHECK(view.n() == 17);
  }
}

TEST_CASE("Weights: every flipped bit is found") {
  const std::vector<uint8_t> bytes = SerializedRandom(6, 18, 2);
  const Blob blob(bytes);
  Untouched target;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    CAPTURE(bit);
    const uint8_t mask = static_cast<uint8_t>(1u << bit % 8);
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ mask);
    if (bit < 8 * kHeader) {
      CHECK(Refusal(All(blob), target) == StatusCode::kCorrupt);
    } else {
      const PackedWeights view = ViewOf(All(blob)), loaded = LoadOf(All(blob));
      CHECK(view.Verify().code() == StatusCode::kCorrupt);
      CHECK(loaded.Verify().code() == StatusCode::kCorrupt);
    }
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ mask);
  }
  const PackedWeights view = ViewOf(All(blob));
  ISOQUANT_CHECK_OK(view.Verify());
}

TEST_CASE("Weights: Verify does not trust a checksum that fits") {
  const size_t k = 6, n = 18;
  const std::vector<uint8_t> bytes = SerializedRandom(k, n, 3);
  struct Damage {
    size_t at;
    const char* found;
  };
  const size_t sums = kHeader + PanelsSize(k, n);
  const Damage damages[] = {
      {kHeader + 0, "column sum"},             // B(0, 0)
      {kHeader + 64 + 2, "padding"},           // B(6, 0)
      {kHeader + 128 + 3 * 4, "padding"},      // B(0, 19)
      {sums, "column sum"},                    // of column 0
      {sums + 4 * (n - 1) + 3, "column sum"},  // of the last
      {sums + 4 * n, "padding"},               // behind it
      {sums + 4 * 31 + 3, "padding"},
  };
  for (const Damage& damage : damages) {
    CAPTURE(damage.at);
    const Blob blob(bytes);
    blob[damage.at] = static_cast<uint8_t>(blob[damage.at] + 1);
    SealPayload(blob.data(), blob.size());
    const PackedWeights view = ViewOf(All(blob)), loaded = LoadOf(All(blob));
    for (const PackedWeights* weights : {&view, &loaded}) {
      const Status status = weights->Verify();
      CHECK(status.code() == StatusCode::kCorrupt);
      CHECK(std::string(status.argument()) == damage.found);
    }
  }
}

TEST_CASE("Weights: Verify finds damage in packed weights, which have no checksum") {
  Context context;
  const PlainWeights plain(6, 18, 0, 4);
  const PackedWeights packed = Packed(context, plain.AsKxN());
  // Packed weights lie in memory of their own, which is writable.
  int8_t* panels = const_cast<int8_t*>(packed.panels().panels);
  for (const size_t at : Sizes{size_t{0}, size_t{64 + 1}, size_t{64 + 2}, PanelsSize(6, 18) - 1}) {
    panels[at] = static_cast<int8_t>(panels[at] ^ 1);
    CHECK(packed.Verify().code() == StatusCode::kCorrupt);
    panels[at] = static_cast<int8_t>(panels[at] ^ 1);
    ISOQUANT_CHECK_OK(packed.Verify());
  }
  int32_t* sums = const_cast<int32_t*>(packed.panels().column_sums);
  for (const size_t at : Sizes{0, 17, 18, 31}) {
    sums[at] ^= 1;
    CHECK(packed.Verify().code() == StatusCode::kCorrupt);
    sums[at] ^= 1;
    ISOQUANT_CHECK_OK(packed.Verify());
  }
}

TEST_CASE("Weights: foreign blobs are refused") {
  const std::vector<uint8_t> bytes = SerializedRandom(5, 17, 5);
  const Blob blob(bytes.size());
  Untouched target;

  CHECK(Refusal({nullptr, bytes.size()}, target) == StatusCode::kNull);
  CHECK(Refusal({nullptr, 0}, target) == StatusCode::kNull);

  blob.Restore(bytes);
  std::memcpy(blob.data(), "isoquant", 8);
  SealHeader(blob.data());
  CHECK(Refusal(All(blob), target) == StatusCode::kCorrupt);

  for (const uint32_t version : {0u, 3u, 0x01000000u, ~0u}) {
    blob.Restore(bytes);
    PutU32(blob.data() + kVersionAt, version);
    SealHeader(blob.data());
    const Status status = PackedWeights::View(All(blob), target.weights);
    CHECK(status.code() == StatusCode::kCorrupt);
    CHECK(std::string(status.argument()) == "blob layout version");
    CHECK(status.actual() == version);
    CHECK(status.expected() == 2);
    CHECK(target.IsUntouched());
  }

  for (const uint32_t header_size : {0u, 32u, 128u}) {
    blob.Restore(bytes);
    PutU32(blob.data() + kHeaderSizeAt, header_size);
    SealHeader(blob.data());
    CHECK(Refusal(All(blob), target) == StatusCode::kCorrupt);
  }

  for (const uint64_t total : {uint64_t{0}, uint64_t{bytes.size() - 64}, uint64_t{bytes.size() + 64}, ~uint64_t{0}}) {
    blob.Restore(bytes);
    PutU64(blob.data() + kTotalAt, total);
    SealHeader(blob.data());
    CHECK(Refusal(All(blob), target) == StatusCode::kCorrupt);
  }

  const Blob larger(bytes.size() + 64);
  for (size_t offset = 1; offset < 64; ++offset) {
    std::copy(bytes.begin(), bytes.end(), larger.begin() + offset);
    const Status status = PackedWeights::View({larger.data() + offset, bytes.size()}, target.weights);
    CHECK(status.code() == StatusCode::kMisaligned);
    CHECK(status.actual() == offset);
    CHECK(status.expected() == 64);
    CHECK(target.IsUntouched());
  }
  std::vector<uint8_t> zeros(4096, 0);
  uint8_t* aligned = zeros.data() + (64 - reinterpret_cast<uintptr_t>(zeros.data()) % 64) % 64;
  CHECK(Refusal({aligned, 1024}, target) == StatusCode::kCorrupt);
}

// The size of a blob, modulo 2^64: what a forger whose arithmetic wraps would write.
uint64_t WrappedTotal(uint64_t k, uint64_t n, ElementType type = ElementType::kS8) {
  if (type == ElementType::kF32) return kHeader + k * 64 * ((n + 15) / 16);
  return kHeader + (k + 3) / 4 * 64 * ((n + 15) / 16) + (n * 4 + 63) / 64 * 64;
}

TEST_CASE("Weights: K and N whose sizes overflow are refused, however well the header is forged") {
  const std::vector<uint8_t> bytes = SerializedRandom(5, 17, 6);
  const Blob blob(bytes);
  Untouched target;
  const uint64_t sizes[] = {0,
                            1,
                            4,
                            16,
                            64,  // 2^58 x 64 are 2^64 bytes: none, to those who forget the carry
                            uint64_t{1} << 31,
                            (uint64_t{1} << 32) - 1,
                            uint64_t{1} << 32,
                            uint64_t{1} << 58,
                            (uint64_t{1} << 59) + 1,
                            uint64_t{1} << 60,
                            uint64_t{1} << 61,
                            uint64_t{1} << 62,
                            uint64_t{1} << 63,
                            ~uint64_t{0} - 64,
                            ~uint64_t{0} - 3,
                            ~uint64_t{0} - 2,
                            ~uint64_t{0}};
  PutU64(blob.data() + kPayloadChecksumAt, WordChecksum(nullptr, 0));  // of no payload
  for (const uint64_t k : sizes) {
    for (const uint64_t n : sizes) {
      if (k < 100 && n < 100) continue;
      for (const uint64_t total : {WrappedTotal(k, n), WrappedTotal(k, n, ElementType::kF32), uint64_t{bytes.size()},
                                   uint64_t{64}, ~uint64_t{0} << 6}) {
        CAPTURE(k);
        CAPTURE(n);
        CAPTURE(total);
        PutU64(blob.data() + kKAt, k);
        PutU64(blob.data() + kNAt, n);
        PutU64(blob.data() + kTotalAt, total);
        for (const ElementType type : {ElementType::kS8, ElementType::kF32}) {
          PutU32(blob.data() + kFormatAt, static_cast<uint32_t>(type));
          SealHeader(blob.data());
          PackedWeights view;
          const Status status = PackedWeights::View(All(blob), view);
          // Rows or columns without number, of nothing. Columns of integers have sums, which need memory.
          if (status.ok()) {
            CHECK((n == 0 || (k == 0 && type == ElementType::kF32)));
            CHECK(total == 64);
            ISOQUANT_CHECK_OK(view.Verify());  // at once
            continue;
          }
          CHECK((status.code() == StatusCode::kCorrupt || status.code() == StatusCode::kTooSmall));
        }
      }
    }
  }
  CHECK(Refusal(All(blob), target) == StatusCode::kCorrupt);
}

TEST_CASE("Weights: moved, they keep what they are") {
  Context context;
  const PlainWeights plain(6, 18, 0, 8);
  PackedWeights packed = Packed(context, plain.AsKxN());
  const int8_t* panels = packed.panels().panels;

  PackedWeights constructed(std::move(packed));
  CHECK(constructed.panels().panels == panels);
  CHECK(LiesAsDocumented(constructed, plain, 6, 18));

  PackedWeights assigned;
  assigned = std::move(constructed);
  CHECK(assigned.panels().panels == panels);
  CHECK(LiesAsDocumented(assigned, plain, 6, 18));

  // A View takes its checksum along.
  const std::vector<uint8_t> bytes = Serialized(assigned);
  const Blob blob(bytes);
  PackedWeights view = ViewOf(All(blob));
  assigned = std::move(view);
  CHECK(LiesAsDocumented(assigned, plain, 6, 18));
  ISOQUANT_CHECK_OK(assigned.Verify());
  blob[blob.size() - 1] = 1;  // padding behind the sums
  CHECK(assigned.Verify().code() == StatusCode::kCorrupt);

  // Packed over a View, they are of their own again, and have no checksum.
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, plain.AsNxK(), assigned));
  ISOQUANT_CHECK_OK(assigned.Verify());
  CHECK(LiesAsDocumented(assigned, plain, 6, 18));
  PackedWeights& alias = assigned;
  assigned = std::move(alias);
  CHECK(LiesAsDocumented(assigned, plain, 6, 18));
}

TEST_CASE("Weights: none at all") {
  Context context;
  const PackedWeights none;
  CHECK(none.k() == 0);
  CHECK(none.n() == 0);
  ISOQUANT_CHECK_OK(none.Verify());
  CHECK(none.SerializedBytes() == kHeader);
  const std::vector<uint8_t> bytes = Serialized(none);
  const Blob blob(bytes);
  const PackedWeights view = ViewOf(All(blob));
  ISOQUANT_CHECK_OK(view.Verify());
  ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(nullptr, 3, 0), view, MatrixView<int32_t>(nullptr, 3, 0)));
}

// Whatever the payload says, a View that was accepted makes no kernel read outside the blob: it ends at a guard page.
TEST_CASE("Weights: 20,000 forged headers over a payload of noise") {
  Random random(9);
  const size_t capacity = 4096;
  const Blob blob(capacity);
  for (uint8_t& byte : blob) byte = static_cast<uint8_t>(random());
  const std::vector<uint8_t> bytes = SerializedRandom(5, 17, 10);
  Context context;
  Untouched target;
  size_t accepted = 0, accepted_f32 = 0;
  for (int i = 0; i < 20000; ++i) {
    std::copy(bytes.begin(), bytes.begin() + kHeader, blob.begin());
    uint64_t k = GetU64(blob.data() + kKAt), n = GetU64(blob.data() + kNAt);
    switch (random.Below(3)) {
      case 0:
        k = random.Below(200);
        n = random.Below(60);
        break;
      case 1:
        k = random() >> random.Below(64);
        n = random() >> random.Below(64);
        break;
      default:
        break;
    }
    PutU64(blob.data() + kKAt, k);
    PutU64(blob.data() + kNAt, n);
    const ElementType type = random.Below(3) == 0 ? ElementType::kF32 : ElementType::kS8;
    PutU32(blob.data() + kFormatAt, static_cast<uint32_t>(type));
    PutU64(blob.data() + kTotalAt, WrappedTotal(k, n, type));
    for (size_t flips = random.Below(4); flips != 0; --flips) {
      blob[random.Below(kHeaderChecksumAt)] = static_cast<uint8_t>(random());
    }
    SealHeader(blob.data());
    const size_t size = random.Below(2) == 0 ? capacity : random.Below(capacity / 64 + 1) * 64;
    const uint8_t* begin = blob.end() - size;  // the headers of cut blobs are noise: put one there
    if (size >= kHeader && size != capacity) std::copy(blob.begin(), blob.begin() + kHeader, blob.end() - size);

    PackedWeights view;
    const Status status = PackedWeights::View({begin, size}, view);
    if (!status.ok()) {
      if (i % 100 == 0) CHECK(Refusal({begin, size}, target) == status.code());
      continue;
    }
    ++(view.type() == ElementType::kF32 ? accepted_f32 : accepted);
    const uint8_t* panels = reinterpret_cast<const uint8_t*>(view.panels().panels);
    const uint8_t* sums = reinterpret_cast<const uint8_t*>(view.panels().column_sums);
    CHECK(panels == begin + kHeader);
    if (view.type() == ElementType::kF32) {
      CHECK(sums == nullptr);
      CHECK(view.SerializedBytes() <= size);
      (void)view.Verify();
      continue;
    }
    if (view.n() == 0) {  // nothing is there, be K what it may
      CHECK(sums == panels);
      continue;
    }
    REQUIRE(view.k() < capacity);
    REQUIRE(view.n() < capacity);
    CHECK(panels + PanelsSize(view.k(), view.n()) == sums);
    CHECK(sums + RoundUpTo(4 * view.n(), 64) <= blob.end());
    CHECK(view.SerializedBytes() <= size);
    (void)view.Verify();
    const std::vector<int8_t> a(2 * view.k(), 1);
    std::vector<int32_t> c(2 * view.n());
    ISOQUANT_CHECK_OK(MatMul(context, {a.data(), 2, view.k()}, view, {c.data(), 2, view.n()}));
  }
  CHECK(accepted > 1000);
  CHECK(accepted_f32 > 300);
}

TEST_CASE("Weights: golden blobs") {
  ForEachTier([](Context& context) {
    const size_t k = 37, n = 19;
    std::vector<int8_t> values(k * n);
    Random random(2024);
    FillIntegers(random, values.data(), values.size());
    PackedWeights packed = Packed(context, KxN{{values.data(), k, n}});
    const auto check = [](const std::string& name, const std::vector<uint8_t>& blob) {
      Digest digest;
      digest.Add(blob.data(), blob.size());
      CheckGolden(name, digest.value());
    };
    check("weights/blob2/kxn/37x19", Serialized(packed));
    // But for its header, a blob of s8 is what it was in version 1.
    check("weights/blob/kxn/37x19", AsVersion1(Serialized(packed)));

    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, NxK{{values.data(), k, n}}, packed));
    check("weights/blob2/nxk/37x19", Serialized(packed));
    check("weights/blob/nxk/37x19", AsVersion1(Serialized(packed)));
  });
}

}  // namespace
}  // namespace isoquant
