// Emulator: signal frames of x86-64 Linux.
#include "test/emulator/context.h"

#if ISOQUANT_HAVE_EMULATOR

#include <cstring>

#include "test/emulator/xsave.h"

namespace isoquant {
namespace emulator {
namespace {

constexpr size_t kPalette = 0, kStartRow = 1;  // in a configuration
constexpr uint8_t kMarkBit = 0x80;

constexpr int kGregs[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                            REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

// Linux's description of the XSAVE area, in bytes that FXSAVE leaves to software: struct _fpx_sw_bytes.
constexpr size_t kDescription = 464;
struct Description {
  uint32_t magic, extended_size;
  uint64_t features;
  uint32_t xsave_size;
};
constexpr uint32_t kMagicBegin = 0x46505853, kMagicEnd = 0x46505845;  // FP_XSTATE_MAGIC1 and 2

// The components that the area has room for; 0 if there is only an FXSAVE area.
uint64_t FeaturesOf(const uint8_t* area) {
  if (area == nullptr) return 0;
  Description description;
  std::memcpy(&description, area + kDescription, sizeof(description));
  if (description.magic != kMagicBegin) return 0;
  uint32_t end;
  std::memcpy(&end, area + description.xsave_size, sizeof(end));
  return end == kMagicEnd ? description.features : 0;
}

bool IsConfigInFrame(const Machine& machine, ConfigHome home) {
  return home == ConfigHome::kFrame && Has(machine.features, kTileConfig);
}

bool UsesTiles(Op op) { return op <= Op::kTdpbf16ps; }

// The CPU's configuration, and tiles of zeros if it was loaded since the last emulated instruction.
void ImportConfig(const Machine& machine, ThreadTiles& thread) {
  uint8_t config[sizeof(thread.tiles.config)] = {};
  const bool is_in_use = Has(InUse(machine.xsave), kTileConfig);
  if (is_in_use) std::memcpy(config, machine.xsave + OffsetOf(kTileConfig), sizeof(config));
  const bool is_marked = thread.mark != 0 && config[kPalette] != 0 && config[kStartRow] == thread.mark;
  if (is_marked) config[kStartRow] = 0;
  if (is_marked && std::memcmp(config, thread.tiles.config, sizeof(config)) == 0) return;
  std::memset(&thread.tiles, 0, sizeof(thread.tiles));
  std::memcpy(thread.tiles.config, config, sizeof(config));
}

void ExportConfig(const Machine& machine, ThreadTiles& thread) {
  uint8_t* config = machine.xsave + OffsetOf(kTileConfig);
  const uint64_t bit = uint64_t{1} << kTileConfig, in_use = InUse(machine.xsave);
  std::memcpy(config, thread.tiles.config, sizeof(thread.tiles.config));
  if (config[kPalette] == 0) {
    SetInUse(machine.xsave, in_use & ~bit);
    return;
  }
  thread.mark = static_cast<uint8_t>((thread.mark + 1) | kMarkBit);
  config[kStartRow] = thread.mark;
  SetInUse(machine.xsave, in_use | bit);
}

}  // namespace

Machine LoadMachine(const ucontext_t& context, ThreadTiles& thread, ConfigHome home) {
  Machine machine;
  for (size_t i = 0; i < 16; ++i) machine.gpr[i] = static_cast<uint64_t>(context.uc_mcontext.gregs[kGregs[i]]);
  machine.rip = static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
  machine.xsave = reinterpret_cast<uint8_t*>(context.uc_mcontext.fpregs);
  machine.features = FeaturesOf(machine.xsave);
  machine.tiles = &thread.tiles;
  if (IsConfigInFrame(machine, home)) {
    if (Has(machine.features, kTileData)) {
      machine.tiles = nullptr;  // the CPU has them: it raised #UD
    } else {
      ImportConfig(machine, thread);
    }
  }
  return machine;
}

void StoreMachine(const Machine& machine, Op op, ThreadTiles& thread, ConfigHome home, ucontext_t& context) {
  context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(machine.rip);
  if (UsesTiles(op) && IsConfigInFrame(machine, home)) ExportConfig(machine, thread);
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
