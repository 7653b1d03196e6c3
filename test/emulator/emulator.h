// Test support: executes instructions that the CPU lacks, so that kernels for the newest x86-64 tiers are tested on
// every x86-64 Linux machine: AMX (tiles, INT8, BF16), AVX-VNNI (VPDPBUSD), AVX-VNNI-INT8 and, of AVX512-BF16,
// VDPBF16PS.
#ifndef ISOQUANT_TEST_EMULATOR_EMULATOR_H_
#define ISOQUANT_TEST_EMULATOR_EMULATOR_H_

#if defined(__linux__) && defined(__x86_64__) && defined(__LP64__)
#define ISOQUANT_HAVE_EMULATOR 1
#else
#define ISOQUANT_HAVE_EMULATOR 0
#endif

#if ISOQUANT_HAVE_EMULATOR

#include <cstddef>
#include <cstdint>

namespace isoquant {
namespace emulator {

enum class Op : uint8_t {
  kLdtilecfg,
  kSttilecfg,
  kTilerelease,
  kTilezero,
  kTileloadd,
  kTileloaddt1,
  kTilestored,
  kTdpbssd,
  kTdpbsud,
  kTdpbusd,
  kTdpbuud,
  kTdpbf16ps,
  kVpdpbusd,
  kVpdpbusds,
  kVpdpbssd,
  kVpdpbssds,
  kVpdpbsud,
  kVpdpbsuds,
  kVpdpbuud,
  kVpdpbuuds,
  kVdpbf16ps,  // 512 bits, memory as a broadcast alone, no mask
  kNumOps
};
constexpr size_t kNumOps = static_cast<size_t>(Op::kNumOps);

const char* Name(Op op);  // the mnemonic

// While at least one of these lives, instructions that raise SIGILL are emulated, in every thread.
//
// * Whatever is not emulated goes to the handler that was there before, or kills the process as it would have.
// * #UD (a tile that is not configured, shapes that do not fit, equal tiles) is treated like that too.
// * #GP (LDTILECFG of an invalid configuration) is SIGSEGV at the instruction with si_code SI_KERNEL, as from a CPU.
// * A memory operand that cannot be accessed raises SIGSEGV or SIGBUS with its address, but inside the handler. No
//   register has changed by then. A handler that makes it accessible and returns lets the instruction complete.
// * AVX-VNNI needs a CPU and an OS with AVX, VDPBF16PS with AVX-512. AMX needs nothing.
//
// A CPU that has AMX emulates too, as long as the process has not asked for permission: Linux grants the configuration
// (LDTILECFG, STTILECFG and TILERELEASE run on the CPU) but not the tiles, whose instructions raise SIGILL. context.h
// says how the two are kept consistent. Once permission is granted, the CPU runs them: see ForcedEmulation.
class Emulation {
 public:
  Emulation();
  ~Emulation();
  Emulation(const Emulation&) = delete;
  Emulation& operator=(const Emulation&) = delete;
};

// While this lives, its thread emulates even what the CPU has. Every instruction of the thread traps (EFLAGS.TF), and
// emulated ones are executed instead of run. That is slow, above all in a virtual machine, where each trap may go
// through the host (30 microseconds were measured): for small shapes. Tiles start unconfigured and are apart from the
// CPU's. An instruction that raises #UD or #GP is left to the CPU, which does it: its tiles are unconfigured. Not for
// code that begins threads or processes, or that blocks SIGTRAP otherwise (the C library does, meanwhile, and Linux
// ends a process that traps then); nor for code that a debugger steps through.
class ForcedEmulation {
 public:
  ForcedEmulation();
  ~ForcedEmulation();
  ForcedEmulation(const ForcedEmulation&) = delete;
  ForcedEmulation& operator=(const ForcedEmulation&) = delete;
};

// How often `op` was emulated by the two classes above, in all threads since the process began.
uint64_t Count(Op op);

// The tiles of a thread, palette 1. The configuration is what STTILECFG stores: all zero if there is none.
struct Tiles {
  uint8_t config[64];
  uint8_t data[8][16][64];  // row-major
};

// What an emulated instruction sees and changes.
struct Machine {
  uint64_t gpr[16];   // as ModRM numbers them: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15
  uint64_t rip;       // where the instruction is; moved behind it
  uint8_t* xsave;     // vector registers: an area in XSAVE's standard format, as in a signal frame
  uint64_t features;  // the components which that area has room for, numbered as in XCR0; 0 if xsave is null
  Tiles* tiles;       // null: no AMX
};

enum class Outcome : uint8_t {
  kExecuted,
  kUnknown,            // not an encoding of an emulated instruction, or no registers for it
  kInvalidOpcode,      // #UD
  kGeneralProtection,  // #GP
};
struct Result {
  Outcome outcome;
  Op op;  // if not kUnknown
};

// Executes one instruction. The machine is unchanged unless the outcome is kExecuted. Safe in signal handlers.
Result Execute(Machine& machine);

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_EMULATOR_H_
