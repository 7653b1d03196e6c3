// Support: depthwise convolutions: the kind of sums that suits weights and instructions, and dealing windows out.
#include <type_traits>

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

// Whether pairs take less time than products of 32 bits. A pair takes three instructions to make, and as many for its
// loads and store, and two for each window that it is part of; a product takes four. The rest, 7 / 5, is measured: Zen
// 5, AVX2, 7 x 7 and 14 x 14 pixels. Pairs that are not stored pay for rows of some windows (Zen 3: 14 x 14 x 576 / 2,
// to s8, is 0.94 times as fast by pairs).
HWY_INLINE bool DoPairsPay(const Conv2dGeometry& g, size_t out_h, size_t out_w) {
  constexpr size_t kFewWindows = 8;
  if (AreEverySecondPair(g)) return out_w >= kFewWindows;
  const WordGeometry<2> words(g, out_h);
  const size_t count = HWY_MIN(kTilePixels, out_w), windows = count * words.rows;
  const size_t columns = (count - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
  return 7 * words.words * (6 * columns + 2 * g.kernel_w * windows) <= 5 * 4 * g.kernel_h * g.kernel_w * windows;
}

// What CallWithBest calls with a policy of isa/dot-inl.h.
template <class A>
struct DepthwiseWithPolicy {
  Context& context;
  const ImageWindows<A>& windows;
  const PackedPanels& b;
  const VectorView<const int32_t>& zero_points;
  const SumsTo& to;

  template <class P>
  HWY_INLINE Status operator()(P) const {
    const bool fit = FitWords(windows.geometry);
    if constexpr (P::kInLanes) {
      if (fit && AreAsInPanels(PackedPanels::OffsetOf(b.type), zero_points)) return RunQuads<Quads<P, A, false>>();
      if (fit) return RunQuads<Quads<P, A, true>>();
    } else if constexpr (kHasWords) {
      if (fit && HaveSixteenBits(zero_points) && DoPairsPay(windows.geometry, windows.out_h, windows.out_w))
        return RunPairs();
    }
    const size_t stride = RoundUp(b.n, kTileChannels);
    return WithScratch(b.k * stride, [&](int32_t* weights) {
      WidenWeights(b, PackedPanels::OffsetOf(b.type), zero_points, stride, weights);
      Run(WideKind<A>{windows, weights, stride});
    });
  }

 private:
  template <class Words>
  HWY_INLINE Status RunQuads() const {
    return RunWords<Words>([&](const WordGeometry<4>& words, size_t first, size_t channels, int32_t* block) {
      StartSums(b, zero_points, Words::ZeroPoint(windows.padding), first, channels, block, block + kTileChannels);
      PackWords(b, 0, VectorView<const int32_t>(), words, first, channels, block + 2 * kTileChannels);
    });
  }
  HWY_INLINE Status RunPairs() const {
    return RunWords<Pairs<A>>([&](const WordGeometry<2>& words, size_t first, size_t channels, int32_t* block) {
      for (size_t n = 0; n < 2 * kTileChannels; ++n) block[n] = 0;
      PackWords(b, PackedPanels::OffsetOf(b.type), zero_points, words, first, channels, block + 2 * kTileChannels);
    });
  }

  // pack(how words cover the kernel, first channel, channels, their weights) for each block of channels.
  template <class Words, class Pack>
  HWY_INLINE Status RunWords(const Pack& pack) const {
    const WordGeometry<Words::kRows> words(windows.geometry, windows.out_h);
    const size_t block = words.WeightRows() * kTileChannels;
    return WithScratch(DivideUp(b.n, kTileChannels) * block, [&](int32_t* weights) {
      for (size_t n = 0, at = 0; n < b.n; n += kTileChannels, at += block) {
        pack(words, n, HWY_MIN(kTileChannels, b.n - n), weights + at);
      }
      Run(WordKind<A, Words>{windows, weights, words, words.rows});
    });
  }

  // run(so many elements).
  template <class Function>
  HWY_INLINE Status WithScratch(size_t elements, const Function& run) const {
    uint8_t* const scratch = context.Scratch(Context::ScratchOwner::kOperation, elements * sizeof(int32_t));
    if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", elements * sizeof(int32_t), "", 0);
    run(reinterpret_cast<int32_t*>(scratch));
    return Status();
  }

  template <class Kind>
  HWY_INLINE void Run(const Kind& kind) const {
    const bool whole_rows = windows.first % windows.out_w == 0 && windows.count % windows.out_w == 0;
    const size_t step = whole_rows ? kind.rows_together * windows.out_w : kTilePixels;
    ForEachPart(context, windows.count, b.k * b.n, step,
                [&](size_t begin, size_t end) { RunWindows(kind, windows, begin, end, to); });
  }
};

template <class A>
HWY_INLINE Status RunWithBest(Context& context, const DepthwiseWithPolicy<A>& run) {
  const PackedPanels& b = run.b;
  if (!std::is_same<SevenBitDotPolicies<A>, DotPolicies<A>>::value && b.seven_bits) {
    return CallWithBest(SevenBitDotPolicies<A>(), context, 1, b.k, b.n, run);
  }
  return CallWithBest(DotPolicies<A>(), context, 1, b.k, b.n, run);
}

}  // namespace

Status RunDepthwise(Context& context, const ImageWindows<int8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage,
                    const MatrixView<int32_t>& c) {
  return RunWithBest<int8_t>(context, {context, windows, b, zero_points, SumsTo{stage, c}});
}
Status RunDepthwise(Context& context, const ImageWindows<uint8_t>& windows, const PackedPanels& b,
                    const VectorView<const int32_t>& zero_points, const StageBase<int32_t>& stage,
                    const MatrixView<int32_t>& c) {
  return RunWithBest<uint8_t>(context, {context, windows, b, zero_points, SumsTo{stage, c}});
}

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();
