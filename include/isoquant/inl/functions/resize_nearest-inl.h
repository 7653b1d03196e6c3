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

// Columns of y, and the pixels of x that are there. Bytes of y are counted through the columns.
template <class T>
struct NearestColumns {
  using Bytes = hn::CappedTag<uint8_t, 16>;  // blocks, within which bytes are looked up
  static constexpr size_t kBlock = 16, kMostBytes = kResizeElements * sizeof(T), kPadded = kResizeElements + 16;

  size_t count, channels, pixel[kResizeElements];
  ResizeGather gather;
  size_t span;  // bytes of x from the first that is needed to the last
  // Where a block of y begins to look, behind the first byte that is needed. From there, where its bytes are: in the
  // first block, and in the one behind it, 0x80 standing for the other one.
  size_t table[kMostBytes / kBlock];
  alignas(16) uint8_t first[kMostBytes];
  alignas(16) uint8_t second[kMostBytes];
};

// Whether so many blocks of x, behind one another, hold all bytes of each block of y; where they are, if so.
template <class T>
HWY_INLINE bool FindBlocks(NearestColumns<T>& p, size_t blocks) {
  constexpr size_t kBlock = NearestColumns<T>::kBlock;
  const size_t pixel_bytes = p.channels * sizeof(T), bytes = p.count * pixel_bytes, table = blocks * kBlock;
  if (p.span < table) return false;
  size_t from[kBlock], column = 0, byte = 0;
  for (size_t i = 0; i < bytes; i += kBlock) {
    const size_t size = HWY_MIN(kBlock, bytes - i);
    size_t least = p.span - table, largest = 0;  // they end within the row
    for (size_t k = 0; k < size; ++k) {
      from[k] = (p.pixel[column] - p.pixel[0]) * pixel_bytes + byte;
      least = HWY_MIN(least, from[k]);
      largest = HWY_MAX(largest, from[k]);
      if (++byte == pixel_bytes) {
        byte = 0;
        ++column;
      }
    }
    if (largest - least >= table) return false;
    p.table[i / kBlock] = least;
    for (size_t k = 0; k < kBlock; ++k) {
      const size_t at = k < size ? from[k] - least : 0;
      p.first[i + k] = static_cast<uint8_t>(at < kBlock ? at : 0x80);
      p.second[i + k] = static_cast<uint8_t>(at < kBlock ? 0x80 : at - kBlock);
    }
  }
  return true;
}

// From count, channels and pixel.
template <class T>
HWY_INLINE void PrepareNearest(NearestColumns<T>& p, size_t pixel_stride) {
  constexpr size_t kBlock = NearestColumns<T>::kBlock;
  const size_t pixel_bytes = p.channels * sizeof(T);
  p.span = (p.pixel[p.count - 1] - p.pixel[0] + 1) * pixel_bytes;
  p.gather = pixel_bytes >= kBlock ? ResizeGather::kChannels : ResizeGather::kElements;
  const bool has_blocks = hn::Lanes(typename NearestColumns<T>::Bytes()) == kBlock;
  if (!has_blocks || pixel_bytes >= kBlock || (pixel_stride != p.channels && p.count != 1)) return;
  if (FindBlocks(p, 1)) {
    p.gather = ResizeGather::kOneTable;
  } else if (FindBlocks(p, 2)) {
    p.gather = ResizeGather::kTwoTables;
  }
}

// first: of p.span bytes. Whole blocks are written.
template <bool kTwo, class T>
HWY_INLINE void LookUpNearest(const NearestColumns<T>& p, const uint8_t* first, uint8_t* HWY_RESTRICT to) {
  const typename NearestColumns<T>::Bytes d;
  constexpr size_t kBlock = NearestColumns<T>::kBlock;
  const size_t bytes = p.count * p.channels * sizeof(T);
  for (size_t i = 0; i < bytes; i += kBlock) {
    const uint8_t* const table = first + p.table[i / kBlock];
    auto v = hn::TableLookupBytesOr0(hn::LoadU(d, table), hn::Load(d, p.first + i));
    if (kTwo) v = hn::Or(v, hn::TableLookupBytesOr0(hn::LoadU(d, table + kBlock), hn::Load(d, p.second + i)));
    hn::Store(v, d, to + i);
  }
}

// to[u * channels + c] = row[pixel[u]][c]. `to` has kPadded elements, and is aligned.
template <class T>
HWY_INLINE void GatherPixels(const NearestColumns<T>& p, const T* row, size_t pixel_stride, T* HWY_RESTRICT to) {
  const uint8_t* const first = reinterpret_cast<const uint8_t*>(row + p.pixel[0] * pixel_stride);
  uint8_t* const bytes = reinterpret_cast<uint8_t*>(to);
  if (p.gather == ResizeGather::kOneTable) return LookUpNearest<false>(p, first, bytes);
  if (p.gather == ResizeGather::kTwoTables) return LookUpNearest<true>(p, first, bytes);
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
