// ISA layer: tiles whose rows are read where they lie, for instructions that multiply a broadcast group of four bytes
// of A by a vector of B (VPDPBUSD and its like: tile_vnni-inl.h). A row is a row of a matrix, or a window of an image.
//
// A window is a list of segments: runs of bytes at the same distances from where each window of the tile begins. So a
// tile is as many pointers as it has rows, and one list of distances for all of them. Nothing is copied, and the
// pointers need no common stride: a tile may go on in the next line of the image, and any part of the kernel may be
// left out. A row of a matrix is one segment.
//
// Registers with 512 bits: 6 rows x 4 vectors = 24 accumulators, 4 of B, 1 of A and 1 of flips, of 32; with 256 bits: 6
// or 5 rows (as of arranged rows) x 2 vectors, 2, 1 and 1, of 16; or one vector, where no more than 8 columns are asked
// for. The pointers of 6 rows have general registers. A tile for a buffer is two such, or four of 256 bits: the output
// stage then has longer to run between products (Zen 3: layers of 3 x 3 to s8 1.03 times as fast, of 3 channels 1.25
// times). Where the tile itself stores or finishes sums, it is any number of them, and the loop over parts of them is
// in the kernel: what a call takes is longer than 6 x 64 sums of 16 or 24 products do (12544/16/96 1.3 times as fast,
// 3136/64/64 1.1 times).
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
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
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

// Dot: as BroadcastTiles takes it, of bytes. Args: WindowTileArgs; or TileArgs, with rows in place. kFlip: bytes of A
// are read ^ 0x80.
template <class Dot, class Args, bool kFlip>
struct BytesInPlace {
  using Tiles = BroadcastTiles<Dot>;
  using D32 = typename Tiles::D32;
  using V32 = typename Tiles::V32;
  static constexpr size_t kLine = PackedPanels::kLineBytes, kInPanel = Tiles::kInPanel;
  static constexpr size_t kRowsAtOnce = kInPanel == 2 ? Tiles::kRowsAtOnce : 6;
  static constexpr size_t kMR = kInPanel == 2 ? Tiles::kMR : 2 * kRowsAtOnce;
  static constexpr size_t kPanels = kInPanel == 2 ? 1 : 4, kNR = kPanels * PackedPanels::kColumns;
  static constexpr size_t kSegmentUnit = 4, kMaxPart = 0;

  // Any number of rows.
  static HWY_INLINE void Tile(const Args& args) {
    if (args.rows <= kRowsAtOnce) return RunRows(args, args.rows, 0, 1);
    const RowParts<kRowsAtOnce, size_t> parts(args.rows);
    if (parts.longer != 0) RunRows(args, parts.rows + 1, 0, parts.longer);
    RunRows(args, parts.rows, parts.longer * (parts.rows + 1), parts.others);
  }

 private:
  // `times` times `rows` rows.
  static HWY_INLINE void RunRows(const Args& args, size_t rows, size_t first, size_t times) {
    constexpr std::make_index_sequence<kRowsAtOnce> kAll;
    if constexpr (kInPanel == 2) {
      if (args.c_cols > PackedPanels::kColumns / 2) return CallForRows<Two>(args, kAll, rows, first, size_t{0}, times);
      CallForRows<One>(args, kAll, rows, first, size_t{0}, times);  // no more is asked for than the panel's first half
    } else {
      if (args.panels == kPanels) return CallForRows<Four>(args, kAll, rows, first, size_t{0}, times);
      if (args.panels >= 2) CallForRows<Two>(args, kAll, rows, first, size_t{0}, times);
      if (args.panels != 2) CallForRows<One>(args, kAll, rows, first, args.panels - 1, times);
    }
  }

  template <size_t kVectors, size_t kRows>
  struct Kernel {
    using Rows = RowsOf<Args, kRows>;
    using Panels = PanelsAt<(kVectors + kInPanel - 1) / kInPanel>;
    struct RowV {
      V32 v[kVectors];
    };
    // Few rows and vectors are too few sums to hide the latency: groups of K take turns with two or four sets.
    static constexpr size_t kPerSet = kRows * kVectors;
    static constexpr size_t kSets = Dot::kAddsApart || kPerSet >= 8 ? 1 : kPerSet >= 4 ? 2 : 4;
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
    // What the sums of the columns from `col` on begin with: what is owed or given, and what bytes add to them.
    template <size_t... kI>
    static HWY_INLINE RowV BeginWithAddends(const Args& args, size_t col, std::index_sequence<kI...>) {
      RowV begin = BeginOf(args, col, kColumns);
      if constexpr (kInPanel == 1 && TileFinish::kMayBeBytes) {
        if (args.finish != nullptr && args.finish->kind != TileFinish::kF32) {
          ((begin.v[kI] = hn::Add(begin.v[kI], Addends(D32(), *args.finish, col + kI * hn::MaxLanes(D32())))), ...);
        }
      }
      return begin;
    }
    template <size_t... kI>
    static HWY_INLINE RowV BeginOf(const Args& args, size_t col, std::index_sequence<kI...>) {
      constexpr bool kGiven = std::is_same<Args, WindowTileArgs>::value;
      const int32_t* from = nullptr;
      if constexpr (kGiven) {
        from = args.begin;
      } else {
        from = args.column_sums;
      }
      if (from == nullptr) return RowV{{(static_cast<void>(kI), hn::Zero(D32()))...}};
      from += col;
      if constexpr (kGiven) {
        return RowV{{hn::LoadU(D32(), from + kI * hn::Lanes(D32()))...}};
      } else {
        return RowV{{Owed(from + kI * hn::Lanes(D32()))...}};
      }
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

    // The first `cols` columns: the last vectors are none or not whole.
    template <size_t... kRow>
    static HWY_INLINE void StoreFew(int32_t* c, size_t c_stride, size_t cols, bool add, const Sums& sums,
                                    std::index_sequence<kRow...>) {
      (StoreFewOfRow<kRow>(c + kRow * c_stride, cols, add, sums, kColumns), ...);
    }
    template <size_t kRow, size_t... kI>
    static HWY_INLINE void StoreFewOfRow(int32_t* c, size_t cols, bool add, const Sums& sums,
                                         std::index_sequence<kI...>) {
      (StoreFewOfVector<kRow * kVectors + kI>(c + kI * hn::Lanes(D32()), cols - Min(cols, kI * hn::Lanes(D32())), add,
                                              sums),
       ...);
    }
    template <size_t kAt>
    static HWY_INLINE void StoreFewOfVector(int32_t* c, size_t n, bool add, const Sums& sums) {
      if (n == 0) return;
      V32 sum = sums.v[kAt];
      if (add) sum = hn::Add(sum, LoadFirst(D32(), c, n));
      StoreFirst(sum, D32(), c, n);
    }

    // Sums that become outputs at once, of the columns from `col` on.
    template <size_t... kRow>
    static HWY_INLINE void Finish(const TileFinish& f, size_t col, size_t row, size_t step, const Sums& sums,
                                  std::index_sequence<kRow...>) {
      if (!TileFinish::kMayBeBytes || f.kind == TileFinish::kF32) {
        (FinishFloatRow<kRow>(f, col, row + kRow * step, sums, kColumns), ...);
      } else if (f.kind == TileFinish::kS8) {
        FinishBytesOf<int8_t>(f, col, row, step, sums);
      } else {
        FinishBytesOf<uint8_t>(f, col, row, step, sums);
      }
    }
    // Other numbers of rows are a tile or two of many: code for plain bytes would take long to compile, for little.
    template <class Q>
    static HWY_INLINE void FinishBytesOf(const TileFinish& f, size_t col, size_t row, size_t step, const Sums& sums) {
      if constexpr (kRows == kRowsAtOnce) {
        if (f.plain) return FinishByteRows<Q, true>(f, col, row, step, sums, kAll);
      }
      FinishByteRows<Q, false>(f, col, row, step, sums, kAll);
    }
    template <class Q, bool kPlain, size_t... kRow>
    static HWY_INLINE void FinishByteRows(const TileFinish& f, size_t col, size_t row, size_t step, const Sums& sums,
                                          std::index_sequence<kRow...>) {
      (FinishByteRowsAt<Q, kPlain, kRow>(f, col, row, step, sums), ...);
    }
    template <size_t kRow, size_t... kI>
    static HWY_INLINE void FinishFloatRow(const TileFinish& f, size_t col, size_t row, const Sums& sums,
                                          std::index_sequence<kI...>) {
      const auto row_scale = hn::Set(hn::RebindToFloat<D32>(), f.row_scales[row * f.row_scale_step]);
      float* const to = static_cast<float*>(f.to) + row * f.to_stride;
      if constexpr (kVectors == 1) {
        FinishFewFloats(D32(), f, col, row_scale, sums.v[kRow], to);
      } else {
        (FinishFloatVector(D32(), f, col + kI * hn::MaxLanes(D32()), row_scale, sums.v[kRow * kVectors + kI], to), ...);
      }
    }
    // Four vectors at a time: those of one row, two or four, from kRow on.
    template <class Q, bool kPlain, size_t kRow>
    static HWY_INLINE void FinishByteRowsAt(const TileFinish& f, size_t col, size_t row, size_t step,
                                            const Sums& sums) {
      constexpr size_t kAtOnce = 4 / kVectors, kLeft = Min(kRows - kRow, kAtOnce), kAt = kRow * kVectors;
      if constexpr (kRow % kAtOnce == 0) {
        constexpr size_t kLast = kAt + kLeft * kVectors - 1;
        constexpr size_t k1 = Min(kAt + 1, kLast), k2 = Min(kAt + 2, kLast), k3 = Min(kAt + 3, kLast);
        V32 v0 = sums.v[kAt], v1 = sums.v[k1], v2 = sums.v[k2], v3 = sums.v[k3];
        // Without this, g++ 12 computes in front of the branches what they have in common, and spills all sums.
        __asm__ volatile("" : "+v"(v0.raw), "+v"(v1.raw), "+v"(v2.raw), "+v"(v3.raw));
        row += kRow * step;
        if constexpr (kVectors == 4) {
          FinishBytes<Q, kPlain>(D32(), f, row, v0, v1, v2, v3);
        } else if constexpr (kVectors == 2) {
          Q* const to = static_cast<Q*>(f.to) + row * f.to_stride + col;
          FinishTwoRows<kPlain>(D32(), f, col, v0, v1, v2, v3, to, kLeft == 2 ? to + step * f.to_stride : nullptr);
        } else {
          FinishFewBytes<Q, kPlain>(D32(), f, col, row, step, kLeft, v0, v1, v2, v3);
        }
      }
    }

    // Rows from `first` on, kRows each of `times`, and panels from `panel` on. Not inlined: nothing is known of args,
    // and each number of rows has the registers for itself.
    static HWY_NOINLINE void Run(const Args& args, size_t first, size_t panel, size_t times) {
      for (; times != 0; --times, first += kRows) RunOnce(args, first, panel);
    }
    static HWY_INLINE void RunOnce(const Args& args, size_t first, size_t panel) {
      if constexpr (kVectors == 4) panel = 0;  // as it is; compilers cannot know
      const size_t col = panel * PackedPanels::kColumns;
      const int8_t* const panels = args.b + panel * args.panel_stride;
      Rows rows(args, first);
      Sums sums = Begin(BeginWithAddends(args, col, kColumns), std::make_index_sequence<kSets * kPerSet>());
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
      if constexpr (kInPanel == 1) {
        if (args.finish != nullptr) {
          const size_t step = RowStep(args);
          return Finish(*args.finish, col, args.row + first * step, step, sums, kAll);
        }
      }
      int32_t* const c = args.c + first * args.c_stride + col;
      if (HWY_UNLIKELY(args.c_cols - col < kVectors * hn::Lanes(D32()))) {
        StoreFew(c, args.c_stride, args.c_cols - col, args.add, sums, kAll);
      } else if (args.add) {
        Store<true>(c, args.c_stride, sums, kAll);
      } else {
        Store<false>(c, args.c_stride, sums, kAll);
      }
    }
  };
  template <size_t kRows>
  using One = Kernel<1, kRows>;
  template <size_t kRows>
  using Two = Kernel<2, kRows>;
  template <size_t kRows>
  using Four = Kernel<4, kRows>;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
