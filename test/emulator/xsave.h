// Emulator: vector registers in an XSAVE area (standard format).
#ifndef ISOQUANT_TEST_EMULATOR_XSAVE_H_
#define ISOQUANT_TEST_EMULATOR_XSAVE_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace emulator {

// Components, numbered as in XCR0 and XSTATE_BV.
constexpr unsigned kSse = 1, kAvx = 2, kZmmHigh256 = 6, kZmmHigh16 = 7, kTileConfig = 17, kTileData = 18;

constexpr bool Has(uint64_t components, unsigned component) { return (components >> component & 1) != 0; }

// Where the component begins: CPUID leaf 0xD.
size_t OffsetOf(unsigned component);

// Which components are in use: XSTATE_BV. Any other's registers are zero, whatever the area has in their places.
uint64_t InUse(const uint8_t* xsave);
void SetInUse(uint8_t* xsave, uint64_t components);

// Vector register 0 to 15, the lower `bytes`: 16 or 32.
void ReadVector(const uint8_t* xsave, unsigned reg, size_t bytes, uint8_t* to);
// As VEX-encoded instructions write: zero beyond `bytes`, in as many bits as the CPU has.
void WriteVector(uint8_t* xsave, uint64_t features, unsigned reg, size_t bytes, const uint8_t* from);

// Vector register 0 to 31, all 64 bytes.
void ReadLongVector(const uint8_t* xsave, unsigned reg, void* to);
void WriteLongVector(uint8_t* xsave, unsigned reg, const void* from);

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_XSAVE_H_
