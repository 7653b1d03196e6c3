// Support: depthwise convolutions: the kind of sums that suits weights and instructions, and dealing windows out.
#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/filter.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/depthwise.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/isa/dot-inl.h"
#include "isoquant/inl/matmul-inl.h"
#include "src/depthwise.h"
#include "src/depthwise_windows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Whether words serve the windows of this kernel.
HWY_INLINE bool FitWords(const Conv2dGeometry& g) {
  return kHasWords && g.kernel_h <= kMostKernelRows && g.kernel_w <= kMostColumns && g.stride_w <= kMostColumns &&
         g.dilation_w <= kMostColumns &&
         (kTilePixels - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1 <= kMostColumns;
}

// Whether pairs take less time than products of 32 bits. A pair takes six instructions to make and two for each window
// that it is part of, a product four. The rest, 7 / 5, is measured: Zen 5, AVX2, 7 x 7 and 14 x 14 pixels.
HWY_INLINE bool DoPairsPay(const Conv2dGeometry& g, size_t out_w) {
  const size_t count = HWY_MIN(kTilePixels, out_w), pairs = (g.kernel_h + 1) / 2;
  const size_t columns = (count - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
  return 7 * pairs * (6 * columns + 2 * g.kernel_w * count) <= 5 * 4 * g.kernel_h * g.kernel_w * count;
}

// What CallWithBest calls with a policy of isa/dot-inl.h.
template <class A>
struct DepthwiseWithPolicy {
  Context& context;
  const ImageWindows<A>& windows;
  const PackedPanels& b;
  const VectorView<const int32_t>& zero_points;
  const StageBase<int32_t>& stage;

  template <class P>
  HWY_INLINE Status operator()(P) const {
    const bool fit = FitWords(windows.geometry);
    if constexpr (P::kInLanes) {
      if (fit && AreAsInPanels(PackedPanels::OffsetOf(b.type), zero_points)) return RunQuads<Quads<P, A, false>>();
      if (fit) return RunQuads<Quads<P, A, true>>();
    } else if constexpr (kHasWords) {
      if (fit && HaveSixteenBits(zero_points) && DoPairsPay(windows.geometry, windows.out_w)) return RunPairs();
    }
    return Run<WideKind<A>>(0, true, [](const int32_t*, size_t, int32_t*) {});
  }

 private:
  template <class Words>
  HWY_INLINE Status RunQuads() const {
    return RunWords<Words>(false, [&](const int32_t* raw, size_t stride, int32_t* start) {
      FindDifferences(PackedPanels::OffsetOf(b.type), zero_points, stride, start + stride);
      SumOfZeroPoint(raw, b.k, stride, Words::ZeroPoint(windows.padding), start + stride, start);
    });
  }
  HWY_INLINE Status RunPairs() const {
    return RunWords<Pairs<A>>(true, [&](const int32_t*, size_t stride, int32_t* start) {
      for (size_t n = 0; n < 2 * stride; ++n) start[n] = 0;
    });
  }

  // begin(wide weights, stride, what sums begin with; the differences are a row behind it).
  template <class Words, class Begin>
  HWY_INLINE Status RunWords(bool corrected, const Begin& begin) const {
    const Conv2dGeometry& g = windows.geometry;
    const size_t rows = (g.kernel_h + Words::kRows - 1) / Words::kRows * g.kernel_w;
    return Run<WordKind<A, Words>>(2 + rows, corrected, [&](const int32_t* wide, size_t stride, int32_t* to) {
      begin(wide, stride, to);
      PackWords<Words::kRows>(wide, g.kernel_h, g.kernel_w, stride, to + 2 * stride);
    });
  }

  // Weights as integers, less their zero points if `corrected`; prepare(these, stride, `rows` rows behind them).
  template <class Kind, class Prepare>
  HWY_INLINE Status Run(size_t rows, bool corrected, const Prepare& prepare) const {
    const size_t stride = (b.n + kTileChannels - 1) / kTileChannels * kTileChannels, bytes = (b.k + rows) * stride * 4;
    uint8_t* const scratch = context.Scratch(Context::ScratchOwner::kOperation, bytes);
    if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
    int32_t *const wide = reinterpret_cast<int32_t*>(scratch), *const words = wide + b.k * stride;
    WidenWeights(b, corrected ? PackedPanels::OffsetOf(b.type) : 0,
                 corrected ? zero_points : VectorView<const int32_t>(), stride, wide);
    prepare(wide, stride, words);
    const Weights weights{wide, words, stride};
    ForEachPart(context, windows.count, b.k * b.n, kTilePixels,
                [&](size_t begin, size_t end) { RunWindows<Kind>(windows, weights, begin, end, stage); });
    return Status();
  }
};

}  // namespace

Status RunDepthwise(Context& context, const ImageWindows<int8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage) {
  return CallWithBest(DotPolicies<int8_t>(), context, 1, b.k, b.n,
                      DepthwiseWithPolicy<int8_t>{context, windows, b, zero_points, stage});
}
Status RunDepthwise(Context& context, const ImageWindows<uint8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage) {
  return CallWithBest(DotPolicies<uint8_t>(), context, 1, b.k, b.n,
                      DepthwiseWithPolicy<uint8_t>{context, windows, b, zero_points, stage});
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();
