// ISA layer: tiles whose rows are read where they lie, for instructions that multiply a broadcast group of four bytes
// of A by a vector of B (VPDPBUSD and its like: tile_vnni-inl.h). A row is a row of a matrix, or a window of an image.
//
// A window is a list of segments: runs of bytes at the same distances from where each window of the tile begins. So a
// tile is as many pointers as it has rows, and one list of distances for all of them. Nothing is copied, and the
// pointers need no common stride: a tile may go on in the next line of the image, and any part of the kernel may be
// left out. A row of a matrix is one segment.
//
// Registers with 512 bits: 6 rows x 4 vectors = 24 accumulators, 4 of B, 1 of A and 1 of flips, of 32; with 256 bits: 6
// rows x 2 vectors, 2, 1 and 1, of 16. The pointers of 6 rows have general registers. A tile of up to 12 rows is two
// such: the output stage then has longer to run between products.
//
// Why 6 x 4: 10 loads go with 24 products, where the 12 x 2 of arranged rows take 14, and more instructions a product.
// On Zen 5 this is 98 to 99 % of the peak of VPDPBUSD, with no row copied, where 12 x 2 are 96. (Commands: tuning.h.
// oneDNN's tile has the same shape.)
//
// Kernels take all that changes from tile to tile in registers, or as the words that it was stored as: where a tile's
// arguments are copied by vectors, the copies wait until all stores before them are in L1, and those are the last
// tile's outputs (1024 cubed: 89 instead of 98 %).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_
#undef ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
#include "isoquant/inl/isa/tile_finish-inl.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A run of bytes of each window, and what it is multiplied by: `a` bytes from where the window begins, and `b` bytes
// from where a panel does.
struct WindowSegment {
  size_t a, b;
};

struct WindowTileArgs {
  const uint8_t* const* windows;  // where each row begins
  const WindowSegment* segments;
  size_t num_segments;         // at least 1
  size_t steps;                // groups of four bytes in each segment: at least 1
  const int32_t* column_sums;  // as in TileArgs: 128 times these are owed; or null
  const int8_t* b;             // packed panels
  size_t panel_stride;         // bytes
  size_t rows, panels;         // 1..kMR, 1..kNR / 16
  int32_t* c;
  size_t c_stride;           // elements
  bool add;                  // C += instead of C =
  const TileFinish* finish;  // as in TileArgs
  size_t row;
  TileHints hints;  // what is written, and nothing else
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
namespace hn = hwy::HWY_NAMESPACE;

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
      : RowsOf(args.windows + first, std::make_index_sequence<kRows>()) {}
  template <size_t... kRow>
  HWY_INLINE RowsOf(const uint8_t* const* from, std::index_sequence<kRow...>) : begin{from[kRow]...} {}
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

// Dot: as BroadcastTiles takes it, of bytes. Args: WindowTileArgs; or TileArgs, with rows in place. kFlip: bytes of A
// are read ^ 0x80.
template <class Dot, class Args, bool kFlip>
struct BytesInPlace {
  using Tiles = BroadcastTiles<Dot>;
  using D32 = typename Tiles::D32;
  using V32 = typename Tiles::V32;
  static constexpr size_t kLine = PackedPanels::kLineBytes, kInPanel = Tiles::kInPanel;
  static constexpr size_t kRowsAtOnce = 6, kMR = kInPanel == 2 ? kRowsAtOnce : 2 * kRowsAtOnce;
  static constexpr size_t kPanels = kInPanel == 2 ? 1 : 4, kNR = kPanels * PackedPanels::kColumns;

  // Any number of rows: six at a time, and of the last ones two parts.
  static HWY_INLINE void Tile(const Args& args) {
    size_t first = 0, left = args.rows;
    for (; left > 2 * kRowsAtOnce; left -= kRowsAtOnce, first += kRowsAtOnce) RunRows(args, first, kRowsAtOnce);
    const size_t half = left <= kRowsAtOnce ? left : (left + 1) / 2;
    RunRows(args, first, half);
    if (half != left) RunRows(args, first + half, left - half);
  }

 private:
  static HWY_INLINE void RunRows(const Args& args, size_t first, size_t rows) {
    if (args.panels == kPanels) return Call<kPanels>(args, first, 0, rows);
    if constexpr (kPanels != 1) {
      if (args.panels >= 2) Call<2>(args, first, 0, rows);
      if (args.panels != 2) Call<1>(args, first, args.panels - 1, rows);
    }
  }

  // Each number of rows has a function of its own: CallForRows.
  template <size_t kNumPanels>
  static HWY_INLINE void Call(const Args& args, size_t first, size_t panel, size_t rows) {
    Call<kNumPanels>(args, first, panel, rows, std::make_index_sequence<kRowsAtOnce>());
  }
  template <size_t kNumPanels, size_t... kRowsMinus1>
  static HWY_INLINE void Call(const Args& args, size_t first, size_t panel, size_t rows,
                              std::index_sequence<kRowsMinus1...>) {
    using Run = void (*)(const Args&, size_t, size_t);
    static constexpr Run kTable[] = {&Kernel<kNumPanels * kInPanel, kRowsMinus1 + 1>::Run...};
    kTable[rows - 1](args, first, panel);
  }

  template <size_t kVectors, size_t kRows>
  struct Kernel {
    using Rows = RowsOf<Args, kRows>;
    using Panels = PanelsAt<kVectors / kInPanel>;
    struct RowV {
      V32 v[kVectors];
    };
    // Few rows and vectors are too few sums to hide the latency: groups of K take turns with two or four sets.
    static constexpr size_t kPerSet = kRows * kVectors, kSets = kPerSet >= 8 ? 1 : kPerSet >= 4 ? 2 : 4;
    struct Sums {
      V32 v[kSets * kPerSet];
    };
    static constexpr std::make_index_sequence<kRows> kAll{};
    static constexpr std::make_index_sequence<kVectors> kColumns{};

    template <size_t... kI>
    static HWY_INLINE RowV LoadB(const Panels& b, size_t bytes, std::index_sequence<kI...>) {
      return RowV{{LoadVector(b.template At<kI / kInPanel>() + bytes + kI % kInPanel * (kLine / 2))...}};
    }
    static HWY_INLINE V32 LoadVector(const int8_t* b) { return hn::LoadU(D32(), reinterpret_cast<const int32_t*>(b)); }

    template <size_t... kI>
    static HWY_INLINE Sums Begin(const RowV& init, std::index_sequence<kI...>) {
      return Sums{{(kI < kPerSet ? init.v[kI % kVectors] : hn::Zero(D32()))...}};
    }
    template <size_t... kI>
    static HWY_INLINE RowV Owed(const int32_t* column_sums, std::index_sequence<kI...>) {
      if (column_sums == nullptr) return RowV{{(static_cast<void>(kI), hn::Zero(D32()))...}};
      return RowV{{Owed(column_sums + kI * hn::Lanes(D32()))...}};
    }
    static HWY_INLINE V32 Owed(const int32_t* column_sums) {
      return hn::Sub(hn::Zero(D32()), hn::ShiftLeft<7>(hn::LoadU(D32(), column_sums)));
    }

    // Without this, g++ 12 gives the registers of B to sums of the last row, and copies them there and back.
    template <size_t... kI>
    static HWY_INLINE void KeepAlive(const RowV& b, std::index_sequence<kI...>) {
      (KeepAlive(b.v[kI]), ...);
    }
    static HWY_INLINE void KeepAlive(V32 b) { __asm__ volatile("" : : "v"(b.raw)); }

    // Group number kStep from where `rows` and `b` are.
    template <size_t kStep, size_t... kRow>
    static HWY_INLINE void Step(const Rows& rows, V32 flips, const Panels& b, Sums& sums,
                                std::index_sequence<kRow...>) {
      const RowV line = LoadB(b, kStep * kLine, kColumns);
      (StepRow<kStep % kSets * kPerSet + kRow * kVectors>(rows.template Group<kRow>(kStep * 4), flips, line, sums,
                                                          kColumns),
       ...);
      KeepAlive(line, kColumns);
    }
    template <size_t kAt, size_t... kI>
    static HWY_INLINE void StepRow(int32_t a, V32 flips, const RowV& b, Sums& sums, std::index_sequence<kI...>) {
      V32 va = hn::Set(D32(), a);
      if constexpr (kFlip) va = hn::Xor(va, flips);
      ((sums.v[kAt + kI] = Dot::Accumulate(sums.v[kAt + kI], va, b.v[kI])), ...);
      KeepAlive(va);
    }

    // All sets into the first one.
    template <size_t... kI>
    static HWY_INLINE void AddSets(Sums& sums, std::index_sequence<kI...>) {
      (AddSetsAt<kI>(sums), ...);
    }
    template <size_t kAt>
    static HWY_INLINE void AddSetsAt(Sums& sums) {
      V32& sum = sums.v[kAt];
      if constexpr (kSets > 1) sum = hn::Add(sum, sums.v[kAt + kPerSet]);
      if constexpr (kSets > 2) sum = hn::Add(sum, hn::Add(sums.v[kAt + 2 * kPerSet], sums.v[kAt + 3 * kPerSet]));
    }

    template <bool kAdd, size_t... kRow>
    static HWY_INLINE void Store(int32_t* c, size_t c_stride, const Sums& sums, std::index_sequence<kRow...>) {
      (StoreRow<kAdd, kRow>(c, c_stride, sums, kColumns), ...);
    }
    template <bool kAdd, size_t kRow, size_t... kI>
    static HWY_INLINE void StoreRow(int32_t*& c, size_t c_stride, const Sums& sums, std::index_sequence<kI...>) {
      (StoreVector<kAdd, kRow * kVectors + kI>(c + kI * hn::Lanes(D32()), sums), ...);
      c += c_stride;
    }
    template <bool kAdd, size_t kAt>
    static HWY_INLINE void StoreVector(int32_t* c, const Sums& sums) {
      V32 sum = sums.v[kAt];
      if constexpr (kAdd) sum = hn::Add(sum, hn::LoadU(D32(), c));
      hn::StoreU(sum, D32(), c);
    }

    // Sums that become outputs at once.
    template <size_t... kRow>
    static HWY_INLINE void Finish(const TileFinish& f, size_t row, const Sums& sums, std::index_sequence<kRow...>) {
      if (f.kind == TileFinish::kF32) {
        (FinishRow<TileFinish::kF32, kRow>(f, row, sums), ...);
      } else if (f.kind == TileFinish::kS8) {
        (FinishRow<TileFinish::kS8, kRow>(f, row, sums), ...);
      } else {
        (FinishRow<TileFinish::kU8, kRow>(f, row, sums), ...);
      }
    }
    template <TileFinish::Kind kKind, size_t kRow>
    static HWY_INLINE void FinishRow(const TileFinish& f, size_t row, const Sums& sums) {
      constexpr size_t kAt = kRow * kVectors;
      const V32 v0 = sums.v[kAt], v1 = sums.v[kAt + 1], v2 = sums.v[kAt + 2], v3 = sums.v[kAt + 3];
      if constexpr (kKind == TileFinish::kF32) {
        FinishFloats(D32(), f, row + kRow, v0, v1, v2, v3);
      } else {
        using Q = std::conditional_t<kKind == TileFinish::kS8, int8_t, uint8_t>;
        FinishBytes<Q>(D32(), f, row + kRow, v0, v1, v2, v3);
      }
    }

    // Rows from `first` on, and panels from `panel` on. Not inlined: nothing is known of args, and each number of rows
    // has the registers for itself.
    static HWY_NOINLINE void Run(const Args& args, size_t first, size_t panel) {
      const size_t col = panel * PackedPanels::kColumns;
      const int8_t* const panels = args.b + panel * args.panel_stride;
      Rows rows(args, first);
      Sums sums = Begin(Owed(args.column_sums == nullptr ? nullptr : args.column_sums + col, kColumns),
                        std::make_index_sequence<kSets * kPerSet>());
      const V32 flips = hn::Set(D32(), static_cast<int32_t>(0x80808080u));
      WrittenRows written(args, first, kRows);
      SegmentsOf<Args> segments(args);
      for (size_t a, at; segments.Next(a, at);) {
        rows.Begin(a);
        Panels b(panels + at, args.panel_stride);
        size_t steps = segments.steps;
        for (; steps >= 4; steps -= 4) {
          written.FetchRow();
          Step<0>(rows, flips, b, sums, kAll);
          Step<1>(rows, flips, b, sums, kAll);
          Step<2>(rows, flips, b, sums, kAll);
          Step<3>(rows, flips, b, sums, kAll);
          rows.Advance(16);
          b.Advance(4 * kLine);
        }
#pragma GCC unroll 1
        for (; steps != 0; --steps) {
          Step<0>(rows, flips, b, sums, kAll);
          rows.Advance(4);
          b.Advance(kLine);
        }
      }
      AddSets(sums, std::make_index_sequence<kPerSet>());
      if constexpr (kVectors == 4) {
        if (args.finish != nullptr) return Finish(*args.finish, args.row + first, sums, kAll);
      }
      int32_t* const c = args.c + first * args.c_stride + col;
      if (args.add) {
        Store<true>(c, args.c_stride, sums, kAll);
      } else {
        Store<false>(c, args.c_stride, sums, kAll);
      }
    }
  };
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
