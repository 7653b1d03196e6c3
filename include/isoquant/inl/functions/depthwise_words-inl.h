// Functions: words of depthwise convolutions, which serve several rows of the kernel, and of windows, at a time.
//
// What lies above one another in two or four rows of the image, of one channel, is a word of 32 bits: two pixels of 16
// bits, less their zero point, or four bytes. One instruction adds the products of a word and a word of weights to an
// int32: VPMADDWD, or VPDPBUSD and SDOT. A word is made once, and serves all windows that it is part of: those beside
// one another, and those of several rows, if their kernel leaves rows of the words over. 3 x 3 weights a, b, c of a
// column are (a, b, c, 0) for one row of windows and (0, a, b, c) for the next one.

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
#include "isoquant/filter.h"
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
// So many channels are summed at once. Words, their weights and sums are rows of as many elements.
constexpr size_t kTileChannels = 64;

// How words of kRows pixels cover kernels: `words` in each of their columns. So many rows of windows, `step` rows of
// the image apart, share them.
template <size_t kRows>
struct WordGeometry {
  WordGeometry(const Conv2dGeometry& g, size_t out_h)
      : kernel_h(g.kernel_h), kernel_w(g.kernel_w), step(g.stride_h), words((g.kernel_h + kRows - 1) / kRows) {
    if (g.dilation_h == 1) rows = HWY_MIN((words * kRows - kernel_h) / step + 1, HWY_MAX(out_h, size_t{1}));
  }
  // Words in the columns of a kernel.
  size_t PerRow() const { return kernel_w * words; }
  // Of the weights of kTileChannels channels: what sums begin with, the differences of Quads, words for each row.
  size_t WeightRows() const { return 2 + rows * PerRow(); }

  size_t kernel_h, kernel_w, step, words, rows = 1;
};

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

// start[n] = -zero_point * (the sum of all weights of channel n, less b.k times differences[n]), modulo 2^32, and
// differences[n] = zero_points[n] - offset: by what weights are less than what the panels hold. From channel `first`
// on.
HWY_INLINE void StartSums(const PackedPanels& b, const VectorView<const int32_t>& zero_points, int32_t zero_point,
                          size_t first, size_t channels, int32_t* HWY_RESTRICT start,
                          int32_t* HWY_RESTRICT differences) {
  const DepthwiseTag d;
  const auto offset = hn::Set(d, PackedPanels::OffsetOf(b.type)), pixels = hn::Set(d, static_cast<int32_t>(b.k));
  for (size_t i = 0; i < channels; i += hn::Lanes(d)) {
    const size_t n = first + i;
    auto difference = hn::Zero(d);
    if (zero_points.size != 0) {
      difference = LoadColumns(d, zero_points.data, zero_points.size == 1, n, b.n - n);
    }
    difference = hn::Sub(difference, offset);
    const auto sum = hn::Sub(hn::Mul(difference, pixels), LoadFirst(d, b.column_sums + n, b.n - n));
    hn::StoreU(hn::Mul(sum, hn::Set(d, zero_point)), d, start + i);
    hn::StoreU(difference, d, differences + i);
  }
}

// Words of weights of `channels` channels, at most kTileChannels, from `first` on: what the panels hold, plus `offset`,
// less zero_points (none, one, or one for each column), in 16 or 8 bits. Those of a row of windows, column s, word w
// are row (row * g.kernel_w + s) * g.words + w. Places beside the kernel are zeros.
template <size_t kRows>
HWY_INLINE void PackWords(const PackedPanels& b, int32_t offset, const VectorView<const int32_t>& zero_points,
                          const WordGeometry<kRows>& g, size_t first, size_t channels, int32_t* HWY_RESTRICT to) {
  constexpr int kBits = 32 / kRows;
  const DepthwiseTag d;
  const hn::RebindToUnsigned<DepthwiseTag> du;
  const auto mask = hn::Set(d, (1 << kBits) - 1);
  const size_t lanes = hn::Lanes(d);
  for (size_t s = 0; s < g.kernel_w; ++s) {
    for (size_t w = 0; w < g.words; ++w) {
      int32_t* const row = to + (s * g.words + w) * kTileChannels;
      for (size_t i = 0; i < channels; i += lanes) {
        const auto added = AddedToWeights(offset, zero_points, first + i, b.n);
        auto word = hn::Zero(d);
        for (size_t r = 0; r < kRows && w * kRows + r < g.kernel_h; ++r) {
          const auto weight = hn::Add(PanelWeights(b, (w * kRows + r) * g.kernel_w + s, first + i), added);
          word = hn::Or(word, hn::ShiftLeftSame(hn::And(weight, mask), static_cast<int>(r) * kBits));
        }
        hn::StoreU(word, d, row + i);
      }
    }
  }
  // The other rows of windows have the same weights, less than a word further down.
  for (size_t row = 1; row < g.rows; ++row) {
    const int moved = static_cast<int>(row * g.step) * kBits;
    for (size_t s = 0; s < g.kernel_w; ++s) {
      for (size_t w = 0; w < g.words; ++w) {
        const int32_t* const from = to + (s * g.words + w) * kTileChannels;
        int32_t* const row_of_words = to + ((row * g.kernel_w + s) * g.words + w) * kTileChannels;
        for (size_t i = 0; i < channels; i += lanes) {
          auto word = hn::ShiftLeftSame(hn::BitCast(du, hn::LoadU(d, from + i)), moved);
          if (w != 0) {
            const auto above = hn::BitCast(du, hn::LoadU(d, from - kTileChannels + i));
            word = hn::Or(word, hn::ShiftRightSame(above, 32 - moved));
          }
          hn::StoreU(hn::BitCast(d, word), d, row_of_words + i);
        }
      }
    }
  }
}

// ---- Words of the image

// Columns of the image under windows. Those before `begin` and from `end` on are padding. rows: `height` rows under the
// windows, each from column `begin` on; null: all of it is padding. `step` elements lie from column to column.
template <class A>
struct ImageColumns {
  const A* rows[kMostKernelRows];
  size_t height, columns, begin, end, step;
  A padding;
};

// Calls column(to, pixels) for the columns [begin, end), pixels being kRows pointers, of the rows from `r` on; writes
// words of padding to the others. Rows that are padding are read in `line`; those below the windows, whose weights are
// zeros, are as the first one.
template <size_t kRows, class A, class Pad, class Column>
HWY_INLINE void ForEachColumn(const ImageColumns<A>& w, size_t r, size_t channel, const A* line, int32_t* to,
                              size_t to_step, const Pad& pad, const Column& make) {
  const A* pixels[kRows];
  size_t steps[kRows];
  bool any = false;
  for (size_t i = 0; i < kRows; ++i) {
    const A* const row = w.rows[r + i < w.height ? r + i : r];
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

// Pairs of rows of `n` channels, at most a vector, from `channel` on: pixels less the zero point, as s16. Word w of
// column c is row c * words_per_column + w.
template <class A, class Tag = DepthwiseTag>
struct Pairs {
  static constexpr size_t kRows = 2, kVectors = 1;
  static constexpr bool kCorrects = false;

  static HWY_NOINLINE void Make(const ImageColumns<A>& w, size_t words_per_column, size_t channel, size_t n,
                                int32_t* HWY_RESTRICT words) {
    const Tag d;
    const size_t lanes = hn::Lanes(d), step = words_per_column * kTileChannels;
    A line[hn::MaxLanes(Tag())];
    for (A& value : line) value = w.padding;
    const int32_t zeros = Zeros(w.padding);
    const auto pad = [](int32_t* to) { hn::StoreU(hn::Zero(Tag()), Tag(), to); };
    for (size_t r = 0; r < words_per_column * 2; r += 2) {
      int32_t* const to = words + r / 2 * kTileChannels;
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

  static int32_t Zeros(A zero_point) { return static_cast<int32_t>(static_cast<uint16_t>(zero_point) * 0x10001u); }

  // The words of the first n pixels at `above` and at `below`; `zeros` is two zero points.
  static HWY_INLINE hn::Vec<Tag> Word(const A* above, const A* below, int32_t zeros, size_t n) {
    const Tag d;
    const hn::Rebind<A, Tag> narrow;
    const hn::Repartition<int16_t, Tag> d16;
    const hn::Rebind<A, hn::Repartition<int16_t, Tag>> both;
    const auto first = hn::ResizeBitCast(both, LoadFirst(narrow, above, n));
    const auto second = hn::ResizeBitCast(both, LoadFirst(narrow, below, n));
    // Without hn::, as in QuadMaker.
    const auto pair = hn::PromoteTo(d16, HWY_IS_LITTLE_ENDIAN ? InterleaveWholeLower(both, first, second)
                                                              : InterleaveWholeLower(both, second, first));
    return hn::BitCast(d, hn::Sub(pair, hn::BitCast(d16, hn::Set(d, zeros))));
  }

 private:
  static HWY_INLINE void MakeOne(const A* const* pixels, int32_t zeros, size_t n, int32_t* to) {
    hn::StoreU(Word(pixels[0], pixels[1], zeros, n), Tag(), to);
  }
};

// Four rows, as bytes, for a policy of isa/dot-inl.h, of at most four vectors of channels. (Apart from Quads because
// weights do not matter.)
template <class P, class A>
struct QuadMaker {
  using Tag = typename P::D32;
  static constexpr uint8_t kFlip = P::kFlips ? 0x80 : 0;

  static HWY_NOINLINE void Make(const ImageColumns<A>& w, size_t words_per_column, size_t channel, size_t n,
                                int32_t* HWY_RESTRICT words) {
    const Tag d;
    const size_t lanes = hn::Lanes(d), step = words_per_column * kTileChannels;
    const size_t vectors = n <= lanes ? 1 : n <= 2 * lanes ? 2 : 4;
    A line[4 * hn::MaxLanes(Tag())];
    for (A& value : line) value = w.padding;
    const int32_t zeros =
        static_cast<int32_t>(static_cast<uint8_t>(static_cast<uint8_t>(w.padding) ^ kFlip) * 0x01010101u);
    const auto pad = [=](int32_t* to) {
      for (size_t v = 0; v < vectors; ++v) hn::StoreU(hn::Set(Tag(), zeros), Tag(), to + v * lanes);
    };
    const auto few = [=](int32_t* at, const A* const* pixels) { MakeFew(pixels, n, at); };
    const auto some = [=](int32_t* at, const A* const* pixels) { MakeOne<4>(pixels, n, at); };
    const auto all = [=](int32_t* at, const A* const* pixels) { MakeOne<4>(pixels, 4 * lanes, at); };
    const auto three = [=](int32_t* at, const A* const* pixels) { MakeOne<3>(pixels, 4 * lanes, at); };
    for (size_t r = 0; r < words_per_column * 4; r += 4) {
      int32_t* const to = words + r / 4 * kTileChannels;
      if (vectors < 4) {
        ForEachColumn<4>(w, r, channel, line, to, step, pad, few);
      } else if (n < 4 * lanes) {
        ForEachColumn<4>(w, r, channel, line, to, step, pad, some);
      } else if (w.height > r + 3) {
        ForEachColumn<4>(w, r, channel, line, to, step, pad, all);
      } else {
        ForEachColumn<3>(w, r, channel, line, to, step, pad, three);
      }
    }
  }

  // The words of four vectors of channels of a column, n of them given. The fourth row has weights of zero unless
  // all four are given.
  template <size_t kGiven, class V = hn::Vec<Tag>>
  static HWY_INLINE void MakeFour(const A* const* pixels, size_t n, V& v0, V& v1, V& v2, V& v3) {
    const Tag d;
    const Bytes du8;
    const hn::Repartition<uint16_t, Tag> du16;
    // Interleaving within blocks of 128 bits leaves the channels of each vector in order if the blocks were dealt out.
    const auto i = hn::Iota(d, 0), blocks = hn::Set(d, static_cast<int32_t>(hn::Lanes(d) / 4));
    const auto order = hn::Add(hn::Mul(hn::And(i, hn::Set(d, 3)), blocks), hn::ShiftRight<2>(i));
    const auto indices = hn::IndicesFromVec(d, order);
    // Names without hn:: are found by their arguments, if this is used at all: a target without vectors has none.
    const auto x0 = Load(pixels[0], n, indices), x1 = Load(pixels[1], n, indices), x2 = Load(pixels[2], n, indices);
    const auto x3 = kGiven == 4 ? Load(pixels[kGiven - 1], n, indices) : x2;
    const auto lower01 = hn::BitCast(du16, InterleaveLower(du8, x0, x1));
    const auto upper01 = hn::BitCast(du16, InterleaveUpper(du8, x0, x1));
    const auto lower23 = hn::BitCast(du16, InterleaveLower(du8, x2, x3));
    const auto upper23 = hn::BitCast(du16, InterleaveUpper(du8, x2, x3));
    v0 = hn::BitCast(d, InterleaveLower(du16, lower01, lower23));
    v1 = hn::BitCast(d, InterleaveUpper(du16, lower01, lower23));
    v2 = hn::BitCast(d, InterleaveLower(du16, upper01, upper23));
    v3 = hn::BitCast(d, InterleaveUpper(du16, upper01, upper23));
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

  template <size_t kGiven>
  static HWY_INLINE void MakeOne(const A* const* pixels, size_t n, int32_t* to) {
    const Tag d;
    const size_t lanes = hn::Lanes(d);
    hn::Vec<Tag> v0, v1, v2, v3;
    MakeFour<kGiven>(pixels, n, v0, v1, v2, v3);
    hn::StoreU(v0, d, to);
    hn::StoreU(v1, d, to + lanes);
    hn::StoreU(v2, d, to + 2 * lanes);
    hn::StoreU(v3, d, to + 3 * lanes);
  }

  // One vector, or two, take less time so: of the interleaved ones, the others would be for nothing.
  static HWY_INLINE void MakeFew(const A* const* pixels, size_t n, int32_t* to) {
    const size_t lanes = hn::Lanes(Tag());
    MakeVector(pixels, 0, n, to);
    if (n > lanes) MakeVector(pixels, lanes, n - lanes, to + lanes);
  }
  static HWY_INLINE void MakeVector(const A* const* pixels, size_t at, size_t n, int32_t* to) {
    const hn::RebindToUnsigned<Tag> d;
    auto word = Promote(pixels[0] + at, n);
    word = hn::Or(word, hn::ShiftLeft<8>(Promote(pixels[1] + at, n)));
    word = hn::Or(word, hn::ShiftLeft<16>(Promote(pixels[2] + at, n)));
    word = hn::Or(word, hn::ShiftLeft<24>(Promote(pixels[3] + at, n)));
    if (kFlip != 0) word = hn::Xor(word, hn::Set(d, kFlip * 0x01010101u));
    hn::StoreU(hn::BitCast(Tag(), word), Tag(), to);
  }
  static HWY_INLINE hn::Vec<hn::RebindToUnsigned<Tag>> Promote(const A* from, size_t n) {
    const hn::Rebind<uint8_t, Tag> narrow;
    const auto bytes = LoadFirst(narrow, reinterpret_cast<const uint8_t*>(from), n);
    return hn::PromoteTo(hn::RebindToUnsigned<Tag>(), bytes);
  }
};

// With kCorrects, weights differ from what the panels hold, and sums owe the difference times the pixels of a window.
template <class P, class A, bool kCorrectsWeights>
struct Quads : QuadMaker<P, A> {
  static constexpr size_t kRows = 4, kVectors = 4;
  static constexpr bool kCorrects = kCorrectsWeights;

  // The zero point as the instruction sees it.
  static int32_t ZeroPoint(A zero_point) {
    if (!P::kFlips) return zero_point;
    return A(-1) < A(0) ? zero_point + 128 : zero_point - 128;
  }

  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE void Accumulate(D, V& sum, V words, V weights) {
    const hn::Repartition<A, D> da;
    const typename P::D8 d8;
    P::Accumulate(sum, hn::BitCast(da, words), hn::BitCast(d8, weights));
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
