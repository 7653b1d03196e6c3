// Emulator: dot products of bytes, tile configurations and products of tiles.
#include "test/emulator/semantics.h"

#if ISOQUANT_HAVE_EMULATOR

#include <cstring>

namespace isoquant {
namespace emulator {
namespace {

constexpr size_t kTiles = 8, kMaxRows = 16, kMaxBytes = 64;
// Of a configuration.
constexpr size_t kPalette = 0, kReserved = 2, kColumnBytes = 16, kRows = 48;

uint32_t LoadU32(const uint8_t* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

// Four products, at most 4 * 255 * 255.
template <class A, class B>
struct Products {
  int32_t operator()(const uint8_t* a, const uint8_t* b) const {
    int32_t sum = 0;
    for (size_t i = 0; i < 4; ++i) sum += static_cast<A>(a[i]) * static_cast<B>(b[i]);
    return sum;
  }
};

// f(products), of bytes with these signs. A type for each: loops within f are many times as fast as with a choice
// inside.
template <class F>
void WithSigns(const bool is_signed[2], const F& f) {
  if (is_signed[0]) {
    is_signed[1] ? f(Products<int8_t, int8_t>()) : f(Products<int8_t, uint8_t>());
  } else {
    is_signed[1] ? f(Products<uint8_t, int8_t>()) : f(Products<uint8_t, uint8_t>());
  }
}

bool IsZero(const uint8_t* begin, const uint8_t* end) {
  for (; begin != end; ++begin) {
    if (*begin != 0) return false;
  }
  return true;
}

unsigned ColumnBytesOf(const uint8_t* config, size_t tile) {
  const uint8_t* at = config + kColumnBytes + 2 * tile;
  return at[0] | static_cast<unsigned>(at[1]) << 8;
}

// dst.row[m].dword[n] = dot(that dword, row m of A, column n of B, the number of its dwords). Their products are to be
// added in increasing k. What is outside dst's shape becomes zero.
template <class Dot>
void TileDot(Tiles& tiles, unsigned dst, unsigned a, unsigned b, const Dot& dot) {
  const TileShape shape = ShapeOf(tiles, dst);
  const size_t steps = ShapeOf(tiles, a).bytes / 4;
  for (size_t m = 0; m < kMaxRows; ++m) {
    uint8_t* row = tiles.data[dst][m];
    const size_t bytes = m < shape.rows ? shape.bytes : 0;
    for (size_t n = 0; n < bytes; n += 4) {
      const uint32_t sum = dot(LoadU32(row + n), tiles.data[a][m], &tiles.data[b][0][n], steps);
      std::memcpy(row + n, &sum, sizeof(sum));
    }
    std::memset(row + bytes, 0, kMaxBytes - bytes);
  }
}

}  // namespace

uint32_t DotBytes(uint32_t acc, const uint8_t* a, const uint8_t* b, const bool is_signed[2], bool saturates) {
  const bool is_sum_signed = is_signed[0] || is_signed[1];
  int64_t sum = is_sum_signed ? static_cast<int64_t>(static_cast<int32_t>(acc)) : acc;
  WithSigns(is_signed, [&](auto products) { sum += products(a, b); });
  if (saturates) {
    const int64_t min = is_sum_signed ? INT32_MIN : 0, max = is_sum_signed ? INT32_MAX : UINT32_MAX;
    sum = sum < min ? min : sum > max ? max : sum;
  }
  return static_cast<uint32_t>(sum);
}

bool IsValidConfig(const uint8_t* config) {
  if (config[kPalette] == 0) return true;  // whatever else: no configuration
  if (config[kPalette] != 1) return false;
  if (!IsZero(config + kReserved, config + kColumnBytes)) return false;
  if (!IsZero(config + kColumnBytes + 2 * kTiles, config + kRows)) return false;
  if (!IsZero(config + kRows + kTiles, config + 64)) return false;
  for (size_t tile = 0; tile < kTiles; ++tile) {
    const size_t bytes = ColumnBytesOf(config, tile), rows = config[kRows + tile];
    if (bytes > kMaxBytes || rows > kMaxRows || (bytes == 0) != (rows == 0)) return false;
  }
  return true;
}

TileShape ShapeOf(const Tiles& tiles, unsigned tile) {
  return {tiles.config[kRows + tile], ColumnBytesOf(tiles.config, tile)};
}

bool AreDotOperands(const Tiles& tiles, unsigned dst, unsigned a, unsigned b) {
  if (dst == a || a == b || dst == b) return false;
  const TileShape of_dst = ShapeOf(tiles, dst), of_a = ShapeOf(tiles, a), of_b = ShapeOf(tiles, b);
  if (of_dst.rows == 0 || of_a.rows == 0 || of_b.rows == 0) return false;
  if (of_dst.bytes % 4 != 0 || of_a.bytes % 4 != 0 || of_b.bytes % 4 != 0) return false;
  return of_dst.rows == of_a.rows && of_dst.bytes == of_b.bytes && of_a.bytes / 4 == of_b.rows;
}

void TileDotBytes(Tiles& tiles, unsigned dst, unsigned a, unsigned b, const bool is_signed[2]) {
  WithSigns(is_signed, [&](auto products) {
    TileDot(tiles, dst, a, b, [=](uint32_t acc, const uint8_t* row, const uint8_t* column, size_t steps) {
      for (size_t k = 0; k < steps; ++k) acc += static_cast<uint32_t>(products(row + 4 * k, column + kMaxBytes * k));
      return acc;
    });
  });
}

// Even and odd elements are summed apart, from zero, then together, then onto the destination.
void TileDotBf16(Tiles& tiles, unsigned dst, unsigned a, unsigned b) {
  TileDot(tiles, dst, a, b, [](uint32_t acc, const uint8_t* row, const uint8_t* column, size_t steps) {
    uint32_t even = 0, odd = 0;
    for (size_t k = 0; k < steps; ++k) {
      const uint32_t x = LoadU32(row + 4 * k), y = LoadU32(column + kMaxBytes * k);
      even = MultiplyAddBf16(even, static_cast<uint16_t>(x), static_cast<uint16_t>(y));
      odd = MultiplyAddBf16(odd, static_cast<uint16_t>(x >> 16), static_cast<uint16_t>(y >> 16));
    }
    return AddF32(acc, AddF32(even, odd));
  });
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
