// Support: headers that nearly all files need and that do not depend on Highway's target.
#ifndef ISOQUANT_SRC_PRECOMPILED_H_
#define ISOQUANT_SRC_PRECOMPILED_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "isoquant/inl/isa/int8_targets.h"

// Not hwy/highway.h, which is read once for each target.
#include "hwy/aligned_allocator.h"
#include "hwy/base.h"
#include "hwy/targets.h"
#if HWY_ARCH_X86
#include <immintrin.h>
#endif

#endif  // ISOQUANT_SRC_PRECOMPILED_H_
