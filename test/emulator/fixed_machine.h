// Emulator: a Machine with registers of its own, for tests that execute given bytes.
#ifndef ISOQUANT_TEST_EMULATOR_FIXED_MACHINE_H_
#define ISOQUANT_TEST_EMULATOR_FIXED_MACHINE_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "test/emulator/xsave.h"
#include "test/guarded.h"

namespace isoquant {
namespace emulator {

using Bytes = std::vector<uint8_t>;

enum Gpr { kRax, kRcx, kRdx, kRbx, kRsp, kRbp, kRsi, kRdi, kR8, kR9, kR10, kR11, kR12, kR13, kR14, kR15 };

// AVX-512, all registers in use and full of 0xee; no tiles configured.
class FixedMachine {
 public:
  FixedMachine() : area_(16384) {
    machine.xsave = area_.data() + (64 - reinterpret_cast<uintptr_t>(area_.data()) % 64) % 64;
    machine.features = 1u << kSse | 1u << kAvx | 1u << kZmmHigh256;
    machine.tiles = &tiles;
    SetInUse(machine.xsave, machine.features);
    for (unsigned reg = 0; reg < 16; ++reg) SetVector(reg, Bytes(64, 0xee));
  }

  FixedMachine(const FixedMachine&) = delete;
  FixedMachine& operator=(const FixedMachine&) = delete;

  // Executes the bytes, behind which is a page that cannot be read.
  Outcome Run(std::initializer_list<uint8_t> code) {
    Guarded<uint8_t> guarded(code.size());
    std::copy(code.begin(), code.end(), guarded.data());
    machine.rip = reinterpret_cast<uint64_t>(guarded.data());
    const Result result = Execute(machine);
    length = machine.rip - reinterpret_cast<uint64_t>(guarded.data());
    op = result.op;
    return result.outcome;
  }

  // 64 bytes.
  void SetVector(unsigned reg, const Bytes& bytes) {
    std::copy_n(bytes.data(), 16, machine.xsave + 160 + 16 * reg);
    std::copy_n(bytes.data() + 16, 16, machine.xsave + OffsetOf(kAvx) + 16 * reg);
    std::copy_n(bytes.data() + 32, 32, machine.xsave + OffsetOf(kZmmHigh256) + 32 * reg);
  }
  Bytes Vector(unsigned reg) const {
    const uint64_t in_use = InUse(machine.xsave);
    Bytes bytes(64);
    if (Has(in_use, kSse)) std::copy_n(machine.xsave + 160 + 16 * reg, 16, bytes.data());
    if (Has(in_use, kAvx)) std::copy_n(machine.xsave + OffsetOf(kAvx) + 16 * reg, 16, bytes.data() + 16);
    if (Has(in_use, kZmmHigh256)) std::copy_n(machine.xsave + OffsetOf(kZmmHigh256) + 32 * reg, 32, bytes.data() + 32);
    return bytes;
  }
  uint64_t& operator[](Gpr reg) { return machine.gpr[reg]; }
  void Point(Gpr reg, const void* to) { machine.gpr[reg] = reinterpret_cast<uint64_t>(to); }

  // Configures a tile; the palette too.
  void Shape(unsigned tile, unsigned rows, unsigned bytes) {
    tiles.config[0] = 1;
    tiles.config[16 + 2 * tile] = static_cast<uint8_t>(bytes);
    tiles.config[48 + tile] = static_cast<uint8_t>(rows);
  }

  Machine machine = {};
  Tiles tiles = {};
  uint64_t length = 0;  // of the last instruction, if it was executed
  Op op = Op::kNumOps;

 private:
  std::vector<uint8_t> area_;
};

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_FIXED_MACHINE_H_
