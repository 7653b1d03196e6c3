// Support: reads features of the CPU, by architecture (cpu_x86.cc, cpu_arm.cc).
#ifndef ISOQUANT_SRC_FEATURES_H_
#define ISOQUANT_SRC_FEATURES_H_

#include "isoquant/cpu.h"

namespace isoquant {

// Fills in the name and the words of the CPU that runs this.
void ReadFeatures(Cpu& cpu);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FEATURES_H_
