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

// How elements of x come to their places.
enum class ResizeGather : uint8_t {
  kChannels,   // vectors of the channels of a pixel
  kOneTable,   // a vector of y needs elements of one vector of x: an upscaled row of few channels
  kTwoTables,  // of two, behind one another: down to half
  kElements,   // one by one
};

// Columns of y, and where they lie in a row of x. Elements of y are counted through the columns.
struct ResizeColumns {
  static constexpr size_t kPadded = kResizeElements + 16;  // vectors may be loaded whole

  size_t count, channels;
  ResizeGather gather;
  size_t span;                    // elements of x from the first that is needed to the last
  size_t pixel[kResizeElements];  // of x: the left neighbour of each column
  // The weights of both neighbours: of each column, or of each element unless gather is kChannels.
  alignas(64) float w0[kPadded];
  alignas(64) float w1[kPadded];
  // Tables: where a vector of y begins to look, behind the first element that is needed; from there, the two neighbours
  // of each of its elements.
  size_t table[kResizeElements / 4 + 1];
  alignas(64) int32_t low[kPadded];
  alignas(64) int32_t high[kPadded];
};

// From count, channels, pixel and the weights of each column. Pixels of x are `pixel_stride` elements apart. Tables
// serve rows of f32 in place, others if they fit `most_converted` elements.
HWY_INLINE void PrepareColumns(ResizeColumns& columns, size_t pixel_stride, size_t most_converted) {
  ResizeColumns& p = columns;
  const size_t lanes = hn::Lanes(DF32()), channels = p.channels, size = p.count * channels;
  const size_t last = p.pixel[p.count - 1] + (p.w1[p.count - 1] != 0.0f ? 1 : 0);
  p.span = (last - p.pixel[0]) * pixel_stride + channels;
  p.gather = ResizeGather::kChannels;
  if (channels >= lanes) return;
  for (size_t u = p.count; u-- != 0;) {  // backwards: in place
    for (size_t c = channels; c-- != 0;) {
      p.w0[u * channels + c] = p.w0[u];
      p.w1[u * channels + c] = p.w1[u];
    }
  }
  for (size_t e = size; e < size + 16; ++e) {
    p.w0[e] = p.w1[e] = 0.0f;
    p.low[e] = p.high[e] = 0;
  }
  p.gather = ResizeGather::kElements;
  if (lanes < 4 || (pixel_stride != channels && p.count != 1) || p.span > most_converted) return;
  size_t largest = 0, column = 0, channel = 0;
  for (size_t e = 0; e < size; ++e) {
    if (e % lanes == 0) p.table[e / lanes] = (p.pixel[column] - p.pixel[0]) * channels;
    const size_t low = (p.pixel[column] - p.pixel[0]) * channels + channel - p.table[e / lanes];
    const size_t high = low + (p.w1[e] != 0.0f ? channels : 0);
    largest = HWY_MAX(largest, high);
    if (largest >= 2 * lanes) return;
    p.low[e] = static_cast<int32_t>(low);
    p.high[e] = static_cast<int32_t>(high);
    if (++channel == channels) {
      channel = 0;
      ++column;
    }
  }
  p.gather = largest < lanes ? ResizeGather::kOneTable : ResizeGather::kTwoTables;
}

// Elements of all types, as f32 and back.
template <class T>
HWY_INLINE VF32 LoadElements(const T* from, size_t n) {
  if constexpr (std::is_integral<T>::value) {
    const hn::Rebind<T, DI32> narrow;
    return hn::ConvertTo(DF32(), hn::PromoteTo(DI32(), LoadFirst(narrow, from, n)));
  } else {
    return LoadAsF32(from, n);
  }
}
template <class T>
HWY_INLINE void StoreElements(VF32 v, T* to, size_t n) {
  if constexpr (std::is_integral<T>::value) {
    const hn::Rebind<T, DI32> narrow;
    StoreFirst(hn::DemoteTo(narrow, RoundInRange(DI32(), v)), narrow, to, n);
  } else {
    StoreFromF32(v, to, n);
  }
}

// Calls f(i, n) for the beginnings i of vectors; n >= lanes but for the last one. The loop knows that n is lanes.
template <class F>
HWY_INLINE void ForEachVector(size_t size, const F& f) {
  const size_t lanes = hn::Lanes(DF32());
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) f(i, lanes);
  if (i < size) f(i, size - i);
}

HWY_INLINE VF32 Mix(VF32 a, VF32 b, VF32 w0, VF32 w1) {
  return hn::Add(RoundedMul(DF32(), w0, a), RoundedMul(DF32(), w1, b));
}
// The same; a where w1 is 0, whatever b is.
HWY_INLINE VF32 MixOrFirst(VF32 a, VF32 b, VF32 w0, VF32 w1) {
  return hn::IfThenElse(hn::Eq(w1, hn::Zero(DF32())), a, Mix(a, b, w0, w1));
}

template <class T>
HWY_INLINE void MixByChannels(const ResizeColumns& p, const T* row, size_t pixel_stride, float* HWY_RESTRICT to) {
  for (size_t u = 0; u < p.count; ++u, to += p.channels) {
    const T* const a = row + p.pixel[u] * pixel_stride;
    const float w0 = p.w0[u], w1 = p.w1[u];
    if (w1 == 0.0f) {
      ForEachVector(p.channels, [&](size_t i, size_t n) { StoreFirst(LoadElements(a + i, n), DF32(), to + i, n); });
      continue;
    }
    const T* const b = a + pixel_stride;
    ForEachVector(p.channels, [&](size_t i, size_t n) {
      const VF32 mixed = Mix(LoadElements(a + i, n), LoadElements(b + i, n), hn::Set(DF32(), w0), hn::Set(DF32(), w1));
      StoreFirst(mixed, DF32(), to + i, n);
    });
  }
}

// row: of p.span elements.
template <bool kTwo>
HWY_INLINE void MixByTables(const ResizeColumns& p, const float* row, float* HWY_RESTRICT to) {
  const DF32 d;
  const DI32 di;
  const size_t lanes = hn::Lanes(d), size = p.count * p.channels;
  for (size_t i = 0, vector = 0; i < size; i += lanes, ++vector) {
    const size_t at = p.table[vector];
    const VF32 first = LoadFirst(d, row + at, p.span - at);
    const auto low = hn::IndicesFromVec(d, hn::Load(di, p.low + i));
    const auto high = hn::IndicesFromVec(d, hn::Load(di, p.high + i));
    const VF32 w0 = hn::Load(d, p.w0 + i), w1 = hn::Load(d, p.w1 + i);
    VF32 a, b;
    if constexpr (kTwo) {
      const size_t next = at + lanes;
      const VF32 second = next < p.span ? LoadFirst(d, row + next, p.span - next) : hn::Zero(d);
      a = hn::TwoTablesLookupLanes(d, first, second, low);
      b = hn::TwoTablesLookupLanes(d, first, second, high);
    } else {
      a = hn::TableLookupLanes(first, low);
      b = hn::TableLookupLanes(first, high);
    }
    hn::StoreU(MixOrFirst(a, b, w0, w1), d, to + i);
  }
}

// a, b: kPadded elements each.
template <class T>
HWY_INLINE void MixByElements(const ResizeColumns& p, const T* row, size_t pixel_stride, T* HWY_RESTRICT a,
                              T* HWY_RESTRICT b, float* HWY_RESTRICT to) {
  const DF32 d;
  size_t e = 0;
  for (size_t u = 0; u < p.count; ++u) {
    const T* const pixel = row + p.pixel[u] * pixel_stride;
    const size_t step = p.w1[e] != 0.0f ? pixel_stride : 0;
    for (size_t c = 0; c < p.channels; ++c, ++e) {
      a[e] = pixel[c];
      b[e] = pixel[c + step];
    }
  }
  const size_t lanes = hn::Lanes(d);
  for (size_t i = 0; i < e; i += lanes) {
    const VF32 v = MixOrFirst(LoadElements(a + i, e - i), LoadElements(b + i, e - i), hn::Load(d, p.w0 + i),
                              hn::Load(d, p.w1 + i));
    hn::StoreU(v, d, to + i);
  }
}

// What MixColumns works in.
struct ResizeScratch {
  alignas(64) float converted[2 * ResizeColumns::kPadded];
};

// to[u * channels + c] = w0[u] * row[pixel[u]][c] + w1[u] * row[pixel[u] + 1][c], as f32. `to` has kPadded elements.
template <class T>
HWY_INLINE void MixColumns(const ResizeColumns& p, const T* row, size_t pixel_stride, ResizeScratch& scratch,
                           float* HWY_RESTRICT to) {
  if (p.gather == ResizeGather::kChannels) return MixByChannels(p, row, pixel_stride, to);
  if (p.gather == ResizeGather::kElements) {
    T* const a = reinterpret_cast<T*>(scratch.converted);
    return MixByElements(p, row, pixel_stride, a, a + ResizeColumns::kPadded, to);
  }
  const T* const first = row + p.pixel[0] * pixel_stride;
  const float* table = scratch.converted;
  if constexpr (std::is_same<T, float>::value) {
    table = first;
  } else {
    ForEachVector(
        p.span, [&](size_t i, size_t n) { StoreFirst(LoadElements(first + i, n), DF32(), scratch.converted + i, n); });
  }
  return p.gather == ResizeGather::kOneTable ? MixByTables<false>(p, table, to) : MixByTables<true>(p, table, to);
}

// to = w0 * a + w1 * b, rounded to T; a alone if w1 is 0.
template <class T>
HWY_INLINE void MixRows(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, float w0, float w1, size_t size,
                        T* HWY_RESTRICT to) {
  const DF32 d;
  if (w1 == 0.0f) {
    ForEachVector(size, [&](size_t i, size_t n) { StoreElements(LoadFirst(d, a + i, n), to + i, n); });
    return;
  }
  ForEachVector(size, [&](size_t i, size_t n) {
    const VF32 mixed = Mix(LoadFirst(d, a + i, n), LoadFirst(d, b + i, n), hn::Set(d, w0), hn::Set(d, w1));
    StoreElements(mixed, to + i, n);
  });
}

// Two rows of x, one above the other, their weights, and the number of the last pixel of both.
struct ResizeCorners {
  const float *upper, *lower;
  float w0, w1;
  size_t last_pixel;
};

HWY_INLINE VF32 MixFour(VF32 w00, VF32 x00, VF32 w01, VF32 x01, VF32 w10, VF32 x10, VF32 w11, VF32 x11) {
  const DF32 d;
  const VF32 upper = hn::Add(RoundedMul(d, w00, x00), RoundedMul(d, w01, x01));
  return OneNaN(d, hn::Add(hn::Add(upper, RoundedMul(d, w10, x10)), RoundedMul(d, w11, x11)));
}

// y(u, c) from the four neighbours of each column. Pixels of y are `y_stride` elements apart.
HWY_INLINE void MixCorners(const ResizeColumns& p, const ResizeCorners& corners, size_t pixel_stride, float* y,
                           size_t y_stride) {
  const DF32 d;
  const VF32 w0v = hn::Set(d, corners.w0), w1v = hn::Set(d, corners.w1);
  if (p.channels == 1 && y_stride == 1) {
    // Vectors of columns, whose pixels are gathered.
    alignas(64) float x[4][16];
    for (size_t u = 0; u < p.count; u += hn::Lanes(d)) {
      const size_t n = HWY_MIN(hn::Lanes(d), p.count - u);
      for (size_t i = 0; i < n; ++i) {
        const size_t left = p.pixel[u + i], right = left + (left < corners.last_pixel ? 1 : 0);
        x[0][i] = corners.upper[left * pixel_stride];
        x[1][i] = corners.upper[right * pixel_stride];
        x[2][i] = corners.lower[left * pixel_stride];
        x[3][i] = corners.lower[right * pixel_stride];
      }
      const VF32 w0 = LoadFirst(d, p.w0 + u, n), w1 = LoadFirst(d, p.w1 + u, n);
      const VF32 mixed =
          MixFour(RoundedMul(d, w0v, w0), LoadFirst(d, x[0], n), RoundedMul(d, w0v, w1), LoadFirst(d, x[1], n),
                  RoundedMul(d, w1v, w0), LoadFirst(d, x[2], n), RoundedMul(d, w1v, w1), LoadFirst(d, x[3], n));
      StoreFirst(mixed, d, y + u, n);
    }
    return;
  }
  for (size_t u = 0; u < p.count; ++u, y += y_stride) {
    const size_t left = p.pixel[u] * pixel_stride, right = left + (p.pixel[u] < corners.last_pixel ? pixel_stride : 0);
    const VF32 w0 = hn::Set(d, p.w0[u]), w1 = hn::Set(d, p.w1[u]);
    const VF32 w00 = RoundedMul(d, w0v, w0), w01 = RoundedMul(d, w0v, w1);
    const VF32 w10 = RoundedMul(d, w1v, w0), w11 = RoundedMul(d, w1v, w1);
    ForEachVector(p.channels, [&](size_t i, size_t n) {
      const VF32 mixed =
          MixFour(w00, LoadFirst(d, corners.upper + left + i, n), w01, LoadFirst(d, corners.upper + right + i, n), w10,
                  LoadFirst(d, corners.lower + left + i, n), w11, LoadFirst(d, corners.lower + right + i, n));
      StoreFirst(mixed, d, y + i, n);
    });
  }
}

// to = from, bit by bit. T is an unsigned integer.
template <class T>
HWY_INLINE void CopyElements(const T* HWY_RESTRICT from, size_t size, T* HWY_RESTRICT to) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < size) hn::StoreN(hn::LoadN(d, from + i, size - i), d, to + i, size - i);
}

// to[u * channels + c] = row[pixel[u]][c].
template <class T>
HWY_INLINE void GatherPixels(const T* row, size_t pixel_stride, const size_t* pixel, size_t count, size_t channels,
                             T* HWY_RESTRICT to) {
  constexpr size_t kFew = 16 / sizeof(T);
  if (channels == 1) {
    for (size_t u = 0; u < count; ++u) to[u] = row[pixel[u] * pixel_stride];
  } else if (channels < kFew) {
    for (size_t u = 0; u < count; ++u, to += channels) {
      for (size_t c = 0; c < channels; ++c) to[c] = row[pixel[u] * pixel_stride + c];
    }
  } else {
    for (size_t u = 0; u < count; ++u, to += channels) CopyElements(row + pixel[u] * pixel_stride, channels, to);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
