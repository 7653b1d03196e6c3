// Emulator: runs one instruction on the CPU, with all registers given, to compare.
#ifndef ISOQUANT_TEST_EMULATOR_NATIVE_H_
#define ISOQUANT_TEST_EMULATOR_NATIVE_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace emulator {

// An XSAVE area and general registers: what the CPU loads, and stores after the instruction.
struct NativeState {
  uint64_t gpr[16];  // in the order of Machine; rsp is not used as a stack
  uint8_t* xsave;    // in and out, 64-byte aligned
  uint64_t components;
};

// CPU and OS have all that the components need, and Linux grants tiles if they are among them (for good, so that
// programs which emulate tiles must do this in a child process).
bool RequestNative(uint64_t components);

// Runs `code` (at most 15 bytes: one instruction that does not jump). Returns the signal that it raised, or 0. Changes
// handlers of SIGILL and SIGSEGV: for child processes with one thread.
int RunNative(const uint8_t* code, size_t bytes, NativeState& state);

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_NATIVE_H_
