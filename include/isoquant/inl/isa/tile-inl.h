// ISA layer: the seam between the driver of products (engine/driver-inl.h) and an instruction.
//
// A policy P is one instruction. It multiplies one tile of C over a whole range of K and leaves the sums in memory. The
// driver owns every pointer and knows no instruction; the policy knows no blocks, threads or output stages. P has
//
//   A, B, Acc                 element types of the caller's A, of packed panels, and of the sums
//   ArrangedA, ArrangedB      element types of A and B as Tile reads them
//   kName                     the tier
//   kMR, kNR, kKR             the largest tile has kMR rows and kNR columns (a multiple of 16). K advances by kKR
//   kReadsRows                Tile can read the caller's rows in place too; A and ArrangedA are one type. The plan
//                             (engine/plan-inl.h) says when it does
//   kPieceK                   so many elements of a row follow each other in arranged A, see ArrangeTile
//   kTallMR                   rows of the largest tile of 16 columns: no less than kMR
//   kColumnSums               Tile reads A as bytes ^ 0x80. So it is given the column sums of B, and makes up for 128
//                             times them
//   kArrangeBRows             with at least so many rows, Tile reads B as ArrangePanel wrote it
//   State                     what lives as long as one worker's share of a call: a tile configuration, say. Its
//                             ForgetB() is called when the memory that B lies in has got other contents. Then what Tile
//                             remembers of B by its address is void
//   kRefusal                  a function of a Cpu that returns what this CPU lacks, or null. It runs on every CPU, and
//                             so stands outside HWY_BEFORE_NAMESPACE
//   ArrangeTile(a, a_stride, k, rows, out)   writes element (r, i) to
//                             out[i / kPieceK * kPieceK * rows + r * kPieceK + i % kPieceK], and zeros up to the next
//                             multiple of kKR
//   ArrangePanel(b, k, out)   reads k values (a multiple of a group) of 16 columns, and writes as many, with k rounded
//                             up to a multiple of kKR
//   Tile(state, args)         multiplies. If Acc is an integer, the order of summation is free. If it is a float, the
//                             bits depend on it: each sum is one chain in increasing k. It starts from C if args.add,
//                             otherwise from 0. It ends at args.b_k: one more product of zeros would turn -0 into +0
//
// and, unless it inherits them from AnyShape,
//
//   kNeedsTiles               it uses registers that the operating system grants on request (AMX)
//   kNeedsFastMode            it has other bits than the rest of its list: for FloatMode::kFast alone
//   kShapes                   in words, the products for which it is the best; or null: all products
//   Suits(m, k, n)            whether a product is one of those. Others are left to the next policy that may run, if
//                             there is one
//   kReadsBFromL2             all of B may come from L2 for each tile of rows. For this policy that costs less than
//                             walking B in groups of columns, where rows of A and C come and go in parts
//   WindowTile                multiplies windows of images where they lie (tile_bytes_in_place-inl.h); or void
//   PlainTile                 multiplies few rows by plain B where it lies: bytes (plain_nxk-inl.h), or K x N of floats
//                             (tile_in_place-inl.h); or void
//   kFewRows, kShortK,        products of more than kFewRows rows and more than kShortK of K have tiles of at most
//   kManyMR, kManyNR          kManyMR rows, if that is not 0, and kManyNR columns, a divisor of kNR
//   kWideMR, kWideNR          the largest wide tile, with fewer rows and more columns; 0: there is none. The plan says
//                             which products have wide tiles
//   kArrangesNext             Tile does what TileArgs::next says
//   kRunsBetween              Tile runs what TileArgs::between says
//   kOwes                     sums of arranged panels begin with TileArgs::owed. OweRows(arranged, rows, k, owed) finds
//                             what rows owe, and ArrangePanel has a fourth argument, 16 numbers for the columns. For
//                             products of one chunk of K
//   kInPlaceMR, kInPlaceNR    where there are several tiles, those of so many rows and columns at most can be read in
//                             place: TileInPlace(args) multiplies them, without a_tail and b_arranged; and any number
//                             of rows in one call, if their sums go to no buffer. 0: there are none. Up to kFewColumns
//                             columns suit it best
//   kFollowsSteps             Tile of kNR columns heeds PrefetchStreams::step
//   MayReadInPlace()          whether such tiles are the faster ones on this CPU
//
// Why pieces: the pieces of a tile's rows alternate, so that Tile reads one stream, at constant offsets. Rows in place
// are kMR streams, and share sets of L1 where their stride is near a multiple of 4 KiB. (Twelve rows of VPDPBUSD: 95 %
// of its peak from pieces, 92 in place, bench/run.sh --benchmark_filter='^MatMul/s8s8s32/512/512/512' on Granite
// Rapids.) Six rows at a time, with more columns, are better in place: tile_bytes_in_place-inl.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_INL_H_
#undef ISOQUANT_INL_ISA_TILE_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/cpu.h"
#include "isoquant/inl/isa/between_steps.h"
#include "isoquant/inl/isa/tile_finish.h"
#include "isoquant/weights.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// For policies that need no more than their target.
inline const char* NeverRefuse(const Cpu&) { return nullptr; }

// Columns that tiles in place multiply along K (few_columns-inl.h), at most.
constexpr size_t kFewColumns = 4;

// The State of most policies: they keep nothing.
struct NoState {
  void ForgetB() {}
};

// Members of most policies.
struct AnyShape {
  static constexpr bool kNeedsTiles = false;
  static constexpr bool kNeedsFastMode = false;
  static constexpr const char* kShapes = nullptr;
  static constexpr bool Suits(size_t, size_t, size_t) { return true; }
  static constexpr bool kReadsBFromL2 = false;
  using WindowTile = void;
  using PlainTile = void;
  static constexpr size_t kFewRows = SIZE_MAX, kShortK = 0, kManyMR = 0, kManyNR = 0;  // all products have kMR x kNR
  static constexpr size_t kWideMR = 0, kWideNR = 0;
  static constexpr bool kArrangesNext = false;
  static constexpr bool kRunsBetween = false;
  static constexpr bool kOwes = false;
  static constexpr size_t kInPlaceMR = 0, kInPlaceNR = 0;
  static constexpr bool kFollowsSteps = false;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {  // not linked with others: each file that includes this has code for its own compiler flags
namespace hn = hwy::HWY_NAMESPACE;

// Four streams of lines, k / 16 lines each: they begin at `from`, from + inner, from + outer and from + inner + outer.
// There are several, because few lines can be under way at once if they are asked for one by one, but the prefetcher of
// L2 runs ahead on every stream (14.8 GB/s with four streams, 10.6 with one: weights_gbps of bench/run.sh
// --benchmark_filter='^MatMulCold/s8s8s32/16/4096/4096' on Granite Rapids).
struct PrefetchStreams {
  const void* from;     // where there is nothing to fetch, any line of B; null only if B has none
  size_t inner, outer;  // bytes
  size_t step = 64;     // bytes from line to line of a stream
};

// What Tile may use to be faster. No output depends on it.
struct TileHints {
  bool b_from_memory;        // B comes from beyond L2: Tile fetches its own B ahead, and nothing else
  bool a_streams;            // the next tile has other rows of A and the same B; false: the same rows and another B
  PrefetchStreams prefetch;  // what a later tile reads
  // What the rows of C become: C itself, or the output of a stage. To be fetched for writing.
  const char* written;
  size_t written_stride, written_bytes;  // of a row
};

// Rows of bytes that Tile arranges for the tile after it, which has the same K: with each piece of K a line of each
// row. That takes little time, because there are slots that products leave free (136 x 2048 x 64, Zen 5: 8 % faster
// than with rows that are arranged before their tile).
struct RowsToArrange {
  const uint8_t* from;              // null: none
  size_t stride, rows, last_bytes;  // last_bytes: in the last piece of a row
  uint8_t* to;
  uint8_t flip;  // bytes are written ^ flip
};

// What a policy of kOwes adds to each sum: rows[m] + columns[n].
struct Owed {
  const int32_t *rows, *columns;
};

// The operands of one tile, and hints. TB and Acc are the types of panels and sums.
template <class ArrangedA, class TB, class ArrangedB, class Acc>
struct TileArgs {
  const ArrangedA* a;           // rows in place, or as ArrangeTile wrote them
  size_t a_stride, a_step;      // elements: between rows, and between pieces of a row
  const ArrangedA* a_tail;      // of rows in place, one more step of kKR each, kKR elements apart; or null
  const int32_t* column_sums;   // 16 * panels; or null: nothing is owed. (Beside c g++ 12 makes a vector of both.)
  const TB* b;                  // packed panels
  size_t panel_stride;          // elements
  const ArrangedB* b_arranged;  // instead of b if not null: panels as ArrangePanel wrote them, 16 b_k elements apart,
                                // b_k rounded up to a multiple of kKR
  Owed owed;                    // for policies of kOwes, with b_arranged
  size_t rows;                  // 1..kMR; 1..kTallMR if there is one panel; 1..kWideMR if there are more than kNR / 16
  size_t panels;                // 1..kNR / 16, or 1..kWideNR / 16; all their columns may be written
  size_t k;                     // a multiple of kKR, without the step of a_tail
  size_t b_k;                   // so much of K has B, a multiple of a group: at most k and the step of a_tail
  Acc* c;
  size_t c_stride;  // elements
  size_t c_cols;    // columns that are asked for: those beyond may be written or not. Tiles in place write none of them
  bool add;         // C += instead of C =
  RowsToArrange next;
  const BetweenSteps* between;  // for policies of kRunsBetween: what Tile does besides; or null
  // For tiles in place: sums do not go to c, but become outputs, from row `row` on. Or null.
  const TileFinish* finish;
  size_t row;
  TileHints hints;
};

// What the driver promises and every Tile relies on. For debug builds.
template <class P, class Args>
HWY_INLINE void CheckTileArgs(const Args& args, bool in_place = false) {
  HWY_DASSERT(args.panels >= 1 && args.rows >= 1);
  if (in_place) {
    HWY_DASSERT(args.panels <= P::kInPlaceNR / 16 && args.k != 0);
    HWY_DASSERT(args.a_tail == nullptr && args.b_arranged == nullptr);
  } else {
    HWY_DASSERT(args.panels <= (P::kWideNR != 0 ? P::kWideNR : P::kNR) / 16);
    HWY_DASSERT(args.rows <= (args.panels == 1 ? P::kTallMR : args.panels > P::kNR / 16 ? P::kWideMR : P::kMR));
  }
  HWY_DASSERT(args.next.from == nullptr || (P::kArrangesNext && args.panels % (P::kNR / 16) == 0 && args.k != 0));
  HWY_DASSERT(args.k % P::kKR == 0 && args.b_k % (4 / sizeof(typename P::B)) == 0);
  HWY_DASSERT(args.a_tail == nullptr || P::kReadsRows);
  HWY_DASSERT(args.b_k <= args.k + (args.a_tail != nullptr ? P::kKR : 0));
  HWY_DASSERT(args.column_sums == nullptr || P::kColumnSums);
  HWY_DASSERT(args.b_arranged == nullptr || P::kArrangeBRows != SIZE_MAX);
  HWY_DASSERT(args.c != nullptr && (args.c_stride >= args.panels * 16 || (in_place && args.c_stride >= args.c_cols)));
  HWY_DASSERT(args.hints.prefetch.from != nullptr || args.b_k == 0);
  HWY_DASSERT(args.hints.written != nullptr);
  (void)args;
  (void)in_place;
}

// Calls Kernel<rows>::Run(args, which...). Each number of rows has a function of its own, because accumulators must be
// separate locals to stay in registers.
template <template <size_t> class Kernel, class Args, size_t... kRowsMinus1, class... Which>
HWY_INLINE void CallForRows(const Args& args, std::index_sequence<kRowsMinus1...>, size_t rows, Which... which) {
  using Run = void (*)(const Args&, Which...);
  static constexpr Run kTable[] = {&Kernel<kRowsMinus1 + 1>::Run...};
  kTable[rows - 1](args, which...);
}
// All rows of a tile.
template <template <size_t> class Kernel, class Args, class Rows>
HWY_INLINE void CallForRows(const Args& args, Rows all) {
  CallForRows<Kernel>(args, all, args.rows);
}

// More rows than a kernel takes at once, as parts of like height, because kAtOnce rows do not take much longer than a
// few less: `longer` parts of rows + 1, and then `others` of `rows`, of which there is one at least. N: uint32_t is
// quicker to divide than size_t.
template <size_t kAtOnce, class N>
struct RowParts {
  HWY_INLINE explicit RowParts(N all) : RowParts(all, (all + kAtOnce - 1) / kAtOnce) {}
  N rows, longer, others;

 private:
  HWY_INLINE RowParts(N all, N parts) : rows(all / parts), longer(all % parts), others(parts - longer) {}
};

// Calls Kernel<rows>::Run(args, first, times) for all rows of a tile, in such parts: from `first` on, `times` times
// `rows` of them.
template <template <size_t> class Kernel, size_t kAtOnce, class Args>
HWY_INLINE void CallForRowParts(const Args& args) {
  constexpr std::make_index_sequence<kAtOnce> kAll;
  if (args.rows <= kAtOnce) return CallForRows<Kernel>(args, kAll, args.rows, size_t{0}, size_t{1});
  const RowParts<kAtOnce, uint32_t> parts(static_cast<uint32_t>(args.rows));
  if (parts.longer != 0) CallForRows<Kernel>(args, kAll, parts.rows + 1, size_t{0}, size_t{parts.longer});
  CallForRows<Kernel>(args, kAll, parts.rows, size_t{parts.longer * (parts.rows + 1)}, size_t{parts.others});
}

// Fetches the line at `p`, and the right to write to it.
HWY_INLINE void PrefetchForWriting(const void* p) {
#if HWY_ARCH_X86 && (HWY_COMPILER_GCC || HWY_COMPILER_CLANG)
  // Asm, because without -mprfchw the builtin is a plain prefetch. CPUs without PREFETCHW skip it.
  __asm__ volatile("prefetchw %0" : : "m"(*static_cast<const char*>(p)));
#elif HWY_COMPILER_GCC || HWY_COMPILER_CLANG
  __builtin_prefetch(p, 1);
#else
  (void)p;
#endif
}

template <class T>
HWY_INLINE T LoadUnaligned(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
