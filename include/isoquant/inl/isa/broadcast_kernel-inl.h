// ISA layer: the loop of the tiles of tile_broadcast-inl.h: rows times vectors of columns, over all of K.
//
// Figures: bench/run.sh --benchmark_filter='^MatMul/s8s8s32/512/512/512' before and after a change of the line, on
// Granite Rapids. Other sizes stand in place of 512; those that the bench lacks are an entry of kShapes in
// bench/warm_bench.cc. Percent are of VPDPBUSD's peak, which the same run measures (pct_peak); GB/s are those of the
// weights (weights_gbps), and where these come from memory, of MatMulCold (bench/cold_bench.cc).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_BROADCAST_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_BROADCAST_KERNEL_INL_H_
#undef ISOQUANT_INL_ISA_BROADCAST_KERNEL_INL_H_
#else
#define ISOQUANT_INL_ISA_BROADCAST_KERNEL_INL_H_
#endif

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/isa/arrange_broadcast-inl.h"
#include "isoquant/inl/isa/find_nan-inl.h"
#include "isoquant/inl/isa/tile-inl.h"

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Four bytes, as a memory operand that an instruction broadcasts.
HWY_INLINE const char (&FourBytes(const void* a))[4] { return *static_cast<const char(*)[4]>(a); }

// Whether Dot has AccumulateOne(sums, &a, b), where the group a is such an operand.
template <class Dot, class V, class = void>
inline constexpr bool kBroadcastsOperand = false;
template <class Dot, class V>
inline constexpr bool kBroadcastsOperand<
    Dot, V, std::void_t<decltype(Dot::AccumulateOne(std::declval<V>(), nullptr, std::declval<V>()))>> = true;

// The group at `a` times one vector of B. A broadcast for a single product is best a part of it. (Zen 4: MatMulF32
// 16/16/16 1.24 times, 200/512/16 1.4 times as fast.)
template <class Dot, class D, class V>
HWY_INLINE V AccumulateGroup(D d, V sum, const void* a, V b) {
  if constexpr (kBroadcastsOperand<Dot, V>) {
    return Dot::AccumulateOne(sum, a, b);
  } else {
    return Dot::Accumulate(sum, hn::Set(d, LoadUnaligned<hn::TFromD<D>>(a)), b);
  }
}

// kRows x kVectors vectors of C. A panel is one vector of 16 lanes, or two of 8: kInPanel.
//
// Tiles: the shapes of tiles (tile_broadcast-inl.h). Dot: an instruction. kAlone: a tile whose B comes from memory.
template <class Tiles, class Dot, size_t kVectors, size_t kRows, bool kAlone>
struct BroadcastKernel {
  using ArrangedA = typename Tiles::ArrangedA;
  using B = typename Tiles::B;
  using Acc = typename Tiles::Acc;
  using Args = typename Tiles::Args;
  using D32 = typename Tiles::D32;
  using V32 = typename Tiles::V32;
  static constexpr bool kIsExact = Tiles::kIsExact, kSplitsRows = Tiles::kMR != Tiles::kRowsAtOnce;
  static constexpr size_t kParts = Tiles::kParts, kKR = Tiles::kKR, kPieceK = Tiles::kPieceK, kLine = Tiles::kLine;
  static constexpr size_t kInPanel = Tiles::kInPanel;
  static constexpr size_t kAhead = 3072;  // bytes of a panel; 2 KiB are as good, 1 KiB and 4 KiB are a little worse

  // Vectors of one row: of B, or accumulators. (x86 vectors have a size, so they may be members.)
  template <size_t kCount>
  struct Row {
    V32 v[kCount];
  };

  // Few rows have too few accumulators to hide the latency. They get several sets, which groups of K use in turn
  // (1 x 256 x 256: 138 GB/s with four sets, 105 with one), but no more than there are registers. Sums of floats are
  // one chain each.
  static constexpr size_t kPerSet = kRows * kVectors, kMostSums = HWY_TARGET == HWY_AVX2 ? 12 : 24;
  static constexpr size_t kWantedSets = !kIsExact || Dot::kAddsApart || kPerSet >= 10 ? 1 : kPerSet >= 5 ? 2 : 4;
  static constexpr size_t kSets = kWantedSets * kPerSet > kMostSums ? kWantedSets / 2 : kWantedSets;
  using RowV = Row<kVectors>;
  static constexpr bool kIsWide = Tiles::kWideNR != 0 && kVectors == 4;
  // (Fewer rows than this are no tile of several.)
  static constexpr bool kMayArrange =
      Tiles::kArrangesNext && !kAlone && (kIsWide || (kVectors == 2 && kRows >= Tiles::kMR / 2));

  template <size_t kPart>
  static HWY_INLINE RowV LoadRow(const B* from, size_t step) {
    if constexpr (kVectors == 4) {  // `step` is from panel to panel
      constexpr size_t kSecond = kInPanel == 2 ? kKR * 8 : 0;
      const B *const at1 = from + (kInPanel == 2 ? kSecond : step), *const at2 = from + 2 / kInPanel * step;
      const B* const at3 = at2 + (kInPanel == 2 ? kSecond : step);
      return RowV{{LoadVector<kPart>(from), LoadVector<kPart>(at1), LoadVector<kPart>(at2), LoadVector<kPart>(at3)}};
    }
    if constexpr (kVectors == 2) return RowV{{LoadVector<kPart>(from), LoadVector<kPart>(from + step)}};
    if constexpr (kVectors == 1) return RowV{{LoadVector<kPart>(from)}};
  }
  template <size_t kPart>
  static HWY_INLINE V32 LoadVector(const B* from) {
    const V32 line = hn::LoadU(D32(), reinterpret_cast<const Acc*>(from));
    if constexpr (kParts == 1) {
      return line;
    } else {
      return Dot::template Widen<kPart>(line);
    }
  }
  static HWY_INLINE RowV ZeroRow() {
    RowV row;
    for (size_t i = 0; i < kVectors; ++i) row.v[i] = hn::Zero(D32());
    return row;
  }

  // All accumulators. They stay in registers, because each is named by a constant: g++ 12 keeps an array in memory if
  // loops index it. (A parameter pack of locals is as fast, but took 2.4 times as long to compile with g++ 12.)
  using Sets = Row<kSets * kPerSet>;
  template <size_t... kI>
  static HWY_INLINE Sets Begin(const RowV& init, std::index_sequence<kI...>) {
    return Sets{{(kI < kPerSet ? init.v[kI % kVectors] : hn::Zero(D32()))...}};
  }

  // One group of K: a line, or its parts one after the other.
  template <size_t kSet, size_t kPart = 0, size_t kEnd = kParts, class Rows>
  static HWY_INLINE void Step(const ArrangedA* a, const B* b, size_t second, Sets& acc, Rows rows) {
    if constexpr (kPart < kEnd) {
      StepRows<kSet>(a, LoadRow<kPart>(b, second), acc, rows);
      // The asm keeps compilers from loading a line once for both parts: where it waits, it takes a register.
      if constexpr (kParts != 1) __asm__("" : "+r"(b));
      Step<kSet, kPart + 1, kEnd>(a + 1, b, second, acc, rows);
    }
  }
  template <size_t kSet, size_t... kRow>
  static HWY_INLINE void StepRows(const ArrangedA* a, const RowV& b, Sets& acc, std::index_sequence<kRow...>) {
    (StepRow<kSet * kPerSet + kRow * kVectors>(a + kRow * kPieceK, b, acc), ...);
  }
  template <size_t kAt>
  static HWY_INLINE void StepRow(const ArrangedA* a, const RowV& b, Sets& acc) {
    if constexpr (kVectors == 1) {
      acc.v[kAt] = AccumulateGroup<Dot>(D32(), acc.v[kAt], a, b.v[0]);
      return;
    }
    const V32 va = hn::Set(D32(), LoadUnaligned<Acc>(a));
    acc.v[kAt] = Dot::Accumulate(acc.v[kAt], va, b.v[0]);
    if constexpr (kVectors >= 2) acc.v[kAt + 1] = Dot::Accumulate(acc.v[kAt + 1], va, b.v[1]);
    // Otherwise g++ 12 gives the register of va to a sum, and copies that there and back.
    if constexpr (kSplitsRows && kVectors == 2) __asm__("" : : "x"(va.raw));
    if constexpr (kVectors == 4) {
      acc.v[kAt + 2] = Dot::Accumulate(acc.v[kAt + 2], va, b.v[2]);
      acc.v[kAt + 3] = Dot::Accumulate(acc.v[kAt + 3], va, b.v[3]);
    }
  }

  // One prefetch a step is free, two are not (512 cubed: 95.5 % with one, 93.5 with two). A lone tile waits for
  // memory anyway: it fetches, in two streams, the B that it will itself read some KiB further on (12 x 4096 x 4096,
  // weights from memory: 16.3 GB/s with this, 12.7 without).
  //
  // One or two rows of f32 are quick enough for CPUs with 256-bit vectors to see far ahead themselves. There two
  // streams without prefetches come at 24 GB/s, with them at 18 (Zen 3: MatMulF32 1/4096/4096 1.2 times as fast
  // without, 2 rows 1.13 times, but 6 rows 0.8 times, and 1 or 2 rows of bf16 0.7 times).
  static constexpr bool kHardwareFetches = HWY_TARGET == HWY_AVX2 && !kIsExact && kParts == 1 && kRows <= 2;
  struct Prefetches {
    const char* next;
    size_t inner, outer, step;

    HWY_INLINE void Step(size_t i) const {
      if (kAlone) {
        if (kHardwareFetches) return;
        hwy::Prefetch(next + i * 64);
        for (size_t p = 1; p < kVectors / kInPanel; ++p) hwy::Prefetch(next + i * 64 + p * outer);
      } else if (kVectors == 2 && kSets == 1) {  // one panel of 16 columns is the last; few rows are short of loads
        hwy::Prefetch(next + i % 2 * inner + i / 2 * outer);
      }
    }
    HWY_INLINE void Advance() { next += kAlone ? 256 : step; }
  };

  // Four at a time, because scalar instructions take slots of the ports that VPDPBUSD needs (512 cubed: 95.3 % with
  // four, 93.5 with one).
  static HWY_INLINE void FourSteps(const ArrangedA*& a, const B*& b, size_t second, Prefetches& prefetches, Sets& acc) {
    constexpr std::make_index_sequence<kRows> kAll;
    prefetches.Step(0);
    Step<0>(a, b, second, acc, kAll);
    prefetches.Step(1);
    Step<1 % kSets>(a + kKR, b + kLine, second, acc, kAll);
    prefetches.Step(2);
    Step<2 % kSets>(a + 2 * kKR, b + 2 * kLine, second, acc, kAll);
    prefetches.Step(3);
    Step<3 % kSets>(a + 3 * kKR, b + 3 * kLine, second, acc, kAll);
    a += 4 * kKR;
    b += 4 * kLine;
    prefetches.Advance();
  }

  // The last group of K. Each row is stored as soon as it is done: stores that came after all products would
  // hold up the next tile. Rows are addressed three at a time, at constant multiples of the stride. The asm keeps g++
  // from preparing the addresses of all rows beforehand, which takes more registers than there are.
  template <bool kAdd, size_t... kRow>
  static HWY_INLINE void LastStep(const ArrangedA* a, const RowV& b, Acc* c, size_t c_stride, Sets& acc,
                                  std::index_sequence<kRow...>) {
    (FinishRow<kAdd, kRow>(a + kRow * kPieceK, b, c, c_stride, acc), ...);
  }
  template <bool kAdd, size_t kRow>
  static HWY_INLINE void FinishRow(const ArrangedA* a, const RowV& b, Acc*& c, size_t c_stride, Sets& acc) {
    StepRow<kRow * kVectors>(a, b, acc);
    if (kRow % 3 == 0) __asm__("" : "+r"(c));
    Acc* const to = c + kRow % 3 * c_stride;
    StoreVector<kAdd, kRow * kVectors>(to, acc);
    if constexpr (kVectors >= 2) StoreVector<kAdd, kRow * kVectors + 1>(to + hn::Lanes(D32()), acc);
    if constexpr (kVectors == 4) {
      StoreVector<kAdd, kRow * kVectors + 2>(to + 2 * hn::Lanes(D32()), acc);
      StoreVector<kAdd, kRow * kVectors + 3>(to + 3 * hn::Lanes(D32()), acc);
    }
    if (kRow % 3 == 2) c += 3 * c_stride;
  }
  template <bool kAdd, size_t kAt>
  static HWY_INLINE void StoreVector(Acc* c, const Sets& acc) {
    const D32 d;
    V32 sum = acc.v[kAt];
    if constexpr (kSets > 1) sum = hn::Add(sum, acc.v[kAt + kPerSet]);
    if constexpr (kSets > 2) sum = hn::Add(sum, hn::Add(acc.v[kAt + 2 * kPerSet], acc.v[kAt + 3 * kPerSet]));
    if constexpr (kAdd) sum = hn::Add(sum, hn::LoadU(d, c));
    hn::StoreU(sum, d, c);
  }

  // Outputs are fetched a few rows with each piece of K. Fetched at the end of the loop, their lines would hold up
  // the next tile (2048 cubed: 92 % instead of 97); all at once in the beginning, they would hold up A and B (512
  // cubed: 94 % instead of 96).
  static HWY_INLINE void FetchWritten(const Args*& args, size_t first, const char*& written) {
    // Wide tiles are slower so: outputs that are 2 or 4 KiB apart share sets of L1, and drive B out (512 cubed, Zen
    // 5: 95 instead of 97 %).
    if (kIsWide) return;
    // The asm hides that the pointer is the same every time, so that members are loaded anew. Kept in registers, they
    // would take some that the loop needs, and g++ 12 spills general registers to vectors, by instructions of a port
    // that VPDPBUSD needs.
    __asm__("" : "+r"(args));
    const char* const last = args->hints.written + (first + kRows - 1) * args->hints.written_stride;
    const size_t rows = kVectors == 1 || args->k > kRows * kPieceK ? 1 : args->k > 4 * kPieceK ? 3 : 6;
    for (size_t row = 0; row < rows; ++row) {
      PrefetchForWriting(written);
      if (kVectors > 1) PrefetchForWriting(written + args->hints.written_bytes - 1);
      written = written < last ? written + args->hints.written_stride : written;
    }
  }

  // Short K leaves no time for that: outputs of as many rows after these are fetched, a line of each. (Zen 3:
  // 12544/16/96 to s32 1.05 times, to s8 1.03 times as fast, 784/60/48 to s32 0.99 times.)
  static HWY_INLINE void FetchNextWritten(const char* written, size_t stride) {
    written += kRows * stride;
    for (size_t row = 0; row < kRows; ++row, written += stride) PrefetchForWriting(written);
  }

  // The next piece of the next tile's rows.
  static HWY_INLINE void ArrangeNext(const Args*& args, NextRows& next, bool last) {
    if constexpr (kMayArrange) {
      if (HWY_LIKELY(next.from == nullptr)) return;
      __asm__("" : "+r"(args));  // as in FetchWritten
      next.ArrangePiece(args->next, last);
    }
  }

  // Sums of integers begin with what is owed, and C is added in the end. Those of floats begin with C.
  static HWY_INLINE Sets BeginSums(const Args& args, size_t panel = 0) {
    const D32 d;
    constexpr std::make_index_sequence<kSets * kPerSet> kAllSets;
    if constexpr (!kIsExact) {
      if (args.add) return LoadSums(args, kAllSets);
    } else if (args.column_sums != nullptr) {
      const int32_t* const sums = args.column_sums + panel * PackedPanels::kColumns;
      RowV owed;
      for (size_t i = 0; i < kVectors; ++i) {
        owed.v[i] = hn::Sub(hn::Zero(d), hn::ShiftLeft<7>(hn::LoadU(d, sums + i * hn::Lanes(d))));
      }
      return Begin(owed, kAllSets);
    }
    return Begin(ZeroRow(), kAllSets);
  }
  template <size_t... kI>
  static HWY_INLINE Sets LoadSums(const Args& args, std::index_sequence<kI...>) {
    return Sets{{hn::LoadU(D32(), args.c + kI / kVectors * args.c_stride + kI % kVectors * hn::Lanes(D32()))...}};
  }

  // K = 0. (Of integers the loop takes care: 0 times any A is 0.)
  static void StoreNoProducts(const Args& args) {
    for (size_t row = 0; row < kRows && !args.add; ++row) {
      std::memset(args.c + row * args.c_stride, 0, kVectors * hn::Lanes(D32()) * sizeof(Acc));
    }
  }

  // The rows from `first` on, `times` times kRows.
  static HWY_NOINLINE void Run(const Args& args, size_t first, size_t times) {
    if constexpr (!kSplitsRows) return RunOnce(args, 0);
    for (; times != 0; --times, first += kRows) RunOnce(args, first);
  }
  static HWY_INLINE void RunOnce(const Args& args, size_t first) {
    const D32 d;
    if (!kIsExact && args.k == 0) return StoreNoProducts(args);
    Sets acc = BeginSums(args);
    const B* b = args.b;
    const size_t second = kInPanel == 2 && kVectors != 4 ? kKR * hn::Lanes(d) : args.panel_stride;
    const ArrangedA* a = args.a + first * kPieceK;
    const size_t to_next_piece = kSplitsRows ? args.a_step - kPieceK : (kRows - 1) * kPieceK;
    Prefetches prefetches{static_cast<const char*>(args.hints.prefetch.from), args.hints.prefetch.inner,
                          args.hints.prefetch.outer, args.hints.prefetch.step};
    if (first != 0) prefetches = {reinterpret_cast<const char*>(args.b), 0, 0, 64};
    if (kAlone) prefetches = {reinterpret_cast<const char*>(args.b) + kAhead, 0, args.panel_stride * sizeof(B), 64};
    const char* written = args.hints.written + first * args.hints.written_stride;
    Acc* const c = args.c + first * args.c_stride;
    const Args* hidden = &args;
    constexpr std::make_index_sequence<kRows> kAll;
    size_t k = args.k;
    NextRows next(args.next);
    for (; k > kPieceK; k -= kPieceK, a += to_next_piece) {
      for (size_t i = 0; i < kPieceK; i += 4 * kKR) FourSteps(a, b, second, prefetches, acc);
      ArrangeNext(hidden, next, false);
      FetchWritten(hidden, first, written);
    }
    ArrangeNext(hidden, next, true);
    if (args.k <= kPieceK) {
      kSplitsRows ? FetchNextWritten(written, args.hints.written_stride) : FetchWritten(hidden, first, written);
    }
    // No loop is peeled: that is code which is seldom warm, and g++ 12 has spilled vectors of B in it.
    if (kParts == 1) {  // otherwise four steps are most of a piece, and much code
#pragma GCC unroll 1
      for (; k > 4 * kKR; k -= 4 * kKR) FourSteps(a, b, second, prefetches, acc);
    }
#pragma GCC unroll 1
    for (; k > kKR; k -= kKR, a += kKR, b += kLine) Step<0>(a, b, second, acc, kAll);
    Step<0, 0, kParts - 1>(a, b, second, acc, kAll);
    a += kParts - 1;
    const RowV last = k != 0 ? LoadRow<kParts - 1>(b, second) : ZeroRow();  // K = 0: any A will do
    if (kIsExact && args.add) {
      LastStep<true>(a, last, c, args.c_stride, acc, kAll);
    } else {
      LastStep<false>(a, last, c, args.c_stride, acc, kAll);
    }
    if constexpr (!kIsExact) {
      if (HWY_UNLIKELY(HasNaN(acc.v, std::make_index_sequence<kPerSet>()))) {
        MakeOneNaN(c, args.c_stride, kRows, kVectors * hn::Lanes(d));
      }
    }
  }

  // All panels of one row of integers, one after the other. Nothing else is fetched or arranged meanwhile.
  static HWY_NOINLINE void RunPanels(const Args& args) {
    static_assert(kIsExact && kRows == 1 && kVectors == 1 && kInPanel == 1 && kParts == 1,
                  "vectors are lines of panels");
    constexpr std::make_index_sequence<1> kRow;
    Acc* c = args.c;
    for (size_t panel = 0; panel < args.panels; ++panel) {
      Sets acc = BeginSums(args, panel);
      const ArrangedA* a = args.a;
      const B* b = args.b + panel * args.panel_stride;
      size_t k = args.k;
      for (; k >= 4 * kKR; k -= 4 * kKR, a += 4 * kKR, b += 4 * kLine) {
        Step<0>(a, b, 0, acc, kRow);
        Step<1 % kSets>(a + kKR, b + kLine, 0, acc, kRow);
        Step<2 % kSets>(a + 2 * kKR, b + 2 * kLine, 0, acc, kRow);
        Step<3 % kSets>(a + 3 * kKR, b + 3 * kLine, 0, acc, kRow);
      }
#pragma GCC unroll 1
      for (; k != 0; k -= kKR, a += kKR, b += kLine) Step<0>(a, b, 0, acc, kRow);
      args.add ? StoreVector<true, 0>(c, acc) : StoreVector<false, 0>(c, acc);
      c += PackedPanels::kColumns;
    }
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
