// Tests of FloatMode::kFast: who permits its tiers, their error bound, and that on one tier bits depend on nothing
// else.
#include "test/bf16_fast.h"

#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/float_matmul.h"
#include "test/guarded.h"
#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

std::vector<std::string> FastTiers() {
  Context exact, fast;
  fast.SetFloatMode(FloatMode::kFast);
  std::vector<std::string> names;
  for (const TierReport& report : ExplainTiers(fast)) {
    if (report.usable && !ReasonOf(exact, report.name).empty()) names.push_back(report.name);
  }
  return names;
}

TEST_CASE("FloatMode: exact until something else is said, and again") {
  Context context;
  CHECK(context.float_mode() == FloatMode::kExact);
  const std::string tier = context.tier();
  Random random(191);
  Operands operands(random, {7, 100, 50});
  const std::vector<float> exact = operands.Multiply(context, KxN{operands.b.const_view()});
  for (const std::string& name : FastTiers()) {
    CHECK(ReasonOf(context, name).find("SetFloatMode") != std::string::npos);
  }
  if (!FastTiers().empty()) {  // the others may be worse than the exact tier that runs
    const std::string text = Explain(context, ElementType::kBf16, ElementType::kBf16);
    const size_t name = text.find("; " + FastTiers()[0]);
    CHECK(name != std::string::npos);
    CHECK(text.find(": other bits than in FloatMode::kExact", name) != std::string::npos);
  }
  context.SetFloatMode(FloatMode::kFast);
  CHECK(context.float_mode() == FloatMode::kFast);
  CHECK(context.tier() == tier);  // of s8
  for (const std::string& name : FastTiers()) CHECK(ReasonOf(context, name).empty());
  if (!FastTiers().empty()) {
    CHECK(Explain(context, ElementType::kBf16, ElementType::kBf16).find(FastTiers()[0] + " runs") == 0);
    CHECK(!AreSame(operands.Multiply(context, KxN{operands.b.const_view()}), exact));
  }
  context.SetFloatMode(FloatMode::kExact);
  CHECK(AreSame(operands.Multiply(context, KxN{operands.b.const_view()}), exact));
  // Of f32 there is one mode.
  for (const TierReport& report : ExplainTiers(context, ElementType::kF32, ElementType::kF32)) {
    for (const std::string& name : FastTiers()) CHECK(report.name != name);
  }
}

TEST_CASE("FloatMode: tiers can be capped and removed") {
  for (const std::string& name : FastTiers()) {
    Context context;
    context.SetFloatMode(FloatMode::kFast);
    ISOQUANT_CHECK_OK(context.Disable(name.c_str()));
    CHECK(ReasonOf(context, name) == "removed by Context::Disable");
  }
  // Without the permission a tier does not run, even if all others are removed.
  for (const std::string& name : FastTiers()) {
    Context context;
    (void)context.SetMaxTier(name.c_str());
    for (const TierReport& report : ExplainTiers(context)) {
      if (report.name != name) ISOQUANT_CHECK_OK(context.Disable(report.name.c_str()));
    }
    CHECK(context.tier() != name);
  }
}

TEST_CASE("FloatMode: errors are within the bound") {
  for (const std::string& name : FastTiers()) {
    CAPTURE(name);
    CheckFastErrors(name);
  }
  // One bit less than bf16 has would not be.
  Random random(193);
  Operands operands(random, {4, 20, 30});
  Context exact;
  const WeightsRef b = KxN{operands.b.const_view()};
  CHECK(operands.WorstError(operands.Multiply(exact, b), Store::kOverwrite) <= 1.0);
  GuardedMatrix<BFloat16> cut(20, 30);
  for (size_t i = 0; i < 600; ++i) cut.buffer()[i].bits = operands.b.buffer()[i].bits & 0xfffe;
  CHECK(operands.WorstError(operands.Multiply(exact, KxN{cut.const_view()}), Store::kOverwrite) > 1.0);
}

TEST_CASE("FloatMode: on one tier bits depend neither on threads nor on batches nor on the form of weights") {
  for (const std::string& name : FastTiers()) {
    CAPTURE(name);
    CheckFastBits(name);
  }
}

TEST_CASE("FloatMode: one sign of zero for any number of rows") {
  for (const std::string& name : FastTiers()) {
    CAPTURE(name);
    CheckFastZeros(name);
  }
}

TEST_CASE("FloatMode: one NaN, and only where there is one") {
  for (const std::string& name : FastTiers()) {
    CAPTURE(name);
    CheckFastNaN(name);
  }
}

TEST_CASE("FloatMode: what the CPU lacks") {
  const std::string name = "avx512_bf16";
  if (TierIndex(name.c_str()) == SIZE_MAX) return;
  Cpu cpu = DetectCpu();
  cpu.leaf7_1_eax &= ~(1u << 5);
  const ScopedDetection without(cpu, false);
  Context context;
  context.SetFloatMode(FloatMode::kFast);
  const std::string reason = ReasonOf(context, name);
  const bool is_named = reason.find("the CPU lacks AVX512-BF16: CPUID(7,1).EAX[5] is 0") == 0;
  CHECK((is_named || reason == "the CPU or the operating system lacks what the target needs"));
}

}  // namespace
}  // namespace isoquant
