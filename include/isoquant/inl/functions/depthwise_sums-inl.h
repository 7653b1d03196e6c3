// Functions: sums of depthwise convolutions, of words of the image and words of weights (depthwise_words-inl.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_DEPTHWISE_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_DEPTHWISE_SUMS_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_DEPTHWISE_SUMS_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_DEPTHWISE_SUMS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/filter.h"
#include "isoquant/inl/functions/depthwise_words-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// `rows` rows of `count` windows each, above one another. Windows of a row are `step` elements of words apart, columns
// of a window `next` ones. Sums of windows are sums_step elements apart, those of rows sums_row.
struct WordWindows {
  size_t rows, count, step, next, sums_step, sums_row;
  size_t kernel_h, kernel_w, words, row_step;
};

// A window's sum, and the sum of its pixels where that is needed.
template <class Kind, class D>
struct WindowSum {
  using V = hn::Vec<D>;

  static HWY_INLINE void Add(D d, V& sum, V& pixels, V words, V weights, V ones) {
    Kind::Accumulate(d, sum, words, weights);
    if constexpr (Kind::kCorrects) Kind::Accumulate(d, pixels, words, ones);
  }
  static HWY_INLINE void Store(D d, V sum, V pixels, V differences, int32_t* to) {
    if constexpr (Kind::kCorrects) sum = hn::Sub(sum, hn::Mul(pixels, differences));
    hn::StoreU(sum, d, to);
  }
};

// Bytes of 1 where the kernel has rows, of word `word` of the windows of row `row`.
HWY_INLINE int32_t OnesOfWord(const WordWindows& w, size_t row, size_t word) {
  uint32_t ones = 0;
  const size_t first = row * w.row_step;
  for (size_t i = 0; i < 4; ++i) {
    const size_t at = 4 * word + i;
    if (at >= first && at < first + w.kernel_h) ones |= 1u << (8 * i);
  }
  return static_cast<int32_t>(ones);
}

// One row of windows, number `row` of those that share the words, for one vector of channels.
template <class Kind, class D>
HWY_INLINE void SumRow(D d, const WordWindows& w, size_t row, const int32_t* HWY_RESTRICT words,
                       const int32_t* HWY_RESTRICT start_row, const int32_t* HWY_RESTRICT weights,
                       int32_t* HWY_RESTRICT sums) {
  using One = WindowSum<Kind, D>;
  const size_t count = w.count, step = w.step, next = w.next, sums_step = w.sums_step;
  const auto zero = hn::Zero(d), start = hn::LoadU(d, start_row);
  const auto differences = hn::LoadU(d, start_row + kTileChannels);
  size_t u = 0;
  if (w.kernel_w == 3 && w.words == 1) {  // the weights stay in registers
    const auto w0 = hn::LoadU(d, weights), w1 = hn::LoadU(d, weights + kTileChannels);
    const auto w2 = hn::LoadU(d, weights + 2 * kTileChannels),
               ones = hn::Set(d, Kind::kCorrects ? OnesOfWord(w, row, 0) : 0);
    for (; u < count; ++u, words += step, sums += sums_step) {
      auto sum = start, pixels = zero;
      One::Add(d, sum, pixels, hn::LoadU(d, words), w0, ones);
      One::Add(d, sum, pixels, hn::LoadU(d, words + next), w1, ones);
      One::Add(d, sum, pixels, hn::LoadU(d, words + 2 * next), w2, ones);
      One::Store(d, sum, pixels, differences, sums);
    }
    return;
  }
  int32_t ones[kMostKernelRows] = {};
  if constexpr (Kind::kCorrects) {
    for (size_t i = 0; i < w.words; ++i) ones[i] = OnesOfWord(w, row, i);
  }
  // Four windows for each load of weights. The last four may be some of those before: one alone would wait for each of
  // its products.
  const size_t in_fours = count < 4 ? 0 : count;
  for (; u < in_fours; u += 4) {
    const size_t at = HWY_MIN(u, in_fours - 4);
    const int32_t* const first = words + at * step;
    auto sum0 = start, sum1 = start, sum2 = start, sum3 = start;
    auto pixels0 = zero, pixels1 = zero, pixels2 = zero, pixels3 = zero;
    const int32_t* weight = weights;
    for (size_t s = 0; s < w.kernel_w; ++s) {
      const int32_t* x = first + s * next;
      for (size_t i = 0; i < w.words; ++i, x += kTileChannels, weight += kTileChannels) {
        const auto loaded = hn::LoadU(d, weight), one = hn::Set(d, ones[i]);
        One::Add(d, sum0, pixels0, hn::LoadU(d, x), loaded, one);
        One::Add(d, sum1, pixels1, hn::LoadU(d, x + step), loaded, one);
        One::Add(d, sum2, pixels2, hn::LoadU(d, x + 2 * step), loaded, one);
        One::Add(d, sum3, pixels3, hn::LoadU(d, x + 3 * step), loaded, one);
      }
    }
    int32_t* const to = sums + at * sums_step;
    One::Store(d, sum0, pixels0, differences, to);
    One::Store(d, sum1, pixels1, differences, to + sums_step);
    One::Store(d, sum2, pixels2, differences, to + 2 * sums_step);
    One::Store(d, sum3, pixels3, differences, to + 3 * sums_step);
  }
  for (; u < count; ++u, words += step, sums += sums_step) {
    auto sum = start, pixels = zero;
    const int32_t* weight = weights;
    for (size_t s = 0; s < w.kernel_w; ++s) {
      const int32_t* x = words + s * next;
      for (size_t i = 0; i < w.words; ++i, x += kTileChannels, weight += kTileChannels) {
        One::Add(d, sum, pixels, hn::LoadU(d, x), hn::LoadU(d, weight), hn::Set(d, ones[i]));
      }
    }
    One::Store(d, sum, pixels, differences, sums);
  }
}

// Two rows of windows, without corrections: words are loaded once for both.
template <class Kind, class D>
HWY_INLINE void SumTwoRows(D d, const WordWindows& w, const int32_t* HWY_RESTRICT words,
                           const int32_t* HWY_RESTRICT start_row, const int32_t* HWY_RESTRICT upper,
                           const int32_t* HWY_RESTRICT lower, int32_t* HWY_RESTRICT sums) {
  const size_t count = w.count, step = w.step, next = w.next, sums_step = w.sums_step, sums_row = w.sums_row;
  const auto start = hn::LoadU(d, start_row);
  size_t u = 0;
  if (w.kernel_w == 3 && w.words == 1) {  // the weights stay in registers
    const auto u0 = hn::LoadU(d, upper), u1 = hn::LoadU(d, upper + kTileChannels);
    const auto u2 = hn::LoadU(d, upper + 2 * kTileChannels), l0 = hn::LoadU(d, lower);
    const auto l1 = hn::LoadU(d, lower + kTileChannels), l2 = hn::LoadU(d, lower + 2 * kTileChannels);
    for (; u < count; ++u, words += step, sums += sums_step) {
      const auto x0 = hn::LoadU(d, words), x1 = hn::LoadU(d, words + next), x2 = hn::LoadU(d, words + 2 * next);
      auto above = start, below = start;
      Kind::Accumulate(d, above, x0, u0);
      Kind::Accumulate(d, below, x0, l0);
      Kind::Accumulate(d, above, x1, u1);
      Kind::Accumulate(d, below, x1, l1);
      Kind::Accumulate(d, above, x2, u2);
      Kind::Accumulate(d, below, x2, l2);
      hn::StoreU(above, d, sums);
      hn::StoreU(below, d, sums + sums_row);
    }
    return;
  }
  const size_t in_fours = count < 4 ? 0 : count;  // as in SumRow
  for (; u < in_fours; u += 4) {
    const size_t number = HWY_MIN(u, in_fours - 4);
    const int32_t* const first = words + number * step;
    auto above0 = start, above1 = start, above2 = start, above3 = start;
    auto below0 = start, below1 = start, below2 = start, below3 = start;
    size_t at = 0;
    for (size_t s = 0; s < w.kernel_w; ++s) {
      const int32_t* x = first + s * next;
      for (size_t i = 0; i < w.words; ++i, x += kTileChannels, at += kTileChannels) {
        const auto a = hn::LoadU(d, upper + at), b = hn::LoadU(d, lower + at);
        const auto x0 = hn::LoadU(d, x), x1 = hn::LoadU(d, x + step);
        Kind::Accumulate(d, above0, x0, a);
        Kind::Accumulate(d, below0, x0, b);
        Kind::Accumulate(d, above1, x1, a);
        Kind::Accumulate(d, below1, x1, b);
        const auto x2 = hn::LoadU(d, x + 2 * step), x3 = hn::LoadU(d, x + 3 * step);
        Kind::Accumulate(d, above2, x2, a);
        Kind::Accumulate(d, below2, x2, b);
        Kind::Accumulate(d, above3, x3, a);
        Kind::Accumulate(d, below3, x3, b);
      }
    }
    int32_t *const to = sums + number * sums_step, *const under = to + sums_row;
    hn::StoreU(above0, d, to);
    hn::StoreU(above1, d, to + sums_step);
    hn::StoreU(above2, d, to + 2 * sums_step);
    hn::StoreU(above3, d, to + 3 * sums_step);
    hn::StoreU(below0, d, under);
    hn::StoreU(below1, d, under + sums_step);
    hn::StoreU(below2, d, under + 2 * sums_step);
    hn::StoreU(below3, d, under + 3 * sums_step);
  }
  for (; u < count; ++u, words += step, sums += sums_step) {
    auto above = start, below = start;
    size_t at = 0;
    for (size_t s = 0; s < w.kernel_w; ++s) {
      const int32_t* x = words + s * next;
      for (size_t i = 0; i < w.words; ++i, x += kTileChannels, at += kTileChannels) {
        const auto loaded = hn::LoadU(d, x);
        Kind::Accumulate(d, above, loaded, hn::LoadU(d, upper + at));
        Kind::Accumulate(d, below, loaded, hn::LoadU(d, lower + at));
      }
    }
    hn::StoreU(above, d, sums);
    hn::StoreU(below, d, sums + sums_row);
  }
}

// The sums of rows [first, first + w.rows) of those that share words, at most two, and of whole vectors of channels, as
// many as `channels` need. weights: what WordGeometry's WeightRows counts.
template <class Kind, class D>
HWY_NOINLINE void SumWords(D d, const WordWindows& w, size_t first, size_t channels, const int32_t* HWY_RESTRICT words,
                           const int32_t* HWY_RESTRICT weights, int32_t* HWY_RESTRICT sums) {
  const size_t per_row = w.kernel_w * w.words * kTileChannels, rows = w.rows;
  const int32_t* const upper = weights + 2 * kTileChannels + first * per_row;
  for (size_t c = 0; c < channels; c += hn::Lanes(d)) {
    if constexpr (!Kind::kCorrects) {
      if (rows == 2) {
        SumTwoRows<Kind>(d, w, words + c, weights + c, upper + c, upper + per_row + c, sums + c);
        continue;
      }
    }
    for (size_t r = 0; r < rows; ++r) {
      SumRow<Kind>(d, w, first + r, words + c, weights + c, upper + r * per_row + c, sums + r * w.sums_row + c);
    }
  }
}

// Whether SumEverySecond serves these windows.
template <class Kind>
constexpr bool kHasEverySecond = Kind::kRows == 4 && !Kind::kCorrects;
HWY_INLINE bool AreThreeColumnsTwoApart(const Conv2dGeometry& g) {
  return g.kernel_w == 3 && g.stride_w == 2 && g.dilation_w == 1;
}
HWY_INLINE bool AreEverySecond(const WordWindows& w, const Conv2dGeometry& g) {
  return w.rows == 1 && g.kernel_h <= 3 && AreThreeColumnsTwoApart(g);
}

// The sums of a row of windows two columns apart, with a kernel of three columns and at most three rows, for four
// vectors of channels from `channel` on. So few windows share a word that none is stored: those of the last column
// serve the next window as well. (Zen 5, AVX512-VNNI, 3 x 3, 14 x 14 x 576: 0.64 of the time of SumWords.)
template <class Kind, class A, class D>
HWY_NOINLINE void SumEverySecond(D d, const ImageColumns<A>& in, size_t channel, const WordWindows& w,
                                 const int32_t* HWY_RESTRICT weights, int32_t* HWY_RESTRICT sums) {
  using V = hn::Vec<D>;
  const size_t lanes = hn::Lanes(d), count = w.count, sums_step = w.sums_step;
  const A *pixels[3], *bases[3];
  size_t steps[3];
  HWY_ALIGN A line[4 * hn::MaxLanes(D())];
  for (A& value : line) value = in.padding;
  for (size_t i = 0; i < 3; ++i) {
    const A* const row = in.rows[i < in.height ? i : 0];
    bases[i] = row == nullptr ? line : row + channel;
    steps[i] = row == nullptr ? 0 : in.step;
  }
  const auto make = [&](size_t column, V& v0, V& v1, V& v2, V& v3) HWY_ATTR {
    const size_t at = column - in.begin;  // wraps ahead of the image
    const bool inside = at < in.end - in.begin;
    for (size_t i = 0; i < 3; ++i) pixels[i] = inside ? bases[i] + at * steps[i] : line;
    Kind::template MakeFour<3>(pixels, 4 * lanes, v0, v1, v2, v3);
  };
  const int32_t* const w0 = weights + 2 * kTileChannels;
  const auto add = [&](V& a0, V& a1, V& a2, V& a3, V v0, V v1, V v2, V v3, const int32_t* weight) HWY_ATTR {
    Kind::Accumulate(d, a0, v0, hn::LoadU(d, weight));
    Kind::Accumulate(d, a1, v1, hn::LoadU(d, weight + lanes));
    Kind::Accumulate(d, a2, v2, hn::LoadU(d, weight + 2 * lanes));
    Kind::Accumulate(d, a3, v3, hn::LoadU(d, weight + 3 * lanes));
  };
  const auto s0 = hn::LoadU(d, weights), s1 = hn::LoadU(d, weights + lanes);
  const auto s2 = hn::LoadU(d, weights + 2 * lanes), s3 = hn::LoadU(d, weights + 3 * lanes);
  V v0, v1, v2, v3;
  auto next0 = s0, next1 = s1, next2 = s2, next3 = s3;
  make(0, v0, v1, v2, v3);
  add(next0, next1, next2, next3, v0, v1, v2, v3, w0);
  for (size_t u = 0; u < count; ++u, sums += sums_step) {
    auto sum0 = next0, sum1 = next1, sum2 = next2, sum3 = next3;
    make(2 * u + 1, v0, v1, v2, v3);
    add(sum0, sum1, sum2, sum3, v0, v1, v2, v3, w0 + kTileChannels);
    make(2 * u + 2, v0, v1, v2, v3);
    add(sum0, sum1, sum2, sum3, v0, v1, v2, v3, w0 + 2 * kTileChannels);
    next0 = s0, next1 = s1, next2 = s2, next3 = s3;
    add(next0, next1, next2, next3, v0, v1, v2, v3, w0);
    hn::StoreU(sum0, d, sums);
    hn::StoreU(sum1, d, sums + lanes);
    hn::StoreU(sum2, d, sums + 2 * lanes);
    hn::StoreU(sum3, d, sums + 3 * lanes);
  }
}

// Whether SumEverySecondPair serves these windows.
template <class Kind>
constexpr bool kHasEverySecondPair = Kind::kRows == 2;
HWY_INLINE bool AreEverySecondPair(const Conv2dGeometry& g) { return g.kernel_h == 3 && AreThreeColumnsTwoApart(g); }

// The sums of a row of windows of 3 x 3, two columns apart, for `channels` channels from `first` on. The first row
// under the windows is in.rows[row]. Here, too, no word is stored: the third column of a window is the first of the
// next. (Zen 3, AVX2, to s32: 56 x 56 x 144 1.35 times as fast as by products of 32 bits, 28 x 28 x 192 1.17 times.)
template <class Kind, class A, class D>
HWY_NOINLINE void SumEverySecondPair(D d, const ImageColumns<A>& in, size_t row, size_t first, size_t channels,
                                     const WordWindows& w, const int32_t* HWY_RESTRICT weights,
                                     int32_t* HWY_RESTRICT sums) {
  using V = hn::Vec<D>;
  const size_t lanes = hn::Lanes(d), count = w.count, sums_step = w.sums_step, begin = in.begin, end = in.end;
  const int32_t zeros = Kind::Zeros(in.padding);
  A line[hn::MaxLanes(D())];
  for (A& value : line) value = in.padding;
  const A* rows[3];
  for (size_t i = 0; i < 3; ++i) rows[i] = in.rows[row + i] == nullptr ? nullptr : in.rows[row + i] + first;
  const auto step_of = [&](size_t i) { return rows[i] == nullptr ? 0 : in.step; };
  const size_t step0 = step_of(0), step1 = step_of(1), step2 = step_of(2);
  weights += 2 * kTileChannels;  // to those of the words
  for (size_t c = 0; c < channels; c += lanes, weights += lanes) {
    const size_t n = HWY_MIN(channels - c, lanes);
    const auto start_of = [&](size_t i) { return rows[i] == nullptr ? line : rows[i] + c; };
    const A *x0 = start_of(0), *x1 = start_of(1), *x2 = start_of(2);
    size_t column = 0;
    // The words of the next column: of two rows, and of the third one, the weights below which are zeros.
    const auto make = [&](V& upper, V& lower) HWY_ATTR {
      upper = lower = hn::Zero(d);
      if (column - begin < end - begin) {  // the difference wraps ahead of the image
        upper = Kind::Word(x0, x1, zeros, n);
        lower = Kind::Word(x2, x2, zeros, n);
        x0 += step0;
        x1 += step1;
        x2 += step2;
      }
      ++column;
    };
    const auto w0 = hn::LoadU(d, weights), w1 = hn::LoadU(d, weights + kTileChannels);
    const auto w2 = hn::LoadU(d, weights + 2 * kTileChannels), w3 = hn::LoadU(d, weights + 3 * kTileChannels);
    const auto w4 = hn::LoadU(d, weights + 4 * kTileChannels), w5 = hn::LoadU(d, weights + 5 * kTileChannels);
    V upper, lower, next = hn::Zero(d);
    make(upper, lower);
    Kind::Accumulate(d, next, upper, w0);
    Kind::Accumulate(d, next, lower, w1);
    int32_t* to = sums + c;
    for (size_t u = 0; u < count; ++u, to += sums_step) {
      V sum = next;
      make(upper, lower);
      Kind::Accumulate(d, sum, upper, w2);
      Kind::Accumulate(d, sum, lower, w3);
      make(upper, lower);
      next = hn::Zero(d);
      Kind::Accumulate(d, next, upper, w0);
      Kind::Accumulate(d, next, lower, w1);
      Kind::Accumulate(d, sum, upper, w4);
      Kind::Accumulate(d, sum, lower, w5);
      hn::StoreU(sum, d, to);
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
