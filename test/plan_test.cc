// Tests of the plan of a product: what given tiles, shapes, caches and workers are cut into, and what must be true of
// every plan. The plan is the same for all Highway targets: that of this file's own is tested.
#include <cstdint>
#include <string>

#include "doctest/doctest.h"
#include "hwy/highway.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "test/support.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// As TraitsOf gives them on CPUs that need not be this one: rows, columns, rows of tall tiles, steps and pieces of K;
// bytes of an element; from how many rows on B is arranged; whether rows are read in place, and B from L2; rows and
// columns of wide tiles; of tiles in place; more K than this, and rows of tiles of many rows then.
constexpr TileTraits kVnni512{12, 32, 24, 4, 64, 1, 4, 1, 1, SIZE_MAX, false, true};
constexpr TileTraits kWide512{12, 32, 24, 4, 64, 1, 4, 1, 1, SIZE_MAX, false, true, SIZE_MAX, 0, 6, 64};
constexpr TileTraits kInPlace512{12, 32, 24, 4, 64, 1, 4, 1, 1, SIZE_MAX, false, true, SIZE_MAX, 0, 6, 64, 12, 64};
constexpr TileTraits kMadd512{4, 16, 4, 4, 32, 1, 4, 2, 2, 5, false, false};
constexpr TileTraits kMadd256{16, 32, 16, 4, 32, 1, 4, 2, 2, SIZE_MAX, false, false, 1, 32, 0, 0, 0, 0, 256, 4};
constexpr TileTraits kPairs256{20, 16, 20, 4, 32, 1, 4, 2, 2, 1, false, false, 5, 16, 0, 0, 0, 0, 256, 5, false, true};
constexpr TileTraits kAmx{32, 32, 64, 64, 64, 1, 4, 1, 1, SIZE_MAX, true, true};
constexpr TileTraits kNeonDot{8, 16, 8, 8, 8, 1, 4, 1, 1, SIZE_MAX, false, false};
constexpr TileTraits kF32{12, 64, 24, 1, 16, 4, 4, 4, 4, SIZE_MAX, true, true, 2, 32};

// With tiles for plain B: rows, tiles at most, words of a group of K.
constexpr TileTraits WithPlain(TileTraits tile, size_t mr, size_t tiles, size_t words) {
  tile.plain_mr = mr;
  tile.plain_tiles = tiles;
  tile.plain_words = words;
  return tile;
}
constexpr TileTraits kPlain512 = WithPlain(kInPlace512, 6, 4, 1), kPlainMadd = WithPlain(kMadd256, 2, 1, 2);
constexpr TileTraits kBf16{12, 64, 16, 2, 16, 2, 4, 4, 2, SIZE_MAX, false, true, 2, 32};
constexpr TileTraits kPlainF32 = WithPlain(kF32, 12, 2, 0), kPlainBf16 = WithPlain(kBf16, 12, 2, 4);
constexpr size_t AheadOfFloats(size_t columns) { return HWY_TARGET == HWY_AVX2 ? 0 : columns; }

struct FakeCaches {
  size_t l2_bytes;
  size_t L2Bytes() const { return l2_bytes; }
};
constexpr FakeCaches kTwoMiB{size_t{2} << 20}, kHalfMiB{size_t{1} << 19};

constexpr bool kPacked = false, kPlain = true;
constexpr RowsOfA kAnywhere = RowsOfA::kAnywhere, kOnLines = RowsOfA::kOnLines;

// What the text of a plan says: blocks, rows of the largest one, parts, groups, chunks, groups packed at a time, bytes.
struct Cut {
  size_t blocks, rows, parts, groups, chunks, packs, bytes;
};
struct Row {
  const TileTraits& tile;
  ProductShape shape;  // m, k, n, workers, plain B, rows of A
  FakeCaches caches;
  const char* kind;  // of lone, tall, wide, in place, streams: those that are true
  Cut cut;
};

constexpr ProductShape Transposed(ProductShape shape) {
  shape.transposed_b = true;
  return shape;
}

const Row kRows[] = {
    // ---- One thread, packed B
    // A row is a lone tile; weights of two L2 stream.
    {kVnni512, {1, 4096, 4096, 1, kPacked, kAnywhere}, kTwoMiB, "lone, streams", {1, 1, 1, 128, 1, 0, 7168}},
    // As many rows as a tile has.
    {kVnni512, {12, 256, 512, 1, kPacked, kAnywhere}, kTwoMiB, "lone", {1, 12, 1, 16, 1, 0, 6144}},
    // One more: B is in L2, a block for each tile.
    {kVnni512, {13, 256, 512, 1, kPacked, kAnywhere}, kTwoMiB, "", {2, 7, 1, 16, 1, 0, 4864}},
    // One panel: a lone tile may be tall.
    {kVnni512, {20, 256, 16, 1, kPacked, kAnywhere}, kTwoMiB, "lone, tall", {1, 20, 1, 1, 1, 0, 8192}},
    // One panel: tall tiles.
    {kVnni512, {100, 256, 16, 1, kPacked, kAnywhere}, kTwoMiB, "tall", {1, 100, 1, 1, 1, 0, 28672}},
    // A second panel: wide ones.
    {kVnni512, {100, 256, 17, 1, kPacked, kAnywhere}, kTwoMiB, "", {1, 100, 1, 1, 1, 0, 28672}},
    // Few groups do not pay for a block for each tile.
    {kVnni512, {512, 512, 128, 1, kPacked, kAnywhere}, kTwoMiB, "", {1, 512, 1, 4, 1, 0, 265216}},
    // B is half of L2.
    {kVnni512, {1024, 1024, 1024, 1, kPacked, kAnywhere}, kTwoMiB, "", {86, 12, 1, 32, 1, 0, 15360}},
    // B is more: blocks of A, an eighth of L2 each.
    {kVnni512, {1024, 1024, 1025, 1, kPacked, kAnywhere}, kTwoMiB, "", {5, 205, 1, 33, 1, 0, 212992}},
    // Rows so long that a block has the least of four tiles.
    {kVnni512, {2048, 8192, 4096, 1, kPacked, kAnywhere}, kTwoMiB, "streams", {43, 48, 1, 128, 2, 0, 399360}},
    // K of a chunk.
    {kVnni512, {40, 4096, 2048, 1, kPacked, kAnywhere}, kTwoMiB, "streams", {1, 40, 1, 64, 1, 0, 166912}},
    // K of one more: two chunks, and a buffer for each tile.
    {kVnni512, {40, 4097, 2048, 1, kPacked, kAnywhere}, kTwoMiB, "streams", {1, 40, 1, 64, 2, 0, 172544}},
    // Policies that do not read B from L2: blocks of A.
    {kMadd512, {512, 512, 512, 1, kPacked, kAnywhere}, kHalfMiB, "", {4, 128, 1, 32, 1, 0, 147968}},
    // Longer K: tiles of several rows have four of them.
    {kMadd256, {16, 256, 256, 1, kPacked, kAnywhere}, kHalfMiB, "lone", {1, 16, 1, 8, 1, 0, 12288}},
    {kMadd256, {16, 257, 256, 1, kPacked, kAnywhere}, kHalfMiB, "", {1, 16, 1, 8, 1, 0, 10240}},
    {kMadd256, {1, 257, 256, 1, kPacked, kAnywhere}, kHalfMiB, "lone", {1, 1, 1, 8, 1, 0, 4672}},
    {kMadd256, {20, 256, 16, 1, kPacked, kAnywhere}, kHalfMiB, "tall", {1, 20, 1, 1, 1, 0, 12288}},
    {kMadd256, {20, 257, 16, 1, kPacked, kAnywhere}, kHalfMiB, "tall", {1, 20, 1, 1, 1, 0, 12032}},
    {kNeonDot, {512, 512, 512, 1, kPacked, kAnywhere}, kHalfMiB, "", {4, 128, 1, 32, 1, 0, 66560}},
    // Rows and columns owe, and blocks of rows take more of L2.
    {kPairs256, {100, 256, 64, 1, kPacked, kAnywhere}, kHalfMiB, "", {1, 100, 1, 4, 1, 0, 62464}},
    {kPairs256, {300, 512, 64, 1, kPacked, kAnywhere}, kHalfMiB, "", {2, 150, 1, 4, 1, 0, 171328}},
    // B is not arranged for one tile of rows.
    {kMadd512, {4, 300, 100, 1, kPacked, kAnywhere}, kHalfMiB, "lone", {1, 4, 1, 7, 1, 0, 3072}},
    // B is arranged for two: 10,240 bytes.
    {kMadd512, {5, 300, 100, 1, kPacked, kAnywhere}, kHalfMiB, "", {1, 5, 1, 7, 1, 0, 13952}},
    // Tall tiles that are no taller: two of them.
    {kNeonDot, {16, 4096, 16, 1, kPacked, kAnywhere}, kHalfMiB, "tall", {1, 16, 1, 1, 1, 0, 66560}},

    // ---- Wide tiles
    // Few columns.
    {kWide512, {100, 256, 64, 1, kPacked, kAnywhere}, kTwoMiB, "wide", {1, 100, 1, 1, 1, 0, 28672}},
    // As many as may be.
    {kWide512, {1024, 1024, 256, 1, kPacked, kAnywhere}, kTwoMiB, "wide", {5, 205, 1, 4, 1, 0, 212992}},
    // One more: B is in L2.
    {kWide512, {100, 256, 257, 1, kPacked, kAnywhere}, kTwoMiB, "", {9, 12, 1, 9, 1, 0, 6144}},
    // A last panel alone; two panels.
    {kWide512, {100, 256, 144, 1, kPacked, kAnywhere}, kTwoMiB, "", {9, 12, 1, 5, 1, 0, 6144}},
    {kWide512, {100, 256, 145, 1, kPacked, kAnywhere}, kTwoMiB, "wide", {1, 100, 1, 3, 1, 0, 28672}},
    // Two rows, with any columns and K; B that streams.
    {kWide512, {2, 4, 1000, 1, kPacked, kAnywhere}, kTwoMiB, "lone, wide", {1, 2, 1, 16, 1, 0, 3200}},
    {kWide512, {3, 4, 1000, 1, kPacked, kAnywhere}, kTwoMiB, "lone", {1, 3, 1, 32, 1, 0, 3264}},
    {kWide512, {1, 4096, 4096, 1, kPacked, kAnywhere}, kTwoMiB, "lone, streams", {1, 1, 1, 128, 1, 0, 7168}},
    // K is short.
    {kWide512, {100, 127, 64, 1, kPacked, kAnywhere}, kTwoMiB, "", {1, 100, 1, 2, 1, 0, 15872}},
    // Too few columns; too few rows.
    {kWide512, {100, 256, 63, 1, kPacked, kAnywhere}, kTwoMiB, "", {1, 100, 1, 2, 1, 0, 28672}},
    {kWide512, {12, 256, 128, 1, kPacked, kAnywhere}, kTwoMiB, "lone", {1, 12, 1, 4, 1, 0, 6144}},
    // B streams.
    {kWide512, {100, 65536, 64, 1, kPacked, kAnywhere}, kTwoMiB, "streams", {3, 34, 1, 2, 16, 0, 2232832}},
    // Plain B; two workers.
    {kWide512, {100, 256, 64, 1, kPlain, kAnywhere}, kTwoMiB, "wide", {1, 100, 1, 1, 1, 1, 45312}},
    {kWide512, {256, 256, 128, 2, kPacked, kAnywhere}, kTwoMiB, "wide", {2, 128, 1, 2, 1, 0, 35840}},

    // ---- Rows in place
    // Few groups: in place.
    {kAmx, {128, 768, 128, 1, kPacked, kAnywhere}, kTwoMiB, "in place", {1, 128, 1, 4, 1, 0, 16384}},
    // One more column: arranged, and B is in L2.
    {kAmx, {128, 768, 129, 1, kPacked, kAnywhere}, kTwoMiB, "", {4, 32, 1, 5, 1, 0, 32768}},
    // Rows on lines: in place.
    {kAmx, {128, 768, 3072, 1, kPacked, kOnLines}, kTwoMiB, "in place", {1, 128, 1, 96, 1, 0, 16384}},
    // Rows that are computed: never.
    {kAmx, {128, 768, 64, 1, kPacked, RowsOfA::kComputed}, kTwoMiB, "", {1, 128, 1, 2, 1, 0, 106496}},
    // A lone tile in place.
    {kAmx, {32, 512, 64, 1, kPacked, kAnywhere}, kTwoMiB, "lone, in place", {1, 32, 1, 2, 1, 0, 10240}},

    // Bytes in place: blocks of whole tiles up to half of L2, and all rows of a block for each group of columns.
    {kInPlace512, {512, 512, 512, 1, kPacked, kAnywhere}, kTwoMiB, "in place", {1, 512, 1, 8, 1, 0, 8192}},
    {kInPlace512, {2048, 1024, 512, 1, kPacked, kAnywhere}, kTwoMiB, "in place", {3, 683, 1, 8, 1, 0, 8896}},
    // Arranged: B streams; rows are computed; one panel and short K.
    {kInPlace512, {64, 4096, 4096, 1, kPacked, kAnywhere}, kTwoMiB, "streams", {1, 64, 1, 128, 1, 0, 265216}},
    {kInPlace512, {512, 512, 512, 1, kPacked, RowsOfA::kComputed}, kTwoMiB, "", {43, 12, 1, 16, 1, 0, 9216}},
    {kInPlace512, {512, 255, 16, 1, kPacked, kAnywhere}, kTwoMiB, "tall", {1, 512, 1, 1, 1, 0, 134144}},
    {kInPlace512, {512, 256, 16, 1, kPacked, kAnywhere}, kTwoMiB, "in place", {1, 512, 1, 1, 1, 0, 8192}},
    // Plain B; two workers.
    {kInPlace512, {64, 1024, 1024, 1, kPlain, kAnywhere}, kTwoMiB, "in place", {1, 64, 1, 16, 1, 1, 72192}},
    {kInPlace512, {512, 512, 512, 2, kPacked, kAnywhere}, kTwoMiB, "in place", {2, 256, 1, 8, 1, 0, 7168}},

    // ---- Several workers
    // Two: an even number of blocks.
    {kVnni512, {1024, 2048, 1024, 2, kPacked, kAnywhere}, kTwoMiB, "", {10, 103, 1, 32, 1, 0, 214016}},
    // Sixteen: smaller blocks.
    {kVnni512, {1024, 2048, 1024, 16, kPacked, kAnywhere}, kTwoMiB, "", {16, 64, 1, 32, 1, 0, 134144}},
    // Two, one row: parts of the columns.
    {kVnni512, {1, 4096, 4096, 2, kPacked, kAnywhere}, kTwoMiB, "streams", {1, 1, 2, 128, 1, 0, 7168}},
    // Sixteen, one row.
    {kVnni512, {1, 4096, 4096, 16, kPacked, kAnywhere}, kTwoMiB, "streams", {1, 1, 16, 128, 1, 0, 7168}},
    // Sixteen, 16 rows at least in a block: blocks and parts.
    {kVnni512, {128, 1024, 4096, 16, kPacked, kAnywhere}, kTwoMiB, "streams", {8, 16, 2, 128, 1, 0, 19456}},
    // Two, too little to do: a lone tile, and blocks for the calling thread.
    {kVnni512, {8, 256, 256, 2, kPacked, kAnywhere}, kTwoMiB, "lone", {1, 8, 1, 8, 1, 0, 5120}},
    {kVnni512, {33, 257, 129, 2, kPacked, kAnywhere}, kTwoMiB, "", {3, 11, 1, 5, 1, 0, 6592}},
    // Sixteen, too little to do.
    {kVnni512, {128, 128, 128, 16, kPacked, kAnywhere}, kTwoMiB, "", {1, 128, 1, 4, 1, 0, 19456}},
    // Sixteen, enough for two tasks.
    {kVnni512, {256, 128, 128, 16, kPacked, kAnywhere}, kTwoMiB, "", {2, 128, 1, 4, 1, 0, 19456}},

    // ---- Plain B
    // Packed on the way: a 32nd of L2.
    {kVnni512, {64, 1024, 1024, 1, kPlain, kAnywhere}, kTwoMiB, "", {1, 64, 1, 32, 1, 2, 134400}},
    // More than half of L2: two lines of each row of B.
    {kVnni512, {64, 4096, 2048, 1, kPlain, kAnywhere}, kTwoMiB, "streams", {1, 64, 1, 64, 1, 4, 790016}},
    {kVnni512, {64, 4096, 4095, 1, kPlain, kAnywhere}, kTwoMiB, "streams", {1, 64, 1, 128, 1, 4, 790016}},
    // Eight L2's: slabs of 512 columns and 1,024 rows, and buffers for all tiles of one.
    {kVnni512, {64, 4096, 4096, 1, kPlain, kAnywhere}, kTwoMiB, "streams", {1, 64, 1, 128, 4, 16, 935936}},
    {kVnni512, {64, 4097, 4096, 1, kPlain, kAnywhere}, kTwoMiB, "streams", {1, 64, 1, 128, 5, 16, 841728}},
    // But not of N x K, nor where rows and columns owe.
    {kVnni512, Transposed({64, 4096, 4096, 1, kPlain, kAnywhere}), kTwoMiB, "streams", {1, 64, 1, 128, 1, 4, 790016}},
    {kPairs256, {16, 2048, 4096, 1, kPlain, kAnywhere}, kHalfMiB, "streams", {1, 16, 1, 256, 1, 8, 394496}},
    // A cache so small that a slab has one piece of K.
    {kVnni512, {13, 640, 512, 1, kPlain, kAnywhere}, {size_t{1} << 14}, "streams", {1, 13, 1, 16, 10, 16, 92288}},
    // Four workers: one block, so that no panel is packed twice.
    {kVnni512, {64, 1024, 1024, 4, kPlain, kAnywhere}, kTwoMiB, "", {1, 64, 4, 32, 1, 2, 134400}},
    // Packed and then arranged.
    {kMadd512, {64, 512, 512, 1, kPlain, kAnywhere}, kHalfMiB, "", {1, 64, 1, 32, 1, 4, 115456}},

    // ---- Elements of four bytes
    // B of 1 MiB is in L2.
    {kF32, {512, 512, 512, 1, kPacked, kAnywhere}, kTwoMiB, "", {43, 12, 1, 16, 1, 0, 27648}},
    // B of 2 MiB is not.
    {kF32, {512, 1024, 512, 1, kPacked, kAnywhere}, kTwoMiB, "", {3, 171, 1, 16, 1, 0, 703488}},
    // 128 columns of B are packed at a time.
    {kF32, {64, 1024, 1024, 1, kPlain, kOnLines}, kTwoMiB, "in place, streams", {1, 64, 1, 32, 1, 4, 528128}},
    // Of few rows tiles are twice as wide. Chunks are of 2,048 at most.
    {kF32, {2, 2048, 1024, 1, kPacked, kAnywhere}, kTwoMiB, "lone, streams", {1, 2, 1, 16, 1, 0, 22528}},
    {kF32, {3, 2049, 1024, 1, kPacked, kAnywhere}, kTwoMiB, "lone, streams", {1, 3, 1, 32, 2, 0, 27840}},
};

std::string KindOf(const TilePlan& tile, bool lone) {
  std::string kind = lone ? ", lone" : "";
  if (tile.tall) kind += ", tall";
  if (tile.wide) kind += ", wide";
  if (tile.reads_rows) kind += ", in place";
  if (tile.b_from_memory) kind += ", streams";
  return kind.empty() ? kind : kind.substr(2);
}

TEST_CASE("Plans: of tiles, shapes, caches and workers") {
  for (const Row& row : kRows) {
    CAPTURE(row.tile.mr);
    CAPTURE(row.shape.m);
    CAPTURE(row.shape.k);
    CAPTURE(row.shape.n);
    CAPTURE(row.shape.workers);
    const TilePlan tile = PlanTile(row.tile, row.shape, row.caches);
    CHECK(KindOf(tile, IsLone(tile, row.shape)) == std::string(row.kind));
    const MatMulPlan plan = PlanMatMul(row.tile, row.shape, row.caches);
    CHECK(KindOf(plan.tile, IsLone(plan.tile, row.shape)) == std::string(row.kind));
    CHECK(plan.row_blocks == row.cut.blocks);
    CHECK(plan.max_block_rows == row.cut.rows);
    CHECK(plan.column_parts == row.cut.parts);
    CHECK(plan.groups == row.cut.groups);
    CHECK(plan.chunks == row.cut.chunks);
    CHECK(plan.pack_groups == row.cut.packs);
    CHECK(plan.bytes == row.cut.bytes);
  }
}

// Plain B of rows 8,192 bytes apart, if it is K x N, or less than 2 KiB.
constexpr ProductShape Plain(size_t m, size_t k, size_t n, bool far_apart, bool transposed = false) {
  ProductShape shape{m, k, n, 1, kPlain, kAnywhere};
  shape.has_rows = true;
  shape.transposed_b = transposed;
  shape.b_stride = far_apart ? 8192 : 1000;
  return shape;
}

constexpr ProductShape Products(size_t count, ProductShape shape) {
  shape.count = count;
  return shape;
}

// Rows `stride` bytes apart, the first of which begins 16 bytes behind the begin of a line.
constexpr ProductShape OffLines(ProductShape shape, size_t stride) {
  shape.b_on_lines = stride % 64 == 0;
  shape.b_offset = shape.b_on_lines ? 16 : 0;
  shape.b_stride = stride;
  return shape;
}
constexpr ProductShape WithColumnSums(ProductShape shape) {
  shape.sums_columns = true;
  return shape;
}

// What plan is made for plain B that is read where it lies: its rows at a time, columns with sums, columns ahead.
struct PlainRow {
  const TileTraits& tile;
  ProductShape shape;
  size_t lines, columns, ahead;
};
const PlainRow kPlainRows[] = {
    // From L2.
    {kPlain512, Plain(24, 1024, 2048, false), HWY_TARGET <= HWY_AVX3 ? 1024 : 64, 512, 0},
    {kPlain512, Plain(24, 1024, 100, true), HWY_TARGET <= HWY_AVX3 ? 1024 : 64, 128, 0},
    // Rows that are whole lines apart: tiles begin lines, except those of one or two rows.
    {kPlain512, OffLines(Plain(24, 1024, 512, true), 512), HWY_TARGET <= HWY_AVX3 ? 1024 : 64, 512, 0},
    {kPlain512, OffLines(Plain(3, 1024, 400, true), 512), HWY_TARGET <= HWY_AVX3 ? 1024 : 64, 448, 0},
    {kPlain512, OffLines(Plain(2, 1024, 400, true), 512), 64, 448, 0},
    {kPlain512, OffLines(Plain(1, 1024, 1024, true), 1024), HWY_TARGET <= HWY_AVX3 ? 32 : 64, 512, 0},
    // Other distances, and floats.
    {kPlain512, OffLines(Plain(24, 1024, 1000, true), 1000), HWY_TARGET <= HWY_AVX3 ? 128 : 64, 512, 0},
    {kPlainBf16, OffLines(Plain(24, 1024, 512, true), 1000), 1024, 512, 0},
    // From beyond it: half as many tiles, and one where rows share sets.
    {kPlain512, Plain(12, 1024, 2049, false), 64, 2112, 256},
    {kPlain512, Plain(6, 1024, 5000, true), 64, 4096, 256},
    // Each of several products fits into L2, but all of them do not.
    {kPlain512, Products(3, Plain(2, 1024, 1000, false)), 64, 1024, 256},
    // From far away: few lines for one row, or two.
    {kPlain512, Plain(1, 4096, 4096, false), 16, 4096, 512},
    {kPlain512, Plain(2, 4096, 4096, false), 64, 4096, 256},
    {kPlain512, Plain(2, 4096, 4096, true), 16, 4096, 512},
    {kPlain512, Plain(3, 4096, 4096, true), 64, 4096, 256},
    // N x K: 64 of K for each of several rows.
    {kPlain512, Plain(1, 3, 1000, false, true), 3, 512, 0},
    {kPlain512, Plain(24, 1536, 9000, true, true), 1536, 512, 0},
    // Floats: out of L2; from beyond it, bf16 of more than two rows with more lines.
    {kPlainF32, Plain(24, 512, 1024, true), 512, 512, 0},
    {kPlainBf16, Plain(1, 1, 100, true), 1, 128, 0},
    {kPlainF32, Plain(24, 513, 1024, true), 8, 1024, AheadOfFloats(256)},
    {kPlainF32, Plain(1, 4096, 11008, true), 8, 4096, AheadOfFloats(256)},
    {kPlainF32, Products(3, Plain(1, 512, 512, true)), 8, 512, AheadOfFloats(256)},
    {kPlainF32, Products(3, Plain(2, 512, 512, true)), 512, 512, 0},
    {kPlainF32, Products(40, Plain(1, 512, 64, true)), 512, 64, 0},
    {kPlainBf16, Plain(2, 4096, 4096, false), 8, 4096, AheadOfFloats(512)},
    {kPlainBf16, Plain(8, 4096, 4096, false), 16, 4096, AheadOfFloats(512)},
    // A row more where column sums are asked for.
    {kPlain512, WithColumnSums(Plain(23, 1024, 2048, false)), HWY_TARGET <= HWY_AVX3 ? 1024 : 64, 512, 0},
    {kPlain512, WithColumnSums(Plain(5, 1024, 5000, true)), 64, 4096, 256},
    // One tile.
    {kPlainMadd, Plain(2, 1024, 1024, false), HWY_TARGET <= HWY_AVX3 ? 1024 : 64, 512, 0},
    {kPlainMadd, Plain(2, 1024, 5000, false), 64, 4096, 256},
};

TEST_CASE("Plans: plain B of few rows is read where it lies") {
  for (const PlainRow& row : kPlainRows) {
    CAPTURE(row.shape.m);
    CAPTURE(row.shape.k);
    CAPTURE(row.shape.n);
    const MatMulPlan plan = PlanMatMul(row.tile, row.shape, kTwoMiB);
    CHECK(plan.reads_plain);
    CHECK(plan.lines == row.lines);
    CHECK(plan.strip_groups * kPlainColumns == row.columns);
    CHECK(plan.columns_ahead == row.ahead);
    // Not so with rows that are computed, and with more of them.
    ProductShape other = row.shape;
    other.has_rows = false;
    CHECK_FALSE(PlanMatMul(row.tile, other, kTwoMiB).reads_plain);
    other = row.shape;
    other.m = 25;
    CHECK_FALSE(PlanMatMul(row.tile, other, kTwoMiB).reads_plain);
  }
  for (const ProductShape& shape :
       {WithColumnSums(Plain(24, 1024, 2048, false)), Plain(13, 1024, 2049, false), Plain(7, 1024, 2049, true),
        Plain(2, 127, 64, false, true), Plain(24, 1535, 64, false, true)}) {
    CAPTURE(shape.m);
    CHECK_FALSE(PlanMatMul(kPlain512, shape, kTwoMiB).reads_plain);
  }
  CHECK(PlanMatMul(kPlainBf16, Plain(9, 4096, 4096, false), kTwoMiB).reads_plain == (HWY_TARGET != HWY_AVX2));
  CHECK_FALSE(PlanMatMul(kPlainF32, Plain(1, 100, 100, false, true), kTwoMiB).reads_plain);
  CHECK_FALSE(PlanMatMul(kF32, Plain(1, 100, 100, false), kTwoMiB).reads_plain);
  CHECK_FALSE(PlanMatMul(kPlainMadd, Plain(3, 100, 100, false), kTwoMiB).reads_plain);
  CHECK_FALSE(PlanMatMul(kVnni512, Plain(1, 100, 100, false), kTwoMiB).reads_plain);
}

TEST_CASE("Plans: as text") {
  CHECK(ToString(PlanMatMul(kVnni512, {100, 256, 16, 1, kPacked, kAnywhere}, kTwoMiB)) ==
        "24 x 16 tiles, rows arranged; 1 block of <= 100 rows x 1 part of 1 group x 1 chunk; 28672 bytes a worker");
  CHECK(ToString(PlanMatMul(kF32, {64, 4097, 1024, 4, kPlain, kOnLines}, kTwoMiB)) ==
        "12 x 32 tiles, rows in place, b streams; 1 block of <= 64 rows x 4 parts of 32 groups x 5 chunks; packs 4 "
        "groups at a time; 463616 bytes a worker");
  CHECK(ToString(PlanMatMul(kPlain512, Plain(1, 4096, 4096, true), kTwoMiB)) ==
        "6 x 64 tiles, rows arranged; 1 block of <= 1 row x 1 part of 64 groups x 1 chunk; reads 16 lines of b at a "
        "time; 37632 bytes a worker");
}

TEST_CASE("Plans: plain weights are packed on the way, unless A fills L2 or a worker has few columns") {
  // Three eighths of 512 KiB: 192 rows of 1,023 bytes and one more for the division.
  CHECK(PacksOnTheWay<int32_t>(192, 1023, 4096, 1, kHalfMiB));
  CHECK_FALSE(PacksOnTheWay<int32_t>(193, 1023, 4096, 1, kHalfMiB));
  CHECK(PacksOnTheWay<int32_t>(193, 1023, 4096, 1, kTwoMiB));
  CHECK(PacksOnTheWay<int32_t>(1, 1023, 1, 1, kHalfMiB));
  CHECK(PacksOnTheWay<float>(24, size_t{1} << 24, 64, 1, kHalfMiB));
  CHECK_FALSE(PacksOnTheWay<int32_t>(1, size_t{1} << 24, 64, 1, kHalfMiB));
  CHECK_FALSE(PacksOnTheWay<float>(25, size_t{1} << 24, 64, 1, kHalfMiB));
  CHECK_FALSE(PacksOnTheWay<float>(1, (size_t{1} << 24) + 1, 64, 1, kHalfMiB));
  CHECK(PacksOnTheWay<int32_t>(7, 1023, 256, 2, kHalfMiB));
  CHECK(PacksOnTheWay<int32_t>(6, 1023, 255, 2, kHalfMiB));
  CHECK_FALSE(PacksOnTheWay<int32_t>(7, 1023, 255, 2, kHalfMiB));
}

// ---- What is true of every plan

size_t Below(Random& random, size_t bits) { return random.Below(size_t{1} << random.Below(bits + 1)); }

ProductShape AnyShapeOf(Random& random) {
  ProductShape shape{};
  shape.m = 1 + Below(random, 13);
  shape.k = Below(random, 15);
  shape.n = 1 + Below(random, 13);
  shape.workers = 1 + (random.Below(2) == 0 ? 0 : Below(random, 7));
  shape.plain_b = random.Below(4) == 0;
  shape.transposed_b = random.Below(2) == 0;
  shape.has_rows = random.Below(2) == 0;
  shape.sums_columns = random.Below(3) == 0;
  shape.b_stride = Below(random, 14);
  shape.b_on_lines = random.Below(2) == 0;
  if (shape.b_on_lines) shape.b_offset = random.Below(64);
  shape.a = static_cast<RowsOfA>(random.Below(3));
  if (random.Below(2) == 0) shape.products_per_task = tuning::kMinTileProductsPerTask;
  return shape;
}

// Parts follow each other, and end at `total`. Returns the size of the largest.
template <class PartOf>
size_t CheckCovers(size_t total, size_t parts, const PartOf& part) {
  size_t end = 0, largest = 0, wrong = 0;
  for (size_t i = 0; i < parts; ++i) {
    const Part next = part(i);
    wrong += next.begin != end ? 1 : 0;
    end = next.begin + next.size;
    largest = Max(largest, next.size);
  }
  CHECK(wrong == 0);
  CHECK(end == total);
  return largest;
}

void CheckRows(const TileTraits& t, const ProductShape& s, const MatMulPlan& plan) {
  const size_t largest =
      CheckCovers(s.m, plan.row_blocks, [&](size_t i) { return SplitEvenly(s.m, plan.row_blocks, i); });
  CHECK(plan.max_block_rows == largest);
  CHECK(plan.tile.rows <= (plan.tile.cols == PackedPanels::kColumns ? t.tall_mr : t.mr));
  if (t.many_mr != 0 && t.HasMany(s.m, s.k)) CHECK(plan.tile.rows <= t.many_mr);
  CHECK((t.reads_rows || t.in_place_nr != 0 || !plan.tile.reads_rows));
  CHECK((s.a != RowsOfA::kComputed || !plan.tile.reads_rows));
  if (s.plain_b) CHECK(plan.row_blocks == 1);  // else panels would be packed more than once
}

void CheckDepth(const ProductShape& s, const MatMulPlan& plan) {
  CHECK(plan.chunks >= 1);
  const size_t largest = CheckCovers(s.k, plan.chunks, [&](size_t i) { return plan.Chunk(i); });
  CHECK(largest <= tuning::kChunkK);
  for (size_t i = 0; i < plan.chunks; ++i) {
    CHECK(plan.Chunk(i).begin % plan.piece_k == 0);
    CHECK((plan.Chunk(i).size != 0 || s.k == 0));
  }
  CHECK(plan.padded_k >= s.k);
  CHECK(plan.padded_k < s.k + plan.piece_k);
}

void CheckColumns(const ProductShape& s, const MatMulPlan& plan) {
  CHECK(plan.groups * plan.tile.cols >= s.n);
  CHECK((plan.groups - 1) * plan.tile.cols < s.n);
  CHECK(plan.pack_groups <= plan.groups);
  CHECK((plan.pack_groups != 0) == s.plain_b);
}

// No task is empty, no worker is idle if there is enough to do, and there are not many more tasks than that.
void CheckTasks(const TileTraits& t, const ProductShape& s, const MatMulPlan& plan, const FakeCaches& caches) {
  CHECK(plan.row_blocks >= 1);
  CHECK(plan.row_blocks <= s.m);
  CHECK(plan.column_parts >= 1);
  CHECK(plan.column_parts <= plan.groups);
  ProductShape alone = s;
  alone.workers = 1;
  const size_t blocks = PlanMatMul(t, alone, caches).row_blocks, tasks = plan.row_blocks * plan.column_parts;
  const size_t worth = (s.m + tuning::kRowsOfStreaming) * s.n * (s.k + 1) / s.products_per_task;
  if (Min(s.workers, worth) <= 1) {
    CHECK(tasks == blocks);
  } else {
    CHECK(tasks < 2 * Max(blocks, Min(s.workers, worth)));
  }
  if (worth >= 2 * s.workers) CHECK((tasks >= s.workers || plan.column_parts == plan.groups));
}

void CheckScratch(const TileTraits& t, const ProductShape& s, const MatMulPlan& plan) {
  const size_t row_bytes = (plan.tile.reads_rows ? t.kr : plan.padded_k) * t.arranged_a_bytes;
  CHECK(plan.tiles_at >= plan.max_block_rows * row_bytes);
  // Two tiles take turns; several chunks of K need one for each tile of a block and of the columns that are packed.
  const size_t tiles = DivideUp(plan.max_block_rows, plan.tile.rows) * Max(plan.pack_groups, 1);
  CHECK(plan.buffers >= (plan.chunks == 1 ? 2 : tiles));
  CHECK(plan.b_arranged_at >= plan.tiles_at + plan.buffers * plan.tile.rows * plan.tile.cols * t.acc_bytes);
  size_t chunk = 0;
  for (size_t i = 0; i < plan.chunks; ++i) chunk = Max(chunk, RoundUp(plan.Chunk(i).size, t.kr));
  const size_t arranged = plan.max_block_rows >= t.arrange_b_rows ? plan.tile.cols * chunk * t.arranged_b_bytes : 0;
  CHECK(plan.owed_at >= plan.b_arranged_at + arranged);
  const size_t owed = t.owes ? (plan.max_block_rows + plan.tile.cols) * sizeof(int32_t) : 0;
  CHECK(plan.packed_at >= plan.owed_at + owed);
  const size_t panels = plan.pack_groups * plan.tile.cols / PackedPanels::kColumns;
  size_t longest = 0;
  for (size_t i = 0; i < plan.chunks; ++i) longest = Max(longest, plan.Chunk(i).size);
  const size_t panel = (longest * t.b_bytes + 3) / 4 * PackedPanels::kLineBytes;
  CHECK(plan.packed_sums_at >= plan.packed_at + panels * panel);
  CHECK(plan.bytes >= plan.packed_sums_at + panels * PackedPanels::kColumns * sizeof(int32_t));
  for (const size_t offset :
       {plan.tiles_at, plan.b_arranged_at, plan.owed_at, plan.packed_at, plan.packed_sums_at, plan.bytes})
    CHECK(offset % 64 == 0);
  // A block of one tile is done as a lone one.
  const size_t rows = Min(plan.max_block_rows, plan.tile.rows);
  CHECK(plan.bytes >= LoneTileBytes(t, plan.tile, rows, s.k));
}

void CheckReadsPlain(const TileTraits& t, const ProductShape& s, const MatMulPlan& plan) {
  CHECK((s.plain_b && s.has_rows && t.plain_mr != 0));
  CHECK(s.m <= t.plain_mr * t.plain_tiles);
  CHECK((plan.row_blocks == 1 && plan.max_block_rows == s.m && plan.chunks == 1 && plan.pack_groups == 0));
  CHECK((plan.lines % 4 == 0 || plan.lines >= s.k));  // groups of K are whole
  CHECK(plan.lines != 0);
  CHECK(plan.strip_groups >= 1);
  CHECK(plan.strip_groups <= plan.groups);
  CHECK(plan.columns_ahead % kPlainColumns == 0);
  // Rows, with room for whole vectors of 64 elements; sums of rows; sums of a strip; ones.
  const size_t rows = s.m + (s.sums_columns ? 1 : 0);
  CHECK(plan.plain_rows == rows);
  CHECK(plan.owed_at >= rows * DivideUp(s.k, 64) * 16 * t.plain_words * sizeof(int32_t));
  CHECK(plan.tiles_at >= plan.owed_at + rows * sizeof(int32_t));
  const size_t sums_bytes = rows * (plan.strip_groups + 1) * kPlainColumns * sizeof(int32_t);
  CHECK(plan.slots_at >= plan.tiles_at + sums_bytes);
  CHECK(plan.ones_at >= plan.slots_at + (s.transposed_b ? 0 : sums_bytes));
  CHECK(plan.groups == DivideUp(s.n + plan.shift, kPlainColumns));
  CHECK((plan.shift == 0 || (plan.shift == s.b_offset && s.n >= kPlainColumns)));
  CHECK(plan.bytes >= plan.ones_at + (s.sums_columns ? s.k : 0));
  for (const size_t offset : {plan.owed_at, plan.tiles_at, plan.slots_at, plan.ones_at, plan.bytes})
    CHECK(offset % 64 == 0);
}

TEST_CASE("Plans: blocks, chunks and groups cover the product, and scratch holds what they need") {
  Random random(1);
  for (size_t i = 0; i < 4000; ++i) {
    for (const TileTraits* t : {&kVnni512, &kWide512, &kInPlace512, &kMadd512, &kMadd256, &kPairs256, &kAmx, &kNeonDot,
                                &kF32, &kPlain512, &kPlainMadd, &kPlainF32, &kPlainBf16}) {
      const ProductShape s = AnyShapeOf(random);
      const FakeCaches caches{size_t{1} << (17 + random.Below(6))};
      CAPTURE(s.m);
      CAPTURE(s.k);
      CAPTURE(s.n);
      CAPTURE(s.workers);
      CAPTURE(s.plain_b);
      CAPTURE(t->mr);
      const MatMulPlan plan = PlanMatMul(*t, s, caches);
      if (plan.reads_plain) {
        CheckReadsPlain(*t, s, plan);
        continue;
      }
      CheckRows(*t, s, plan);
      CheckDepth(s, plan);
      CheckColumns(s, plan);
      CheckTasks(*t, s, plan, caches);
      CheckScratch(*t, s, plan);
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
