// ISA layer: the operands of tiles whose rows are read where they lie, as tile_bytes_in_place-inl.h walks them.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_OPERANDS_IN_PLACE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_OPERANDS_IN_PLACE_INL_H_
#undef ISOQUANT_INL_ISA_OPERANDS_IN_PLACE_INL_H_
#else
#define ISOQUANT_INL_ISA_OPERANDS_IN_PLACE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_finish.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A run of bytes of each window, and what it is multiplied by: `a` bytes from where the window begins, and `b` bytes
// from where a panel does.
struct WindowSegment {
  size_t a, b;
};

struct WindowTileArgs {
  const uint8_t* const* windows;  // where each row begins: every row_step-th of these
  size_t row_step;
  const WindowSegment* segments;
  size_t num_segments;   // at least 1
  size_t steps;          // groups of four bytes in each segment: at least 1
  const int32_t* begin;  // what sums begin with, for each column; or null
  const int8_t* b;       // packed panels
  size_t panel_stride;   // bytes
  size_t rows, panels;   // at least 1, 1..kNR / 16
  int32_t* c;
  size_t c_stride;           // elements, between rows of the tile
  size_t c_cols;             // columns that C has, the last panel's too
  bool add;                  // C += instead of C =
  const TileFinish* finish;  // as in TileArgs
  size_t row;                // the first one; then every row_step-th
  TileHints hints;           // what is written, and nothing else
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
// What is left of the segments: Next tells where the next one begins. A row of a matrix is one.
struct Segments {
  HWY_INLINE explicit Segments(const WindowTileArgs& args)
      : next(args.segments), end(args.segments + args.num_segments), steps(args.steps) {}
  HWY_INLINE bool Next(size_t& a, size_t& b) {
    if (next == end) return false;
    a = next->a;
    b = next->b;
    ++next;
    return true;
  }
  size_t AllSteps() const { return static_cast<size_t>(end - next) * steps; }
  const WindowSegment* next;
  const WindowSegment* end;
  size_t steps;
};
struct OneSegment {
  template <class TB, class ArrangedB, class Acc>
  HWY_INLINE explicit OneSegment(const TileArgs<uint8_t, TB, ArrangedB, Acc>& args) : steps(args.k / 4) {}
  HWY_INLINE bool Next(size_t& a, size_t& b) {
    if (done) return false;
    a = b = 0;
    return done = true;
  }
  size_t AllSteps() const { return steps; }
  size_t steps;
  bool done = false;
};
template <class Args>
using SegmentsOf = std::conditional_t<std::is_same<Args, WindowTileArgs>::value, Segments, OneSegment>;

// Where the rows of a tile are read: one pointer each.
template <class Args, size_t kRows>
struct RowsOf;
template <size_t kRows>
struct RowsOf<WindowTileArgs, kRows> {
  const uint8_t* begin[kRows];
  size_t at = 0;

  HWY_INLINE RowsOf(const WindowTileArgs& args, size_t first)
      : RowsOf(args.windows + first * args.row_step, args.row_step, std::make_index_sequence<kRows>()) {}
  template <size_t... kRow>
  HWY_INLINE RowsOf(const uint8_t* const* from, size_t step, std::index_sequence<kRow...>)
      : begin{from[kRow * step]...} {}
  HWY_INLINE void Begin(size_t a) { at = a; }
  HWY_INLINE void Advance(size_t bytes) { at += bytes; }
  template <size_t kRow>
  HWY_INLINE int32_t Group(size_t bytes) const {
    return LoadUnaligned<int32_t>(begin[kRow] + at + bytes);
  }
};
// Those of a matrix, from two pointers at multiples of its stride. (The asm keeps compilers from making a pointer of
// each.)
template <class TB, class ArrangedB, class Acc, size_t kRows>
struct RowsOf<TileArgs<uint8_t, TB, ArrangedB, Acc>, kRows> {
  const uint8_t *row0, *row3;
  size_t stride;

  HWY_INLINE RowsOf(const TileArgs<uint8_t, TB, ArrangedB, Acc>& args, size_t first)
      : row0(args.a + first * args.a_stride),
        row3(kRows > 3 ? row0 + 3 * args.a_stride : row0),
        stride(args.a_stride) {}
  HWY_INLINE void Begin(size_t) {}
  HWY_INLINE void Advance(size_t bytes) {
    row0 += bytes;
    row3 += bytes;
    __asm__("" : "+r"(stride));
  }
  template <size_t kRow>
  HWY_INLINE int32_t Group(size_t bytes) const {
    return LoadUnaligned<int32_t>((kRow < 3 ? row0 : row3) + kRow % 3 * stride + bytes);
  }
};

// Rows of C from one row of a tile to the next.
HWY_INLINE size_t RowStep(const WindowTileArgs& args) { return args.row_step; }
template <class TB, class ArrangedB, class Acc>
HWY_INLINE size_t RowStep(const TileArgs<uint8_t, TB, ArrangedB, Acc>&) {
  return 1;
}

// Where outputs of a tile's row `row` begin.
template <class T, class Args>
HWY_INLINE T* FinishedRow(const Args& args, const TileFinish& f, size_t row) {
  return static_cast<T*>(f.to) + (args.row + row * RowStep(args)) * f.to_stride;
}

// Where panels are read: four of them from two pointers.
template <size_t kPanels>
struct PanelsAt {
  const int8_t *panel0, *panel2;
  size_t stride;

  HWY_INLINE PanelsAt(const int8_t* b, size_t panel_stride)
      : panel0(b), panel2(kPanels > 2 ? b + 2 * panel_stride : b), stride(panel_stride) {}
  HWY_INLINE void Advance(size_t bytes) {
    panel0 += bytes;
    panel2 += bytes;
    __asm__("" : "+r"(stride));
  }
  template <size_t kPanel>
  HWY_INLINE const int8_t* At() const {
    return (kPanel < 2 ? panel0 : panel2) + kPanel % 2 * stride;
  }
};

// What an output stage makes of a tile, fetched for writing: a row with each four steps. (Sums that go straight to C
// are faster without: rows that are 2 or 4 KiB apart share sets of L1, and drive B out.)
struct WrittenRows {
  template <class Args>
  HWY_INLINE WrittenRows(const Args& args, size_t first, size_t rows)
      : next(args.hints.written + first * args.hints.written_stride),
        stride(args.hints.written_stride),
        is_one_line(args.hints.written_bytes <= kLine),
        left(args.hints.written == reinterpret_cast<const char*>(args.c) ? 0 : rows) {}
  HWY_INLINE void FetchRow() {
    if (left == 0) return;
    --left;
    PrefetchForWriting(next);
    if (!is_one_line) {
      PrefetchForWriting(next + kLine);
      PrefetchForWriting(next + 2 * kLine);
      PrefetchForWriting(next + 3 * kLine);
    }
    next += stride;
  }
  static constexpr size_t kLine = 64;
  const char* next;
  size_t stride;
  bool is_one_line;
  size_t left;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
