// ISA layer: VPDPBUSD, on 512-bit vectors (tier avx512_vnni) and on 256-bit ones (avx_vnni), and VPDPBSSD on the latter
// (avx_vnni_int8).
//
// VPDPBUSD adds four products of an unsigned and a signed byte to each int32 lane and never saturates. B is the signed
// operand and comes straight from the panels; A is the unsigned one and is broadcast. Signed A is arranged as a ^ 0x80
// = a + 128; the sums then owe -128 * column_sums. (Rejected: b ^ 0x80 in the loop, so that A may stay signed. That is
// a vector operation for each load of B. It costs nothing on Zen 4, but 8 to 14 % on Intel, where 512-bit logic shares
// both ports with VPDPBUSD.) VPDPBSSD takes signed bytes on both sides: signed A needs no such trick.
//
// Registers with 512 bits: 12 rows x 2 vectors = 24 accumulators, 2 of B and 1 of A, of 32. With 256 bits: 6 rows x 2
// vectors, 2 and 1, of 16. Intel's latency of 5 cycles at 2 instructions per cycle needs 10 accumulators. 12 rows
// rather than 6 halve the traffic of B.
//
// Figures: bench/run.sh --benchmark_filter='^MatMul/s8s8s32/512/512/512' before and after a change of the line, on
// Granite Rapids. Other sizes stand in place of 512; those that the bench lacks are an entry of kShapes in
// bench/warm_bench.cc. Percent are of VPDPBUSD's peak, which the same run measures (pct_peak); GB/s are those of the
// weights (weights_gbps), and where these come from memory, of MatMulCold (bench/cold_bench.cc).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_VNNI_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#undef ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_VNNI_INL_H_
#endif

#include <type_traits>
#include <utility>

#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

// Inline asm, so that no -m flag and no Highway target above AVX3 is needed. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

inline const char* RefuseVnni(const Cpu& cpu) {
#if HWY_TARGET == HWY_AVX2
  return (cpu.leaf7_1_eax >> 4 & 1) != 0 ? nullptr : "the CPU lacks AVX-VNNI: CPUID(7,1).EAX[4] is 0";
#else
  return (cpu.leaf7_ecx >> 11 & 1) != 0 ? nullptr : "the CPU lacks AVX512-VNNI: CPUID(7,0).ECX[11] is 0";
#endif
}

#if HWY_TARGET == HWY_AVX2
inline const char* RefuseVnniInt8(const Cpu& cpu) {
  if ((cpu.leaf7_1_edx >> 4 & 1) == 0) return "the CPU lacks AVX-VNNI-INT8: CPUID(7,1).EDX[4] is 0";
  return RefuseVnni(cpu);  // u8 x s8 is VPDPBUSD
}
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// Instructions: each lane of acc += four bytes of a times four bytes of b.
struct Vpdpbusd {
  static constexpr bool kSignedA = false;
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
#if HWY_TARGET == HWY_AVX2
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc.raw) : "x"(a.raw), "x"(b.raw));
#else
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc.raw) : "v"(a.raw), "v"(b.raw));
#endif
    return acc;
  }
};

#if HWY_TARGET == HWY_AVX2
// Written in bytes, because assemblers know it only since binutils 2.40 and LLVM 16: VEX.256.F2.0F38.W0 50 /r, where
// ModRM.reg is acc, VEX.vvvv is a, and ModRM.rm is b. The assembler finds the numbers of the registers by comparing
// their names.
struct Vpdpbssd {
  static constexpr bool kSignedA = true;
  template <class V>
  static HWY_INLINE V Accumulate(V acc, V a, V b) {
    __asm__(
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        ".ifc %0,%%ymm\\n\n .set .Lisoquant_acc, \\n\n .endif\n"
        ".ifc %1,%%ymm\\n\n .set .Lisoquant_a, \\n\n .endif\n"
        ".ifc %2,%%ymm\\n\n .set .Lisoquant_b, \\n\n .endif\n"
        ".endr\n"
        ".byte 0xc4, 0x42 | ((.Lisoquant_acc & 8) ^ 8) << 4 | ((.Lisoquant_b & 8) ^ 8) << 2\n"
        ".byte 0x07 | (.Lisoquant_a ^ 15) << 3, 0x50\n"
        ".byte 0xc0 | (.Lisoquant_acc & 7) << 3 | (.Lisoquant_b & 7)"
        : "+x"(acc.raw)
        : "x"(a.raw), "x"(b.raw));
    return acc;
  }
};
#endif

template <class Dot>
struct VnniTiles : AnyShape {
#if HWY_TARGET == HWY_AVX2
  static constexpr size_t kMR = 6, kNR = 16, kTallMR = kMR;
#else
  static constexpr size_t kMR = 12, kNR = 32, kTallMR = 24;
#endif
  static constexpr size_t kKR = 4;
  using ArrangedA = uint8_t;
  using ArrangedB = int8_t;
  static constexpr size_t kPieceK = 64;
  static constexpr size_t kAhead = 3072;  // bytes of a panel; 2 KiB are as good, 1 KiB and 4 KiB are a little worse
  static constexpr bool kReadsRows = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  static constexpr bool kReadsBFromL2 = true;
  static void ArrangePanel(const int8_t*, size_t, ArrangedB*) {}  // never: the panels are what VPDPBUSD wants
  using State = NoState;

  using B = int8_t;
  using Acc = int32_t;
  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;
  using D32 = hn::CappedTag<int32_t, 16>;
  using V32 = hn::Vec<D32>;

  // Vectors of one row: of B, or accumulators. (x86 vectors have a size, so they may be members.)
  template <size_t kVectors>
  struct Row {
    V32 v[kVectors];
  };

  // kRows x kVectors vectors of C. A panel is one vector of 16 lanes, or two of 8.
  template <size_t kVectors, size_t kRows, bool kAlone>
  struct Kernel {
    // Few rows have too few accumulators to hide the latency. They get several sets, which groups of K use in turn
    // (1 x 256 x 256: 138 GB/s with four sets, 105 with one).
    static constexpr size_t kSets = kVectors * kRows >= 10 ? 1 : kVectors * kRows >= 5 ? 2 : 4;
    using RowV = Row<kVectors>;

    static HWY_INLINE RowV LoadRow(const int8_t* from, size_t step) {
      RowV row;
      for (size_t i = 0; i < kVectors; ++i) {
        row.v[i] = hn::LoadU(D32(), reinterpret_cast<const int32_t*>(from + i * step));
      }
      return row;
    }
    static HWY_INLINE RowV ZeroRow() {
      RowV row;
      for (size_t i = 0; i < kVectors; ++i) row.v[i] = hn::Zero(D32());
      return row;
    }

    // All accumulators. They stay in registers, because each is named by a constant: g++ 12 keeps an array in memory if
    // loops index it. (A parameter pack of locals is as fast, but took 2.4 times as long to compile with g++ 12.)
    static constexpr size_t kPerSet = kRows * kVectors;
    using Sets = Row<kSets * kPerSet>;
    template <size_t... kI>
    static HWY_INLINE Sets Begin(const RowV& init, std::index_sequence<kI...>) {
      return Sets{{(kI < kPerSet ? init.v[kI % kVectors] : hn::Zero(D32()))...}};
    }

    // One group of four K.
    template <size_t kSet, size_t... kRow>
    static HWY_INLINE void Step(const uint8_t* a, const RowV& b, Sets& acc, std::index_sequence<kRow...>) {
      (StepRow<kSet * kPerSet + kRow * kVectors>(a + kRow * kPieceK, b, acc), ...);
    }
    template <size_t kAt>
    static HWY_INLINE void StepRow(const uint8_t* a, const RowV& b, Sets& acc) {
      const V32 va = hn::Set(D32(), LoadUnaligned<int32_t>(a));
      acc.v[kAt] = Dot::Accumulate(acc.v[kAt], va, b.v[0]);
      if constexpr (kVectors == 2) acc.v[kAt + 1] = Dot::Accumulate(acc.v[kAt + 1], va, b.v[1]);
    }

    // One prefetch a step is free, two are not (512 cubed: 95.5 % with one, 93.5 with two). A lone tile waits for
    // memory anyway: it fetches, in two streams, the B that it will itself read some KiB further on (12 x 4096 x 4096,
    // weights from memory: 16.3 GB/s with this, 12.7 without).
    struct Prefetches {
      const char* next;
      size_t inner, outer;

      HWY_INLINE void Step(size_t i) const {
        if (kAlone) {
          hwy::Prefetch(next + i * 64);
          if (kNR == 32) hwy::Prefetch(next + i * 64 + outer);
        } else if (kVectors == 2 && kSets == 1) {  // one panel of 16 columns is the last; few rows are short of loads
          hwy::Prefetch(next + i % 2 * inner + i / 2 * outer);
        }
      }
      HWY_INLINE void Advance() { next += kAlone ? 256 : 64; }
    };

    // Four at a time, because scalar instructions take slots of the ports that VPDPBUSD needs (512 cubed: 95.3 % with
    // four, 93.5 with one).
    static HWY_INLINE void FourSteps(const uint8_t*& a, const int8_t*& b, size_t second, Prefetches& prefetches,
                                     Sets& acc) {
      constexpr std::make_index_sequence<kRows> kAll;
      prefetches.Step(0);
      Step<0>(a, LoadRow(b, second), acc, kAll);
      prefetches.Step(1);
      Step<1 % kSets>(a + kKR, LoadRow(b + 64, second), acc, kAll);
      prefetches.Step(2);
      Step<2 % kSets>(a + 2 * kKR, LoadRow(b + 128, second), acc, kAll);
      prefetches.Step(3);
      Step<3 % kSets>(a + 3 * kKR, LoadRow(b + 192, second), acc, kAll);
      a += 4 * kKR;
      b += 256;
      prefetches.Advance();
    }

    // The last group of four K. Each row is stored as soon as it is done: stores that came after all products would
    // hold up the next tile. Rows are addressed three at a time, at constant multiples of the stride. The asm keeps g++
    // from preparing the addresses of all rows beforehand, which takes more registers than there are.
    template <bool kAdd, size_t... kRow>
    static HWY_INLINE void LastStep(const uint8_t* a, const RowV& b, int32_t* c, size_t c_stride, Sets& acc,
                                    std::index_sequence<kRow...>) {
      (FinishRow<kAdd, kRow>(a + kRow * kPieceK, b, c, c_stride, acc), ...);
    }
    template <bool kAdd, size_t kRow>
    static HWY_INLINE void FinishRow(const uint8_t* a, const RowV& b, int32_t*& c, size_t c_stride, Sets& acc) {
      StepRow<kRow * kVectors>(a, b, acc);
      if (kRow % 3 == 0) __asm__("" : "+r"(c));
      int32_t* const to = c + kRow % 3 * c_stride;
      StoreVector<kAdd, kRow * kVectors>(to, acc);
      if constexpr (kVectors == 2) StoreVector<kAdd, kRow * kVectors + 1>(to + hn::Lanes(D32()), acc);
      if (kRow % 3 == 2) c += 3 * c_stride;
    }
    template <bool kAdd, size_t kAt>
    static HWY_INLINE void StoreVector(int32_t* c, const Sets& acc) {
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
    static HWY_INLINE void FetchWritten(const Args*& args, const char*& written) {
      // The asm hides that the pointer is the same every time, so that members are loaded anew. Kept in registers, they
      // would take some that the loop needs, and g++ 12 spills general registers to vectors, by instructions of a port
      // that VPDPBUSD needs.
      __asm__("" : "+r"(args));
      const char* const last = args->hints.written + (kRows - 1) * args->hints.written_stride;
      const size_t rows = kVectors == 1 || args->k > kRows * kPieceK ? 1 : args->k > 4 * kPieceK ? 3 : 6;
      for (size_t row = 0; row < rows; ++row) {
        PrefetchForWriting(written);
        if (kVectors > 1) PrefetchForWriting(written + args->hints.written_bytes - 1);
        written = written < last ? written + args->hints.written_stride : written;
      }
    }

    static HWY_NOINLINE void Run(const Args& args) {
      const D32 d;
      constexpr std::make_index_sequence<kSets * kPerSet> kAllSets;
      Sets acc = Begin(ZeroRow(), kAllSets);
      if (args.column_sums != nullptr) {
        RowV owed;
        for (size_t i = 0; i < kVectors; ++i) {
          owed.v[i] = hn::Sub(hn::Zero(d), hn::ShiftLeft<7>(hn::LoadU(d, args.column_sums + i * hn::Lanes(d))));
        }
        acc = Begin(owed, kAllSets);
      }
      const int8_t* b = args.b;
      const size_t second = kNR == 16 ? sizeof(int32_t) * hn::Lanes(d) : args.panel_stride;
      const uint8_t* a = args.a;
      Prefetches prefetches{static_cast<const char*>(args.hints.prefetch.from), args.hints.prefetch.inner,
                            args.hints.prefetch.outer};
      if (kAlone) prefetches = {reinterpret_cast<const char*>(args.b) + kAhead, 0, args.panel_stride};
      const char* written = args.hints.written;
      const Args* hidden = &args;
      constexpr std::make_index_sequence<kRows> kAll;
      size_t k = args.k;
      for (; k > kPieceK; k -= kPieceK, a += (kRows - 1) * kPieceK) {
        for (size_t i = 0; i < kPieceK; i += 4 * kKR) FourSteps(a, b, second, prefetches, acc);
        FetchWritten(hidden, written);
      }
      if (args.k <= kPieceK) FetchWritten(hidden, written);
      for (; k > 4 * kKR; k -= 4 * kKR) FourSteps(a, b, second, prefetches, acc);
      for (; k > kKR; k -= kKR, a += kKR, b += 64) Step<0>(a, LoadRow(b, second), acc, kAll);
      const RowV last = k != 0 ? LoadRow(b, second) : ZeroRow();  // K = 0: any A will do
      if (args.add) {
        LastStep<true>(a, last, args.c, args.c_stride, acc, kAll);
      } else {
        LastStep<false>(a, last, args.c, args.c_stride, acc, kAll);
      }
    }
  };
  template <size_t kRows>
  using Alone = Kernel<2, kRows, true>;
  template <size_t kRows>
  using Wide = Kernel<2, kRows, false>;
  template <size_t kRows>
  using Narrow = Kernel<1, kRows, false>;

  static HWY_INLINE void Tile(State&, const Args& args) {
    if (kNR == 32 && args.panels == 1) {
      CallForRows<Narrow>(args, std::make_index_sequence<kTallMR>());
    } else if (args.hints.b_from_memory) {
      CallForRows<Alone>(args, std::make_index_sequence<kMR>());
    } else {
      CallForRows<Wide>(args, std::make_index_sequence<kMR>());
    }
  }
};

template <class TA, class Dot>
struct VnniWith : VnniTiles<Dot> {
  using A = TA;
  using VnniTiles<Dot>::kPieceK;
  static constexpr bool kFlips = A(-1) < A(0) && !Dot::kSignedA;
  static constexpr bool kColumnSums = kFlips;

  static HWY_INLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, uint8_t* HWY_RESTRICT out) {
    const uint8_t* piece = reinterpret_cast<const uint8_t*>(a);
    for (; k >= kPieceK; k -= kPieceK, piece += kPieceK, out += rows * kPieceK) {
      ForRows(piece, a_stride, rows, out, [](Bytes d, const uint8_t* from) { return hn::LoadU(d, from); });
    }
    if (k == 0) return;
      // Whole vectors may be written to `out`. What follows the last element may be anything, because B is zero there.
#if HWY_TARGET <= HWY_AVX3
    const auto first = hn::FirstN(Bytes(), k);
    ForRows(piece, a_stride, rows, out,
            [first](Bytes d, const uint8_t* from) { return hn::MaskedLoad(first, d, from); });
#else
    for (size_t r = 0; r < rows; ++r, piece += a_stride, out += kPieceK) {
      for (size_t j = 0; j < k; j += hn::Lanes(Bytes())) {
        hn::Store(Flip(LoadFirst(Bytes(), piece + j, k - j)), Bytes(), out + j);
      }
    }
#endif
  }

 private:
  using Bytes = hn::CappedTag<uint8_t, 64>;

  static HWY_INLINE hn::Vec<Bytes> Flip(hn::Vec<Bytes> v) {
    return kFlips ? hn::Xor(v, hn::Set(Bytes(), uint8_t{0x80})) : v;
  }

  // One piece of each row, two rows at a time (16 x 16 x 16 takes 3 % less time).
  template <class Load>
  static HWY_INLINE void ForRows(const uint8_t* from, size_t stride, size_t rows, uint8_t* HWY_RESTRICT out,
                                 const Load& load) {
    const auto row = [&load](const uint8_t* row_from, uint8_t* row_out) {
      for (size_t j = 0; j < kPieceK; j += hn::Lanes(Bytes())) {
        hn::Store(Flip(load(Bytes(), row_from + j)), Bytes(), row_out + j);
      }
    };
    // Where compilers know the most rows there may be, they write all steps out, and spill.
#pragma GCC unroll 1
    for (; rows >= 2; rows -= 2, from += 2 * stride, out += 2 * kPieceK) {
      row(from, out);
      row(from + stride, out + kPieceK);
    }
    if (rows != 0) row(from, out);
  }
};

template <class A>
struct Vnni : VnniWith<A, Vpdpbusd> {
#if HWY_TARGET == HWY_AVX2
  static constexpr char kName[] = "avx_vnni";
#else
  static constexpr char kName[] = "avx512_vnni";
#endif
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseVnni;
};

#if HWY_TARGET == HWY_AVX2
template <class A>
struct VnniInt8 : VnniWith<A, std::conditional_t<(A(-1) < A(0)), Vpdpbssd, Vpdpbusd>> {
  static constexpr char kName[] = "avx_vnni_int8";
  static constexpr const char* (*kRefusal)(const Cpu&) = &RefuseVnniInt8;
};
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
