// Support: CPU features and cache sizes, read once.
#include "isoquant/cpu.h"

#include "src/detection.h"
#include "src/features.h"

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace isoquant {
namespace {

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
  AppendFeatureNames(cpu, names);
  return names;
}

}  // namespace isoquant
