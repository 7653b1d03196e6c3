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
#include "isoquant/inl/functions/resize_columns.h"
#include "isoquant/inl/isa/rounding-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// ---- What rows are mixed in: f32 (DF32), or integers

// Of u8, or of s8 plus 128, times 16 for each axis: where all weights are sixteenths, products and sums of resize.h are
// exact in f32, so that integers of 16 bits have the same bits (Zen 5: in 0.68 to 0.81 of the time).
using DU16 = hn::CappedTag<uint16_t, 32>;
using VU16 = hn::Vec<DU16>;

// The first n elements at `from`; how they are stored, rounded to T.
template <class T>
HWY_INLINE VF32 LoadValues(DF32, const T* from, size_t n) {
  if constexpr (std::is_integral<T>::value) {
    const hn::Rebind<T, DI32> narrow;
    return hn::ConvertTo(DF32(), hn::PromoteTo(DI32(), LoadFirst(narrow, from, n)));
  } else {
    return LoadAsF32(from, n);
  }
}
template <class T>
HWY_INLINE VU16 LoadValues(DU16 d, const T* from, size_t n) {
  const hn::Rebind<uint8_t, DU16> narrow;
  auto bytes = LoadFirst(narrow, reinterpret_cast<const uint8_t*>(from), n);
  if constexpr (std::is_signed<T>::value) bytes = hn::Xor(bytes, hn::Set(narrow, uint8_t{0x80}));
  return hn::PromoteTo(d, bytes);
}
template <class T>
HWY_INLINE void StoreValues(DF32, VF32 v, T* to, size_t n) {
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
HWY_INLINE void StoreValues(DU16 d, VU16 v, T* to, size_t n) {
  const hn::Rebind<uint8_t, DU16> narrow;
  const hn::RebindToSigned<DU16> di16;
  const auto odd = hn::And(hn::ShiftRight<8>(v), hn::Set(d, uint16_t{1}));
  const auto rounded = hn::ShiftRight<8>(hn::Add(hn::Add(v, hn::Set(d, uint16_t{127})), odd));
  auto bytes = hn::DemoteTo(narrow, hn::BitCast(di16, rounded));
  if constexpr (std::is_signed<T>::value) bytes = hn::Xor(bytes, hn::Set(narrow, uint8_t{0x80}));
  StoreFirst(bytes, narrow, reinterpret_cast<uint8_t*>(to), n);
}

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

// ---- Rows

// Calls f(i, n) for the beginnings i of vectors; n >= lanes but for the last one. The loop knows that n is lanes.
template <class D, class F>
HWY_INLINE void ForEachRowVector(D d, size_t size, const F& f) {
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) f(i, lanes);
  if (i < size) f(i, size - i);
}

template <class T, class D, class Number = hn::TFromD<D>>
HWY_INLINE void MixByChannels(D d, const ResizeColumns<hn::TFromD<D>>& p, const T* row, size_t pixel_stride,
                              Number* HWY_RESTRICT to) {
  for (size_t u = 0; u < p.count; ++u, to += p.channels) {
    const T* const a = row + p.pixel[u] * pixel_stride;
    const Number w0 = p.w0[u], w1 = p.w1[u];
    if (w1 == 0) {
      ForEachRowVector(d, p.channels,
                       [&](size_t i, size_t n) { StoreFirst(MixAlone(d, LoadValues(d, a + i, n)), d, to + i, n); });
      continue;
    }
    const T* const b = a + pixel_stride;
    ForEachRowVector(d, p.channels, [&](size_t i, size_t n) {
      const auto mixed = Mix(d, LoadValues(d, a + i, n), LoadValues(d, b + i, n), hn::Set(d, w0), hn::Set(d, w1));
      StoreFirst(mixed, d, to + i, n);
    });
  }
}

// Calls use(i, left, right) for vectors of elements i of y. first: of p.span elements.
template <bool kTwo, class T, class D, class Use>
HWY_INLINE void LookUpColumns(D d, const ResizeColumns<hn::TFromD<D>>& p, const T* first, const Use& use) {
  const hn::RebindToSigned<D> di;
  const size_t lanes = hn::Lanes(d), size = p.count * p.channels;
  for (size_t i = 0, vector = 0; i < size; i += lanes, ++vector) {
    const size_t at = p.table[vector];
    const auto table = LoadValues(d, first + at, p.span - at);
    const auto low = hn::IndicesFromVec(d, hn::Load(di, p.low + i));
    const auto high = hn::IndicesFromVec(d, hn::Load(di, p.high + i));
    if constexpr (kTwo) {
      const size_t next = at + lanes;
      const auto second = next < p.span ? LoadValues(d, first + next, p.span - next) : hn::Zero(d);
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
template <class T, class Number>
HWY_INLINE void GatherColumns(const ResizeColumns<Number>& p, const T* row, size_t pixel_stride, T* HWY_RESTRICT left,
                              T* HWY_RESTRICT right) {
  ForEachElement(p.count, p.channels, [&](size_t u, size_t c, size_t e) {
    const T* const from = row + p.pixel[u] * pixel_stride + c;
    left[e] = from[0];
    right[e] = from[p.right[u] * pixel_stride];
  });
}

// What MixColumns works in.
template <class T>
struct ResizeScratch {
  alignas(64) T left[ResizeColumns<float>::kPadded];
  alignas(64) T right[ResizeColumns<float>::kPadded];
};

// to[u * channels + c] = w0[u] * row[pixel[u]][c] + w1[u] * row[pixel[u] + 1][c], as f32 or, times 16, as an integer.
// `to` has kPadded elements.
template <class T, class D>
HWY_NOINLINE void MixColumns(D d, const ResizeColumns<hn::TFromD<D>>& p, const T* row, size_t pixel_stride,
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
        mix(i, LoadValues(d, scratch.left + i, size - i), LoadValues(d, scratch.right + i, size - i));
      }
    }
  }
}

// to = w0 * a + w1 * b, rounded to T; a alone if w1 is 0.
template <class T, class D, class Number = hn::TFromD<D>>
HWY_INLINE void MixRows(D d, const Number* HWY_RESTRICT a, const Number* HWY_RESTRICT b, Number w0, Number w1,
                        size_t size, T* HWY_RESTRICT to) {
  if (w1 == 0) {
    ForEachRowVector(d, size,
                     [&](size_t i, size_t n) { StoreValues(d, MixAlone(d, LoadFirst(d, a + i, n)), to + i, n); });
    return;
  }
  ForEachRowVector(d, size, [&](size_t i, size_t n) {
    StoreValues(d, Mix(d, LoadFirst(d, a + i, n), LoadFirst(d, b + i, n), hn::Set(d, w0), hn::Set(d, w1)), to + i, n);
  });
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
