// ISA layer: the loop of tiles whose rows are read where they lie (tile_bytes_in_place-inl.h): some rows times one, two
// or four vectors of columns, all of whose sums are in registers.
//
// Six rows are finished in turn with the first products of the next six, row by row, where that pays. Products issue
// on two ports, and most of what makes bytes of sums on others. But all of it at once, behind the products of short K,
// is as many instructions as a CPU looks ahead, and the next products wait for it (Zen 4: MatMul 12544/16/64 to s8
// 1.11 times as fast in turn, 12544/16/32 to s32 1.15 times).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_BYTES_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_BYTES_KERNEL_INL_H_
#undef ISOQUANT_INL_ISA_BYTES_KERNEL_INL_H_
#else
#define ISOQUANT_INL_ISA_BYTES_KERNEL_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/bytes_sums-inl.h"
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
#include "isoquant/inl/isa/tile_finish-inl.h"

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Dot, Args, kFlip: as of BytesInPlace. kRowsAtOnce: the most rows that it asks for.
template <class Dot, class Args, bool kFlip, size_t kVectors, size_t kRows, size_t kRowsAtOnce>
struct BytesKernel {
  using Tiles = BroadcastTiles<Dot>;
  using D32 = typename Tiles::D32;
  using V32 = typename Tiles::V32;
  static constexpr size_t kLine = PackedPanels::kLineBytes, kInPanel = Tiles::kInPanel;
  static constexpr size_t kLanes = hn::MaxLanes(D32());
  using Rows = RowsOf<Args, kRows>;
  using Panels = PanelsAt<(kVectors + kInPanel - 1) / kInPanel>;
  // Few rows and vectors are too few sums to hide the latency: groups of K take turns with two or four sets.
  static constexpr size_t kPerSet = kRows * kVectors;
  static constexpr size_t kSets = Dot::kAddsApart || kPerSet >= 8 ? 1 : kPerSet >= 4 ? 2 : 4;
  using Sums = BytesSums<D32, kVectors, kRows, kSets>;
  using RowV = typename Sums::RowV;
  static constexpr std::make_index_sequence<kRows> kAll{};
  static constexpr std::make_index_sequence<kVectors> kColumns{};
  // Whether rows are finished in turn: two vectors always; four, of bytes, up to so many steps (Zen 4, to s8:
  // 3136/96/64 0.993 of the time, 3136/128/64 1.0, 512/512/512 1.02).
  static constexpr bool kMayFinishInTurn =
      kInPanel == 1 && TileFinish::kMayBeBytes && !Dot::kAddsApart && kRows == kRowsAtOnce && kVectors != 1;
  static constexpr bool kFinishesInTurn = kMayFinishInTurn && kVectors == 2;
  static constexpr size_t kMostStepsInTurn = 24;

  // Rows from `first` on, kRows each of `times`, and panels from `panel` on.
  static HWY_INLINE void Run(const Args& args, size_t first, size_t panel, size_t times) {
    if constexpr (kMayFinishInTurn) {
      const TileFinish* const f = args.finish;
      if (f != nullptr && (kFinishesInTurn || SegmentsOf<Args>(args).AllSteps() <= kMostStepsInTurn)) {
        if (f->kind == TileFinish::kS8) return RunBytesInTurn<int8_t>(args, first, panel, times);
        if (f->kind == TileFinish::kU8) return RunBytesInTurn<uint8_t>(args, first, panel, times);
      }
    }
    if constexpr (kFinishesInTurn) {
      const bool is_whole = args.c_cols - panel * PackedPanels::kColumns >= kVectors * kLanes;
      const bool is_direct = args.hints.written == reinterpret_cast<const char*>(args.c);
      if (args.finish == nullptr && !args.add && is_whole && is_direct) {
        return RunInTurn<SumRows>(args, first, panel, times);
      }
    }
    RunEach(args, first, panel, times);
  }

 private:
  template <size_t... kI>
  static HWY_INLINE RowV LoadB(const Panels& b, size_t bytes, std::index_sequence<kI...>) {
    return RowV{{LoadVector(b.template At<kI / kInPanel>() + bytes + kI % kInPanel * (kLine / 2))...}};
  }
  static HWY_INLINE V32 LoadVector(const int8_t* b) { return hn::LoadU(D32(), reinterpret_cast<const int32_t*>(b)); }

  // What the sums of the columns from `col` on begin with: what is owed or given, and what bytes add to them.
  template <size_t... kI>
  static HWY_INLINE RowV BeginOf(const Args& args, size_t col, std::index_sequence<kI...>) {
    RowV begin = OwedOrGiven(args, col, kColumns);
    if constexpr (kInPanel == 1 && TileFinish::kMayBeBytes) {
      if (args.finish != nullptr && args.finish->kind != TileFinish::kF32) {
        ((begin.v[kI] = hn::Add(begin.v[kI], Addends(D32(), *args.finish, col + kI * kLanes))), ...);
      }
    }
    return begin;
  }
  template <size_t... kI>
  static HWY_INLINE RowV OwedOrGiven(const Args& args, size_t col, std::index_sequence<kI...>) {
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
      return RowV{{hn::LoadU(D32(), from + kI * kLanes)...}};
    } else {
      return RowV{{Owed(from + kI * kLanes)...}};
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
  static HWY_INLINE void Step(const Rows& rows, V32 flips, const Panels& b, Sums& sums, std::index_sequence<kRow...>) {
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
  template <class Written>
  static HWY_INLINE void Steps(size_t steps, Rows& rows, V32 flips, Panels& b, Written& written, Sums& sums) {
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
  static HWY_INLINE V32 Flips() { return hn::Set(D32(), static_cast<int32_t>(0x80808080u)); }

  // Not inlined: nothing is known of args, and each number of rows has the registers for itself.
  static HWY_NOINLINE void RunEach(const Args& args, size_t first, size_t panel, size_t times) {
    for (; times != 0; --times, first += kRows) RunOnce(args, first, panel);
  }
  static HWY_INLINE void RunOnce(const Args& args, size_t first, size_t panel) {
    if constexpr (kVectors == 4) panel = 0;  // as it is; compilers cannot know
    const size_t col = panel * PackedPanels::kColumns;
    const int8_t* const panels = args.b + panel * args.panel_stride;
    Rows rows(args, first);
    Sums sums;
    sums.Begin(BeginOf(args, col, kColumns));
    const V32 flips = Flips();
    WrittenRows written(args, first, kRows);
    SegmentsOf<Args> segments(args);
    for (size_t a, at; segments.Next(a, at);) {
      rows.Begin(a);
      Panels b(panels + at, args.panel_stride);
      Steps(segments.steps, rows, flips, b, written, sums);
    }
    sums.AddSets();
    if constexpr (kInPanel == 1) {
      if (args.finish != nullptr) return Finish(args, col, first, sums);
    }
    int32_t* const c = args.c + first * args.c_stride + col;
    if (HWY_UNLIKELY(args.c_cols - col < kVectors * kLanes)) {
      sums.StoreFew(c, args.c_stride, args.c_cols - col, args.add);
    } else if (args.add) {
      sums.template Store<true>(c, args.c_stride);
    } else {
      sums.template Store<false>(c, args.c_stride);
    }
  }
  static HWY_INLINE void Finish(const Args& args, size_t col, size_t first, Sums& sums) {
    const TileFinish& f = *args.finish;
    if (kFinishesInTurn || !TileFinish::kMayBeBytes || f.kind == TileFinish::kF32) {
      sums.FinishFloats(f, col, args.row + first * RowStep(args), RowStep(args));
    } else if (f.kind == TileFinish::kS8) {
      FinishBytesOf<int8_t>(args, col, first, sums);
    } else {
      FinishBytesOf<uint8_t>(args, col, first, sums);
    }
  }
  // (Other numbers of rows are a tile or two of many: code for plain bytes would take long to compile, for little.)
  template <class Q>
  static HWY_INLINE void FinishBytesOf(const Args& args, size_t col, size_t first, Sums& sums) {
    const TileFinish& f = *args.finish;
    Q* const to = ByteRows<Q, false>::First(args, col, first);
    const size_t step = ByteRows<Q, false>::Step(args);
    sums.KeepApart();
    if constexpr (kRows == kRowsAtOnce) {
      if (f.plain) return FinishAll<ByteRows<Q, true>>(&f, col, sums, to, step, kAll);
    }
    FinishAll<ByteRows<Q, false>>(&f, col, sums, to, step, kAll);
  }

  // Kinds of outputs: where row `first` goes, how many elements there are to the next one, and how row kRow of sums
  // becomes the one that goes to `to`. Fetch: the lines of a row, for writing.
  struct SumRows {
    static HWY_INLINE int32_t* First(const Args& args, size_t col, size_t first) {
      return args.c + first * args.c_stride + col;
    }
    static HWY_INLINE size_t Step(const Args& args) { return args.c_stride; }
    template <size_t kRow>
    static HWY_INLINE void Finish(const TileFinish*, size_t, const Sums& sums, int32_t* to, size_t) {
      sums.template StoreRow<false, kRow>(to);
    }
    static HWY_INLINE void Fetch(const int32_t*) {}  // see WrittenRows
  };
  template <class Q, bool kPlain>
  struct ByteRows {
    static HWY_INLINE Q* First(const Args& args, size_t col, size_t first) {
      return FinishedRow<Q>(args, *args.finish, first) + col;
    }
    static HWY_INLINE size_t Step(const Args& args) { return RowStep(args) * args.finish->to_stride; }
    template <size_t kRow>
    static HWY_INLINE void Finish(const TileFinish* f, size_t col, const Sums& sums, Q* to, size_t step) {
      sums.template FinishByteRowsAt<Q, kPlain, kRow>(*f, col, to, step);
    }
    static HWY_INLINE void Fetch(const Q* to) { PrefetchForWriting(to); }
  };
  template <class Q>
  static HWY_INLINE void RunBytesInTurn(const Args& args, size_t first, size_t panel, size_t times) {
    args.finish->plain ? RunInTurn<ByteRows<Q, true>>(args, first, panel, times)
                       : RunInTurn<ByteRows<Q, false>>(args, first, panel, times);
  }

  // What is loaded anew for each row, because the loop takes all registers.
  struct InMemory {
    alignas(64) int32_t begin[kVectors * kLanes];
    size_t step;

    template <size_t... kI>
    HWY_INLINE void SetBegin(const RowV& row, std::index_sequence<kI...>) {
      (hn::Store(row.v[kI], D32(), begin + kI * kLanes), ...);
    }
    template <size_t... kI>
    HWY_INLINE RowV Begin(std::index_sequence<kI...>) const {
      return RowV{{hn::Load(D32(), begin + kI * kLanes)...}};
    }
  };
  struct NothingWritten {
    HWY_INLINE void FetchRow() {}
  };
  // As RunEach, but the sums of a tile are finished in the next one's first step.
  template <class Outputs>
  static HWY_NOINLINE void RunInTurn(const Args& args, size_t first, size_t panel, size_t times) {
    if constexpr (kVectors == 4) panel = 0;
    const size_t col = panel * PackedPanels::kColumns;
    const int8_t* const panels = args.b + panel * args.panel_stride;
    auto* to = Outputs::First(args, col, first);
    InMemory in_memory;
    in_memory.SetBegin(BeginOf(args, col, kColumns), kColumns);
    in_memory.step = Outputs::Step(args);
    // The asm below hides that these pointers are the same every time: see there, too.
    const InMemory* anew = &in_memory;
    const Args* hidden = &args;
    const V32 flips = Flips();
    NothingWritten nothing;
    Sums sums;
    for (bool is_first = true; times != 0; --times, first += kRows, is_first = false) {
      __asm__("" : "+r"(anew), "+r"(hidden));
      Rows rows(*hidden, first);
      SegmentsOf<Args> segments(*hidden);
      __asm__("" : "+r"(segments.steps));  // g++ 12 keeps it in a mask register
      size_t a = 0, at = 0;
      segments.Next(a, at);
      rows.Begin(a);
      Panels b(panels + at, hidden->panel_stride);
      if (is_first) {
        sums.Begin(anew->Begin(kColumns));
        Step<0>(rows, flips, b, sums, kAll);
      } else {
        FinishAndStep<Outputs>(hidden->finish, col, to, anew, rows, flips, b, sums, kAll);
      }
      rows.Advance(4);
      b.Advance(kLine);
      Steps(segments.steps - 1, rows, flips, b, nothing, sums);
      while (segments.Next(a, at)) {
        rows.Begin(a);
        b = Panels(panels + at, hidden->panel_stride);
        Steps(segments.steps, rows, flips, b, nothing, sums);
      }
    }
    FinishAll<Outputs>(hidden->finish, col, sums, to, anew->step, kAll);
  }
  template <class Outputs, class T, size_t... kRow>
  static HWY_INLINE void FinishAll(const TileFinish* f, size_t col, const Sums& sums, T* to, size_t step,
                                   std::index_sequence<kRow...>) {
    ((Outputs::template Finish<kRow>(f, col, sums, to, step), to += step), ...);
  }
  template <class Outputs, class T, size_t... kRow>
  static HWY_INLINE void FinishAndStep(const TileFinish* f, size_t col, T*& to, const InMemory* anew, const Rows& rows,
                                       V32 flips, const Panels& b, Sums& sums, std::index_sequence<kRow...>) {
    (FinishAndStepRow<Outputs, kRow>(f, col, to, anew, rows, flips, b, sums), ...);
  }
  // Finishes a row of the last tile, and begins that of this one. Its outputs are fetched meanwhile.
  template <class Outputs, size_t kRow, class T>
  static HWY_INLINE void FinishAndStepRow(const TileFinish* f, size_t col, T*& to, const InMemory* anew,
                                          const Rows& rows, V32 flips, const Panels& b, Sums& sums) {
    Outputs::template Finish<kRow>(f, col, sums, to, anew->step);
    to += anew->step;
    Outputs::Fetch(to + (kRows - 1) * anew->step);
    __asm__ volatile("" : "+r"(anew) : : "memory");  // all of B and `begin` would be kept in registers, or spilled
    sums.template BeginRow<kRow>(anew->Begin(kColumns));
    StepRow<kRow * kVectors>(rows.template Group<kRow>(0), flips, LoadB(b, 0, kColumns), sums, kColumns);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
