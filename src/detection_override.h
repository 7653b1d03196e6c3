// Support: a machine that tests put in place of the one that is detected.
#ifndef ISOQUANT_SRC_DETECTION_OVERRIDE_H_
#define ISOQUANT_SRC_DETECTION_OVERRIDE_H_

#include "isoquant/cpu.h"

namespace isoquant {

// A machine as it might be.
struct Detection {
  Cpu cpu;             // what DetectCpu returns
  bool tiles_granted;  // true: nobody is asked. false: Linux is asked
};

// From now on the library sees this machine, and so does each Context that is made from now on; null restores the true
// one. No other thread may use the library at the time of the call.
void OverrideDetection(const Detection* detection);

// Null: none.
const Detection* OverriddenDetection();

}  // namespace isoquant

#endif  // ISOQUANT_SRC_DETECTION_OVERRIDE_H_
