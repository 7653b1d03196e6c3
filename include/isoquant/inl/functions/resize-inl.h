// Functions: rows of resized images: between neighbouring pixels, and between neighbouring rows. The steps are those of
// resize.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_RESIZE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_RESIZE_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_RESIZE_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_RESIZE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Elements of a part of a row of y, at most.
constexpr size_t kResizeElements = 1024;

// ---- What rows are mixed in: f32 (DF32), or integers

// Of u8, or of s8 plus 128, times 16 for each axis: where all weights are sixteenths, products and sums of resize.h are
// exact in f32, so that integers of 16 bits have the same bits, in a third of the time.
using DU16 = hn::CappedTag<uint16_t, 32>;
using VU16 = hn::Vec<DU16>;

// The first n elements at `from`; how they are stored, rounded to T.
template <class T>
HWY_INLINE VF32 LoadElements(DF32, const T* from, size_t n) {
  if constexpr (std::is_integral<T>::value) {
    const hn::Rebind<T, DI32> narrow;
    return hn::ConvertTo(DF32(), hn::PromoteTo(DI32(), LoadFirst(narrow, from, n)));
  } else {
    return LoadAsF32(from, n);
  }
}
template <class T>
HWY_INLINE VU16 LoadElements(DU16 d, const T* from, size_t n) {
  const hn::Rebind<uint8_t, DU16> narrow;
  auto bytes = LoadFirst(narrow, reinterpret_cast<const uint8_t*>(from), n);
  if constexpr (std::is_signed<T>::value) bytes = hn::Xor(bytes, hn::Set(narrow, uint8_t{0x80}));
  return hn::PromoteTo(d, bytes);
}
template <class T>
HWY_INLINE void StoreElements(DF32, VF32 v, T* to, size_t n) {
  if constexpr (std::is_integral<T>::value) {
    const hn::Rebind<T, DI32> narrow;
    StoreFirst(hn::DemoteTo(narrow, RoundInRange(DI32(), v)), narrow, to, n);
  } else {
    StoreFromF32(v, to, n);
  }
}
// v / 256 to nearest, ties to even: v + 127, and one more where the quotient is odd. v is at most 255 * 256. (Zen 5:
// bytes of two vectors packed at once take 1.1 of the time.)
template <class T>
HWY_INLINE void StoreElements(DU16 d, VU16 v, T* to, size_t n) {
  const hn::Rebind<uint8_t, DU16> narrow;
  const hn::RebindToSigned<DU16> di16;
  const auto odd = hn::And(hn::ShiftRight<8>(v), hn::Set(d, uint16_t{1}));
  const auto rounded = hn::ShiftRight<8>(hn::Add(hn::Add(v, hn::Set(d, uint16_t{127})), odd));
  auto bytes = hn::DemoteTo(narrow, hn::BitCast(di16, rounded));
  if constexpr (std::is_signed<T>::value) bytes = hn::Xor(bytes, hn::Set(narrow, uint8_t{0x80}));
  StoreFirst(bytes, narrow, reinterpret_cast<uint8_t*>(to), n);
}

// Weights are f32, or integers: sixteenths.
HWY_INLINE void SetWeight(float weight, float& to) { to = weight; }
HWY_INLINE void SetWeight(float weight, uint16_t& to) { to = static_cast<uint16_t>(weight * 16.0f); }

HWY_INLINE VF32 Mix(DF32 d, VF32 a, VF32 b, VF32 w0, VF32 w1) {
  return hn::Add(RoundedMul(d, w0, a), RoundedMul(d, w1, b));
}
HWY_INLINE VU16 Mix(DU16, VU16 a, VU16 b, VU16 w0, VU16 w1) { return hn::Add(hn::Mul(a, w0), hn::Mul(b, w1)); }
// With w1 = 0: a, whatever b is.
HWY_INLINE VF32 MixAlone(DF32, VF32 a) { return a; }
HWY_INLINE VU16 MixAlone(DU16, VU16 a) { return hn::ShiftLeft<4>(a); }
// The same; a alone where w1 is 0. Integers have no NaN or infinity, times 0, that would show.
template <class T, class D, class V = hn::Vec<D>>
HWY_INLINE V MixOrFirst(D d, V a, V b, V w0, V w1) {
  const V mixed = Mix(d, a, b, w0, w1);
  if constexpr (std::is_integral<T>::value) {
    return mixed;
  } else {
    return hn::IfThenElse(hn::Eq(w1, hn::Zero(d)), a, mixed);
  }
}

// ---- Columns

// How elements of x come to their places.
enum class ResizeGather : uint8_t {
  kChannels,   // vectors of the channels of a pixel
  kOneTable,   // a vector of y needs elements of one vector of x: an upscaled row of few channels
  kTwoTables,  // of two, behind one another: down to half
  kElements,   // one by one
};

// Columns of y, and where they lie in a row of x. Elements of y are counted through the columns. D is DF32 or DU16.
template <class D>
struct ResizeColumns {
  static constexpr size_t kPadded = kResizeElements + 32;  // vectors may be loaded whole
  using Number = hn::TFromD<D>;
  using Index = hn::TFromD<hn::RebindToSigned<D>>;

  size_t count, channels;
  ResizeGather gather;
  size_t span;                    // elements of x from the first that is needed to the last
  size_t pixel[kResizeElements];  // of x: the left neighbour of each column
  // The weights of both neighbours: of each column, or of each element unless gather is kChannels.
  alignas(64) Number w0[kPadded];
  alignas(64) Number w1[kPadded];
  // Tables: where a vector of y begins to look, behind the first element that is needed; from there, the two neighbours
  // of each of its elements. With kElements: low has, of each column, 1 if its right neighbour is another pixel, or 0.
  size_t table[kResizeElements / 4 + 1];
  alignas(64) Index low[kPadded];
  alignas(64) Index high[kPadded];
};

// Where vectors of y look, if they can look in tables of two vectors at most.
template <class D, class HasRight>
HWY_INLINE ResizeGather FindTables(ResizeColumns<D>& p, const HasRight& has_right) {
  using Index = typename ResizeColumns<D>::Index;
  const size_t lanes = hn::Lanes(D()), channels = p.channels, size = p.count * channels;
  size_t largest = 0, e = 0;
  for (size_t column = 0; column < p.count; ++column) {
    const size_t begin = (p.pixel[column] - p.pixel[0]) * channels, step = has_right(column) ? channels : 0;
    for (size_t c = 0; c < channels; ++c, ++e) {
      if (e % lanes == 0) p.table[e / lanes] = begin;
      const size_t low = begin + c - p.table[e / lanes], high = low + step;
      largest = HWY_MAX(largest, high);
      if (largest >= 2 * lanes) return ResizeGather::kElements;
      p.low[e] = static_cast<Index>(low);
      p.high[e] = static_cast<Index>(high);
    }
  }
  for (; e < size + 32; ++e) p.low[e] = p.high[e] = 0;
  // Tables begin so early that they end within the row.
  const size_t table = largest < lanes ? lanes : 2 * lanes, latest = p.span > table ? p.span - table : 0;
  for (size_t i = 0; i < size; i += lanes) {
    size_t& at = p.table[i / lanes];
    if (at <= latest) continue;
    const Index moved = static_cast<Index>(at - latest);
    for (size_t k = i; k < HWY_MIN(size, i + lanes); ++k) {
      p.low[k] = static_cast<Index>(p.low[k] + moved);
      p.high[k] = static_cast<Index>(p.high[k] + moved);
    }
    at = latest;
  }
  return largest < lanes ? ResizeGather::kOneTable : ResizeGather::kTwoTables;
}

// From count, channels, pixel, and the weights of each column. Pixels of x are `pixel_stride` elements apart.
// has_right(column): whether the right neighbour is another pixel.
template <class D, class HasRight>
HWY_INLINE void PrepareColumns(ResizeColumns<D>& p, const float* w0, const float* w1, size_t pixel_stride,
                               const HasRight& has_right) {
  const size_t lanes = hn::Lanes(D()), channels = p.channels, last = p.count - 1;
  p.span = (p.pixel[last] + (has_right(last) ? 1 : 0) - p.pixel[0]) * pixel_stride + channels;
  const bool by_channels = channels >= lanes;
  const size_t copies = by_channels ? 1 : channels;
  size_t e = 0;
  for (size_t u = 0; u < p.count; ++u) {
    for (size_t c = 0; c < copies; ++c, ++e) {
      SetWeight(w0[u], p.w0[e]);
      SetWeight(w1[u], p.w1[e]);
    }
  }
  p.gather = ResizeGather::kChannels;
  if (by_channels) return;
  for (const size_t end = e + 32; e < end; ++e) p.w0[e] = p.w1[e] = 0;
  const bool has_tables = lanes >= 4 && (pixel_stride == channels || p.count == 1);
  p.gather = has_tables ? FindTables(p, has_right) : ResizeGather::kElements;
  if (p.gather != ResizeGather::kElements) return;
  for (size_t u = 0; u < p.count; ++u) p.low[u] = has_right(u) ? 1 : 0;
}

// ---- Rows

// Calls f(i, n) for the beginnings i of vectors; n >= lanes but for the last one. The loop knows that n is lanes.
template <class D, class F>
HWY_INLINE void ForEachGroup(D d, size_t size, const F& f) {
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) f(i, lanes);
  if (i < size) f(i, size - i);
}

template <class T, class D, class Number = hn::TFromD<D>>
HWY_INLINE void MixByChannels(D d, const ResizeColumns<D>& p, const T* row, size_t pixel_stride,
                              Number* HWY_RESTRICT to) {
  for (size_t u = 0; u < p.count; ++u, to += p.channels) {
    const T* const a = row + p.pixel[u] * pixel_stride;
    const Number w0 = p.w0[u], w1 = p.w1[u];
    if (w1 == 0) {
      ForEachGroup(d, p.channels,
                   [&](size_t i, size_t n) { StoreFirst(MixAlone(d, LoadElements(d, a + i, n)), d, to + i, n); });
      continue;
    }
    const T* const b = a + pixel_stride;
    ForEachGroup(d, p.channels, [&](size_t i, size_t n) {
      const auto mixed = Mix(d, LoadElements(d, a + i, n), LoadElements(d, b + i, n), hn::Set(d, w0), hn::Set(d, w1));
      StoreFirst(mixed, d, to + i, n);
    });
  }
}

// Calls use(i, left, right) for vectors of elements i of y. first: of p.span elements.
template <bool kTwo, class T, class D, class Use>
HWY_INLINE void LookUpColumns(D d, const ResizeColumns<D>& p, const T* first, const Use& use) {
  const hn::RebindToSigned<D> di;
  const size_t lanes = hn::Lanes(d), size = p.count * p.channels;
  for (size_t i = 0, vector = 0; i < size; i += lanes, ++vector) {
    const size_t at = p.table[vector];
    const auto table = LoadElements(d, first + at, p.span - at);
    const auto low = hn::IndicesFromVec(d, hn::Load(di, p.low + i));
    const auto high = hn::IndicesFromVec(d, hn::Load(di, p.high + i));
    if constexpr (kTwo) {
      const size_t next = at + lanes;
      const auto second = next < p.span ? LoadElements(d, first + next, p.span - next) : hn::Zero(d);
      use(i, hn::TwoTablesLookupLanes(d, table, second, low), hn::TwoTablesLookupLanes(d, table, second, high));
    } else {
      use(i, hn::TableLookupLanes(table, low), hn::TableLookupLanes(table, high));
    }
  }
}

// Calls copy(pixel, channel, element of y) for all channels of all columns. Few channels are known to the loop: so
// short a loop, made of vectors, takes longer to begin than to run.
template <class Copy>
HWY_INLINE void ForEachElement(size_t count, size_t channels, const Copy& copy) {
  const auto run = [&](auto known) {
    const size_t of_pixel = known() == 0 ? channels : known();
    for (size_t u = 0, e = 0; u < count; ++u) {
      for (size_t c = 0; c < of_pixel; ++c, ++e) copy(u, c, e);
    }
  };
  switch (channels) {
    case 1:
      return run(std::integral_constant<size_t, 1>());
    case 3:
      return run(std::integral_constant<size_t, 3>());
    default:
      return run(std::integral_constant<size_t, 0>());
  }
}

// left[e], right[e]: the neighbours of element e of y.
template <class T, class D>
HWY_INLINE void GatherColumns(const ResizeColumns<D>& p, const T* row, size_t pixel_stride, T* HWY_RESTRICT left,
                              T* HWY_RESTRICT right) {
  ForEachElement(p.count, p.channels, [&](size_t u, size_t c, size_t e) {
    const T* const from = row + p.pixel[u] * pixel_stride + c;
    left[e] = from[0];
    right[e] = from[static_cast<size_t>(p.low[u]) * pixel_stride];
  });
}

// What MixColumns works in.
template <class T>
struct ResizeScratch {
  alignas(64) T left[ResizeColumns<DF32>::kPadded];
  alignas(64) T right[ResizeColumns<DF32>::kPadded];
};

// to[u * channels + c] = w0[u] * row[pixel[u]][c] + w1[u] * row[pixel[u] + 1][c], as f32 or, times 16, as an integer.
// `to` has kPadded elements.
template <class T, class D>
HWY_NOINLINE void MixColumns(D d, const ResizeColumns<D>& p, const T* row, size_t pixel_stride,
                             ResizeScratch<T>& scratch, hn::TFromD<D>* HWY_RESTRICT to) {
  const auto mix = [&](size_t i, hn::Vec<D> a, hn::Vec<D> b) HWY_ATTR {
    hn::StoreU(MixOrFirst<T>(d, a, b, hn::Load(d, p.w0 + i), hn::Load(d, p.w1 + i)), d, to + i);
  };
  const T* const first = row + p.pixel[0] * pixel_stride;
  switch (p.gather) {
    case ResizeGather::kChannels:
      return MixByChannels(d, p, row, pixel_stride, to);
    case ResizeGather::kOneTable:
      return LookUpColumns<false>(d, p, first, mix);
    case ResizeGather::kTwoTables:
      return LookUpColumns<true>(d, p, first, mix);
    case ResizeGather::kElements: {
      GatherColumns(p, row, pixel_stride, scratch.left, scratch.right);
      const size_t size = p.count * p.channels;
      for (size_t i = 0; i < size; i += hn::Lanes(d)) {
        mix(i, LoadElements(d, scratch.left + i, size - i), LoadElements(d, scratch.right + i, size - i));
      }
    }
  }
}

// to = w0 * a + w1 * b, rounded to T; a alone if w1 is 0.
template <class T, class D, class Number = hn::TFromD<D>>
HWY_INLINE void MixRows(D d, const Number* HWY_RESTRICT a, const Number* HWY_RESTRICT b, Number w0, Number w1,
                        size_t size, T* HWY_RESTRICT to) {
  if (w1 == 0) {
    ForEachGroup(d, size,
                 [&](size_t i, size_t n) { StoreElements(d, MixAlone(d, LoadFirst(d, a + i, n)), to + i, n); });
    return;
  }
  ForEachGroup(d, size, [&](size_t i, size_t n) {
    StoreElements(d, Mix(d, LoadFirst(d, a + i, n), LoadFirst(d, b + i, n), hn::Set(d, w0), hn::Set(d, w1)), to + i, n);
  });
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
