// Emulator: vector registers in an XSAVE area. (Intel SDM, volume 1, chapter 13.)
#include "test/emulator/xsave.h"

#if ISOQUANT_HAVE_EMULATOR

#include <cpuid.h>

#include <cstring>

namespace isoquant {
namespace emulator {
namespace {

constexpr size_t kHeader = 512;  // XSTATE_BV comes first in it
constexpr size_t kXmm = 160;
constexpr unsigned kRegisters = 16;

struct Offsets {
  size_t of[32] = {};
  Offsets() {
    uint32_t size, offset, flags, reserved;
    for (uint32_t component = 2; component < 32; ++component) {
      if (__get_cpuid_count(0xd, component, &size, &offset, &flags, &reserved) != 0) of[component] = offset;
    }
    // A Machine may have what the CPU lacks: places as on Skylake-X.
    if (of[kAvx] == 0) of[kAvx] = 576;
    if (of[kZmmHigh256] == 0) of[kZmmHigh256] = 1152;
    if (of[kZmmHigh16] == 0) of[kZmmHigh16] = 1664;
  }
};
// Before any signal: a static local would be a lock in a handler.
const Offsets g_offsets;

// The component's bytes for a register. If it was not in use, all its registers become zero.
uint8_t* Prepare(uint8_t* xsave, unsigned component, size_t offset, size_t bytes, unsigned reg) {
  const uint64_t in_use = InUse(xsave);
  if (!Has(in_use, component)) {
    std::memset(xsave + offset, 0, kRegisters * bytes);
    SetInUse(xsave, in_use | uint64_t{1} << component);
  }
  return xsave + offset + bytes * reg;
}

}  // namespace

size_t OffsetOf(unsigned component) { return g_offsets.of[component]; }

uint64_t InUse(const uint8_t* xsave) {
  uint64_t components;
  std::memcpy(&components, xsave + kHeader, sizeof(components));
  return components;
}

void SetInUse(uint8_t* xsave, uint64_t components) { std::memcpy(xsave + kHeader, &components, sizeof(components)); }

void ReadVector(const uint8_t* xsave, unsigned reg, size_t bytes, uint8_t* to) {
  const uint64_t in_use = InUse(xsave);
  std::memset(to, 0, bytes);
  if (Has(in_use, kSse)) std::memcpy(to, xsave + kXmm + 16 * reg, 16);
  if (bytes > 16 && Has(in_use, kAvx)) std::memcpy(to + 16, xsave + OffsetOf(kAvx) + 16 * reg, 16);
}

void WriteVector(uint8_t* xsave, uint64_t features, unsigned reg, size_t bytes, const uint8_t* from) {
  std::memcpy(Prepare(xsave, kSse, kXmm, 16, reg), from, 16);
  if (bytes > 16) {
    std::memcpy(Prepare(xsave, kAvx, OffsetOf(kAvx), 16, reg), from + 16, 16);
  } else if (Has(InUse(xsave), kAvx)) {
    std::memset(xsave + OffsetOf(kAvx) + 16 * reg, 0, 16);
  }
  if (Has(features & InUse(xsave), kZmmHigh256)) std::memset(xsave + OffsetOf(kZmmHigh256) + 32 * reg, 0, 32);
}

void ReadLongVector(const uint8_t* xsave, unsigned reg, void* to) {
  if (reg >= kRegisters) {
    std::memset(to, 0, 64);
    if (Has(InUse(xsave), kZmmHigh16)) std::memcpy(to, xsave + OffsetOf(kZmmHigh16) + 64 * (reg - kRegisters), 64);
    return;
  }
  uint8_t* const bytes = static_cast<uint8_t*>(to);
  ReadVector(xsave, reg, 32, bytes);
  std::memset(bytes + 32, 0, 32);
  if (Has(InUse(xsave), kZmmHigh256)) std::memcpy(bytes + 32, xsave + OffsetOf(kZmmHigh256) + 32 * reg, 32);
}

void WriteLongVector(uint8_t* xsave, unsigned reg, const void* from) {
  if (reg >= kRegisters) {
    std::memcpy(Prepare(xsave, kZmmHigh16, OffsetOf(kZmmHigh16), 64, reg - kRegisters), from, 64);
    return;
  }
  const uint8_t* const bytes = static_cast<const uint8_t*>(from);
  std::memcpy(Prepare(xsave, kSse, kXmm, 16, reg), bytes, 16);
  std::memcpy(Prepare(xsave, kAvx, OffsetOf(kAvx), 16, reg), bytes + 16, 16);
  std::memcpy(Prepare(xsave, kZmmHigh256, OffsetOf(kZmmHigh256), 32, reg), bytes + 32, 32);
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
