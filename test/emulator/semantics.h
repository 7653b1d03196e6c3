// Emulator: what the instructions compute, as functions on arrays.
#ifndef ISOQUANT_TEST_EMULATOR_SEMANTICS_H_
#define ISOQUANT_TEST_EMULATOR_SEMANTICS_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace emulator {

// acc + a[0] * b[0] + .. + a[3] * b[3], modulo 2^32; or, if `saturates`, the exact sum clamped to int32 (to uint32 if
// both sources are unsigned).
uint32_t DotBytes(uint32_t acc, const uint8_t* a, const uint8_t* b, const bool is_signed[2], bool saturates);

// Bits of binary32: rounds a + x * y once, to nearest even. x and y are bfloat16. Subnormal operands count as zero, and
// results that are tiny after rounding become zero. Whatever MXCSR says: there is no floating point in here.
uint32_t MultiplyAddBf16(uint32_t a, uint16_t x, uint16_t y);
// The same of a + b.
uint32_t AddF32(uint32_t a, uint32_t b);

// Whether LDTILECFG accepts the 64 bytes (else: #GP).
bool IsValidConfig(const uint8_t* config);

struct TileShape {
  unsigned rows, bytes;  // both 0: not configured
};
// `tile` < 8.
TileShape ShapeOf(const Tiles& tiles, unsigned tile);

// What TDP* needs of dst += a * b, the tiles' numbers (else: #UD).
bool AreDotOperands(const Tiles& tiles, unsigned dst, unsigned a, unsigned b);

// dst += a * b, which are dot operands: groups of four bytes, or pairs of bfloat16.
void TileDotBytes(Tiles& tiles, unsigned dst, unsigned a, unsigned b, const bool is_signed[2]);
void TileDotBf16(Tiles& tiles, unsigned dst, unsigned a, unsigned b);

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_SEMANTICS_H_
