// Support: CPU features and cache sizes, read once.
#include "isoquant/cpu.h"

#include "src/detection_override.h"
#include "src/features.h"

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace isoquant {
namespace {

template <class Word>
struct Feature {
  const char* name;
  Word Cpu::*word;
  int bit;
};

constexpr Feature<uint32_t> kX86Features[] = {
    {"sse2", &Cpu::leaf1_edx, 26},         {"sse4_1", &Cpu::leaf1_ecx, 19},    {"avx", &Cpu::leaf1_ecx, 28},
    {"fma", &Cpu::leaf1_ecx, 12},          {"avx2", &Cpu::leaf7_ebx, 5},       {"avx512f", &Cpu::leaf7_ebx, 16},
    {"avx512bw", &Cpu::leaf7_ebx, 30},     {"avx512vl", &Cpu::leaf7_ebx, 31},  {"avx512_vnni", &Cpu::leaf7_ecx, 11},
    {"avx512_bf16", &Cpu::leaf7_1_eax, 5}, {"avx_vnni", &Cpu::leaf7_1_eax, 4}, {"avx_vnni_int8", &Cpu::leaf7_1_edx, 4},
    {"amx_tile", &Cpu::leaf7_edx, 24},     {"amx_int8", &Cpu::leaf7_edx, 25},  {"amx_bf16", &Cpu::leaf7_edx, 22},
};

// Named as in Linux's /proc/cpuinfo.
constexpr Feature<uint64_t> kArmFeatures[] = {
    {"asimd", &Cpu::hwcap, 1},    {"asimddp", &Cpu::hwcap, 20},  {"sve", &Cpu::hwcap, 22},
    {"sve2", &Cpu::hwcap2, 1},    {"i8mm", &Cpu::hwcap2, 13},    {"bf16", &Cpu::hwcap2, 14},
    {"svei8mm", &Cpu::hwcap2, 9}, {"svebf16", &Cpu::hwcap2, 12}, {"sme", &Cpu::hwcap2, 23},
};

template <class Word, size_t kSize>
void AppendNames(const Feature<Word> (&features)[kSize], const Cpu& cpu, std::vector<std::string>& names) {
  for (const Feature<Word>& feature : features) {
    if ((cpu.*feature.word >> feature.bit & 1) != 0) names.emplace_back(feature.name);
  }
}

size_t DetectL2Bytes(size_t fallback) {
#ifdef _SC_LEVEL2_CACHE_SIZE
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);  // NOLINT(runtime/int): its type
  if (bytes >= 64 * 1024) return static_cast<size_t>(bytes);
#endif
  return fallback;
}

}  // namespace

const Cpu& DetectCpu() {
  if (const Detection* detection = OverriddenDetection()) return detection->cpu;
  static const Cpu cpu = [] {
    Cpu detected;
    ReadFeatures(detected);
    detected.l2_bytes = DetectL2Bytes(detected.l2_bytes);
    return detected;
  }();
  return cpu;
}

std::vector<std::string> FeatureNames(const Cpu& cpu) {
  std::vector<std::string> names;
  AppendNames(kX86Features, cpu, names);  // the words of other architectures are 0
  AppendNames(kArmFeatures, cpu, names);
  return names;
}

}  // namespace isoquant
