// Support: whether Linux lets this process use AMX tiles; and what tests put in place of detection.
#ifndef ISOQUANT_SRC_DETECTION_H_
#define ISOQUANT_SRC_DETECTION_H_

#include "isoquant/cpu.h"

namespace isoquant {

// The first call asks, for the whole process and for good: call it only when tiles are about to be used, and only if
// the CPU and the operating system have them. Null, or why tiles are refused. Thread-safe.
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

}  // namespace isoquant

#endif  // ISOQUANT_SRC_DETECTION_H_
