// Test support: this process as if it ran on another machine.
#ifndef ISOQUANT_TEST_SCOPED_DETECTION_H_
#define ISOQUANT_TEST_SCOPED_DETECTION_H_

#include "src/detection_override.h"

namespace isoquant {

class ScopedDetection {
 public:
  ScopedDetection(const Cpu& cpu, bool tiles_granted) : detection_{cpu, tiles_granted} {
    OverrideDetection(&detection_);
  }
  ~ScopedDetection() { OverrideDetection(nullptr); }
  ScopedDetection(const ScopedDetection&) = delete;
  ScopedDetection& operator=(const ScopedDetection&) = delete;

 private:
  const Detection detection_;
};

// This CPU, with AMX tiles and their int8 products, for the emulator. What else it runs it has itself.
inline Cpu CpuWithTiles() {
  Cpu cpu = DetectCpu();
  cpu.leaf7_edx |= 3u << 24;
  cpu.xcr0 |= 3u << 17;
  return cpu;
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_SCOPED_DETECTION_H_
