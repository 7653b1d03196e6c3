// Support: the walk of depthwise convolutions over windows and blocks of channels.
#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/filter.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/depthwise.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/functions/depthwise-inl.h"
#include "src/depthwise.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Sums of so many pixels of a row and so many channels go to the stage at once, from L1.
constexpr size_t kTilePixels = 16, kTileChannels = 64;

// Windows [begin, end), counted from windows.first on; `stride` is the row stride of the weights.
template <class A>
HWY_NOINLINE void RunWindows(const ImageWindows<A>& windows, const int32_t* weights, size_t stride, size_t begin,
                             size_t end, const StageBase<int32_t>& stage) {
  const ImageView<const A>& x = windows.x;
  const Conv2dGeometry& g = windows.geometry;
  HWY_ALIGN int32_t sums[kTilePixels * kTileChannels];
  for (size_t i = begin; i < end;) {
    const size_t number = windows.first + i, column = number % windows.out_w, row = number / windows.out_w;
    const size_t line = row % windows.out_h, image = row / windows.out_h;
    const size_t count = HWY_MIN(HWY_MIN(kTilePixels, end - i), windows.out_w - column);
    const Positions r = PositionsInImage(line * g.stride_h, g.pad_top, x.h, g.kernel_h, g.dilation_h);
    for (size_t c = 0; c < x.c; c += kTileChannels) {
      const size_t channels = HWY_MIN(kTileChannels, x.c - c);
      for (size_t u = 0; u < count; ++u) {
        const size_t at = (column + u) * g.stride_w;
        const Positions s = PositionsInImage(at, g.pad_left, x.w, g.kernel_w, g.dilation_w);
        DepthwiseWindow<A> window{x.data, weights, 0, 0, 0, 0, 0, 0};  // of padding alone
        if (r.begin < r.end && s.begin < s.end) {
          window = {x.Pixel(image, line * g.stride_h + r.begin * g.dilation_h - g.pad_top,
                            at + s.begin * g.dilation_w - g.pad_left) +
                        c,
                    weights + (r.begin * g.kernel_w + s.begin) * stride + c,
                    r.end - r.begin,
                    s.end - s.begin,
                    g.dilation_h * x.row_stride,
                    g.dilation_w * x.pixel_stride,
                    g.kernel_w * stride,
                    stride};
        }
        DepthwiseSums(window, windows.padding, channels, sums + u * kTileChannels);
      }
      stage.run(stage, i, count, c, channels, sums, kTileChannels);
    }
    i += count;
  }
}

template <class A>
Status Run(Context& context, const ImageWindows<A>& windows, const PackedPanels& b,
           const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage) {
  const size_t stride = (b.n + kTileChannels - 1) / kTileChannels * kTileChannels, bytes = b.k * stride * 4;
  uint8_t* const scratch = context.Scratch(Context::ScratchOwner::kOperation, bytes);
  if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  int32_t* const weights = reinterpret_cast<int32_t*>(scratch);
  WidenWeights(b, PackedPanels::OffsetOf(b.type), zero_points, stride, weights);
  ForEachPart(context, windows.count, b.k * b.n, kTilePixels,
              [&](size_t begin, size_t end) { RunWindows(windows, weights, stride, begin, end, stage); });
  return Status();
}

}  // namespace

Status RunDepthwise(Context& context, const ImageWindows<int8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage) {
  return Run(context, windows, b, zero_points, stage);
}
Status RunDepthwise(Context& context, const ImageWindows<uint8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage) {
  return Run(context, windows, b, zero_points, stage);
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();
