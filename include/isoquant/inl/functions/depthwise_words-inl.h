// Functions: sums of depthwise convolutions, several rows of the kernel at a time.
//
// What lies above one another in two or four rows of the image, of one channel, is a word of 32 bits: two pixels of 16
// bits, less their zero point, or four bytes. One instruction adds the products of a word and a word of weights to an
// int32: VPMADDWD, or VPDPBUSD and SDOT. A column of words is made once, and serves all windows that it is part of.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_DEPTHWISE_WORDS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_DEPTHWISE_WORDS_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_DEPTHWISE_WORDS_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_DEPTHWISE_WORDS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/functions/depthwise-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr bool kHasWords = hn::MaxLanes(DepthwiseTag()) > 1;
// Rows of the kernel at most, and columns of the image under the windows that are summed at once.
constexpr size_t kMostKernelRows = 8, kMostColumns = 72;

// ---- Weights

// Whether weights less any of these zero points have 16 bits.
HWY_INLINE bool HaveSixteenBits(const VectorView<const int32_t>& zero_points) {
  constexpr int32_t kMost = 32000;
  int32_t least = 0, largest = 0;
  for (size_t i = 0; i < zero_points.size; ++i) {
    least = HWY_MIN(least, zero_points.data[i]);
    largest = HWY_MAX(largest, zero_points.data[i]);
  }
  return least >= -kMost && largest <= kMost;
}
// Whether what the panels hold, plus `offset`, less any of these zero points, is what the panels hold.
HWY_INLINE bool AreAsInPanels(int32_t offset, const VectorView<const int32_t>& zero_points) {
  int32_t difference = zero_points.size == 0 ? offset : 0;
  for (size_t i = 0; i < zero_points.size; ++i) difference |= zero_points.data[i] ^ offset;
  return difference == 0;
}
// differences[n] = zero_points[n] - offset: by what they are less than what the panels hold.
HWY_INLINE void FindDifferences(int32_t offset, const VectorView<const int32_t>& zero_points, size_t stride,
                                int32_t* HWY_RESTRICT differences) {
  const size_t given = zero_points.size;
  for (size_t n = 0; n < stride; ++n) {
    const int32_t zero_point = given == 1 ? *zero_points.data : n < given ? zero_points.data[n] : 0;
    differences[n] = static_cast<int32_t>(static_cast<uint32_t>(zero_point) - static_cast<uint32_t>(offset));
  }
}

// From weights as WidenWeights leaves them: words of kRows rows of the kernel (zeros where there are none). Column s,
// word w: at (s * words + w) * stride.
template <size_t kRows>
HWY_INLINE void PackWords(const int32_t* HWY_RESTRICT wide, size_t kernel_h, size_t kernel_w, size_t stride,
                          int32_t* HWY_RESTRICT words) {
  constexpr int kBits = 32 / kRows;
  const DepthwiseTag d;
  const auto mask = hn::Set(d, (1 << kBits) - 1);
  for (size_t s = 0; s < kernel_w; ++s) {
    for (size_t r = 0; r < kernel_h; r += kRows, words += stride) {
      for (size_t n = 0; n < stride; n += hn::Lanes(d)) {
        auto word = hn::Zero(d);
        for (size_t i = 0; i < kRows && r + i < kernel_h; ++i) {
          const auto weight = hn::And(hn::LoadU(d, wide + ((r + i) * kernel_w + s) * stride + n), mask);
          word = hn::Or(word, hn::ShiftLeftSame(weight, static_cast<int>(i) * kBits));
        }
        hn::StoreU(word, d, words + n);
      }
    }
  }
}

// sums[n] = - zero_point * (the sum of all k weights of channel n, less k * differences[n]), modulo 2^32.
HWY_INLINE void SumOfZeroPoint(const int32_t* HWY_RESTRICT wide, size_t k, size_t stride, int32_t zero_point,
                               const int32_t* HWY_RESTRICT differences, int32_t* HWY_RESTRICT sums) {
  const DepthwiseTag d;
  for (size_t n = 0; n < stride; n += hn::Lanes(d)) {
    auto sum = hn::Mul(hn::LoadU(d, differences + n), hn::Set(d, static_cast<int32_t>(k)));
    for (size_t i = 0; i < k; ++i) sum = hn::Sub(sum, hn::LoadU(d, wide + i * stride + n));
    hn::StoreU(hn::Mul(sum, hn::Set(d, zero_point)), d, sums + n);
  }
}

// ---- Words of the image

// Columns of the image under windows of one row. Those before `begin` and from `end` on are padding. rows: under each
// row of the kernel, the column `begin`; null: all of it is padding. `step` elements lie from column to column.
template <class A>
struct ImageColumns {
  const A* rows[kMostKernelRows];
  size_t kernel_h, columns, begin, end, step;
  A padding;
};

// Calls column(to, pixels) for the columns [begin, end), pixels being kRows pointers, of the rows from `r` on; writes
// words of padding to the others. Rows that are padding are read in `line`; those below the kernel, whose weights are
// zeros, are as the first one.
template <size_t kRows, class A, class Pad, class Column>
HWY_INLINE void ForEachColumn(const ImageColumns<A>& w, size_t r, size_t channel, const A* line, int32_t* to,
                              size_t to_step, const Pad& pad, const Column& make) {
  const A* pixels[kRows];
  size_t steps[kRows];
  bool any = false;
  for (size_t i = 0; i < kRows; ++i) {
    const A* const row = w.rows[r + i < w.kernel_h ? r + i : r];
    any |= row != nullptr;
    pixels[i] = row == nullptr ? line : row + channel;
    steps[i] = row == nullptr ? 0 : w.step;
  }
  const size_t end = any ? w.end : 0, begin = HWY_MIN(w.begin, end);
  size_t column = 0;
  for (; column < begin; ++column, to += to_step) pad(to);
  for (; column < end; ++column, to += to_step) {
    make(to, pixels);
    for (size_t i = 0; i < kRows; ++i) pixels[i] += steps[i];
  }
  for (; column < w.columns; ++column, to += to_step) pad(to);
}

// Pairs of rows of `n` channels, at most a vector, from `channel` on: pixels less the zero point, as s16. Column c,
// word w: at (c * words + w) * lanes.
template <class A, class Tag = DepthwiseTag>
struct Pairs {
  static constexpr size_t kRows = 2, kVectors = 1;
  static constexpr bool kCorrects = false;

  static HWY_NOINLINE void Make(const ImageColumns<A>& w, size_t channel, size_t n, int32_t* HWY_RESTRICT words) {
    const Tag d;
    const size_t lanes = hn::Lanes(d), step = (w.kernel_h + 1) / 2 * lanes;
    A line[hn::MaxLanes(Tag())];
    for (A& value : line) value = w.padding;
    const int32_t zeros = static_cast<int32_t>(static_cast<uint16_t>(w.padding) * 0x10001u);
    const auto pad = [](int32_t* to) { hn::StoreU(hn::Zero(Tag()), Tag(), to); };
    for (size_t r = 0; r < w.kernel_h; r += 2) {
      int32_t* const to = words + r / 2 * lanes;
      if (n >= lanes) {
        ForEachColumn<2>(w, r, channel, line, to, step, pad,
                         [=](int32_t* at, const A* const* pixels) { MakeOne(pixels, zeros, lanes, at); });
      } else {
        ForEachColumn<2>(w, r, channel, line, to, step, pad,
                         [=](int32_t* at, const A* const* pixels) { MakeOne(pixels, zeros, n, at); });
      }
    }
  }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void Accumulate(D d, V& sum, V words, V weights) {
    const hn::Repartition<int16_t, D> d16;
    sum = hn::Add(sum, hn::WidenMulPairwiseAdd(d, hn::BitCast(d16, words), hn::BitCast(d16, weights)));
  }

 private:
  static HWY_INLINE void MakeOne(const A* const* pixels, int32_t zeros, size_t n, int32_t* to) {
    const Tag d;
    const hn::Rebind<A, Tag> narrow;
    const hn::Repartition<int16_t, Tag> d16;
    const auto above = hn::PromoteTo(d, LoadFirst(narrow, pixels[0], n));
    const auto below = hn::PromoteTo(d, LoadFirst(narrow, pixels[1], n));
    const auto pair = hn::Or(hn::And(above, hn::Set(d, 0xffff)), hn::ShiftLeft<16>(below));
    hn::StoreU(hn::BitCast(d, hn::Sub(hn::BitCast(d16, pair), hn::BitCast(d16, hn::Set(d, zeros)))), d, to);
  }
};

// Four rows, as bytes, for a policy of isa/dot-inl.h, of four vectors of channels: vector v begins at v * columns *
// words * lanes.
// With kCorrects, weights differ from what the panels hold, and sums owe the difference times the pixels of a window.
template <class P, class A, bool kCorrectsWeights>
struct Quads {
  using Tag = typename P::D32;
  static constexpr size_t kRows = 4, kVectors = 4;
  static constexpr bool kCorrects = kCorrectsWeights;
  static constexpr uint8_t kFlip = P::kFlips ? 0x80 : 0;

  // The zero point as the instruction sees it.
  static int32_t ZeroPoint(A zero_point) {
    if (!P::kFlips) return zero_point;
    return A(-1) < A(0) ? zero_point + 128 : zero_point - 128;
  }

  static HWY_NOINLINE void Make(const ImageColumns<A>& w, size_t channel, size_t n, int32_t* HWY_RESTRICT words) {
    const Tag d;
    const size_t lanes = hn::Lanes(d), step = (w.kernel_h + 3) / 4 * lanes, vector = w.columns * step;
    A line[4 * hn::MaxLanes(Tag())];
    for (A& value : line) value = w.padding;
    const int32_t zeros =
        static_cast<int32_t>(static_cast<uint8_t>(static_cast<uint8_t>(w.padding) ^ kFlip) * 0x01010101u);
    const auto pad = [=](int32_t* to) {
      for (size_t v = 0; v < 4; ++v) hn::StoreU(hn::Set(Tag(), zeros), Tag(), to + v * vector);
    };
    // Interleaving within blocks of 128 bits leaves the channels of each vector in order if the blocks were dealt out.
    HWY_ALIGN int32_t order[hn::MaxLanes(Tag())];
    for (size_t i = 0; i < lanes; ++i) order[i] = static_cast<int32_t>(i % 4 * (lanes / 4) + i / 4);
    for (size_t r = 0; r < w.kernel_h; r += 4) {
      int32_t* const to = words + r / 4 * lanes;
      const bool is_whole = n >= 4 * lanes;
      const auto make_four = [=, &order](int32_t* at, const A* const* pixels) {
        MakeOne<4>(pixels, order, n, vector, at);
      };
      const auto make_three = [=, &order](int32_t* at, const A* const* pixels) {
        MakeOne<3>(pixels, order, n, vector, at);
      };
      const auto make_whole = [=, &order](int32_t* at, const A* const* pixels) {
        MakeOne<3>(pixels, order, 4 * lanes, vector, at);
      };
      if (w.kernel_h - r > 3) {
        ForEachColumn<4>(w, r, channel, line, to, step, pad, make_four);
      } else if (is_whole) {
        ForEachColumn<3>(w, r, channel, line, to, step, pad, make_whole);
      } else {
        ForEachColumn<3>(w, r, channel, line, to, step, pad, make_three);
      }
    }
  }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void Accumulate(D, V& sum, V words, V weights) {
    const hn::Repartition<A, D> da;
    const typename P::D8 d8;
    P::Accumulate(sum, hn::BitCast(da, words), hn::BitCast(d8, weights));
  }

 private:
  using Bytes = hn::Repartition<uint8_t, Tag>;

  template <class Indices>
  static HWY_INLINE hn::Vec<Bytes> Load(const A* from, size_t n, Indices indices) {
    const Tag d;
    const Bytes du8;
    const auto bytes = hn::BitCast(d, LoadFirst(du8, reinterpret_cast<const uint8_t*>(from), n));
    const auto dealt = hn::BitCast(du8, hn::TableLookupLanes(bytes, indices));
    return kFlip == 0 ? dealt : hn::Xor(dealt, hn::Set(du8, kFlip));
  }

  // The fourth row has weights of zero unless all four are given.
  template <size_t kGiven>
  static HWY_INLINE void MakeOne(const A* const* pixels, const int32_t* order, size_t n, size_t vector, int32_t* to) {
    const Tag d;
    const Bytes du8;
    const hn::Repartition<uint16_t, Tag> du16;
    const auto indices = hn::SetTableIndices(d, order);
    // Names without hn:: are found by their arguments, if this is used at all: a target without vectors has none.
    const auto x0 = Load(pixels[0], n, indices), x1 = Load(pixels[1], n, indices), x2 = Load(pixels[2], n, indices);
    const auto x3 = kGiven == 4 ? Load(pixels[kGiven - 1], n, indices) : x2;
    const auto lower01 = hn::BitCast(du16, InterleaveLower(du8, x0, x1));
    const auto upper01 = hn::BitCast(du16, InterleaveUpper(du8, x0, x1));
    const auto lower23 = hn::BitCast(du16, InterleaveLower(du8, x2, x3));
    const auto upper23 = hn::BitCast(du16, InterleaveUpper(du8, x2, x3));
    hn::StoreU(hn::BitCast(d, InterleaveLower(du16, lower01, lower23)), d, to);
    hn::StoreU(hn::BitCast(d, InterleaveUpper(du16, lower01, lower23)), d, to + vector);
    hn::StoreU(hn::BitCast(d, InterleaveLower(du16, upper01, upper23)), d, to + 2 * vector);
    hn::StoreU(hn::BitCast(d, InterleaveUpper(du16, upper01, upper23)), d, to + 3 * vector);
  }
};

// ---- Sums

// Of `count` windows, `stride` columns apart, with columns `dilation` apart and `words` words in each column.
// Rows of weights are `weight_step` elements apart: what sums begin with, the differences of Quads, words.
struct WordWindows {
  size_t count, stride, dilation, kernel_h, kernel_w, words, weight_step, sums_stride;
};

// A window's sum, and the sum of its pixels where that is needed.
template <class Kind, class D>
struct WindowSum {
  using V = hn::Vec<D>;

  static HWY_INLINE void Add(D d, V& sum, V& pixels, const int32_t* words, V weights, V ones) {
    const V loaded = hn::LoadU(d, words);
    Kind::Accumulate(d, sum, loaded, weights);
    if constexpr (Kind::kCorrects) Kind::Accumulate(d, pixels, loaded, ones);
  }
  static HWY_INLINE void Store(D d, V sum, V pixels, V differences, int32_t* to) {
    if constexpr (Kind::kCorrects) sum = hn::Sub(sum, hn::Mul(pixels, differences));
    hn::StoreU(sum, d, to);
  }
};

// sums[u * sums_stride...]: the sums of window u, for one vector of channels.
template <class Kind, class D>
HWY_NOINLINE void SumWords(D d, const WordWindows& w, const int32_t* HWY_RESTRICT words,
                           const int32_t* HWY_RESTRICT weights, int32_t* HWY_RESTRICT sums) {
  using One = WindowSum<Kind, D>;
  const size_t lanes = hn::Lanes(d), column = w.words * lanes, step = w.stride * column, next = w.dilation * column;
  const size_t weight_step = w.weight_step, sums_stride = w.sums_stride;
  const auto zero = hn::Zero(d), start = hn::LoadU(d, weights), differences = hn::LoadU(d, weights + weight_step);
  weights += 2 * weight_step;
  // Ones for the rows of the last word that are rows of the kernel, and for all of the others.
  const auto all = hn::Set(d, 0x01010101);
  const auto last = hn::Set(d, static_cast<int32_t>(0x01010101u >> (w.words * Kind::kRows - w.kernel_h) % 4 * 8));
  size_t u = 0;
  if (w.kernel_w == 3 && w.words == 1) {  // 3 x 3: the weights stay in registers
    const auto w0 = hn::LoadU(d, weights), w1 = hn::LoadU(d, weights + weight_step);
    const auto w2 = hn::LoadU(d, weights + 2 * weight_step);
    for (; u < w.count; ++u, words += step, sums += sums_stride) {
      auto sum = start, pixels = zero;
      One::Add(d, sum, pixels, words, w0, last);
      One::Add(d, sum, pixels, words + next, w1, last);
      One::Add(d, sum, pixels, words + 2 * next, w2, last);
      One::Store(d, sum, pixels, differences, sums);
    }
    return;
  }
  if constexpr (!Kind::kCorrects) {
    if (w.kernel_w == 3 && w.words == 2) {  // 3 x 3 in pairs: so do these
      const auto w0 = hn::LoadU(d, weights), w1 = hn::LoadU(d, weights + weight_step);
      const auto w2 = hn::LoadU(d, weights + 2 * weight_step), w3 = hn::LoadU(d, weights + 3 * weight_step);
      const auto w4 = hn::LoadU(d, weights + 4 * weight_step), w5 = hn::LoadU(d, weights + 5 * weight_step);
      const int32_t *x1 = words + next, *x2 = x1 + next;
      for (; u < w.count; ++u, words += step, x1 += step, x2 += step, sums += sums_stride) {
        auto sum = start, other = zero;
        Kind::Accumulate(d, sum, hn::LoadU(d, words), w0);
        Kind::Accumulate(d, other, hn::LoadU(d, words + lanes), w1);
        Kind::Accumulate(d, sum, hn::LoadU(d, x1), w2);
        Kind::Accumulate(d, other, hn::LoadU(d, x1 + lanes), w3);
        Kind::Accumulate(d, sum, hn::LoadU(d, x2), w4);
        Kind::Accumulate(d, other, hn::LoadU(d, x2 + lanes), w5);
        hn::StoreU(hn::Add(sum, other), d, sums);
      }
      return;
    }
  }
  // Others: four windows for each load of weights.
  for (; u + 4 <= w.count; u += 4, words += 4 * step, sums += 4 * sums_stride) {
    auto sum0 = start, sum1 = start, sum2 = start, sum3 = start;
    auto pixels0 = zero, pixels1 = zero, pixels2 = zero, pixels3 = zero;
    const int32_t* weight = weights;
    for (size_t s = 0; s < w.kernel_w; ++s) {
      const int32_t *x = words + s * next, *const end = x + column;
      for (; x != end; x += lanes, weight += weight_step) {
        const auto loaded = hn::LoadU(d, weight), ones = x + lanes == end ? last : all;
        One::Add(d, sum0, pixels0, x, loaded, ones);
        One::Add(d, sum1, pixels1, x + step, loaded, ones);
        One::Add(d, sum2, pixels2, x + 2 * step, loaded, ones);
        One::Add(d, sum3, pixels3, x + 3 * step, loaded, ones);
      }
    }
    One::Store(d, sum0, pixels0, differences, sums);
    One::Store(d, sum1, pixels1, differences, sums + sums_stride);
    One::Store(d, sum2, pixels2, differences, sums + 2 * sums_stride);
    One::Store(d, sum3, pixels3, differences, sums + 3 * sums_stride);
  }
  for (; u < w.count; ++u, words += step, sums += sums_stride) {
    auto sum = start, pixels = zero;
    const int32_t* weight = weights;
    for (size_t s = 0; s < w.kernel_w; ++s) {
      const int32_t *x = words + s * next, *const end = x + column;
      for (; x != end; x += lanes, weight += weight_step) {
        One::Add(d, sum, pixels, x, hn::LoadU(d, weight), x + lanes == end ? last : all);
      }
    }
    One::Store(d, sum, pixels, differences, sums);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
