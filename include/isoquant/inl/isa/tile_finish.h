// ISA layer: the commonest output stages as numbers, for tiles that finish sums while these are in registers: that
// takes a store and a load less for each vector than a buffer does.
#ifndef ISOQUANT_INL_ISA_TILE_FINISH_H_
#define ISOQUANT_INL_ISA_TILE_FINISH_H_

#include <cstddef>
#include <cstdint>

namespace isoquant {

// What becomes of the sums of up to kColumns columns. kS8 and kU8 are
//   clamp(round(float(sum + addend) * scale) + zero_point, min, max),
// where scales are below 1 in magnitude. kF32 is float(sum) * row_scale * scale + bias, in this order, and never NaN.
struct TileFinish {
  enum Kind : uint8_t { kS8, kU8, kF32 };
  static constexpr size_t kColumns = 64, kFew = 16;
#ifdef ISOQUANT_ONLY_LINEAR  // a build of a part of the operations, without outputs of bytes
  static constexpr bool kMayBeBytes = false;
#else
  static constexpr bool kMayBeBytes = true;
#endif

  Kind kind;
  size_t columns;
  alignas(64) float scales[kColumns];
  union {
    int32_t addends[kColumns];
    float bias[kColumns];  // -0 where there is none: to add it changes no bit
  };
  int32_t zero_point, min, max;
  bool plain;               // bytes without a zero point, and clamped to what the type holds
  const float* row_scales;  // of all rows
  size_t row_scale_step;    // 0: there is one
  void* to;                 // the first row of the output, at the first of these columns
  size_t to_stride;         // elements
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_ISA_TILE_FINISH_H_
