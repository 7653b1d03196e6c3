// Engine: driver and kernels for AVX-512. Targets have files of their own because they are compiled side by side.
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/engine_avx3.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

#undef ISOQUANT_ENGINE_HAS_TARGET
#define ISOQUANT_ENGINE_HAS_TARGET (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
#include "src/engine-inl.h"
