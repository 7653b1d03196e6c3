// Tests of the tier amx_bf16, on every x86-64 CPU that has its target, under the emulator. On a CPU that has it,
// bf16_fast_test.cc does the same.
#include <string>

#include "isoquant/isoquant.h"
#include "src/tiers.h"
#include "test/bf16_fast.h"
#include "test/emulator/emulator.h"
#include "test/scoped_detection.h"
#include "test/support.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace {

using emulator::Count;
using emulator::Emulation;
using emulator::Op;

const std::string kTier = "amx_bf16";

// This CPU, with tiles, and perhaps with TDPBF16PS.
Cpu CpuWithTiles(bool has_bf16) {
  Cpu cpu = DetectCpu();
  cpu.leaf7_edx |= 3u << 24 | 1u << 22;
  if (!has_bf16) cpu.leaf7_edx &= ~(1u << 22);
  cpu.xcr0 |= 3u << 17;
  return cpu;
}

bool HasTarget() {
  const size_t index = TierIndex(kTier.c_str());
  return index != SIZE_MAX && WhyUnusable(Tiers().tiers[index]) == nullptr;
}

TEST_CASE("Emulated tiers: products of bf16 on tiles") {
  const ScopedDetection tiles(CpuWithTiles(true), true);
  if (!HasTarget()) return;
  const Emulation emulation;
  const uint64_t before = Count(Op::kTdpbf16ps);
  CheckFastErrors(kTier);
  CheckFastBits(kTier);
  CheckFastNaN(kTier);
  CHECK(Count(Op::kTdpbf16ps) != before);
}

TEST_CASE("Emulated tiers: products of bf16 need TDPBF16PS and FloatMode::kFast") {
  {
    const ScopedDetection tiles(CpuWithTiles(true), true);
    if (!HasTarget()) return;
    Context context;
    CHECK(ReasonOf(context, kTier).find("SetFloatMode") != std::string::npos);
    context.SetFloatMode(FloatMode::kFast);
    CHECK(ReasonOf(context, kTier).empty());
    CHECK(Explain(context, ElementType::kBf16, ElementType::kBf16) == "amx_bf16 runs");
  }
  const ScopedDetection without(CpuWithTiles(false), true);
  Context context;
  context.SetFloatMode(FloatMode::kFast);
  CHECK(ReasonOf(context, kTier) == "the CPU lacks AMX-BF16: CPUID(7,0).EDX[22] is 0");
}

}  // namespace
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
