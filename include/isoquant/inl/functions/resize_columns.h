// Functions: where the columns of resized images lie in rows of x, the same types and code for all targets: nothing
// here is inlined into theirs.
#ifndef ISOQUANT_INL_FUNCTIONS_RESIZE_COLUMNS_H_
#define ISOQUANT_INL_FUNCTIONS_RESIZE_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/base.h"
#include "isoquant/inl/util/ieee754.h"

namespace isoquant {

// Elements of a part of a row of y, at most.
inline constexpr size_t kResizeElements = 1024;

// How elements of x come to their places.
enum class ResizeGather : uint8_t {
  kChannels,   // vectors of the channels of a pixel
  kOneTable,   // a vector of y needs elements of one vector of x: an upscaled row of few channels
  kTwoTables,  // of two, behind one another: down to half
  kElements,   // one by one
};

// ---- Two neighbours

// Columns of y, and where they lie in a row of x. Elements of y are counted through the columns. Weights are f32, or
// integers (uint16_t): sixteenths.
template <class Number>
struct ResizeColumns {
  static constexpr size_t kPadded = kResizeElements + 32;  // vectors may be loaded whole
  using Index = std::conditional_t<std::is_same<Number, float>::value, int32_t, int16_t>;

  size_t count, channels;
  ResizeGather gather;
  size_t span;                     // elements of x from the first that is needed to the last
  size_t pixel[kResizeElements];   // of x: the left neighbour of each column
  uint8_t right[kResizeElements];  // 1 if the right neighbour is another pixel, or 0
  // The weights of both neighbours: of each column, or of each element unless gather is kChannels.
  alignas(64) Number w0[kPadded];
  alignas(64) Number w1[kPadded];
  // Tables: where a vector of y begins to look, behind the first element that is needed; from there, the two neighbours
  // of each of its elements.
  size_t table[kResizeElements / 4 + 1];
  alignas(64) Index low[kPadded];
  alignas(64) Index high[kPadded];
};

inline void SetWeight(float weight, float& to) { to = weight; }
inline void SetWeight(float weight, uint16_t& to) { to = static_cast<uint16_t>(weight * 16.0f); }

// Where vectors of `lanes` elements of y look, if they can look in tables of two vectors at most.
template <class Number>
ResizeGather FindTables(ResizeColumns<Number>& p, size_t lanes) {
  using Index = typename ResizeColumns<Number>::Index;
  const size_t channels = p.channels, size = p.count * channels;
  size_t largest = 0, e = 0;
  for (size_t column = 0; column < p.count; ++column) {
    const size_t begin = (p.pixel[column] - p.pixel[0]) * channels, step = p.right[column] * channels;
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
    const size_t moved = at - latest;
    for (size_t k = i; k < HWY_MIN(size, i + lanes); ++k) {
      p.low[k] = static_cast<Index>(static_cast<size_t>(p.low[k]) + moved);
      p.high[k] = static_cast<Index>(static_cast<size_t>(p.high[k]) + moved);
    }
    at = latest;
  }
  return largest < lanes ? ResizeGather::kOneTable : ResizeGather::kTwoTables;
}

// From count, channels, pixel, right, and the weights of each column. Pixels of x are `pixel_stride` elements apart.
template <class Number>
HWY_NOINLINE void PrepareColumns(ResizeColumns<Number>& p, const float* w0, const float* w1, size_t pixel_stride,
                                 size_t lanes) {
  const size_t channels = p.channels, last = p.count - 1;
  p.span = (p.pixel[last] + p.right[last] - p.pixel[0]) * pixel_stride + channels;
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
  p.gather = has_tables ? FindTables(p, lanes) : ResizeGather::kElements;
}

// ---- The nearest

// Columns of y, and the pixels of x that are there. Bytes of y are counted through the columns.
struct NearestColumns {
  static constexpr size_t kBlock = 16;  // bytes that are looked up at once
  static constexpr size_t kMostBytes = 4 * kResizeElements, kPadded = kResizeElements + kBlock;

  size_t count, channels;
  ResizeGather gather;
  size_t span;  // bytes of x from the first that is needed to the last
  size_t pixel[kResizeElements];
  // Where a block of y begins to look, behind the first byte that is needed. From there, where its bytes are: in the
  // first block, and in the one behind it, 0x80 standing for the other one.
  size_t table[kMostBytes / kBlock];
  alignas(16) uint8_t first[kMostBytes];
  alignas(16) uint8_t second[kMostBytes];
};

// Whether so many blocks of x, behind one another, hold all bytes of each block of y; where they are, if so.
inline HWY_NOINLINE bool FindBlocks(NearestColumns& p, size_t pixel_bytes, size_t blocks) {
  constexpr size_t kBlock = NearestColumns::kBlock;
  const size_t bytes = p.count * pixel_bytes, table = blocks * kBlock;
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

// From count, channels and pixel. Targets whose vectors have no 16 bytes have no blocks.
inline HWY_NOINLINE void PrepareNearest(NearestColumns& p, size_t element_bytes, size_t pixel_stride, bool has_blocks) {
  const size_t pixel_bytes = p.channels * element_bytes;
  p.span = (p.pixel[p.count - 1] - p.pixel[0] + 1) * pixel_bytes;
  p.gather = pixel_bytes >= NearestColumns::kBlock ? ResizeGather::kChannels : ResizeGather::kElements;
  if (!has_blocks || pixel_bytes >= NearestColumns::kBlock || (pixel_stride != p.channels && p.count != 1)) return;
  if (FindBlocks(p, pixel_bytes, 1)) {
    p.gather = ResizeGather::kOneTable;
  } else if (FindBlocks(p, pixel_bytes, 2)) {
    p.gather = ResizeGather::kTwoTables;
  }
}

}  // namespace isoquant

#endif  // ISOQUANT_INL_FUNCTIONS_RESIZE_COLUMNS_H_
