// Emulator: bytes of an instruction -> which one, and its operands.
#ifndef ISOQUANT_TEST_EMULATOR_DECODE_H_
#define ISOQUANT_TEST_EMULATOR_DECODE_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace emulator {

// Operands, and what their fields must be.
enum class Form : uint8_t {
  kConfig,      // one memory operand
  kRelease,     // none
  kTile,        // tile reg
  kTileMemory,  // tile reg, memory with SIB, whose index is the stride between rows
  kTileDot,     // tile reg += tile rm * tile vvvv
  kVectorDot,   // vector reg += vector vvvv * (vector rm or memory)
  kLongDot,     // the same of 512 bits, where memory is four bytes for all lanes
};

// One row per instruction. All are VEX.0F38.W0, but those of kLongDot, which are EVEX.512.0F38.W0.
struct Encoding {
  Op op;
  uint8_t opcode;
  uint8_t prefix;  // VEX.pp: none, 66, F3, F2
  Form form;
  // Of a dot product's first and second source (rm and vvvv of tiles; vvvv and rm of vectors).
  bool is_signed[2];
  bool saturates;
};

struct Instruction {
  const Encoding* encoding;
  uint8_t length;
  uint8_t vector_bytes;  // 16, 32 or 64
  uint8_t reg, vvvv, rm;
  bool has_memory;  // else rm is a register
  int8_t base;      // of the memory operand: 0 to 15, kRip, kNone
  int8_t index;     // 0 to 15, kNone
  uint8_t scale;    // log2
  int32_t displacement;
};
constexpr int8_t kNone = -1, kRip = -2;

// False: not one of these instructions, or one that raises #UD whatever the registers hold, or one with an FS, GS or
// address-size prefix, which are not supported. Reads no byte behind the instruction.
bool Decode(const uint8_t* code, Instruction& instruction);

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_DECODE_H_
