// ISA layer: the sums of a tile of bytes in registers (bytes_kernel-inl.h), and what becomes of them.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_BYTES_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_BYTES_SUMS_INL_H_
#undef ISOQUANT_INL_ISA_BYTES_SUMS_INL_H_
#else
#define ISOQUANT_INL_ISA_BYTES_SUMS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/tile_finish-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Vectors of one row. (x86 vectors have a size, so they may be members.)
template <class D, size_t kVectors>
struct VectorsOfRow {
  hn::Vec<D> v[kVectors];
};

// kRows x kVectors vectors, kSets times: groups of K take turns with the sets. (Members are named by constants: g++ 12
// keeps an array in memory if loops index it.)
template <class D, size_t kVectors, size_t kRows, size_t kSets>
struct BytesSums {
  using V = hn::Vec<D>;
  using RowV = VectorsOfRow<D, kVectors>;
  static constexpr size_t kLanes = hn::MaxLanes(D()), kPerSet = kRows * kVectors;
  static constexpr std::make_index_sequence<kRows> kAll{};
  static constexpr std::make_index_sequence<kVectors> kColumns{};
  static constexpr std::make_index_sequence<kPerSet> kFirstSet{};
  V v[kSets * kPerSet];

  // The first set of each row begins with `begin`, the others with 0.
  HWY_INLINE void Begin(const RowV& begin) { Begin(begin, std::make_index_sequence<kSets * kPerSet>()); }
  template <size_t kRow>
  HWY_INLINE void BeginRow(const RowV& begin) {
    BeginRowAt<kRow * kVectors>(begin, kColumns);
  }

  // All sets into the first one.
  HWY_INLINE void AddSets() { AddSets(kFirstSet); }

  template <bool kAdd>
  HWY_INLINE void Store(int32_t* c, size_t c_stride) const {
    StoreRows<kAdd>(c, c_stride, kAll);
  }
  template <bool kAdd, size_t kRow>
  HWY_INLINE void StoreRow(int32_t* c) const {
    StoreRowAt<kAdd, kRow * kVectors>(c, kColumns);
  }
  // The first `cols` columns: the last vectors are none or not whole.
  HWY_INLINE void StoreFew(int32_t* c, size_t c_stride, size_t cols, bool add) const {
    StoreFew(c, c_stride, cols, add, kAll);
  }

  // What a TileFinish of floats says, on the columns from `col` on, and rows from `row` on, each `step` after the last.
  HWY_INLINE void FinishFloats(const TileFinish& f, size_t col, size_t row, size_t step) const {
    FinishFloats(f, col, row, step, kAll);
  }
  // That of bytes, on four vectors: those of one row, two or four, from kRow on. That row goes to `to`, others `step`
  // elements after the last. (Nothing for rows between.)
  template <class Q, bool kPlain, size_t kRow>
  HWY_INLINE void FinishByteRowsAt(const TileFinish& f, size_t col, Q* to, size_t step) const {
    constexpr size_t kAtOnce = 4 / kVectors, kLeft = Min(kRows - kRow, kAtOnce), kAt = kRow * kVectors;
    if constexpr (kRow % kAtOnce == 0) {
      constexpr size_t kLast = kAt + kLeft * kVectors - 1;
      const V v0 = v[kAt], v1 = v[Min(kAt + 1, kLast)], v2 = v[Min(kAt + 2, kLast)], v3 = v[Min(kAt + 3, kLast)];
      if constexpr (kVectors == 4) {
        FinishBytes<Q, kPlain>(D(), f, v0, v1, v2, v3, to);
      } else if constexpr (kVectors == 2) {
        FinishTwoRows<kPlain>(D(), f, col, v0, v1, v2, v3, to, kLeft == 2 ? to + step : nullptr);
      } else {
        FinishFewBytes<Q, kPlain>(D(), f, col, v0, v1, v2, v3, to, step, kLeft);
      }
    }
  }

  // In front of branches that have computations in common. g++ 12 else makes these before them, and spills all sums.
  HWY_INLINE void KeepApart() { KeepApart(kFirstSet); }

 private:
  template <size_t... kI>
  HWY_INLINE void Begin(const RowV& begin, std::index_sequence<kI...>) {
    ((v[kI] = kI < kPerSet ? begin.v[kI % kVectors] : hn::Zero(D())), ...);
  }
  template <size_t kAt, size_t... kI>
  HWY_INLINE void BeginRowAt(const RowV& begin, std::index_sequence<kI...>) {
    ((v[kAt + kI] = begin.v[kI]), ...);
  }

  template <size_t... kI>
  HWY_INLINE void AddSets(std::index_sequence<kI...>) {
    (AddSetsAt<kI>(), ...);
  }
  template <size_t kAt>
  HWY_INLINE void AddSetsAt() {
    if constexpr (kSets > 1) v[kAt] = hn::Add(v[kAt], v[kAt + kPerSet]);
    if constexpr (kSets > 2) v[kAt] = hn::Add(v[kAt], hn::Add(v[kAt + 2 * kPerSet], v[kAt + 3 * kPerSet]));
  }

  template <bool kAdd, size_t... kRow>
  HWY_INLINE void StoreRows(int32_t* c, size_t c_stride, std::index_sequence<kRow...>) const {
    ((StoreRow<kAdd, kRow>(c), c += c_stride), ...);
  }
  template <bool kAdd, size_t kAt, size_t... kI>
  HWY_INLINE void StoreRowAt(int32_t* c, std::index_sequence<kI...>) const {
    (StoreVector<kAdd>(v[kAt + kI], c + kI * kLanes), ...);
  }
  template <bool kAdd>
  static HWY_INLINE void StoreVector(V sum, int32_t* c) {
    if constexpr (kAdd) sum = hn::Add(sum, hn::LoadU(D(), c));
    hn::StoreU(sum, D(), c);
  }

  template <size_t... kRow>
  HWY_INLINE void StoreFew(int32_t* c, size_t c_stride, size_t cols, bool add, std::index_sequence<kRow...>) const {
    (StoreFewOfRow<kRow * kVectors>(c + kRow * c_stride, cols, add, kColumns), ...);
  }
  template <size_t kAt, size_t... kI>
  HWY_INLINE void StoreFewOfRow(int32_t* c, size_t cols, bool add, std::index_sequence<kI...>) const {
    (StoreFewOfVector(v[kAt + kI], c + kI * kLanes, cols - Min(cols, kI * kLanes), add), ...);
  }
  static HWY_INLINE void StoreFewOfVector(V sum, int32_t* c, size_t n, bool add) {
    if (n == 0) return;
    if (add) sum = hn::Add(sum, LoadFirst(D(), c, n));
    StoreFirst(sum, D(), c, n);
  }

  template <size_t... kRow>
  HWY_INLINE void FinishFloats(const TileFinish& f, size_t col, size_t row, size_t step,
                               std::index_sequence<kRow...>) const {
    (FinishFloatRow<kRow * kVectors>(f, col, row + kRow * step, kColumns), ...);
  }
  template <size_t kAt, size_t... kI>
  HWY_INLINE void FinishFloatRow(const TileFinish& f, size_t col, size_t row, std::index_sequence<kI...>) const {
    const auto row_scale = hn::Set(hn::RebindToFloat<D>(), f.row_scales[row * f.row_scale_step]);
    float* const to = static_cast<float*>(f.to) + row * f.to_stride;
    (FinishFloats<kI + 1 == kVectors>(f, col + kI * kLanes, row_scale, v[kAt + kI], to), ...);
  }
  // The last vector may be a part of one.
  template <bool kIsLast, class VF>
  static HWY_INLINE void FinishFloats(const TileFinish& f, size_t col, VF row_scale, V sum, float* to) {
    kIsLast ? FinishFewFloats(D(), f, col, row_scale, sum, to) : FinishFloatVector(D(), f, col, row_scale, sum, to);
  }

  template <size_t... kI>
  HWY_INLINE void KeepApart(std::index_sequence<kI...>) {
    (KeepApart(v[kI]), ...);
  }
  static HWY_INLINE void KeepApart(V& sum) { __asm__ volatile("" : "+v"(sum.raw)); }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
