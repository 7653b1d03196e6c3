// Engine: every size that the plan of a product is made with, each with its reason and how it was found.
//
// Commands: "MatMul A" is bench/run.sh --benchmark_filter='^MatMul/s8s8s32/A$', A as MxKxN with / for x, before and
// after a change of the number; "threads" is bench/run.sh --benchmark_filter=MatMulThreads. Percent are of the
// instruction's peak as the same run measures it, on one core of Granite Rapids unless another one is named.
#ifndef ISOQUANT_INL_ENGINE_TUNING_H_
#define ISOQUANT_INL_ENGINE_TUNING_H_

#include <cstddef>

namespace isoquant {
namespace tuning {

// ---- Caches

// First-level data caches of all CPUs that matter here hold at least this.
constexpr size_t kL1Bytes = size_t{32} << 10;
// Second-level caches hold at least this: smaller weights are in one without a question to the CPU.
constexpr size_t kSmallestL2 = size_t{128} << 10;
// Weights of so many L2's do not stay there from one call to the next. (Of one or two, a part does.)
constexpr size_t kL2sOfStreamedB = 2;

// C of more than so many L2's is written past the caches, if tiles are handed over between steps (kRunsBetween).
constexpr size_t kL2sOfStreamedC = 4;
constexpr size_t kSmallestStreamedC = kL2sOfStreamedC * kSmallestL2;

// ---- Blocks

// A block of A takes this share of L2, in elements, beside B, which streams, and C. Where elements of two bytes mean
// that B is arranged for each block, that is a quarter. MatMul 1024/1024/1024: 97 % with an eighth, 91 with a half.
constexpr size_t kL2ShareOfA = 8;
// Where rows and columns owe, arranging B for each block takes longer. (Zen 3: MatMul 256/1024/1024 and 784/1024/256
// 1.03 times as fast as with an eighth, 512/512/512 1.01 times.)
constexpr size_t kL2ShareOfAThatOwes = 4;
// Rows of VPDPBUSD that are read in place are not copied, and may take more: each group of columns reads all of them.
constexpr size_t kL2ShareOfAInPlace = 2;
// B up to this share of L2 stays there: then tiles of rows come one after the other with all columns, so that A is in
// L1 and rows of C are written from end to end. 32 columns of all rows at a time, each row of C a page of its own,
// MatMul 1024/64/1024 takes 1.4 times as long, 2048/32/2048 1.8 times, 1024/1024/1024 1.01 times; with AMX, which lacks
// time to read A anew, 1.15 times.
constexpr size_t kL2ShareOfB = 2;
// A chunk of K. The chunk of B of a group of columns comes from L2 for each tile: 128 KiB for 32 columns of s8. Shorter
// chunks, to fit L1, lose more by passing C through memory between them than they gain: MatMul 512/4096/512 91 % with
// 4096, 88 % with 1024.
constexpr size_t kChunkK = 4096;
// Of f32, with its longer panels: MatMulF32 16/4096/4096 is 1.4 times, 64/4096/4096 1.2 times as fast as with 4096 (Zen
// 5, L2 of 1 MiB); with 1024, 2048/2048/2048 takes 1.04 times as long.
constexpr size_t kChunkOfF32 = 2048;
// So few groups of columns pay neither for arranging A, if there is a choice, nor for a task for each tile of rows.
// (But where one tile is handed over to the next, they come one after the other with A in L1: AMX on Emerald Rapids,
// 136/2048/64 1.35 times, 784/1152/128 1.2 times as fast.)
constexpr size_t kFewGroups = 4;

// Wide tiles of arranged rows are for so few groups of columns, and so long K. They read A half as often, which shows
// where each part of A meets few columns. (Zen 5, seen from the best of oneDNN, with wide tiles and without: MatMul
// 136/2048/64 0.98 and 0.90, 256/256/256 0.98 and 0.955.) With more columns rows of C come from end to end
// (kL2ShareOfB), and wide tiles gain nothing; with shorter K the six rows of a tile are little for an output stage
// (128/64/128, s8: 5 % slower).
constexpr size_t kFewWideGroups = 4;
constexpr size_t kMinWideK = 128;
// One or two rows wait for B: four panels at a time are four streams out of L2 (Zen 5: MatMul 1/768/768 1.3 times as
// fast, 1/256/256 1.2 to 1.3 times, 2/515/515 1.1 times). Four rows gain nothing.
constexpr size_t kFewWideRows = 2;

// One panel has few products for each load of A: bytes for VPDPBUSD are read in place from so much K on (Zen 5: MatMul
// 100/2048/16 is 1.3 times as fast in place, 200/512/16 1.2 times, 1000/128/10 0.94 times), or from less on if tiles
// store the sums in C or finish them (16384/64/2 1.2 and 1.25 times).
constexpr size_t kMinInPlaceKOfOnePanel = 256, kMinInPlaceKWithoutBuffer = 64;
// One to four columns: whatever K is, from so many rows on (Zen 4, to s8: 16384/16/2 2.4 times as fast, 1000/32/4 1.6
// times, 36/32/3 0.9 times).
constexpr size_t kRowsOfFewColumns = 128;

// ---- Windows of images that are read where pixels lie

// So many columns of outputs at an edge, which lack columns of the kernel, have tiles along the lines; fewer have tiles
// down the lines, if there are so many of these.
constexpr size_t kMinColumns = 4;
// Tiles that consist of parts of lines want so many windows in each at least: a matrix unit takes as long to load B for
// fewer.
constexpr size_t kMinPart = 8;
// Such tiles take whole steps of K. Where segments end within a step, panels are repacked in each call, with zeros
// behind each segment. That is for so many windows for each column of B; fewer are gathered instead.
constexpr size_t kRowsToRepackColumn = 2;
// Outputs of an image from which on the sums of weights pay that it takes to leave out padding that is not 0; fewer, if
// K is so long. (Zen 4, s8, 3 x 3 pixels: 7 x 7, 512 to 512 and 160 to 320 channels, and 5 x 5, 256 to 256, 1.1 times
// as fast as with the padding, 4 x 4 0.82 times; 7 x 7, 64 to 64 1.05 times, 32 to 32 0.91 times.) Sums that the
// filter keeps cost nothing.
constexpr size_t kMinSkipping = 100, kMinSkippingOfLongK = 25, kLongSkippingK = 512;
// Windows of a block, each of which has a pointer; and elements of K, which are not cut into chunks.
constexpr size_t kMaxWindows = 2048, kMaxWindowK = 8192;

// ---- Tasks

// Fewer products are not worth a worker: with pools that spin, a second one then pays from about 6 us on (threads). A
// sleeping pool takes several times as long to wake up.
constexpr size_t kMinProductsPerTask = size_t{1} << 21;
// A matrix unit does more of them in that time. (AMX on Emerald Rapids: 64/256/256, 5 us of one worker, takes 1.4
// to 1.6 times as long with two, 128/768/768, 64 us, 0.6 to 0.9 of it.)
constexpr size_t kMinTileProductsPerTask = size_t{1} << 23;
// Few rows take as long as their weights take to arrive: they count as so many rows more.
constexpr size_t kRowsOfStreaming = 3;
// Products of a batch are cut until there are so many tasks for each worker, or tasks can be dealt out evenly; and more
// are not handed out: tiny products come several in a task.
constexpr size_t kTasksPerWorker = 4;
// Where tiles are handed over between steps, a worker keeps its last tile, and its tile configuration, from one block
// of rows to the next: so many tasks for each worker at most.
constexpr size_t kTasksOfUnits = 8;
// A part of the columns arranges all rows anew: blocks of rows are better, down to so many rows (threads).
constexpr size_t kMinRowsPerTask = 16;

// ---- Plain B, packed on the way. Commands: bench/run.sh --benchmark_filter='^MatMulPlain/.*/M/K/N'

// Packed panels take this share of L2, so that they stay near. 64/1024/1024 is 2 to 5 % faster than with a 16th.
constexpr size_t kL2ShareOfPacked = 32;
// Of a row of K x N that is not in L2 so many columns at least are packed at a time, two lines of s8: they share a walk
// of the page tables.
constexpr size_t kColumnsOfNearRow = 128;
// B of so many L2's is far away: it is packed slab by slab, so many bytes of each row, and as many rows as fill this
// share of L2, which are a chunk of K. (Zen 5, beside 128 columns of all rows: s8, 64/4096/4096 1.13 to 1.19 times as
// fast, 16/4096/4096 1.2 times, 1/4096/4096 1.26 times, 64/4096/11008 1.3 times, 48/3000/3000 1.0 to 1.09 times;
// f32 1.0 to 1.04 times. B of 4 L2's, 64/1024/4096, 0.93 times, so those are near. Rows of 1 KiB, and half of L2: the
// same within 3 %.)
constexpr size_t kL2sOfFarB = 8;
constexpr size_t kBytesOfSlabRow = 512, kL2ShareOfSlab = 4;
// A of at most so many eighths of L2 stays there beside the panels. With more of A, or fewer columns for each worker,
// all of B is packed before the product. (64/1024/1024, seen from the speed with packed weights: 0.75 on the way, 0.55
// before.)
constexpr size_t kEighthsOfL2ForA = 3;
// So few rows of floats are multiplied as plain B comes all the same, up to so long a K. (f32, packed before,
// 24/28672/512 takes 1.28 times as long, 8/65536/256 1.1 times. s8, on the way, 1.25 and 1.05 times.)
constexpr size_t kFewRowsOfLongK = 24, kLongestKOfFewRows = size_t{1} << 24;
// With 256-bit vectors, where CPUs have a smaller L2, and one worker, more of A may come from L3. (Zen 3: MatMulPlain
// 64/4096/4096 of f32 1.13 to 1.27 times as fast on the way as before, of s8 1.02 to 1.06 times; 96/3000/3000 1.07 and
// 1.05 times.)
constexpr size_t kEighthsOfL2ForAOf256Bits = 8;
constexpr size_t kMinPlainColumnsPerTask = 128;
// Except that so few rows take less time than packing, by whatever number of workers.
constexpr size_t kFewPlainRows = 6;

// ---- Plain bytes that are read where they lie (plain_rows-inl.h). Commands as of plain B above. Zen 5, beside B
// packed on the way: K x N, 1, 6, 12 and 24 rows of 768/768 3.1, 2.6, 1.8 and 1.35 times as fast, of
// 3000/3000 3.3, 2.2, 1.7 and 1.2 times, of 4096/4096 2.5 and 1.8 times, 12 rows 0.7 to 1.0 times; N x K, 1, 6 and 12
// rows of 768/768 2.6, 1.6 and 1.1 times as fast, of 4096/4096 2.6, 1.5 and 1.2 times.

// Out of L2: all of K at a time, and sums of so many columns go to the output stage. (256-bit vectors, which are halves
// of a line, have some of K at a time, which is in L1 for the second half: 1 to 8 rows of 512/512 1.4 times as fast.)
constexpr size_t kColumnsOfPlainFromL2 = 512;
// B whose rows are whole lines apart, but begin within lines (at an allocator's multiple of 16, say): tiles begin
// lines, and there is one more. (Without, 6/768/768 takes 1.05 to 1.1 times as long, 6/1024/1024 1.1 times,
// 4/4096/4096 1.4, 1/2048/2048 1.5.) Not for so few rows out of L2 (1/512/512 takes 1.3 times as long so).
constexpr size_t kRowsWithoutShift = 2;
// Where tiles do not begin lines, fewest and most rows of B at a time. (All of K at a time, 1/768/768 takes 1.6 times
// as long, 1/512/512 1.46 times, 1/1024/1024 1.4 to 1.9, 1/512/500 1.38; with 128 rows of B 1/512/512 1.43, 1/1024/1024
// 1.3.)
constexpr size_t kFewestLinesFromL2 = 32, kMostLinesFromL2 = 128;
// N x K: the sums of several rows are parts of sums, which take time to add up. Each row wants so much of K. (Packed on
// the way 2/64/256 takes 0.91 of the time, 6/256/768 0.94, 4/256/768 1.94, 12/768/768 1.1, 24/3000/3000 1.14.)
constexpr size_t kMinKOfPlainRow = 64;
// From further away: so many rows of B at a time, from end to end of so many columns. (6/1536/1536 takes 1.04 times as
// long with 128 rows, 1.2 times with 32.)
constexpr size_t kLinesOfPlain = 64, kColumnsOfPlain = 4096, kColumnsAheadOfPlain = 256;
// One row, from far away, or two, where rows of B share sets. (1/4096/4096 and 1/4096/11008 take 0.7 of the time that
// they take with 64 rows of B at a time, 2/4096/4096 0.8, 1/3000/3000 1.25 of it.)
constexpr size_t kFewLinesOfPlain = 16, kColumnsAheadOfFewLines = 512;

// ---- f32 in place (in_place-inl.h). Commands: bench/run.sh --benchmark_filter='^MatMul(F32|F32Plain)/M/K/N'. On
// Zen 5.

// B up to kL2ShareOfB of L2 stays there: then rows of A are read in place as well. (64 cubed takes 0.94 of the time
// that it takes with rows arranged, 0.86 with plain B; 256 cubed 0.98 and 0.94, 400 cubed 0.97 and 0.95.)
//
// So are panels of so few columns, as much of K at a time as L2 holds. (Zen 3, seen from rows arranged: 136/2048/64 1.1
// times as fast, 136/2048/128 1.06 times, 136/2048/192 1.02 times, 300/1024/256 0.98 times; with half of L2 up to 1.03
// times slower. 200/5000/16 and 200/5000/24 1.36 times, 7/4096/64 1.3 times as fast. Zen 4: 136/4096/64 1.08 times,
// 512/4096/128 1.06 times.)
constexpr size_t kFewColumnsInPlace = 192;
// And a plain B of more than 8 columns whose lines are no longer than this, which is the columns of a few tiles: with
// 256-bit vectors 200/5000/16 and 32 are 1.4 and 1.1 times as fast so, 200/4096/48 0.83 times; with 512-bit vectors
// (Zen 4) 136/4096/64 1.14 times, 300/5000/48 1.2 times, 136/4096/192 1.1 times.
constexpr size_t kLongestLineInPlace = 32, kLongestLineInPlaceOf512Bits = 192;

// ---- Few rows of plain floats that are read where they lie (plain_float_rows-inl.h). Commands:
// bench/run.sh --benchmark_filter='^MatMul(F32|BF16)Plain/M/K/N'. Zen 5, beside B packed on the way: f32, 8 and 16 rows
// of 4096/4096 2.4 and 1.7 times as fast; bf16, 1, 6, 12 and 24 rows of 768/768 2.2, 1.5, 1.1 and 1.0 times as fast, of
// 4096/4096 2.6, 2.0, 1.4 and 1.0 times.

// B that is not in L2: so many of its rows at a time, from end to end. (Batches whose matrices each fit are 1.2 to 2
// times as fast as from L2, 12 and 40 products of f32, 3/64/512 to 24/512/64; 1/64/512 0.7 to 0.8 times. f32: with 16
// and 32, 1 and 8 rows take 1.1 to 1.3 times as long.) bf16 has more of them for more than a few rows of A (8 to 24
// rows of 768/768 and 1536/1536 take 0.86 to 0.98 of the time that they take with 8 lines; 1/4096/4096 1.35 times as
// long).
constexpr size_t kLinesOfPlainFloats = 8, kLinesOfPlainBf16 = 16, kFewRowsOfPlainBf16 = 2;
// With 256-bit vectors so many rows of A, where bf16 comes from far away. (8, 12 and 24 rows of 4096/4096 1.06, 0.9 and
// 0.77 times as fast as with B packed on the way, of 3000/3000 1.1, 0.93 and 0.84 times; of 1536/1536, which are near,
// 1.34, 1.22 and 1.09 times.)
constexpr size_t kFewRowsOfFarBf16 = 8;
// Fetched so many bytes ahead, because prefetchers of L1 do not follow as many rows of B: without, 8/4096/4096 takes
// 1.45 times as long. With 256-bit vectors, where a tile has half as many columns, prefetches cost more than they gain
// (Zen 3: MatMulF32Plain 1/768/3072 1.4 times as fast without, 1/4096/4096 1.2 times, 16/4096/4096 1.15 times,
// 6/4096/4096 0.97 times).
constexpr size_t kBytesAheadOfPlainFloats = 1024;

}  // namespace tuning
}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_TUNING_H_
