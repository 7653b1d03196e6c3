// Engine: the plan of a product: which tiles, blocks, chunks and tasks it is cut into, and where a worker's scratch
// lies. A pure function of the policy's tile, the shape, the caches and the workers; its numbers are in tuning.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_PLAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_PLAN_INL_H_
#undef ISOQUANT_INL_ENGINE_PLAN_INL_H_
#else
#define ISOQUANT_INL_ENGINE_PLAN_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/cpu.h"
#include "isoquant/inl/engine/plain_b.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/isa/plain_vectors-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// What the plan knows of a policy: its constants (isa/tile-inl.h).
struct TileTraits {
  size_t mr, nr, tall_mr, kr, piece_k;
  size_t b_bytes, acc_bytes, arranged_a_bytes, arranged_b_bytes;  // of an element
  size_t arrange_b_rows;
  bool reads_rows, reads_b_from_l2;
  size_t few_rows = SIZE_MAX, many_nr = 0;
  size_t wide_mr = 0, wide_nr = 0;
  size_t in_place_mr = 0, in_place_nr = 0;
  size_t short_k = 0, many_mr = 0;
  bool runs_between = false, owes = false, follows_steps = false;
  size_t plain_mr = 0, plain_tiles = 0, plain_words = 0;  // of PlainTile; 0: there is none

  bool IsOfFloats() const { return b_bytes != 1; }
  size_t Group() const { return PackedPanels::kLineBytes / PackedPanels::kColumns / b_bytes; }
  // Whether tiles have at most many_mr rows, if that is not 0, and many_nr columns.
  bool HasMany(size_t m, size_t k) const { return m > few_rows && k > short_k; }
  size_t Rows(size_t m, size_t k, bool tall) const {
    return many_mr != 0 && HasMany(m, k) ? many_mr : tall ? tall_mr : mr;
  }
  size_t PanelBytes(size_t k) const { return DivideUp(k, Group()) * PackedPanels::kLineBytes; }
};

template <class PlainTile>
struct PlainTraits {
  static constexpr size_t kMR = PlainTile::kMR, kMostTiles = PlainTile::kMostTiles, kWords = PlainTile::kWords;
};
template <>
struct PlainTraits<void> {
  static constexpr size_t kMR = 0, kMostTiles = 0, kWords = 0;
};

template <class P>
constexpr TileTraits TraitsOf() {
  return {P::kMR,
          P::kNR,
          P::kTallMR,
          P::kKR,
          P::kPieceK,
          sizeof(typename P::B),
          sizeof(typename P::Acc),
          sizeof(typename P::ArrangedA),
          sizeof(typename P::ArrangedB),
          P::kArrangeBRows,
          P::kReadsRows,
          P::kReadsBFromL2,
          P::kFewRows,
          P::kManyNR,
          P::kWideMR,
          P::kWideNR,
          P::kInPlaceMR,
          P::kInPlaceNR,
          P::kShortK,
          P::kManyMR,
          P::kRunsBetween,
          P::kOwes,
          P::kFollowsSteps,
          PlainTraits<typename P::PlainTile>::kMR,
          PlainTraits<typename P::PlainTile>::kMostTiles,
          PlainTraits<typename P::PlainTile>::kWords};
}

// What is multiplied. A may be read in place if it lies in memory as a matrix.
enum class RowsOfA : uint8_t { kComputed, kAnywhere, kOnLines };  // kOnLines: each row begins a line of the cache
struct ProductShape {
  size_t m, k, n;
  size_t workers;
  bool plain_b;  // B is not packed
  RowsOfA a;
  size_t count = 1;        // such products, which share the workers
  bool no_buffer = false;  // tiles store sums in C, or finish them
  size_t products_per_task = tuning::kMinProductsPerTask;
  // Of plain B.
  bool transposed_b = false;  // it is N x K
  bool has_rows = false;      // A lies in memory as a matrix, as far as it matters to plain B
  size_t b_stride = 0;        // bytes from row to row
  bool sums_columns = false;  // its column sums are asked for
  bool b_on_lines = true;     // rows are whole lines apart
  size_t b_offset = 0;        // then: where in a line they begin

  // Rows of products with plain B that is read where it lies. One more, of ones, finds column sums.
  size_t PlainRows() const { return m + (sums_columns ? 1 : 0); }
  // Whether rows of plain B are so far apart that their lines share few sets of L1 and L2.
  bool SharesSets(size_t bytes) const { return b_stride % bytes == 0; }
};

// The caches of this machine. They are asked for only where they matter: that takes time.
struct DetectedCaches {
  size_t L2Bytes() const { return DetectCpu().l2_bytes; }
};

// How tiles are taken. Small products know nothing else of the plan.
struct TilePlan {
  bool tall;           // tall_mr x 16 instead of mr x nr: one panel keeps as many accumulators busy
  bool wide;           // wide_mr x wide_nr
  bool reads_rows;     // A in place
  bool b_from_memory;  // B does not stay in L2: lone tiles tell the policy
  size_t rows, cols;   // of a tile
};

// Whether tiles are wide, of columns for one and where B stays in L2.
HWY_INLINE bool SuitsWideTiles(const TileTraits& t, const ProductShape& s) {
  if (s.m <= tuning::kFewWideRows) return true;
  if (s.m <= t.mr || s.n > tuning::kFewWideGroups * t.wide_nr) return false;
  const size_t last = s.n % t.wide_nr;  // a last panel alone would be slow, with so few rows of a tile
  return s.k >= tuning::kMinWideK && (last == 0 || last > PackedPanels::kColumns);
}

// Whether bytes for VPDPBUSD are better read in place than copied.
HWY_INLINE bool SuitsBytesInPlace(const ProductShape& s) {
  if (s.n > PackedPanels::kColumns) return true;
  if (s.n <= kFewColumns && s.no_buffer && s.m >= tuning::kRowsOfFewColumns) return true;
  return s.k >= (s.no_buffer ? tuning::kMinInPlaceKWithoutBuffer : tuning::kMinInPlaceKOfOnePanel);
}

// Why rows on lines are read in place, and others arranged: with AMX and rows elsewhere, MatMul 128/768/3072 is 2.3
// times as fast arranged, 1024/1024/1024 2.2 times; on lines in place is 1.1 times as fast. (Commands: tuning.h.)
template <class Caches>
HWY_INLINE TilePlan PlanTile(const TileTraits& t, const ProductShape& s, const Caches& caches) {
  TilePlan plan;
  plan.tall = s.m > t.mr && s.n <= PackedPanels::kColumns;
  plan.reads_rows =
      t.reads_rows && s.a != RowsOfA::kComputed && (s.n <= tuning::kFewGroups * t.nr || s.a == RowsOfA::kOnLines);
  const size_t b_bytes = s.n * s.k * t.b_bytes;
  plan.b_from_memory = b_bytes >= tuning::kSmallestL2 && b_bytes >= tuning::kL2sOfStreamedB * caches.L2Bytes();
  plan.wide = false;
  plan.rows = t.Rows(s.m, s.k, plan.tall);
  plan.cols = plan.tall ? PackedPanels::kColumns : t.HasMany(s.m, s.k) ? t.many_nr : t.nr;
  // A branch of its own: small products take 18 instructions less than with one condition for all three members.
  if (HWY_UNLIKELY(t.wide_nr != 0 && s.n >= t.wide_nr) && !plan.b_from_memory && SuitsWideTiles(t, s)) {
    plan.wide = true;
    plan.rows = t.wide_mr;
    plan.cols = t.wide_nr;
  }
  if (t.in_place_nr != 0 && s.a != RowsOfA::kComputed && !plan.b_from_memory && SuitsBytesInPlace(s)) {
    plan.tall = plan.wide = false;
    plan.reads_rows = true;
    plan.rows = t.in_place_mr;
    plan.cols = t.in_place_nr;
  }
  return plan;
}

// So many workers have work that is worth it.
HWY_INLINE size_t WantedTasks(const ProductShape& s) {
  const size_t outputs_per_task = DivideUp(s.products_per_task, s.k + 1);
  return Min(s.workers, (s.m + tuning::kRowsOfStreaming) * s.n * s.count / outputs_per_task);
}

// Too little for a second worker: all tasks run on the calling thread, which waits for no other.
HWY_INLINE bool IsForOneWorker(const ProductShape& s) { return s.workers == 1 || WantedTasks(s) <= 1; }

// One tile of rows on the calling thread: lone_tile-inl.h does all of it.
HWY_INLINE bool IsLone(const TilePlan& tile, const ProductShape& s) {
  return !s.plain_b && s.m <= tile.rows && IsForOneWorker(s);
}

// Bytes of `rows` arranged rows, or of the tails of rows that are read in place.
HWY_INLINE size_t ArrangedBytes(const TileTraits& t, const TilePlan& tile, size_t rows, size_t k) {
  return RoundUp(rows * (tile.reads_rows ? t.kr : RoundUp(k, t.piece_k)) * t.arranged_a_bytes, 64);
}
HWY_INLINE size_t TileBytes(const TileTraits& t, const TilePlan& tile) { return tile.rows * tile.cols * t.acc_bytes; }
HWY_INLINE size_t LoneTileBytes(const TileTraits& t, const TilePlan& tile, size_t rows, size_t k) {
  return ArrangedBytes(t, tile, rows, k) + 2 * TileBytes(t, tile);
}

struct MatMulPlan {
  size_t m, n, k;
  TilePlan tile;
  size_t padded_k;                    // elements of an arranged row
  size_t row_blocks, max_block_rows;  // M
  size_t column_parts, groups;        // N: groups of tile.cols columns, dealt out to column_parts tasks
  size_t chunks, piece_k;             // K
  size_t buffers;                     // buffered tiles
  size_t pack_groups;                 // groups of plain B that are packed at a time; 0: B is packed
  PlainB plain_b;                     // where plain B comes from; kFar: it is packed chunk by chunk of K, too
  bool fetches_to_pack;               // tiles fetch what is packed after them
  // Plain B that is not packed, but read where it lies (plain_rows-inl.h): so many of its rows at a time, and groups of
  // columns, which have sums in a buffer; what is fetched, so many columns further on, or nothing if that is 0; and the
  // rows of A, with those for column sums.
  bool reads_plain = false;
  size_t lines, strip_groups, columns_ahead, plain_rows;
  size_t shift;  // of K x N: so many columns less has the first group, so that the others begin lines
  // Offsets in a worker's scratch. Arranged rows, or the tails of rows that are read in place, come first.
  size_t tiles_at, b_arranged_at, owed_at, packed_at, packed_sums_at, slots_at, ones_at, bytes;

  // Chunks of K are whole pieces, except that the last one ends at k.
  Part Chunk(size_t i) const {
    if (chunks == 1) return {0, k};
    const Part pieces = SplitEvenly(padded_k / piece_k, chunks, i);
    const size_t begin = pieces.begin * piece_k;
    return {begin, Min(pieces.size * piece_k, k - begin)};
  }

  // Of plain B that is read where it lies: words from row to row of A, arranged, and sums from row to row. They are
  // whole lines of the cache, and not a multiple of 4 KiB apart.
  size_t PlainRowWords(size_t words_of_group) const { return RoundUp(k, 64) / 4 * words_of_group + 16; }
  size_t SumsStride() const { return (strip_groups + 1) * kPlainColumns + 16; }
};

// The tasks of each of several products: so many that they can be dealt out evenly, or are many.
HWY_INLINE size_t TasksOfEach(size_t count, size_t workers) {
  size_t tasks = 1;
  while (count * tasks % workers != 0 && count * tasks < tuning::kTasksPerWorker * workers) ++tasks;
  return tasks;
}

// A task for each worker.
HWY_INLINE void SplitForWorkers(const ProductShape& s, MatMulPlan& plan) {
  size_t wanted_tasks = WantedTasks(s);
  if (wanted_tasks <= 1) return;
  if (s.count > 1) wanted_tasks = TasksOfEach(s.count, wanted_tasks);
  if (plan.row_blocks >= wanted_tasks) {
    // 5 blocks for 2 workers: 1.67 times as fast as one worker, 6 blocks: twice (1024 cubed, see "threads" in
    // tuning.h).
    plan.row_blocks = RoundUp(plan.row_blocks, wanted_tasks);
    return;
  }
  const size_t most_blocks = s.plain_b ? 1 : Max(plan.row_blocks, Min(wanted_tasks, s.m / tuning::kMinRowsPerTask));
  plan.column_parts = Min(DivideUp(wanted_tasks, Max(most_blocks, 1)), plan.groups);
  if (!s.plain_b) {
    plan.row_blocks = Min(Max(plan.row_blocks, DivideUp(wanted_tasks, plan.column_parts)), Max(most_blocks, 1));
  }
}

// Whether plain B that is read where it lies is taken as one in L2 is. Each product of a batch has a B of its own.
// Floats of a batch that are not there as a whole are taken so, too, unless that is one row's many columns.
HWY_INLINE bool ComesFromL2(const TileTraits& t, const ProductShape& s, size_t b_bytes, size_t l2_bytes) {
  if (b_bytes > l2_bytes) return false;
  return s.count * b_bytes <= l2_bytes || (t.IsOfFloats() && (s.m > 1 || s.n <= kPlainColumns));
}

// Whether plain B is read where it lies.
HWY_INLINE bool ReadsPlain(const TileTraits& t, const ProductShape& s, bool in_l2, PlainB from) {
  if (!s.plain_b || !s.has_rows || t.plain_mr == 0) return false;
  const size_t rows = s.PlainRows();
  if (t.IsOfFloats()) {
    const bool is_short = HWY_TARGET == HWY_AVX2 && t.b_bytes == 2 && from == PlainB::kFar;
    return !s.transposed_b && rows <= (is_short ? tuning::kFewRowsOfFarBf16 : t.plain_tiles * t.plain_mr);
  }
  if (s.transposed_b) return rows <= t.plain_tiles * t.plain_mr && (s.m == 1 || s.k >= s.m * tuning::kMinKOfPlainRow);
  const size_t tiles = in_l2 ? t.plain_tiles : s.SharesSets(2048) ? 1 : DivideUp(t.plain_tiles, 2);
  return rows <= tiles * t.plain_mr;
}

// How many rows of plain bytes out of L2 tiles take at a time: all. But if tiles do not begin lines, those side by side
// share lines, which should be in L1 still for the second one: a set holds eight.
HWY_INLINE size_t LinesFromL2(const ProductShape& s, size_t shift) {
  if (s.b_on_lines && s.b_offset == shift) return Max(s.k, 1);
  constexpr size_t kSets = 4096, kWays = 8;
  const size_t power_of_two = s.b_stride & (0 - s.b_stride);  // the largest that divides the distance of rows
  const size_t rows_of_a_way = kSets / Max(Min(power_of_two, kSets), 1);
  return Max(Min(kWays * rows_of_a_way, tuning::kMostLinesFromL2), tuning::kFewestLinesFromL2);
}

// A product that does. A worker's scratch is for rows, sums of rows, sums of a strip of columns, complete ones and
// others, and a row of ones.
HWY_INLINE void PlanReadingPlain(const TileTraits& t, const ProductShape& s, bool in_l2, MatMulPlan& plan) {
  plan.reads_plain = true;
  plan.tile = {false, false, false, false, t.plain_mr, kPlainColumns};
  const bool may_shift = !s.transposed_b && !t.IsOfFloats() && s.n >= kPlainColumns;
  plan.shift = may_shift && (!in_l2 || s.m > tuning::kRowsWithoutShift) ? s.b_offset : 0;
  plan.groups = DivideUp(s.n + plan.shift, kPlainColumns);
  plan.row_blocks = plan.column_parts = plan.chunks = 1;
  plan.pack_groups = 0;
  if (s.workers > 1) SplitForWorkers(s, plan);
  plan.max_block_rows = s.m;
  size_t columns = tuning::kColumnsOfPlain;
  if (s.transposed_b || (in_l2 && t.IsOfFloats())) {
    plan.lines = Max(s.k, 1);
    plan.columns_ahead = 0;
    columns = tuning::kColumnsOfPlainFromL2;
  } else if (t.IsOfFloats()) {
    const bool has_more = t.b_bytes == 2 && s.m > tuning::kFewRowsOfPlainBf16;
    plan.lines = has_more ? tuning::kLinesOfPlainBf16 : tuning::kLinesOfPlainFloats;
    plan.columns_ahead = HWY_TARGET == HWY_AVX2 ? 0 : tuning::kBytesAheadOfPlainFloats / t.b_bytes;
  } else if (in_l2) {
    plan.lines = HWY_TARGET <= HWY_AVX3 ? LinesFromL2(s, plan.shift) : tuning::kLinesOfPlain;
    plan.columns_ahead = 0;
    columns = tuning::kColumnsOfPlainFromL2;
  } else if (plan.plain_b == PlainB::kFar && s.m <= (s.SharesSets(2048) ? 2 : 1)) {
    plan.lines = tuning::kFewLinesOfPlain;
    plan.columns_ahead = tuning::kColumnsAheadOfFewLines;
  } else {
    plan.lines = tuning::kLinesOfPlain;
    plan.columns_ahead = tuning::kColumnsAheadOfPlain;
  }
  plan.strip_groups = Min(plan.groups, columns / kPlainColumns);
  plan.plain_rows = s.PlainRows();
  plan.owed_at = plan.plain_rows * plan.PlainRowWords(t.plain_words) * sizeof(int32_t);
  plan.tiles_at = plan.owed_at + RoundUp(plan.plain_rows * sizeof(int32_t), 64);
  const size_t sums_bytes = plan.plain_rows * plan.SumsStride() * sizeof(int32_t);
  plan.slots_at = plan.tiles_at + sums_bytes;
  plan.ones_at = plan.slots_at + (s.transposed_b ? 0 : sums_bytes);
  plan.bytes = plan.ones_at + (s.sums_columns ? RoundUp(s.k, 64) : 0);
}

// m, n and workers are at least 1. Plain B: one block of rows, so that each panel is packed once.
template <class Caches>
HWY_INLINE MatMulPlan PlanMatMul(const TileTraits& t, const ProductShape& s, const Caches& caches) {
  MatMulPlan plan;
  plan.m = s.m;
  plan.n = s.n;
  plan.k = s.k;
  plan.tile = PlanTile(t, s, caches);
  plan.padded_k = RoundUp(s.k, t.piece_k);
  plan.piece_k = t.piece_k;
  plan.groups = DivideUp(s.n, plan.tile.cols);
  const size_t l2_bytes = caches.L2Bytes(), b_bytes = s.n * s.k * t.b_bytes;
  plan.plain_b = s.plain_b ? WherePlainIs(b_bytes, l2_bytes) : PlainB::kCached;
  if (plan.plain_b == PlainB::kFar && (s.transposed_b || t.owes)) plan.plain_b = PlainB::kNear;
  const bool in_l2 = ComesFromL2(t, s, b_bytes, l2_bytes);
  if (ReadsPlain(t, s, in_l2, plan.plain_b)) {
    PlanReadingPlain(t, s, in_l2, plan);
    return plan;
  }
  const bool slabs = plan.plain_b == PlainB::kFar;
  const size_t chunk_k = slabs           ? Max(l2_bytes / tuning::kL2ShareOfSlab / tuning::kBytesOfSlabRow, t.piece_k)
                         : t.b_bytes > 2 ? tuning::kChunkOfF32
                                         : tuning::kChunkK;
  plan.chunks = s.k <= chunk_k ? 1 : DivideUp(s.k, chunk_k);
  const size_t max_chunk =
      plan.chunks == 1 ? plan.padded_k : SplitEvenly(plan.padded_k / t.piece_k, plan.chunks, 0).size * t.piece_k;

  const bool in_place = t.in_place_nr != 0 && plan.tile.reads_rows;
  const size_t share = in_place ? tuning::kL2ShareOfAInPlace
                       : t.owes ? tuning::kL2ShareOfAThatOwes
                                : tuning::kL2ShareOfA;
  const size_t block_elements = l2_bytes / share;
  const auto tiles_for = [&](size_t rows) { return DivideUp(rows, plan.tile.rows); };
  const bool few_groups = plan.groups <= tuning::kFewGroups;
  plan.row_blocks = 1;
  if (t.reads_b_from_l2 && !in_place && !s.plain_b && (!few_groups || (t.runs_between && plan.chunks == 1)) &&
      b_bytes <= l2_bytes / tuning::kL2ShareOfB) {
    plan.row_blocks = tiles_for(s.m);
  } else if (s.m * plan.padded_k > block_elements && !s.plain_b) {  // a division costs more than a small call's rest
    const size_t mr = t.Rows(s.m, s.k, false);
    plan.row_blocks = DivideUp(s.m, Max(block_elements / plan.padded_k / mr, size_t{4}) * mr);
  }
  plan.column_parts = 1;
  if (s.workers > 1) SplitForWorkers(s, plan);
  plan.max_block_rows = SplitEvenly(s.m, plan.row_blocks, 0).size;

  plan.pack_groups = 0;
  const size_t group_bytes = plan.tile.cols / PackedPanels::kColumns * t.PanelBytes(max_chunk);
  if (s.plain_b) {
    const size_t columns = slabs                           ? tuning::kBytesOfSlabRow / t.b_bytes
                           : plan.plain_b == PlainB::kNear ? tuning::kColumnsOfNearRow
                                                           : PackedPanels::kLineBytes / t.b_bytes;
    plan.pack_groups = Max(DivideUp(columns, plan.tile.cols),
                           l2_bytes / tuning::kL2ShareOfPacked / Max(group_bytes, PackedPanels::kLineBytes));
    plan.pack_groups = Min(plan.pack_groups, plan.groups);
  }
  const bool conflicts = s.SharesSets(4096) && plan.chunks != 1;  // rows of a slab would push one another out of L2
  plan.fetches_to_pack = plan.plain_b != PlainB::kCached && !s.transposed_b && t.follows_steps && !in_place &&
                         !plan.tile.wide && !plan.tile.tall && !conflicts;
  plan.buffers = plan.chunks == 1 ? 2 : Max(2, Max(plan.pack_groups, 1) * tiles_for(plan.max_block_rows));

  plan.tiles_at = ArrangedBytes(t, plan.tile, plan.max_block_rows, s.k);
  plan.b_arranged_at = plan.tiles_at + plan.buffers * TileBytes(t, plan.tile);
  plan.bytes = plan.b_arranged_at;
  if (plan.max_block_rows >= t.arrange_b_rows) {
    plan.bytes += RoundUp(plan.tile.cols * max_chunk * t.arranged_b_bytes, 64);
  }
  plan.owed_at = plan.bytes;
  if (t.owes) plan.bytes += RoundUp((plan.tile.cols + plan.max_block_rows) * sizeof(int32_t), 64);
  plan.packed_at = plan.bytes;
  plan.packed_sums_at = plan.packed_at + plan.pack_groups * group_bytes;
  plan.bytes = plan.packed_sums_at + plan.pack_groups * plan.tile.cols * sizeof(int32_t);
  return plan;
}

// The plan of each product of a batch, and of B's matrices, of which there are `b_count`.
[[maybe_unused]] HWY_NOINLINE MatMulPlan PlanBatch(const TileTraits& t, const ProductShape& s, size_t b_count) {
  const DetectedCaches caches;
  MatMulPlan plan = PlanMatMul(t, s, caches);
  // Matrices that each fit into L2 come from memory if all of them do not.
  plan.tile.b_from_memory = b_count * s.n * s.k * t.b_bytes >= tuning::kL2sOfStreamedB * caches.L2Bytes();
  return plan;
}

// Whether plain B is packed while it is multiplied, or read where it lies. Else all of it is packed before.
template <class Acc, class Caches>
HWY_INLINE bool PacksOnTheWay(size_t m, size_t k, size_t n, size_t workers, const Caches& caches) {
  const bool more = HWY_TARGET == HWY_AVX2 && workers == 1;
  const size_t eighths = more ? tuning::kEighthsOfL2ForAOf256Bits : tuning::kEighthsOfL2ForA;
  const bool is_few = !std::is_integral<Acc>::value && m <= tuning::kFewRowsOfLongK;
  const bool leaves_room = m <= caches.L2Bytes() / 8 * eighths / (k + 1);
  return (leaves_room || (is_few && k <= tuning::kLongestKOfFewRows)) &&
         (workers == 1 || m <= tuning::kFewPlainRows || n / tuning::kMinPlainColumnsPerTask >= workers);
}

// For people: "12 x 32 tiles, rows arranged; 3 blocks of <= 24 rows x 1 part of 32 groups x 1 chunk".
inline std::string ToString(const MatMulPlan& plan) {
  const auto count = [](size_t n, const char* one) { return std::to_string(n) + " " + one + (n == 1 ? "" : "s"); };
  std::string text = std::to_string(plan.tile.rows) + " x " + std::to_string(plan.tile.cols) + " tiles, rows " +
                     (plan.tile.reads_rows ? "in place" : "arranged") + (plan.tile.b_from_memory ? ", b streams" : "");
  text += "; " + count(plan.row_blocks, "block") + " of <= " + count(plan.max_block_rows, "row") + " x " +
          count(plan.column_parts, "part") + " of " + count(plan.groups, "group") + " x " + count(plan.chunks, "chunk");
  if (plan.pack_groups != 0) text += "; packs " + count(plan.pack_groups, "group") + " at a time";
  if (plan.reads_plain) text += "; reads " + count(plan.lines, "line") + " of b at a time";
  return text + "; " + count(plan.bytes, "byte") + " a worker";
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
