// Support: features of CPUs, by architecture (cpu_x86.cc, cpu_arm.cc).
#ifndef ISOQUANT_SRC_FEATURES_H_
#define ISOQUANT_SRC_FEATURES_H_

#include <string>
#include <vector>

#include "isoquant/cpu.h"

namespace isoquant {

// Name and words of the CPU that runs this.
void ReadFeatures(Cpu& cpu);

// See FeatureNames.
void AppendFeatureNames(const Cpu& cpu, std::vector<std::string>& names);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_FEATURES_H_
