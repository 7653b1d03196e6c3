// The provider on a CPU with AMX tiles, whatever this one has: linked into a second libisoquant_ep. The program that
// loads it emulates the tiles (tiles_test.cc).
#include "src/detection_override.h"

namespace isoquant {
namespace {

struct TilesForAll {
  TilesForAll() : detection{DetectCpu(), true} {
    detection.cpu.leaf7_edx |= 3u << 24;
    detection.cpu.xcr0 |= 3u << 17;
    OverrideDetection(&detection);
  }
  Detection detection;
} tiles_for_all;

}  // namespace
}  // namespace isoquant
