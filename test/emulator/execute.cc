// Emulator: fetches the operands of a decoded instruction, computes, and writes the result.
#include <cstring>

#include "test/emulator/decode.h"
#include "test/emulator/semantics.h"
#include "test/emulator/xsave.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace emulator {
namespace {

constexpr size_t kStartRow = 1;  // in a configuration

uint64_t Register(const Machine& machine, int8_t reg) { return reg == kNone ? 0 : machine.gpr[reg]; }

// base + displacement; of tiles, the address of row 0.
uint64_t BaseAddress(const Machine& machine, const Instruction& i) {
  const uint64_t base = i.base == kRip ? machine.rip + i.length : Register(machine, i.base);
  return base + static_cast<uint64_t>(int64_t{i.displacement});
}
// index << scale; of tiles, the distance between rows.
uint64_t ScaledIndex(const Machine& machine, const Instruction& i) { return Register(machine, i.index) << i.scale; }

uint8_t* OperandOf(const Machine& machine, const Instruction& i) {
  return reinterpret_cast<uint8_t*>(BaseAddress(machine, i) + ScaledIndex(machine, i));
}
uint8_t* TileRow(const Machine& machine, const Instruction& i, size_t row) {
  return reinterpret_cast<uint8_t*>(BaseAddress(machine, i) + row * ScaledIndex(machine, i));
}

Outcome Config(Machine& machine, const Instruction& i) {
  Tiles& tiles = *machine.tiles;
  uint8_t* memory = OperandOf(machine, i);
  if (i.encoding->op == Op::kSttilecfg) {
    std::memcpy(memory, tiles.config, sizeof(tiles.config));
    return Outcome::kExecuted;
  }
  uint8_t config[sizeof(tiles.config)];
  std::memcpy(config, memory, sizeof(config));
  if (!IsValidConfig(config)) return Outcome::kGeneralProtection;
  std::memset(&tiles, 0, sizeof(tiles));
  if (config[0] != 0) std::memcpy(tiles.config, config, sizeof(config));
  return Outcome::kExecuted;
}

Outcome Release(Machine& machine, const Instruction&) {
  std::memset(machine.tiles, 0, sizeof(Tiles));
  return Outcome::kExecuted;
}

Outcome Zero(Machine& machine, const Instruction& i) {
  Tiles& tiles = *machine.tiles;
  if (ShapeOf(tiles, i.reg).rows == 0) return Outcome::kInvalidOpcode;
  std::memset(tiles.data[i.reg], 0, sizeof(tiles.data[i.reg]));
  tiles.config[kStartRow] = 0;
  return Outcome::kExecuted;
}

// Begins at start_row, where a CPU was interrupted by a fault. Here an access that faults starts again: memory first.
Outcome LoadOrStore(Machine& machine, const Instruction& i) {
  Tiles& tiles = *machine.tiles;
  const TileShape shape = ShapeOf(tiles, i.reg);
  auto& tile = tiles.data[i.reg];
  const size_t start = tiles.config[kStartRow];
  if (start >= shape.rows || shape.bytes % 4 != 0) return Outcome::kInvalidOpcode;
  if (i.encoding->op == Op::kTilestored) {
    for (size_t row = start; row < shape.rows; ++row) std::memcpy(TileRow(machine, i, row), tile[row], shape.bytes);
  } else {
    uint8_t loaded[sizeof(tile) / sizeof(tile[0])][sizeof(tile[0])] = {};
    for (size_t row = 0; row < shape.rows && row < start; ++row) std::memcpy(loaded[row], tile[row], sizeof(tile[row]));
    for (size_t row = start; row < shape.rows; ++row) std::memcpy(loaded[row], TileRow(machine, i, row), shape.bytes);
    std::memcpy(tile, loaded, sizeof(loaded));
  }
  tiles.config[kStartRow] = 0;
  return Outcome::kExecuted;
}

Outcome TileDot(Machine& machine, const Instruction& i) {
  Tiles& tiles = *machine.tiles;
  if (!AreDotOperands(tiles, i.reg, i.rm, i.vvvv)) return Outcome::kInvalidOpcode;
  if (i.encoding->op == Op::kTdpbf16ps) {
    TileDotBf16(tiles, i.reg, i.rm, i.vvvv);
  } else {
    TileDotBytes(tiles, i.reg, i.rm, i.vvvv, i.encoding->is_signed);
  }
  tiles.config[kStartRow] = 0;
  return Outcome::kExecuted;
}

Outcome VectorDot(Machine& machine, const Instruction& i) {
  uint8_t acc[32], a[32], b[32];
  ReadVector(machine.xsave, i.reg, i.vector_bytes, acc);
  ReadVector(machine.xsave, i.vvvv, i.vector_bytes, a);
  if (i.has_memory) {
    std::memcpy(b, OperandOf(machine, i), i.vector_bytes);
  } else {
    ReadVector(machine.xsave, i.rm, i.vector_bytes, b);
  }
  for (size_t lane = 0; lane < i.vector_bytes; lane += 4) {
    uint32_t sum;
    std::memcpy(&sum, acc + lane, sizeof(sum));
    sum = DotBytes(sum, a + lane, b + lane, i.encoding->is_signed, i.encoding->saturates);
    std::memcpy(acc + lane, &sum, sizeof(sum));
  }
  WriteVector(machine.xsave, machine.features, i.reg, i.vector_bytes, acc);
  return Outcome::kExecuted;
}

// Of each pair the second is first. (So do Zen 5 and, by the SDM, Intel's.)
Outcome LongDot(Machine& machine, const Instruction& i) {
  uint32_t acc[16], a[16], b[16];
  ReadLongVector(machine.xsave, i.reg, acc);
  ReadLongVector(machine.xsave, i.vvvv, a);
  if (i.has_memory) {
    std::memcpy(b, OperandOf(machine, i), sizeof(b[0]));
    for (size_t lane = 1; lane < 16; ++lane) b[lane] = b[0];
  } else {
    ReadLongVector(machine.xsave, i.rm, b);
  }
  for (size_t lane = 0; lane < 16; ++lane) {
    const uint32_t x = a[lane], y = b[lane];
    acc[lane] = MultiplyAddBf16(acc[lane], static_cast<uint16_t>(x >> 16), static_cast<uint16_t>(y >> 16));
    acc[lane] = MultiplyAddBf16(acc[lane], static_cast<uint16_t>(x), static_cast<uint16_t>(y));
  }
  WriteLongVector(machine.xsave, i.reg, acc);
  return Outcome::kExecuted;
}

// In the order of Form.
constexpr Outcome (*kExecute[])(Machine&, const Instruction&) = {Config,  Release,   Zero,   LoadOrStore,
                                                                 TileDot, VectorDot, LongDot};

}  // namespace

Result Execute(Machine& machine) {
  Instruction i;
  if (!Decode(reinterpret_cast<const uint8_t*>(machine.rip), i)) return {Outcome::kUnknown, Op::kNumOps};
  const Form form = i.encoding->form;
  const bool has_registers = form == Form::kVectorDot ? Has(machine.features, kAvx)
                             : form == Form::kLongDot
                                 ? Has(machine.features, kZmmHigh256) && Has(machine.features, kZmmHigh16)
                                 : machine.tiles != nullptr;
  if (!has_registers) return {Outcome::kUnknown, Op::kNumOps};
  const Outcome outcome = kExecute[static_cast<size_t>(i.encoding->form)](machine, i);
  if (outcome == Outcome::kExecuted) machine.rip += i.length;
  return {outcome, i.encoding->op};
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
