// Template layer: how one MatMul is cut into blocks, chunks and tasks, and where a worker's scratch lies.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_PLAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_PLAN_INL_H_
#undef ISOQUANT_INL_ENGINE_PLAN_INL_H_
#else
#define ISOQUANT_INL_ENGINE_PLAN_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/cpu.h"
#include "isoquant/inl/engine/pack-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Tiles of kMR x kNR; where there is one panel at most, taller ones keep as many accumulators busy.
template <class P>
struct TileShape {
  TileShape(size_t m, size_t n) : tall(m > P::kMR && n <= PackedPanels::kColumns) {}
  size_t rows() const { return tall ? P::kTallMR : P::kMR; }
  size_t cols() const { return tall ? PackedPanels::kColumns : P::kNR; }
  size_t TilesFor(size_t m) const { return tall ? DivideUp(m, P::kTallMR) : DivideUp(m, P::kMR); }
  size_t GroupsFor(size_t n) const { return tall ? PackedPanels::NumPanels(n) : DivideUp(n, P::kNR); }
  size_t TileBytes() const { return rows() * cols() * sizeof(int32_t); }

  bool tall;
};

// So few columns pay neither for arranging A, if there is a choice, nor for a task for each tile.
constexpr size_t kFewGroups = 4;

// Whether the caller's rows are read in place, if the policy has a choice: where they begin lines of the cache (AMX,
// rows elsewhere: 128 x 768 x 3072 is 2.3 times as fast arranged, 1024 cubed 2.2 times; on lines in place is 1.1 times
// as fast), and where few columns do not pay for arranging.
template <class P>
bool ReadsRows(const MatrixView<const typename P::A>& a, size_t n) {
  if (!P::kReadsRows || !P::kArranges) return P::kReadsRows;
  const size_t stride = a.rows == 1 ? 0 : a.row_stride * sizeof(*a.data);
  return n <= kFewGroups * P::kNR || (reinterpret_cast<uintptr_t>(a.data) | stride) % kLine == 0;
}

// Bytes of `rows` arranged rows, or of the tails of rows that are read in place.
template <class P>
constexpr size_t ArrangedBytes(size_t rows, size_t k, bool reads_rows) {
  return RoundUp(rows * (reads_rows ? P::kKR : RoundUp(k, P::kPieceK)) * sizeof(typename P::ArrangedA), 64);
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

// How one call is cut into blocks, and where a worker's scratch lies.
template <class P>
struct MatMulPlan {
  using ArrangedA = typename P::ArrangedA;
  using ArrangedB = typename P::ArrangedB;

  // A chunk of B (kNR columns) comes from L2 for each tile: 128 KiB. Shorter chunks, to fit L1, lose more by passing C
  // through memory between them than they gain (K = 4096, Granite Rapids: 91 % of peak with 4096, 88 % with 1024).
  static constexpr size_t kChunkK = 4096;
  // Fewer products are not worth a worker: with pools that spin, a second one then pays from about 6 us on. A sleeping
  // pool takes several times as long to wake up.
  static constexpr size_t kMinProductsPerTask = size_t{1} << 21;
  // A part of the columns arranges all rows anew: blocks of rows are better, down to so many rows.
  static constexpr size_t kMinRowsPerTask = 16;

  size_t m, n, k;
  TileShape<P> shape;
  bool reads_rows;                    // A in place
  size_t padded_k;                    // elements of an arranged row
  size_t row_blocks, max_block_rows;  // M
  size_t column_parts, groups;        // N: groups of shape.cols() columns, dealt out to column_parts tasks
  size_t chunks;                      // K
  size_t buffers;                     // buffered tiles
  size_t pack_groups;                 // groups of plain B that are packed at a time; 0: B is packed
  // Offsets in a worker's scratch.
  size_t tiles_at, b_arranged_at, packed_at, bytes;

  // Plain B: one block of rows, so that each panel is packed once.
  MatMulPlan(size_t m_in, size_t n_in, size_t k_in, size_t workers, bool plain, bool reads_rows_in)
      : m(m_in), n(n_in), k(k_in), shape(m_in, n_in), reads_rows(reads_rows_in) {
    padded_k = RoundUp(k, P::kPieceK);
    groups = shape.GroupsFor(n);
    chunks = k <= kChunkK ? 1 : DivideUp(k, kChunkK);

    // A block of A takes an eighth of L2 (1024 cubed: 97 % of peak; 91 with a half) beside B, which streams, and C; or
    // a quarter, where elements of two bytes mean that B is arranged for each block.
    const size_t l2_bytes = DetectCpu().l2_bytes, block_elements = l2_bytes / 8;
    row_blocks = 1;
    if (P::kReadsBFromL2 && !plain && groups > kFewGroups && n * k <= l2_bytes / 2) {
      // B stays in L2: tile by tile of rows, A in L1, rows of C written from end to end. (32 columns of all rows at a
      // time, each row of C a page of its own, 1024 x 64 x 1024 takes 1.4 times as long, 2048 x 32 x 2048 1.8 times,
      // 1024 cubed 1.01 times, and with AMX, which lacks time to read A anew, 1.15 times.)
      row_blocks = shape.TilesFor(m);
    } else if (m * padded_k > block_elements && !plain) {  // a division costs more than all the rest of a small call
      row_blocks = DivideUp(m, Max(block_elements / padded_k / P::kMR, size_t{4}) * P::kMR);
    }
    column_parts = 1;
    if (workers > 1) SplitForWorkers(workers, plain);
    max_block_rows = SplitEvenly(m, row_blocks, 0).size;
    buffers = chunks == 1 ? 2 : Max(2, shape.TilesFor(max_block_rows));

    // Arranged rows, or the tails of rows that are read in place, come first.
    tiles_at = ArrangedBytes<P>(max_block_rows, k, reads_rows);
    b_arranged_at = tiles_at + buffers * shape.TileBytes();
    bytes = b_arranged_at;
    const size_t max_chunk = SplitEvenly(DivideUp(k, P::kPieceK), chunks, 0).size * P::kPieceK;
    if (max_block_rows >= P::kArrangeBRows) bytes += RoundUp(shape.cols() * max_chunk * sizeof(ArrangedB), 64);

    packed_at = bytes;
    pack_groups = 0;
    if (plain) {
      // Little, so that it stays near (1/32 of L2: 64 x 1024 x 1024 is 2 to 5 % faster than with 1/16). But of a row of
      // K x N that comes from memory two lines at least, for they share a walk of the page tables.
      const size_t lines = n * k > l2_bytes / 2 ? 2 : 1;
      pack_groups = Max(DivideUp(lines * kLine, shape.cols()), l2_bytes / 32 / Max(GroupBytes(), 64));
      pack_groups = Min(pack_groups, groups);
      bytes += pack_groups * (GroupBytes() + shape.cols() * sizeof(int32_t));
    }
  }

  // Packed panels of a group of columns.
  size_t GroupBytes() const { return shape.cols() / PackedPanels::kColumns * PackedPanels::PanelBytes(k); }

  // A task for each worker. Three rows more, because few rows take as long as their weights take to arrive.
  void SplitForWorkers(size_t workers, bool plain) {
    const size_t wanted_tasks = Min(workers, (m + 3) * n / DivideUp(kMinProductsPerTask, k + 1));
    if (wanted_tasks <= 1) return;
    if (row_blocks >= wanted_tasks) {
      row_blocks = RoundUp(row_blocks, wanted_tasks);  // 5 blocks for 2 workers: 1.67x as fast as one, 6 blocks: 2x
      return;
    }
    const size_t most_blocks = plain ? 1 : Max(row_blocks, Min(wanted_tasks, m / kMinRowsPerTask));
    column_parts = Min(DivideUp(wanted_tasks, Max(most_blocks, 1)), groups);
    if (!plain) row_blocks = Min(Max(row_blocks, DivideUp(wanted_tasks, column_parts)), Max(most_blocks, 1));
  }

  // Chunks of K are whole pieces, except that the last one ends at k.
  Part Chunk(size_t i) const {
    const Part pieces = SplitEvenly(padded_k / P::kPieceK, chunks, i);
    const size_t begin = pieces.begin * P::kPieceK;
    return {begin, Min(pieces.size * P::kPieceK, k - begin)};
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
