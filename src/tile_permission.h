// Support: whether Linux lets this process use AMX tiles; and what tests put in place of detection.
#ifndef ISOQUANT_SRC_TILE_PERMISSION_H_
#define ISOQUANT_SRC_TILE_PERMISSION_H_

#include <cstdint>

#include "isoquant/cpu.h"

namespace isoquant {

// Null, or why tiles are refused. The first call asks, for the whole process: call it only when tiles are about to be
// used, and only if the CPU and the operating system have them. What is granted is granted for good; a refusal is asked
// about again a second later at the earliest, because its reason may have gone: a thread with a small alternate stack.
// Thread-safe. The text may change in the calling thread's next call.
const char* RefuseTiles();

// For tests: a machine as it might be.
struct Detection {
  Cpu cpu;             // what DetectCpu returns
  bool tiles_granted;  // without asking; else Linux is asked
};
// From now on and for each Context that is made from now on, until null restores the truth. Not beside other threads
// that use the library.
void OverrideDetection(const Detection* detection);
const Detection* OverriddenDetection();  // null: none

// For tests: who is asked for tiles, and the time.
struct TileSource {
  int (*ask)();              // 0, or why not: an errno
  int64_t (*nanoseconds)();  // of a clock that never goes back
};
// The same rules. What was answered before is forgotten.
void OverrideTileSource(const TileSource* source);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TILE_PERMISSION_H_
