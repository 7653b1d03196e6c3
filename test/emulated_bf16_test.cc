// Tests of the tiers amx_bf16 and avx512_bf16, on every x86-64 CPU that has their target, under the emulator. On a CPU
// that has them, bf16_fast_test.cc does the same.
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
using emulator::ForcedEmulation;
using emulator::Op;

const std::string kTier = "amx_bf16", kVectorTier = "avx512_bf16";

// This CPU, with tiles, and perhaps with TDPBF16PS.
Cpu CpuWithTiles(bool has_bf16) {
  Cpu cpu = isoquant::CpuWithTiles();
  cpu.leaf7_edx |= 1u << 22;
  if (!has_bf16) cpu.leaf7_edx &= ~(1u << 22);
  return cpu;
}

// This CPU, with VDPBF16PS.
Cpu CpuWithVdpbf16ps() {
  Cpu cpu = DetectCpu();
  cpu.leaf7_1_eax |= 1u << 5;
  return cpu;
}

bool HasTarget(const std::string& tier = kTier) {
  const size_t index = TierIndex(tier.c_str());
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

// Their rows are written by sources, 32 in a tile.
TEST_CASE("Emulated tiers: products of bf16 on tiles, of rows in K-major order, and of f32") {
  const ScopedDetection tiles(CpuWithTiles(true), true);
  if (!HasTarget()) return;
  const Emulation emulation;
  Context context;
  UseOnlyFast(context, kTier);
  Random random(197);
  for (const Shape& shape : {Shape{50, 67, 33}, Shape{31, 64, 16}, Shape{7, 5, 20}}) {
    CAPTURE(shape.m);
    Operands operands(random, shape);
    const WeightsRef b = KxN{operands.b.const_view()};
    const std::vector<float> sums = operands.Multiply(context, b);
    const GuardedMatrix<BFloat16> transposed(shape.k, shape.m);
    const GuardedMatrix<float> wide(shape.m, shape.k);
    for (size_t m = 0; m < shape.m; ++m) {
      for (size_t k = 0; k < shape.k; ++k) {
        transposed.at(k, m) = operands.a.at(m, k);
        wide.at(m, k) = Widened(operands.a.at(m, k));
      }
    }
    operands.Begin();
    ISOQUANT_CHECK_OK(MatMul(context, KxM{transposed.view()}, b, operands.c.view()));
    CHECK(AreSame(operands.Sums(), sums));
    operands.Begin();
    ISOQUANT_CHECK_OK(MatMul(context, AsBf16{wide.const_view()}, b, operands.c.view()));
    CHECK(AreSame(operands.Sums(), sums));
  }
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

TEST_CASE("Emulated tiers: products of bf16 by VDPBF16PS") {
  const bool is_native = (DetectCpu().leaf7_1_eax >> 5 & 1) != 0;
  const ScopedDetection vdpbf16ps(CpuWithVdpbf16ps(), true);
  if (!HasTarget(kVectorTier)) return;
  const Emulation emulation;
  const uint64_t before = Count(Op::kVdpbf16ps);
  CheckFastErrors(kVectorTier);
  CheckFastBits(kVectorTier);
  CheckFastNaN(kVectorTier);
  CHECK((Count(Op::kVdpbf16ps) != before) != is_native);
}

// Even where the CPU has it: to the same bits. A small product, because every instruction traps.
TEST_CASE("Emulated tiers: products of bf16 by VDPBF16PS, forced") {
  const bool is_native = (DetectCpu().leaf7_1_eax >> 5 & 1) != 0;
  const ScopedDetection vdpbf16ps(CpuWithVdpbf16ps(), true);
  if (!HasTarget(kVectorTier)) return;
  Context context, plain;
  UseOnlyFast(context, kVectorTier);
  Random random(196);
  const Operands operands(random, {13, 37, 40});
  const PackedWeights packed = Packed(plain, KxN{operands.b.const_view()});
  const uint64_t before = Count(Op::kVdpbf16ps);
  bool ok = false;
  {
    const ForcedEmulation forced;
    ok = MatMul(context, operands.a.const_view(), packed, operands.c.view()).ok();
  }
  CHECK(ok);
  CHECK(Count(Op::kVdpbf16ps) - before >= 13 * 19 * 3);
  const std::vector<float> sums = operands.Sums();
  CHECK(operands.WorstError(sums, Store::kOverwrite) <= 1.0);
  if (!is_native) return;
  ISOQUANT_CHECK_OK(MatMul(context, operands.a.const_view(), packed, operands.c.view()));
  CHECK(AreSame(operands.Sums(), sums));
}

}  // namespace
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
