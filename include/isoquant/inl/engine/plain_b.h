// Engine: where plain weights come from, which decides how they are packed.
#ifndef ISOQUANT_INL_ENGINE_PLAIN_B_H_
#define ISOQUANT_INL_ENGINE_PLAIN_B_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/inl/engine/tuning.h"

namespace isoquant {

enum class PlainB : uint8_t {
  kCached,  // L2
  kNear,    // a little more memory than L2 holds
  kFar,     // much more
};

constexpr PlainB WherePlainIs(size_t bytes, size_t l2_bytes) {
  return bytes <= l2_bytes / 2 ? PlainB::kCached : bytes < tuning::kL2sOfFarB * l2_bytes ? PlainB::kNear : PlainB::kFar;
}

}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_PLAIN_B_H_
