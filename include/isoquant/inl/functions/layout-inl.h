// Functions: transposes of matrices, between planes of channels and pixels.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_LAYOUT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_LAYOUT_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_LAYOUT_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_LAYOUT_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// A block has so many rows and columns: a vector of 16 bytes each. None where vectors are single elements.
template <class T>
constexpr size_t kBlockSize = hn::MaxLanes(hn::ScalableTag<uint8_t>()) > 1 ? 16 / sizeof(T) : 0;

// Interleaves rows i and i + N / 2 of N, for all i: done log2(N) times, the rows are the columns. (Through memory in
// L1, because targets without a known size of vectors have no arrays of them. Names
// without hn:: are found by their arguments, if this is used at all: vectors of one element cannot be interleaved.)
template <class T>
HWY_INLINE void InterleaveRows(const T* HWY_RESTRICT from, size_t from_stride, T* HWY_RESTRICT to, size_t to_stride) {
  constexpr size_t kSize = kBlockSize<T>;
  const hn::FixedTag<T, kSize> d;
  for (size_t i = 0; i < kSize / 2; ++i) {
    const auto a = hn::LoadU(d, from + i * from_stride), b = hn::LoadU(d, from + (i + kSize / 2) * from_stride);
    hn::StoreU(InterleaveLower(d, a, b), d, to + 2 * i * to_stride);
    hn::StoreU(InterleaveUpper(d, a, b), d, to + (2 * i + 1) * to_stride);
  }
}

template <class T>
HWY_INLINE void TransposeBlock(const T* from, size_t from_stride, T* to, size_t to_stride) {
  constexpr size_t kSize = kBlockSize<T>;
  alignas(16) T first[kSize * kSize], second[kSize * kSize];
  InterleaveRows(from, from_stride, first, kSize);
  if constexpr (sizeof(T) == 1) {
    InterleaveRows(first, kSize, second, kSize);
    InterleaveRows(second, kSize, first, kSize);
  }
  InterleaveRows(first, kSize, to, to_stride);
}

// to[c * to_stride + r] = from[r * from_stride + c], 0 <= r < rows, 0 <= c < cols. Rows that are far apart often share
// a set of every cache. So the side whose rows are farther apart is walked along its rows: a line of it is full, or
// read, before it is evicted. (64 planes of 1 MiB each: 3.7 times as fast as the other way, on Zen 5.)
template <class T>
HWY_INLINE void Transpose(const T* from, size_t from_stride, size_t rows, size_t cols, T* to, size_t to_stride) {
  const auto one_by_one = [=](size_t row, size_t row_end, size_t col) {
    for (size_t r = row; r < row_end; ++r) {
      for (size_t c = col; c < cols; ++c) to[c * to_stride + r] = from[r * from_stride + c];
    }
  };
  size_t whole_rows = 0;
  if constexpr (kBlockSize<T> != 0) {
    constexpr size_t kSize = kBlockSize<T>;
    whole_rows = rows / kSize * kSize;
    const size_t whole_cols = cols / kSize * kSize;
    const auto block = [=](size_t r, size_t c) {
      TransposeBlock(from + r * from_stride + c, from_stride, to + c * to_stride + r, to_stride);
    };
    if (to_stride > from_stride) {
      for (size_t c = 0; c < whole_cols; c += kSize) {
        for (size_t r = 0; r < whole_rows; r += kSize) block(r, c);
      }
    } else {
      for (size_t r = 0; r < whole_rows; r += kSize) {
        for (size_t c = 0; c < whole_cols; c += kSize) block(r, c);
      }
    }
    one_by_one(0, whole_rows, whole_cols);
  }
  one_by_one(whole_rows, rows, 0);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
