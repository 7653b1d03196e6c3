// Tests of what the tiers for 64-bit Arm ask of a CPU. Each feature that is missing is named, and a tier that can run
// does. (test/aarch64/models.txt says which one runs on which CPU model.)
#if defined(__aarch64__)

#include <string>

#include "test/scoped_detection.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr uint64_t kAsimd = 1 << 1, kAsimddp = 1 << 20, kSve = 1 << 22;                      // HWCAP
constexpr uint64_t kSveI8mm = 1 << 9, kSveBf16 = 1 << 12, kI8mm = 1 << 13, kBf16 = 1 << 14;  // HWCAP2

// This machine, as if it had other features.
Cpu With(uint64_t hwcap, uint64_t hwcap2, size_t sve_bytes) {
  Cpu cpu = DetectCpu();
  cpu.hwcap = hwcap;
  cpu.hwcap2 = hwcap2;
  cpu.sve_bytes = sve_bytes;
  return cpu;
}

TEST_CASE("Arm: features that are missing are named") {
  const bool has_sve = (DetectCpu().hwcap & kSve) != 0;  // truly
  const std::string no_sve = "the CPU or the operating system lacks SVE: HWCAP[22] is 0";
  const std::string odd = "the length of SVE's vectors is not a power of two";
  {
    const ScopedDetection none(With(kAsimd, 0, 32), false);
    CHECK(ReasonOf(Context(), "neon_i8mm") == "the CPU lacks FEAT_I8MM: HWCAP2[13] (i8mm) is 0");
    CHECK(ReasonOf(Context(), "neon_dotprod") == "the CPU lacks FEAT_DotProd: HWCAP[20] (asimddp) is 0");
    CHECK(ReasonOf(Context(), "neon").empty());
    CHECK(ReasonOf(Context(), "sve_i8mm") ==
          (has_sve ? "the CPU lacks FEAT_I8MM for SVE: HWCAP2[9] (svei8mm) is 0" : no_sve));
    CHECK(ReasonOf(Context(), "sve_dot") == (has_sve ? "" : no_sve));
    CHECK(ReasonOf(Context(), "sve") == (has_sve ? "" : no_sve));
  }
  {
    const ScopedDetection all(With(kAsimd | kAsimddp | kSve, kSveI8mm | kI8mm, 64), false);
    for (const char* tier : {"neon_i8mm", "neon_dotprod", "neon"}) CHECK(ReasonOf(Context(), tier).empty());
    for (const char* tier : {"sve_i8mm", "sve_dot", "sve"}) CHECK(ReasonOf(Context(), tier) == (has_sve ? "" : no_sve));
  }
  {
    const ScopedDetection dot(With(kAsimd | kAsimddp, 0, 0), false);
    CHECK(!ReasonOf(Context(), "neon_i8mm").empty());
    CHECK(ReasonOf(Context(), "neon_dotprod").empty());
    if (!has_sve) CHECK(Context().tier() == std::string("neon_dotprod"));
  }
  {
    const ScopedDetection length_384(With(kAsimd | kAsimddp | kSve, kSveI8mm | kI8mm, 48), false);
    for (const char* tier : {"sve_i8mm", "sve_dot", "sve"}) {
      CHECK(ReasonOf(Context(), tier) == (has_sve ? odd : no_sve));
    }
    CHECK(Context().tier() == std::string("neon_i8mm"));
  }
}

TEST_CASE("Arm: products of bf16 need FEAT_BF16 and FloatMode::kFast") {
  const bool has_sve = (DetectCpu().hwcap & kSve) != 0;
  const std::string no_sve = "the CPU or the operating system lacks SVE: HWCAP[22] is 0";
  {
    const ScopedDetection none(With(kAsimd | kSve, kSveI8mm | kI8mm, 32), false);
    Context context;
    context.SetFloatMode(FloatMode::kFast);
    CHECK(ReasonOf(context, "neon_bf16") == "the CPU lacks FEAT_BF16: HWCAP2[14] (bf16) is 0");
    CHECK(ReasonOf(context, "sve_bf16") ==
          (has_sve ? "the CPU lacks FEAT_BF16 for SVE: HWCAP2[12] (svebf16) is 0" : no_sve));
  }
  const ScopedDetection all(With(kAsimd | kSve, kSveBf16 | kBf16, 32), false);
  Context exact, context;
  context.SetFloatMode(FloatMode::kFast);
  CHECK(ReasonOf(exact, "neon_bf16").find("SetFloatMode") != std::string::npos);
  CHECK(ReasonOf(context, "neon_bf16").empty());
  CHECK(ReasonOf(context, "sve_bf16") == (has_sve ? "" : no_sve));
  CHECK(Explain(context, ElementType::kBf16, ElementType::kBf16).find(has_sve ? "sve_bf16 runs" : "neon_bf16 runs") !=
        std::string::npos);
}

TEST_CASE("Arm: names of features") {
  Cpu cpu;
  CHECK(FeatureNames(cpu).empty());
  cpu.hwcap = kAsimd | kAsimddp | kSve;
  cpu.hwcap2 = kSveI8mm | kI8mm | kSveBf16 | kBf16;
  CHECK(FeatureNames(cpu) == std::vector<std::string>{"asimd", "asimddp", "sve", "i8mm", "bf16", "svei8mm", "svebf16"});
}

}  // namespace
}  // namespace isoquant

#endif  // AArch64
