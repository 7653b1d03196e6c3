// Tests of the emulator against the CPU, where it has the instructions: random operands, shapes and encodings, all
// vector registers, tiles, configuration and memory compared.
#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "isoquant/cpu.h"
#include "test/emulator/child.h"
#include "test/emulator/native.h"
#include "test/emulator/xsave.h"
#include "test/support.h"

namespace isoquant {
namespace emulator {
namespace {

using Bytes = std::vector<uint8_t>;

struct Component {
  unsigned number;
  size_t bytes;
};
constexpr Component kComponents[] = {{kSse, 256}, {kAvx, 256}, {kZmmHigh256, 512}, {7, 1024}, {kTileData, 8192}};
constexpr uint64_t kVectors = 1u << kSse | 1u << kAvx, kAvx512 = 7u << 5;
constexpr uint64_t kTiles = 1u << kTileConfig | 1u << kTileData;
constexpr size_t kArea = 16384, kMemory = 8192;

// Eight at a time; a quarter of them are extreme values.
void FillBytes(Random& random, uint8_t* data, size_t size) {
  static constexpr uint64_t kExtremes[] = {0, ~uint64_t{0}, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f};
  for (size_t i = 0; i < size; i += 8) {
    uint64_t bits = random();
    if ((bits & 3) == 0) bits = kExtremes[bits >> 2 & 3];
    std::memcpy(data + i, &bits, sizeof(bits));
  }
}

// The same instruction on the CPU and in the emulator.
class Comparison {
 public:
  Comparison(uint64_t seed, uint64_t components) : random(seed), memory(kMemory), components_(components) {}

  uint8_t* Place(unsigned component) { return area_ + (component == kSse ? 160 : OffsetOf(component)); }
  uint8_t* config() { return Place(kTileConfig); }

  // Random registers and memory; a component in eight is not in use. Registers point into the middle of the memory.
  void Randomize() {
    std::memset(area_, 0, sizeof(area_));
    const uint32_t control = 0x1f80 | (static_cast<uint32_t>(random()) & 0xe040);  // rounding, subnormals
    std::memcpy(area_ + 24, &control, sizeof(control));
    uint64_t in_use = components_;
    for (const Component& c : kComponents) {
      if (!Has(components_, c.number)) continue;
      if (random.Below(8) == 0) in_use &= ~(uint64_t{1} << c.number);
      FillBytes(random, Place(c.number), c.bytes);
    }
    SetInUse(area_, in_use);
    FillBytes(random, memory.data(), memory.size());
    for (uint64_t& reg : gpr) reg = reinterpret_cast<uint64_t>(memory.data() + kMemory / 2);
  }

  // Whether they agree; else says why not.
  bool Agree(const Bytes& code) {
    alignas(64) static uint8_t native[kArea], emulated[kArea];
    static Tiles tiles;
    std::memcpy(native, area_, kArea);
    std::memcpy(emulated, area_, kArea);
    const Bytes memory_before = memory;
    NativeState state = {};
    std::memcpy(state.gpr, gpr, sizeof(gpr));
    state.xsave = native;
    state.components = components_;
    const int signal = RunNative(code.data(), code.size(), state);
    const Bytes memory_native = memory;
    std::copy(memory_before.begin(), memory_before.end(), memory.begin());

    Machine machine = {};
    std::memcpy(machine.gpr, gpr, sizeof(gpr));
    machine.rip = reinterpret_cast<uint64_t>(code.data());
    machine.xsave = emulated;
    machine.features = components_;
    machine.tiles = &tiles;
    Fetch(emulated, kTileConfig, 0, tiles.config, sizeof(tiles.config));
    Fetch(emulated, kTileData, 0, tiles.data[0][0], sizeof(tiles.data));
    const Result result = Execute(machine);
    if (result.outcome == Outcome::kExecuted) ++executed[static_cast<size_t>(result.op)];

    const int expected_signal = result.outcome == Outcome::kExecuted            ? 0
                                : result.outcome == Outcome::kGeneralProtection ? SIGSEGV
                                                                                : SIGILL;
    const char* difference = nullptr;
    if (signal != expected_signal) difference = "signal";
    if (signal == 0 && machine.rip != reinterpret_cast<uint64_t>(code.data() + code.size())) difference = "length";
    if (memory != memory_native) difference = "memory";
    if (Has(components_, kTileConfig)) {
      if (!IsSame(native, kTileConfig, tiles.config, 64)) difference = "configuration";
      if (!IsSame(native, kTileData, tiles.data[0][0], sizeof(tiles.data))) difference = "tiles";
    }
    for (const Component& c : kComponents) {
      if (c.number == kTileData || !Has(components_, c.number)) continue;
      uint8_t bytes[1024];
      Fetch(emulated, c.number, 0, bytes, c.bytes);
      if (!IsSame(native, c.number, bytes, c.bytes)) difference = "vectors";
    }
    if (difference != nullptr) Report(code, result, signal, difference);
    return difference == nullptr;
  }

  Random random;
  Bytes memory;
  uint64_t gpr[16] = {};
  uint64_t executed[kNumOps] = {};
  bool Executed(Op op) const { return executed[static_cast<size_t>(op)] != 0; }

 private:
  // Zeros if the component is not in use.
  void Fetch(const uint8_t* from, unsigned component, size_t offset, uint8_t* to, size_t bytes) {
    const size_t place = component == kSse ? 160 : OffsetOf(component);
    std::memset(to, 0, bytes);
    if (Has(InUse(from), component)) std::memcpy(to, from + place + offset, bytes);
  }
  bool IsSame(const uint8_t* native, unsigned component, const uint8_t* bytes, size_t size) {
    uint8_t row[64];
    for (size_t i = 0; i < size; i += sizeof(row)) {
      Fetch(native, component, i, row, sizeof(row));
      if (std::memcmp(row, bytes + i, sizeof(row)) != 0) return false;
    }
    return true;
  }
  void Report(const Bytes& code, const Result& result, int signal, const char* difference) {
    std::fprintf(stderr, "%s: %s differs (CPU: signal %d, emulator: outcome %d):", Name(result.op), difference, signal,
                 static_cast<int>(result.outcome));
    for (const uint8_t byte : code) std::fprintf(stderr, " %02x", byte);
    std::fprintf(stderr, "\n");
  }

  const uint64_t components_;
  alignas(64) uint8_t area_[kArea];
};

// A child process for each: permission for tiles cannot be taken back, and registers and handlers are changed.
template <class F>
void CompareInChild(uint64_t components, const F& agree) {
  const Ending ending = RunInChild([&] { return RequestNative(components) ? (agree() ? 0 : 1) : 2; });
  CHECK(ending.signal == 0);
  if (ending.code == 2) {
    MESSAGE("skipped: the OS does not grant the registers");
  } else {
    CHECK(ending.code == 0);  // else standard error has the first difference
  }
}

uint64_t VectorComponents() { return kVectors | ((DetectCpu().xcr0 & kAvx512) == kAvx512 ? kAvx512 : 0); }
bool HasTiles() {
  const uint32_t edx = DetectCpu().leaf7_edx;
  return (edx >> 22 & 1) != 0 && (edx >> 24 & 1) != 0 && (edx >> 25 & 1) != 0 && (DetectCpu().xcr0 & kTiles) == kTiles;
}

// ModRM, SIB and displacement; and the address, of tiles that of the second row.
struct Operand {
  Bytes bytes;
  uint64_t address;
};

// A random operand in the middle of the memory, whose fields `rxb` extends (as stored: inverted). The index, if there
// is one, can be a stride.
Operand RandomMemory(Comparison& c, unsigned reg, unsigned rxb, bool needs_sib) {
  for (;;) {
    const auto mod = static_cast<unsigned>(c.random.Below(3));
    const unsigned rm = needs_sib ? 4 : static_cast<unsigned>(c.random.Below(8));
    const auto sib = static_cast<uint8_t>(c.random());
    const unsigned base_field = rm == 4 ? sib & 7u : rm, scale = sib >> 6;
    if (mod == 0 && base_field == 5) continue;  // relative to rip, or absolute
    const unsigned base = base_field | (~rxb & 1) << 3, index = (sib >> 3 & 7u) | (~rxb >> 1 & 1) << 3;
    const bool has_index = rm == 4 && index != 4;
    if (has_index && index == base) continue;
    Operand operand = {{static_cast<uint8_t>(mod << 6 | reg << 3 | rm)}, 0};
    if (rm == 4) operand.bytes.push_back(sib);
    if (has_index) c.gpr[index] = c.random.Below(2) == 0 ? 64u >> scale : c.random.Below(33) - 16;
    const auto limit = mod == 0 ? 0 : mod == 1 ? 128 : 1024;
    const auto displacement = mod == 0 ? 0 : static_cast<int32_t>(c.random.Below(2 * size_t(limit))) - limit;
    for (int i = 0; i < (mod == 0 ? 0 : mod == 1 ? 1 : 4); ++i) {
      operand.bytes.push_back(static_cast<uint8_t>(displacement >> 8 * i));
    }
    operand.address = c.gpr[base] + static_cast<uint64_t>(int64_t{displacement});
    if (has_index) operand.address += c.gpr[index] << scale;
    return operand;
  }
}

// VEX.0F38, an opcode and the rest. `rxb` and `vvvv` as stored: inverted.
Bytes Vex(unsigned rxb, unsigned w, unsigned vvvv, unsigned length, unsigned prefix, uint8_t opcode,
          const Bytes& rest) {
  Bytes code(4 + rest.size());
  code[0] = 0xc4;
  code[1] = static_cast<uint8_t>(rxb << 5 | 2);
  code[2] = static_cast<uint8_t>(w << 7 | vvvv << 3 | length << 2 | prefix);
  code[3] = opcode;
  std::copy(rest.begin(), rest.end(), code.begin() + 4);
  return code;
}

bool CompareVectors(const std::vector<unsigned>& prefixes, int cases) {
  Comparison c(1, VectorComponents());
  for (int i = 0; i < cases; ++i) {
    c.Randomize();
    const auto rxb = static_cast<unsigned>(c.random.Below(8)), reg = static_cast<unsigned>(c.random.Below(8));
    const Bytes rest = c.random.Below(2) == 0 ? RandomMemory(c, reg, rxb, false).bytes
                                              : Bytes{static_cast<uint8_t>(0xc0 | c.random.Below(64))};
    const auto bits = static_cast<unsigned>(c.random());
    const unsigned w = bits % 64 == 0 ? 1 : 0, prefix = prefixes[c.random.Below(prefixes.size())];
    const auto opcode = static_cast<uint8_t>(0x50 + (bits >> 6 & 1));
    if (!c.Agree(Vex(rxb, w, bits >> 8 & 15, bits >> 7 & 1, prefix, opcode, rest))) return false;
  }
  return true;
}

// VDPBF16PS of any registers, or of memory; of pairs of bfloat16 that `value` makes of random bits.
bool CompareLongProducts(uint16_t (*value)(Random&, uint16_t), int cases) {
  Comparison c(4, VectorComponents());
  for (int i = 0; i < cases; ++i) {
    c.Randomize();
    for (const Component& component : kComponents) {
      if (component.number == kTileData) continue;
      for (size_t at = 0; at < component.bytes; at += 2) {
        const uint16_t bits = value(c.random, static_cast<uint16_t>(c.random()));
        std::memcpy(c.Place(component.number) + at, &bits, sizeof(bits));
      }
    }
    for (size_t at = 0; at + 1 < c.memory.size(); at += 2) {
      const uint16_t bits = value(c.random, static_cast<uint16_t>(c.random()));
      std::memcpy(c.memory.data() + at, &bits, sizeof(bits));
    }
    const auto bits = static_cast<unsigned>(c.random());
    const bool is_memory = c.random.Below(3) == 0;
    const auto names = static_cast<uint8_t>((bits & 0xf0) | 2), v = static_cast<uint8_t>((bits >> 8 & 15) << 3 | 6);
    const auto length = static_cast<uint8_t>((bits >> 12 & 1) << 3 | (is_memory ? 0x50 : 0x40));
    const Bytes operands = is_memory ? RandomMemory(c, bits >> 16 & 7, names >> 5, false).bytes
                                     : Bytes{static_cast<uint8_t>(bits >> 16 | 0xc0)};
    Bytes code = {0x62, names, v, length, 0x52};
    code.insert(code.end(), operands.begin(), operands.end());
    if (!c.Agree(code)) return false;
  }
  return c.Executed(Op::kVdpbf16ps);
}

// Tiles `dst`, `a` and `b` fit one another, most of the time; the others have any shape.
void RandomShapes(Comparison& c, unsigned dst, unsigned a, unsigned b) {
  uint8_t* config = c.config();
  std::memset(config, 0, 64);
  config[0] = 1;
  if (c.random.Below(4) == 0) config[1] = static_cast<uint8_t>(c.random.Below(20));
  const auto shape = [&](size_t tile, size_t rows, size_t bytes) {
    config[16 + 2 * tile] = static_cast<uint8_t>(bytes);
    config[48 + tile] = static_cast<uint8_t>(rows);
  };
  const auto size = [&] { return c.random.Below(3) == 0 ? 16 : 1 + c.random.Below(16); };
  for (size_t tile = 0; tile < 8; ++tile) {
    if (c.random.Below(8) != 0) shape(tile, size(), c.random.Below(3) == 0 ? 1 + c.random.Below(64) : 4 * size());
  }
  if (c.random.Below(16) == 0) return;
  const size_t m = size(), n = size(), k = c.random.Below(2) == 0 ? size() : 1 + c.random.Below(3);
  shape(dst, m, 4 * n);
  shape(a, m, 4 * k);
  shape(b, k, 4 * n);
}

bool CompareProducts(uint8_t opcode, void (*fill)(Comparison&), int cases) {
  Comparison c(2, VectorComponents() | kTiles);
  for (int i = 0; i < cases; ++i) {
    c.Randomize();
    fill(c);
    const auto bits = static_cast<unsigned>(c.random());
    const unsigned dst = bits & 7, a = bits >> 3 & 7, b = bits >> 6 & 7, prefix = opcode == 0x5c ? 2 : bits >> 9 & 3;
    RandomShapes(c, dst, a, b);
    if (!c.Agree(Vex(7, 0, 15 - b, 0, prefix, opcode, {static_cast<uint8_t>(0xc0 | dst << 3 | a)}))) return false;
  }
  return c.Executed(opcode == 0x5c ? Op::kTdpbf16ps : Op::kTdpbssd);
}

// Pairs of bfloat16 in all tiles.
template <class F>
void FillTiles(Comparison& c, const F& value) {
  for (size_t i = 0; i < 8192; i += 2) {
    const uint16_t bits = value(static_cast<uint16_t>(c.random()));
    std::memcpy(c.Place(kTileData) + i, &bits, sizeof(bits));
  }
}
// Of like sizes, so that roundings matter.
void FillNumbers(Comparison& c) {
  FillTiles(
      c, [&](uint16_t bits) { return static_cast<uint16_t>((bits & 0x807f) | (0x3b80 + (c.random.Below(12) << 7))); });
}
// Products about 2^-126.
void FillTiny(Comparison& c) {
  FillTiles(c, [&](uint16_t bits) { return static_cast<uint16_t>((bits & 0x80ff) | 0x1f00); });
  for (size_t i = 0; i < 8192; i += 4) {  // and float32 there, for the sum
    if (c.random.Below(3) != 0) continue;
    const auto bits = static_cast<uint32_t>((c.random() & 0x80000000) | (0x00800000 - 8 + c.random.Below(16)));
    std::memcpy(c.Place(kTileData) + i, &bits, sizeof(bits));
  }
}
void FillSpecial(Comparison& c) {
  static constexpr uint16_t kValues[] = {0x0000, 0x0001, 0x007f, 0x0080, 0x0081, 0x7f80, 0x7fc0,
                                         0x7fa5, 0x7f81, 0x3f80, 0x7f7f, 0x2000, 0x1fff, 0x2080,
                                         0x3f81, 0x1f80, 0x1f81, 0x3fff, 0x5f80, 0x3300};
  const size_t often = 1 + c.random.Below(100);
  FillTiles(c, [&](uint16_t bits) {
    const size_t i = c.random.Below(often) == 0 ? c.random.Below(20) : 9 + c.random.Below(11);
    return static_cast<uint16_t>((bits & 0x8000) | kValues[i]);
  });
}

bool CompareTileMemory(int cases) {
  Comparison c(3, VectorComponents() | kTiles);
  for (int i = 0; i < cases; ++i) {
    c.Randomize();
    const auto bits = static_cast<unsigned>(c.random());
    const unsigned reg = bits & 7, prefix = bits >> 3 & 3, rxb = (bits >> 5 & 3) | 4;
    const bool is_config = (bits >> 7 & 1) != 0, is_odd = (bits >> 8 & 15) == 0;
    RandomShapes(c, reg, (reg + 1) & 7, (reg + 2) & 7);
    const Operand operand = RandomMemory(c, is_config && !is_odd ? 0 : reg, rxb, is_config == is_odd);
    if (is_config && prefix == 0) {  // valid, or almost
      uint8_t config[64];
      std::memcpy(config, c.config(), sizeof(config));
      if (c.random.Below(2) == 0) config[c.random.Below(64)] ^= static_cast<uint8_t>(1u << c.random.Below(8));
      std::memcpy(reinterpret_cast<uint8_t*>(operand.address), config, sizeof(config));
    }
    if (!c.Agree(Vex(rxb, 0, 15, 0, prefix, is_config ? 0x49 : 0x4b, operand.bytes))) return false;
  }
  for (const Op op : {Op::kLdtilecfg, Op::kSttilecfg, Op::kTileloadd, Op::kTileloaddt1, Op::kTilestored}) {
    if (!c.Executed(op)) return false;
  }
  return true;
}

// Register operands, all fields.
bool CompareTileEncodings(int cases) {
  Comparison c(4, VectorComponents() | kTiles);
  for (int i = 0; i < cases; ++i) {
    c.Randomize();
    const auto bits = static_cast<unsigned>(c.random());
    const unsigned prefix = bits & 3, rxb = (bits & 4) != 0 ? 7 : bits >> 3 & 7;
    const unsigned vvvv = (bits & 64) != 0 ? 15 : bits >> 7 & 15, length = bits % 11 == 0 ? 1 : 0,
                   w = bits % 13 == 0 ? 1 : 0;
    static constexpr uint8_t kOpcodes[] = {0x49, 0x49, 0x4b, 0x5c, 0x5e, 0x5e};
    const uint8_t opcode = kOpcodes[c.random.Below(6)];
    if (opcode == 0x5c && prefix == 3) continue;  // TDPFP16PS, of other CPUs
    auto modrm = static_cast<unsigned>(0xc0 | c.random.Below(64));
    if (opcode == 0x49 && c.random.Below(2) == 0) modrm &= 0xf8;
    RandomShapes(c, modrm >> 3 & 7, modrm & 7, 15 - vvvv < 8 ? 15 - vvvv : 0);
    if (!c.Agree(Vex(rxb, w, vvvv, length, prefix, opcode, {static_cast<uint8_t>(modrm)}))) return false;
  }
  return c.Executed(Op::kTilezero) && c.Executed(Op::kTilerelease);
}

TEST_CASE("Emulator: AVX-VNNI as the CPU") {
  if ((DetectCpu().leaf7_1_eax >> 4 & 1) == 0) {
    MESSAGE("skipped: the CPU lacks AVX-VNNI");
    return;
  }
  CompareInChild(VectorComponents(), [] { return CompareVectors({1}, 5000); });
}

// Where the CPU lacks the instructions, the handler runs them: the signal frame against the explicit machine.
TEST_CASE("Emulator: AVX-VNNI-INT8 as the CPU, or as through SIGILL") {
  if ((DetectCpu().xcr0 & kVectors) != kVectors || __builtin_cpu_supports("avx2") == 0) {
    MESSAGE("skipped: no AVX2");
    return;
  }
  const bool has_int8 = (DetectCpu().leaf7_1_edx >> 4 & 1) != 0;
  CompareInChild(VectorComponents(), [=] {
    NativeState none = {};
    const uint8_t nop = 0x90;
    alignas(64) static uint8_t area[kArea];
    const uint32_t control = 0x1f80;
    std::memcpy(area + 24, &control, sizeof(control));
    none.xsave = area;
    none.components = VectorComponents();
    RunNative(&nop, 1, none);  // its handler comes first, the emulator's above
    const Emulation emulation;
    const uint64_t before = Count(Op::kVpdpbuud);
    if (!CompareVectors({0, 2, 3}, 5000)) return false;
    return has_int8 || Count(Op::kVpdpbuud) - before > 500;
  });
}

TEST_CASE("Emulator: VDPBF16PS as the CPU") {
  if ((DetectCpu().leaf7_1_eax >> 5 & 1) == 0 || (DetectCpu().xcr0 & kAvx512) != kAvx512) {
    MESSAGE("skipped: the CPU lacks AVX512-BF16");
    return;
  }
  // Of like sizes, so that roundings matter; with tiny products and sums; with infinities, and NaN of one kind, because
  // CPUs differ in which of several they keep.
  constexpr uint16_t (*kValues[])(Random&, uint16_t) = {
      [](Random& random, uint16_t bits) {
        return static_cast<uint16_t>((bits & 0x807f) | (0x3b80 + (random.Below(12) << 7)));
      },
      [](Random& random, uint16_t bits) {
        return static_cast<uint16_t>(random.Below(3) == 0 ? (bits & 0x80ff) : (bits & 0x80ff) | 0x1f00);
      },
      [](Random& random, uint16_t bits) {
        static constexpr uint16_t kSpecial[] = {0x0000, 0x0001, 0x007f, 0x0080, 0x7f80, 0x7f7f};
        return random.Below(9) == 0 ? static_cast<uint16_t>((bits & 0x8000) | kSpecial[random.Below(6)])
                                    : static_cast<uint16_t>((bits & 0x807f) | (0x3f80 + (random.Below(4) << 7)));
      },
  };
  for (const auto value : kValues) CompareInChild(VectorComponents(), [=] { return CompareLongProducts(value, 2000); });
}

TEST_CASE("Emulator: AMX as the CPU") {
  if (!HasTiles()) {
    MESSAGE("skipped: the CPU lacks AMX");
    return;
  }
  const uint64_t components = VectorComponents() | kTiles;
  CompareInChild(components, [] {
    return CompareProducts(
        0x5e, [](Comparison&) {}, 3000);
  });
  for (void (*fill)(Comparison&) : {FillNumbers, FillTiny, FillSpecial}) {
    CompareInChild(components, [=] { return CompareProducts(0x5c, fill, 1000); });
  }
  CompareInChild(components, [] { return CompareTileMemory(5000); });
  CompareInChild(components, [] { return CompareTileEncodings(10000); });
}

}  // namespace
}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
