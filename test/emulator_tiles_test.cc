// Tests of the emulator: tiles, with bytes as an assembler writes them and results computed by hand.
#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include "doctest/doctest.h"
#include "test/emulator/fixed_machine.h"

namespace isoquant {
namespace emulator {
namespace {

using Code = std::initializer_list<uint8_t>;

constexpr Code kLoadConfig = {0xc4, 0xe2, 0x78, 0x49, 0x00};        // ldtilecfg (rax)
constexpr Code kLoadTile0 = {0xc4, 0xe2, 0x7b, 0x4b, 0x04, 0x18};   // tileloadd tmm0, (rax, rbx)
constexpr Code kStoreTile0 = {0xc4, 0xe2, 0x7a, 0x4b, 0x04, 0x18};  // tilestored (rax, rbx), tmm0
constexpr Code kDot = {0xc4, 0xe2, 0x63, 0x5e, 0xca};               // tdpbssd tmm1, tmm2, tmm3
constexpr Code kDotBf16 = {0xc4, 0xe2, 0x62, 0x5c, 0xca};           // tdpbf16ps tmm1, tmm2, tmm3

struct Place {
  size_t at;
  uint8_t value;
};
// Palette 1; tile 2: 3 rows of 8 bytes; tile 7: 16 rows of 64 bytes.
Bytes Config(std::initializer_list<Place> changes = {}) {
  Bytes config(64);
  for (const Place& p : {Place{0, 1}, {20, 8}, {50, 3}, {30, 64}, {55, 16}}) config[p.at] = p.value;
  for (const Place& p : changes) config[p.at] = p.value;
  return config;
}
Bytes ConfigOf(const FixedMachine& m) { return Bytes(m.tiles.config, m.tiles.config + 64); }

void FillTiles(FixedMachine& m) { std::memset(m.tiles.data, 0xee, sizeof(m.tiles.data)); }
bool TilesAre(const FixedMachine& m, uint8_t value) {
  const uint8_t* data = &m.tiles.data[0][0][0];
  return std::all_of(data, data + sizeof(m.tiles.data), [=](uint8_t byte) { return byte == value; });
}
Bytes Row(const FixedMachine& m, unsigned tile, unsigned row) {
  return Bytes(m.tiles.data[tile][row], m.tiles.data[tile][row] + 64);
}

TEST_CASE("Emulator: LDTILECFG, STTILECFG, TILERELEASE") {
  FixedMachine m;
  FillTiles(m);
  const Guarded<uint8_t> memory(64);
  const Bytes config = Config({{1, 5}});  // start_row is loaded too
  std::copy(config.begin(), config.end(), memory.begin());
  m.Point(kR11, memory.data() + 64);
  CHECK(m.Run({0xc4, 0xc2, 0x78, 0x49, 0x43, 0xc0}) == Outcome::kExecuted);  // ldtilecfg -64(r11)
  CHECK(m.op == Op::kLdtilecfg);
  CHECK(m.length == 6);
  CHECK(ConfigOf(m) == config);
  CHECK(TilesAre(m, 0));

  FillTiles(m);
  const Guarded<uint8_t> stored(64);
  m.Point(kRsp, stored.data() - 0x100 - 4 * 9);
  m[kRdi] = 9;
  CHECK(m.Run({0xc4, 0xe2, 0x79, 0x49, 0x84, 0xbc, 0x00, 0x01, 0x00, 0x00}) == Outcome::kExecuted);
  CHECK(m.op == Op::kSttilecfg);  // sttilecfg 0x100(rsp, rdi, 4)
  CHECK(m.length == 10);
  CHECK(Bytes(stored.begin(), stored.end()) == config);
  CHECK(TilesAre(m, 0xee));

  CHECK(m.Run({0xc4, 0xe2, 0x78, 0x49, 0xc0}) == Outcome::kExecuted);
  CHECK(m.op == Op::kTilerelease);
  CHECK(ConfigOf(m) == Bytes(64));
  CHECK(TilesAre(m, 0));
}

TEST_CASE("Emulator: LDTILECFG relative to rip, and of palette 0") {
  FixedMachine m;
  FillTiles(m);
  Bytes memory = {0xc4, 0xe2, 0x78, 0x49, 0x05, 0x40, 0x00, 0x00, 0x00};  // ldtilecfg 0x40(rip)
  memory.resize(9 + 0x40);
  const Bytes config = Config();
  memory.insert(memory.end(), config.begin(), config.end());
  m.machine.rip = reinterpret_cast<uint64_t>(memory.data());
  CHECK(Execute(m.machine).outcome == Outcome::kExecuted);
  CHECK(ConfigOf(m) == config);

  FillTiles(m);
  const Bytes none = Config({{0, 0}, {3, 1}, {40, 1}});  // nothing else is looked at
  m.Point(kRax, none.data());
  CHECK(m.Run(kLoadConfig) == Outcome::kExecuted);
  CHECK(ConfigOf(m) == Bytes(64));
  CHECK(TilesAre(m, 0));
}

TEST_CASE("Emulator: LDTILECFG of an invalid configuration is #GP and changes nothing") {
  std::vector<Bytes> invalid = {
      Config({{0, 2}}),    // palette
      Config({{50, 17}}),  // rows
      Config({{20, 65}}),  // bytes
      Config({{21, 1}}),   // 256 more bytes
      Config({{50, 0}}),   // bytes without rows
      Config({{20, 0}}),   // rows without bytes
      Config({{16, 4}}),  Config({{48, 1}}),
  };
  for (size_t at = 0; at < 64; ++at) {
    if ((at >= 2 && at < 16) || (at >= 32 && at < 48) || at >= 56) invalid.push_back(Config({{at, 0x80}}));
  }
  for (const Bytes& config : invalid) {
    FixedMachine m;
    FillTiles(m);
    m.Shape(4, 1, 4);
    const Bytes before = ConfigOf(m);
    m.Point(kRax, config.data());
    CHECK(m.Run(kLoadConfig) == Outcome::kGeneralProtection);
    CHECK(m.length == 0);
    CHECK(ConfigOf(m) == before);
    CHECK(TilesAre(m, 0xee));
  }
}

TEST_CASE("Emulator: TILEZERO") {
  FixedMachine m;
  FillTiles(m);
  m.Shape(5, 1, 4);
  m.tiles.config[1] = 3;
  CHECK(m.Run({0xc4, 0xe2, 0x7b, 0x49, 0xe8}) == Outcome::kExecuted);  // tilezero tmm5
  for (unsigned tile = 0; tile < 8; ++tile) {
    for (unsigned row = 0; row < 16; ++row) CHECK(Row(m, tile, row) == Bytes(64, tile == 5 ? 0 : 0xee));
  }
  CHECK(m.tiles.config[1] == 0);
  CHECK(m.Run({0xc4, 0xe2, 0x7b, 0x49, 0xc0}) == Outcome::kInvalidOpcode);  // tmm0 is not configured
}

// Tile of 3 rows of 8 bytes out of memory whose byte i is i + 1, in `offsets` from its beginning.
void CheckLoaded(const FixedMachine& m, unsigned tile, std::array<int, 3> offsets) {
  for (unsigned row = 0; row < 16; ++row) {
    Bytes expected(64);
    for (unsigned i = 0; row < 3 && i < 8; ++i) expected[i] = static_cast<uint8_t>(offsets[row] + int(i) + 1);
    CHECK(Row(m, tile, row) == expected);
  }
}

TEST_CASE("Emulator: TILELOADD and TILELOADDT1: addresses and strides; nothing beyond the rows is read") {
  const Guarded<uint8_t> memory(2 * 16 + 8);
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<uint8_t>(i + 1);
  const auto minus = [&](int64_t offset) {
    return reinterpret_cast<uint64_t>(memory.data()) - static_cast<uint64_t>(offset);
  };
  struct Case {
    Code code;
    Op op;
    unsigned tile;
    Gpr base, index;
    uint64_t base_value, index_value;
    std::array<int, 3> offsets;
  };
  const uint64_t back = static_cast<uint64_t>(int64_t{-16});
  const Case cases[] = {
      {kLoadTile0, Op::kTileloadd, 0, kRax, kRbx, minus(0), 16, {0, 16, 32}},
      {kLoadTile0, Op::kTileloadd, 0, kRax, kRbx, minus(-32), back, {32, 16, 0}},
      {kLoadTile0, Op::kTileloadd, 0, kRax, kRbx, minus(-9), 0, {9, 9, 9}},
      // 8(r8, r9, 4)
      {{0xc4, 0x82, 0x7b, 0x4b, 0x7c, 0x88, 0x08}, Op::kTileloadd, 7, kR8, kR9, minus(8), 4, {0, 16, 32}},
      // 0x12345678(r13, r12, 2)
      {{0xc4, 0x82, 0x7b, 0x4b, 0x9c, 0x65, 0x78, 0x56, 0x34, 0x12},
       Op::kTileloadd,
       3,
       kR13,
       kR12,
       minus(0x12345678),
       8,
       {0, 16, 32}},
      // (rax) with a SIB that has no index: the stride is 0
      {{0xc4, 0xe2, 0x7b, 0x4b, 0x0c, 0x20}, Op::kTileloadd, 1, kRax, kRsp, minus(-5), 99, {5, 5, 5}},
      // (rsi, rdx, 8)
      {{0xc4, 0xe2, 0x79, 0x4b, 0x14, 0xd6}, Op::kTileloaddt1, 2, kRsi, kRdx, minus(0), 1, {0, 8, 16}},
  };
  for (const Case& c : cases) {
    FixedMachine m;
    FillTiles(m);
    m.Shape(c.tile, 3, 8);
    m[c.base] = c.base_value;
    m[c.index] = c.index_value;
    CHECK(m.Run(c.code) == Outcome::kExecuted);
    CHECK(m.op == c.op);
    CHECK(m.length == c.code.size());
    CheckLoaded(m, c.tile, c.offsets);
    CHECK(Row(m, (c.tile + 1) % 8, 0) == Bytes(64, 0xee));
  }
}

TEST_CASE("Emulator: TILESTORED writes rows of the shape and nothing else") {
  FixedMachine m;
  for (unsigned row = 0; row < 16; ++row) {
    for (unsigned i = 0; i < 64; ++i) m.tiles.data[6][row][i] = static_cast<uint8_t>(16 * row + i + 1);
  }
  m.Shape(6, 3, 8);
  const Guarded<uint8_t> memory(2 * 14 + 8);
  std::fill(memory.begin(), memory.end(), uint8_t{0xee});
  m.Point(kR14, memory.data() + 4);
  m[kR15] = 7;
  CHECK(m.Run({0xc4, 0x82, 0x7a, 0x4b, 0x74, 0x7e, 0xfc}) == Outcome::kExecuted);  // tilestored -4(r14, r15, 2), tmm6
  CHECK(m.op == Op::kTilestored);
  for (size_t i = 0; i < memory.size(); ++i) {
    CHECK(memory[i] == (i % 14 < 8 ? 16 * (i / 14) + i % 14 + 1 : 0xee));
  }
}

TEST_CASE("Emulator: loads and stores of tiles begin at start_row, and reset it") {
  FixedMachine m;
  FillTiles(m);
  m.Shape(0, 3, 8);
  m.tiles.config[1] = 2;
  Bytes memory(64);
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<uint8_t>(i + 1);
  m.Point(kRax, memory.data());
  m[kRbx] = 16;
  CHECK(m.Run(kLoadTile0) == Outcome::kExecuted);
  CHECK(Row(m, 0, 0) == Bytes(64, 0xee));
  CHECK(Row(m, 0, 1) == Bytes(64, 0xee));
  Bytes expected = {33, 34, 35, 36, 37, 38, 39, 40};
  expected.resize(64);
  CHECK(Row(m, 0, 2) == expected);
  CHECK(Row(m, 0, 3) == Bytes(64));
  CHECK(m.tiles.config[1] == 0);

  m.tiles.config[1] = 1;
  std::fill(memory.begin(), memory.end(), uint8_t{7});
  CHECK(m.Run(kStoreTile0) == Outcome::kExecuted);
  CHECK(memory[0] == 7);
  CHECK(memory[16] == 0xee);
  CHECK(memory[23] == 0xee);
  CHECK(memory[24] == 7);
  CHECK(memory[32] == 33);
  CHECK(m.tiles.config[1] == 0);
}

TEST_CASE("Emulator: loads and stores of tiles that are #UD") {
  for (const Code& code : {kLoadTile0, kStoreTile0}) {
    Bytes memory(64, 7);
    const auto outcome = [&](unsigned rows, unsigned bytes, uint8_t start_row) {
      FixedMachine m;
      m.Shape(1, 16, 64);
      m.Shape(0, rows, bytes);
      m.tiles.config[1] = start_row;
      m.Point(kRax, memory.data());
      return m.Run(code);
    };
    CHECK(outcome(2, 8, 1) == Outcome::kExecuted);
    CHECK(outcome(0, 0, 0) == Outcome::kInvalidOpcode);
    CHECK(outcome(2, 6, 0) == Outcome::kInvalidOpcode);
    CHECK(outcome(2, 8, 2) == Outcome::kInvalidOpcode);
    CHECK(outcome(2, 8, 255) == Outcome::kInvalidOpcode);
  }
}

uint32_t DwordAt(const FixedMachine& m, unsigned tile, unsigned row, unsigned column) {
  uint32_t value;
  std::memcpy(&value, &m.tiles.data[tile][row][4 * column], sizeof(value));
  return value;
}
void SetDword(FixedMachine& m, unsigned tile, unsigned row, unsigned column, uint32_t value) {
  std::memcpy(&m.tiles.data[tile][row][4 * column], &value, sizeof(value));
}

TEST_CASE("Emulator: TDP* of bytes: signs, accumulation, what is zeroed") {
  struct Case {
    uint8_t prefix;
    Op op;
    int32_t c00, c01, c11;
  };
  // Row 0 of A begins with 255 or -1, 128 or -128, 127, 144 or -112; the columns of B with 2, 255 or -1, 128 or -128,
  // 3, and with ones. (1, 1) has one more product of 1 and 128 or -128.
  const Case cases[] = {
      {0x63, Op::kTdpbssd, -2 + 128 - 16256 - 336, -1 - 128 + 127 - 112, -128},
      {0x62, Op::kTdpbsud, -2 - 32640 + 16256 - 336, -1 - 128 + 127 - 112, 128},
      {0x61, Op::kTdpbusd, 510 - 128 - 16256 + 432, 255 + 128 + 127 + 144, -128},
      {0x60, Op::kTdpbuud, 510 + 32640 + 16256 + 432, 255 + 128 + 127 + 144, 128},
  };
  for (const Case& c : cases) {
    FixedMachine m;
    FillTiles(m);
    m.tiles.config[1] = 9;
    m.Shape(1, 2, 8);
    m.Shape(2, 2, 8);
    m.Shape(3, 2, 8);
    for (unsigned i = 0; i < 4; ++i) SetDword(m, 1, i / 2, i % 2, 100);
    const Bytes a0 = {0xff, 0x80, 0x7f, 0x90, 1, 0, 0, 0}, a1 = {2, 0, 0, 0, 0, 0, 0, 1};
    const Bytes b0 = {0x02, 0xff, 0x80, 0x03, 1, 1, 1, 1}, b1 = {5, 0, 0, 7, 0, 0, 0, 0x80};
    std::copy(a0.begin(), a0.end(), m.tiles.data[2][0]);
    std::copy(a1.begin(), a1.end(), m.tiles.data[2][1]);
    std::copy(b0.begin(), b0.end(), m.tiles.data[3][0]);
    std::copy(b1.begin(), b1.end(), m.tiles.data[3][1]);
    CHECK(m.Run({0xc4, 0xe2, c.prefix, 0x5e, 0xca}) == Outcome::kExecuted);
    CHECK(m.op == c.op);
    CHECK(static_cast<int32_t>(DwordAt(m, 1, 0, 0)) == 100 + c.c00 + 5);
    CHECK(static_cast<int32_t>(DwordAt(m, 1, 0, 1)) == 100 + c.c01);
    CHECK(static_cast<int32_t>(DwordAt(m, 1, 1, 0)) == 100 + 4 + 7);
    CHECK(static_cast<int32_t>(DwordAt(m, 1, 1, 1)) == 100 + 2 + c.c11);
    for (unsigned row = 0; row < 16; ++row) {
      for (unsigned column = row < 2 ? 2 : 0; column < 16; ++column) CHECK(DwordAt(m, 1, row, column) == 0);
    }
    CHECK(Row(m, 2, 2) == Bytes(64, 0xee));
    CHECK(Row(m, 3, 2) == Bytes(64, 0xee));
    CHECK(m.tiles.config[1] == 0);
  }
}

TEST_CASE("Emulator: TDP* of bytes: whole tiles, sums modulo 2^32, other tiles") {
  FixedMachine m;
  for (const unsigned tile : {4u, 7u, 0u}) m.Shape(tile, 16, 64);
  for (unsigned i = 0; i < 256; ++i) SetDword(m, 4, i / 16, i % 16, 0x7fffffff - i);
  std::memset(m.tiles.data[7], 0x80, sizeof(m.tiles.data[7]));
  std::memset(m.tiles.data[0], 0x80, sizeof(m.tiles.data[0]));
  CHECK(m.Run({0xc4, 0xe2, 0x7b, 0x5e, 0xe7}) == Outcome::kExecuted);  // tdpbssd tmm4, tmm7, tmm0
  for (unsigned i = 0; i < 256; ++i) CHECK(DwordAt(m, 4, i / 16, i % 16) == 0x7fffffff - i + 64 * 16384);
}

TEST_CASE("Emulator: TDP* that are #UD") {
  struct Shapes {
    unsigned rows[3], bytes[3];  // of tiles 1 (sum), 2 and 3
  };
  const auto outcome = [](const Shapes& shapes, const Code& code) {
    FixedMachine m;
    for (unsigned i = 0; i < 3; ++i) m.Shape(i + 1, shapes.rows[i], shapes.bytes[i]);
    m.Shape(0, 16, 64);
    return m.Run(code);
  };
  const Shapes good = {{5, 5, 3}, {28, 12, 28}};
  const Shapes bad[] = {
      {{0, 5, 3}, {0, 12, 28}},                                                        // not configured
      {{5, 0, 3}, {28, 0, 28}},  {{5, 5, 0}, {28, 12, 0}}, {{4, 5, 3}, {28, 12, 28}},  // rows of the sum and of A
      {{5, 5, 3}, {28, 12, 24}},                                                       // columns of the sum and of B
      {{5, 5, 4}, {28, 12, 28}},                                                       // columns of A and rows of B
      {{5, 5, 3}, {26, 12, 26}}, {{5, 5, 3}, {28, 14, 28}}                             // parts of dwords
  };
  for (const Code& code : {kDot, kDotBf16}) {
    CHECK(outcome(good, code) == Outcome::kExecuted);
    for (const Shapes& shapes : bad) CHECK(outcome(shapes, code) == Outcome::kInvalidOpcode);
  }
  const Shapes equal = {{16, 16, 16}, {64, 64, 64}};
  CHECK(outcome(equal, kDot) == Outcome::kExecuted);
  CHECK(outcome(equal, {0xc4, 0xe2, 0x63, 0x5e, 0xc9}) == Outcome::kInvalidOpcode);  // tmm1, tmm1, tmm3
  CHECK(outcome(equal, {0xc4, 0xe2, 0x73, 0x5e, 0xca}) == Outcome::kInvalidOpcode);  // tmm1, tmm2, tmm1
  CHECK(outcome(equal, {0xc4, 0xe2, 0x6b, 0x5e, 0xca}) == Outcome::kInvalidOpcode);  // tmm1, tmm2, tmm2
}

// One sum of up to two steps: dst + (x[0] * y[0] + x[2] * y[2]) + (x[1] * y[1] + x[3] * y[3]).
uint32_t DotBf16(uint32_t dst, std::array<uint16_t, 4> x, std::array<uint16_t, 4> y) {
  FixedMachine m;
  m.Shape(1, 1, 4);
  m.Shape(2, 1, 8);
  m.Shape(3, 2, 4);
  SetDword(m, 1, 0, 0, dst);
  std::memcpy(m.tiles.data[2][0], x.data(), 8);
  std::memcpy(m.tiles.data[3][0], y.data(), 4);
  std::memcpy(m.tiles.data[3][1], y.data() + 2, 4);
  CHECK(m.Run(kDotBf16) == Outcome::kExecuted);
  CHECK(m.op == Op::kTdpbf16ps);
  return DwordAt(m, 1, 0, 0);
}

constexpr uint16_t kOne = 0x3f80, kTwo = 0x4000, kThree = 0x4040, kInfinite = 0x7f80;
// 2^exponent.
constexpr uint16_t Power(int exponent) { return static_cast<uint16_t>((127 + exponent) << 7); }
constexpr uint16_t kMinus = 0x8000;

TEST_CASE("Emulator: TDPBF16PS: order and rounding") {
  CHECK(DotBf16(0x41200000, {0x3fc0, kTwo}, {kTwo, kThree}) == 0x41980000);  // 10 + (1.5 * 2 + 2 * 3) = 19
  // Even: 2^24 + 1 is half way, and rounds to the even 2^24. Odd: 1 + 1. Together 2^24 + 2; in sequence: 2^24; exactly:
  // 2^24 + 3, which rounds to 2^24 + 4.
  const std::array<uint16_t, 4> x = {Power(24), kOne, kOne, kOne}, ones = {kOne, kOne, kOne, kOne};
  CHECK(DotBf16(0, x, ones) == 0x4b800001);
  CHECK(DotBf16(0x3f800000, x, ones) == 0x4b800002);  // the destination last: 2^24 + 3, half way again
  // The product is not rounded: (1 + 2^-7)^2 = 1 + 2^-6 + 2^-14, minus 1 + 2^-6.
  CHECK(DotBf16(0, {0x3f82 | kMinus, 0, 0x3f81, 0}, {kOne, 0, 0x3f81, 0}) == uint32_t{Power(-14)} << 16);
  // 2^24 + (1 + 2^-7) is more than half way; 2^24 + 2 + 1 is half way, to the odd one.
  CHECK(DotBf16(0x4b800000, {0x3f81, 0}, {kOne, 0}) == 0x4b800001);
  CHECK(DotBf16(0x4b800001, {kOne, 0}, {kOne, 0}) == 0x4b800002);
  CHECK(DotBf16(0xbf800000, {kOne, 0}, {kOne, 0}) == 0);           // 1 - 1 = +0
  CHECK(DotBf16(0x80000000, {0, 0}, {kOne, kOne}) == 0);           // -0 + 0 = +0
  CHECK(DotBf16(0x7f7fffff, {kOne, 0}, {kOne, 0}) == 0x7f7fffff);  // the largest number absorbs 1
  CHECK(DotBf16(0, {Power(127), 0}, {kTwo, 0}) == 0x7f800000);     // overflow
  CHECK(DotBf16(0, {0xff7f, 0}, {0x7f7f, 0}) == 0xff800000);
}

TEST_CASE("Emulator: TDPBF16PS: subnormal operands are zero, tiny results become zero") {
  CHECK(DotBf16(0x3f800000, {0x0001, 0}, {Power(127), 0}) == 0x3f800000);  // else 2^-133 * 2^127
  CHECK(DotBf16(0x3f800000, {Power(127), 0}, {0x807f, 0}) == 0x3f800000);
  CHECK(DotBf16(0x00000001, {0, 0}, {0, 0}) == 0);
  CHECK(DotBf16(0x007fffff, {0, 0}, {0, 0}) == 0);
  CHECK(DotBf16(0x00800000, {0, 0}, {0, 0}) == 0x00800000);
  CHECK(DotBf16(0, {Power(-63), 0}, {Power(-63), 0}) == 0x00800000);  // 2^-126
  CHECK(DotBf16(0, {Power(-63), 0}, {Power(-64), 0}) == 0);           // 2^-127
  // -0 all the way: with the sign of what was flushed.
  CHECK(DotBf16(0x80000000, {Power(-63) | kMinus, Power(-63) | kMinus, kMinus, kMinus},
                {Power(-64), Power(-64), kOne, kOne}) == 0x80000000);
  // 1.5 * 2^-127 - 2^-126: the product alone is flushed.
  CHECK(DotBf16(0x80800000, {Power(-63), 0}, {0x1fc0, 0}) == 0x80800000);
  CHECK(DotBf16(0x80c00000, {Power(-63), 0}, {Power(-63), 0}) == 0x80000000);  // 2^-126 - 1.5 * 2^-126 = -2^-127
  CHECK(DotBf16(0x80e00000, {Power(-63), 0}, {Power(-63), 0}) == 0x80000000);  // 2^-126 - 1.75 * 2^-126
  // 2^-126 - d. Tiny is what is below 2^-126 after rounding to 24 bits: d = 2^-150, not 2^-151 (half way) or less.
  const auto minus = [](int p, int q) {
    return DotBf16(0, {Power(-63), 0, static_cast<uint16_t>(Power(p) | kMinus), 0}, {Power(-63), 0, Power(q), 0});
  };
  CHECK(minus(-75, -75) == 0);
  CHECK(minus(-75, -76) == 0x00800000);
  CHECK(minus(-76, -76) == 0x00800000);
}

TEST_CASE("Emulator: TDPBF16PS: infinities and NaNs") {
  CHECK(DotBf16(0, {kInfinite, 0}, {kTwo | kMinus, 0}) == 0xff800000);
  CHECK(DotBf16(0xff800000, {kOne, 0}, {kOne, 0}) == 0xff800000);
  CHECK(DotBf16(0, {kInfinite, 0}, {0, 0}) == 0xffc00000);
  CHECK(DotBf16(0, {0x0001, 0}, {kInfinite, 0}) == 0xffc00000);  // a subnormal is a zero
  CHECK(DotBf16(0, {kInfinite, kInfinite}, {kOne, kOne | kMinus}) == 0xffc00000);
  CHECK(DotBf16(0, {kInfinite, 0, kInfinite, 0}, {kOne, 0, kOne | kMinus, 0}) == 0xffc00000);
  CHECK(DotBf16(0x7f800000, {kInfinite, 0}, {kOne | kMinus, 0}) == 0xffc00000);
  // NaNs become quiet and keep their payload: the first source's before the second's, before the sum's so far.
  CHECK(DotBf16(0, {0x7f81, 0}, {kOne, 0}) == 0x7fc10000);
  CHECK(DotBf16(0, {0xffc2, 0}, {0x7fc5, 0}) == 0xffc20000);
  CHECK(DotBf16(0, {kOne, 0}, {0x7fc5, 0}) == 0x7fc50000);
  CHECK(DotBf16(0, {0x7fc2, 0, kOne, 0}, {kOne, 0, 0x7fc6, 0}) == 0x7fc60000);
  CHECK(DotBf16(0, {0x7fc2, 0, kInfinite, 0}, {kOne, 0, 0, 0}) == 0x7fc20000);
  CHECK(DotBf16(0, {0x7fc2, 0x7fc3}, {kOne, kOne}) == 0x7fc20000);
  CHECK(DotBf16(0x7f800123, {0x7fc2, 0}, {kOne, 0}) == 0x7fc00123);
}

}  // namespace
}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
