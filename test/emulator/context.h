// Emulator: a signal's context as a Machine, and back.
//
// What Linux does (6.18, on a CPU with AMX: Granite Rapids), found by experiment:
//
// * The tile configuration (component 17) needs no permission: LDTILECFG, STTILECFG and TILERELEASE run on the CPU, an
//   invalid configuration is SIGSEGV with SI_KERNEL, and a signal frame has the configuration at CPUID(0xD, 17).EBX.
//   Within a handler the CPU's own is reset, so the frame is the only place to see it.
// * Tiles (component 18) need arch_prctl(ARCH_REQ_XCOMP_PERM, 18). Until then TILEZERO, TILELOADD, TILESTORED and TDP*
//   raise #NM, which Linux makes SIGILL with ILL_ILLOPC. (An undefined instruction is ILL_ILLOPN.) So a process that
//   does not ask for permission gets its tile instructions emulated even here.
// * #UD for lack of a configuration, unequal shapes and so on comes before #NM and is SIGILL either way.
// * Without AMX in the CPU or in XCR0 (Linux before 5.16), all of them are #UD: SIGILL with ILL_ILLOPN.
// * A frame without component 18 in its features means that no tile was used by the CPU; with it, the CPU runs tiles.
// * Leaving the handler loads component 17 from the frame, and any start_row is accepted, but reserved bytes that are
//   not zero leave the CPU without a configuration.
//
// So where frames have component 17, the configuration is the CPU's and the tiles are ours, and LDTILECFG and
// TILERELEASE, which zero tiles, are not seen. The last item helps: each emulated tile instruction leaves a mark in
// start_row, which is always 0 after such an instruction and never above 15 in use. A configuration without the last
// mark was loaded since, and the tiles are zero. One trace remains: STTILECFG, run by the CPU, stores the mark in
// byte 1, and loading that very configuration at once does not zero the tiles.
#ifndef ISOQUANT_TEST_EMULATOR_CONTEXT_H_
#define ISOQUANT_TEST_EMULATOR_CONTEXT_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <ucontext.h>

namespace isoquant {
namespace emulator {

// A thread's emulated tiles.
struct ThreadTiles {
  Tiles tiles;
  uint8_t mark;  // the last one left in start_row of the CPU's configuration; 0: none yet
};

// Where the configuration is.
enum class ConfigHome {
  kFrame,   // in the frame if that has it
  kThread,  // in ThreadTiles: the CPU sees no tile instruction
};

// What was interrupted. Points into both arguments.
Machine LoadMachine(const ucontext_t& context, ThreadTiles& thread, ConfigHome home);

// After the machine executed `op`: changes what the thread resumes with.
void StoreMachine(const Machine& machine, Op op, ThreadTiles& thread, ConfigHome home, ucontext_t& context);

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_CONTEXT_H_
