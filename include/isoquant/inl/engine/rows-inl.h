// Engine: rows of A on their way to Tile: arranged, or in place with their last steps apart.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_ROWS_INL_H_
#undef ISOQUANT_INL_ENGINE_ROWS_INL_H_
#else
#define ISOQUANT_INL_ENGINE_ROWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// As a RowFiller must write rows for the policy.
template <class P>
constexpr ArrangedForm FormOf() {
  return {P::kPieceK, P::kKR, P::kColumnSums ? uint8_t{0x80} : uint8_t{0}, sizeof(typename P::ArrangedA) == 2};
}

// As the plan wants to know it.
template <class P>
HWY_INLINE RowsOfA DescribeRows(const RowSource<typename P::A>& a) {
  if (!P::kReadsRows) return RowsOfA::kComputed;  // the plan does not ask
  if (a.filler != nullptr) return RowsOfA::kComputed;
  const size_t stride = a.matrix.rows == 1 ? 0 : a.matrix.row_stride * sizeof(*a.matrix.data);
  const bool on_lines = (reinterpret_cast<uintptr_t>(a.matrix.data) | stride) % PackedPanels::kLineBytes == 0;
  return on_lines ? RowsOfA::kOnLines : RowsOfA::kAnywhere;
}

// Rows as the policy arranges them. `prepares`: a filler has not prepared them yet.
template <class P>
HWY_INLINE void ArrangeRows(const RowSource<typename P::A>& a, Part rows, bool prepares, typename P::ArrangedA* out) {
  if (HWY_UNLIKELY(a.filler != nullptr)) {
    static constexpr ArrangedForm kForm = FormOf<P>();
    a.filler->arrange(*a.filler, rows.begin, rows.size, prepares, kForm, out);
    return;
  }
  P::ArrangeTile(a.matrix.Row(rows.begin), a.matrix.row_stride, a.matrix.cols, rows.size, out);
}

// Zero-filled last steps of rows that are read in place.
template <class P>
void PrepareTails(const MatrixView<const typename P::A>& a, Part rows, typename P::ArrangedA* to) {
  const size_t tail = a.cols % P::kKR;
  if (tail == 0) return;
  for (size_t row = rows.begin; row < rows.begin + rows.size; ++row, to += P::kKR) {
    std::memset(to, 0, P::kKR * sizeof(*to));
    std::memcpy(to, a.Row(row) + a.cols - tail, tail * sizeof(*to));
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
