// Support: the walk of pooling over windows. Include it within foreach_target.

// Per-target include guard.
#if defined(ISOQUANT_SRC_POOL_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_SRC_POOL_BLOCKS_INL_H_
#undef ISOQUANT_SRC_POOL_BLOCKS_INL_H_
#else
#define ISOQUANT_SRC_POOL_BLOCKS_INL_H_
#endif

#include "isoquant/inl/functions/pooling-inl.h"
#include "src/pool_call.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Blocks of channels [begin, end), counted through all rows of y.
template <bool kIsMax, class T>
HWY_INLINE void PoolBlocks(const PoolCall<T>& call, size_t begin, size_t end) {
  const Conv2dGeometry& g = call.geometry;
  const ImageView<const T>& x = call.x;
  const ImageView<T>& y = call.y;
  const size_t blocks = (y.c + kPoolBlock - 1) / kPoolBlock, kernel = g.kernel_h * g.kernel_w;
  for (size_t i = begin; i < end; ++i) {
    const size_t row = i / blocks, channel = i % blocks * kPoolBlock, channels = HWY_MIN(kPoolBlock, y.c - channel);
    const size_t image = row / y.h, line = row % y.h;
    const Positions r = PositionsInImage(line * g.stride_h, g.pad_top, x.h, g.kernel_h, g.dilation_h);
    for (size_t u = 0; u < y.w; ++u) {
      const Positions s = PositionsInImage(u * g.stride_w, g.pad_left, x.w, g.kernel_w, g.dilation_w);
      PoolWindow<T> window{nullptr, r.end - r.begin, s.end - s.begin, g.dilation_h * x.row_stride,
                           g.dilation_w * x.pixel_stride};
      const size_t pixels = window.rows * window.cols;
      if (pixels == 0) {
        window = {x.data, 0, 0, 0, 0};
      } else {
        window.pixels = x.Pixel(image, line * g.stride_h + r.begin * g.dilation_h - g.pad_top,
                                u * g.stride_w + s.begin * g.dilation_w - g.pad_left) +
                        channel;
      }
      T* const to = y.Pixel(image, line, u) + channel;
      if constexpr (kIsMax) {
        MaxPoolChannels(window, channels, to);
      } else {
        const bool counts_all = call.pooling.count_include_pad;
        const size_t count = counts_all ? kernel : pixels, others = pixels == 0 && !counts_all ? 1 : count - pixels;
        AveragePoolChannels(window, static_cast<uint32_t>(count),
                            static_cast<int32_t>(others) * call.pooling.zero_point, channels, to);
      }
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
