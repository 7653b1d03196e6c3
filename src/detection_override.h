// Support: what tests put in place of detection.
#ifndef ISOQUANT_SRC_DETECTION_OVERRIDE_H_
#define ISOQUANT_SRC_DETECTION_OVERRIDE_H_

#include "isoquant/cpu.h"

namespace isoquant {

// A machine as it might be.
struct Detection {
  Cpu cpu;             // what DetectCpu returns
  bool tiles_granted;  // true: without asking. false: Linux is asked
};

// Holds from now on, and for each Context that is made from now on, until null restores the truth. No other thread may
// use the library at the time of the call.
void OverrideDetection(const Detection* detection);

// Null: none.
const Detection* OverriddenDetection();

}  // namespace isoquant

#endif  // ISOQUANT_SRC_DETECTION_OVERRIDE_H_
