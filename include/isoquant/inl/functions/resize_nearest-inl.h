// Functions: rows of resized images, each pixel of which is the nearest one, bit by bit.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_RESIZE_NEAREST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_RESIZE_NEAREST_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_RESIZE_NEAREST_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_RESIZE_NEAREST_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/functions/resize-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// to = from, bit by bit. T is an unsigned integer.
template <class T>
HWY_INLINE void CopyElements(const T* HWY_RESTRICT from, size_t size, T* HWY_RESTRICT to) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < size) hn::StoreN(hn::LoadN(d, from + i, size - i), d, to + i, size - i);
}

using NearestTag = hn::CappedTag<uint8_t, NearestColumns::kBlock>;

// first: of p.span bytes. Whole blocks are written.
template <bool kTwo>
HWY_INLINE void LookUpNearest(const NearestColumns& p, const uint8_t* first, size_t bytes, uint8_t* HWY_RESTRICT to) {
  const NearestTag d;
  constexpr size_t kBlock = NearestColumns::kBlock;
  for (size_t i = 0; i < bytes; i += kBlock) {
    const uint8_t* const table = first + p.table[i / kBlock];
    auto v = hn::TableLookupBytesOr0(hn::LoadU(d, table), hn::Load(d, p.first + i));
    if (kTwo) v = hn::Or(v, hn::TableLookupBytesOr0(hn::LoadU(d, table + kBlock), hn::Load(d, p.second + i)));
    hn::Store(v, d, to + i);
  }
}

// to[u * channels + c] = row[pixel[u]][c]. `to` has kPadded elements, and is aligned.
template <class T>
HWY_INLINE void GatherPixels(const NearestColumns& p, const T* row, size_t pixel_stride, T* HWY_RESTRICT to) {
  const uint8_t* const first = reinterpret_cast<const uint8_t*>(row + p.pixel[0] * pixel_stride);
  uint8_t* const to_bytes = reinterpret_cast<uint8_t*>(to);
  const size_t bytes = p.count * p.channels * sizeof(T);
  if (p.gather == ResizeGather::kOneTable) return LookUpNearest<false>(p, first, bytes, to_bytes);
  if (p.gather == ResizeGather::kTwoTables) return LookUpNearest<true>(p, first, bytes, to_bytes);
  if (p.gather == ResizeGather::kElements) {
    ForEachElement(p.count, p.channels,
                   [&](size_t u, size_t c, size_t e) { to[e] = row[p.pixel[u] * pixel_stride + c]; });
    return;
  }
  for (size_t u = 0; u < p.count; ++u, to += p.channels) CopyElements(row + p.pixel[u] * pixel_stride, p.channels, to);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
