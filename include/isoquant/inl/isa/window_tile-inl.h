// ISA layer: tiles whose rows are windows of an image, read where its pixels lie, for instructions that multiply a
// broadcast group of four bytes of A by a vector of B (VPDPBUSD and its like: tile_vnni-inl.h).
//
// A window is a list of segments: runs of bytes at the same distances from where each window of the tile begins. So a
// tile is as many pointers as it has rows, and one list of distances for all of them. Nothing is copied, and the
// pointers need no common stride: a tile may go on in the next line of the image, and any part of the kernel may be
// left out.
//
// Registers with 512 bits: accumulators, B and A as in tile_broadcast-inl.h. Of the general registers, the loop has
// four for itself; the rest hold pointers, and those for which there is none come from L1, which has loads to spare.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_WINDOW_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_WINDOW_TILE_INL_H_
#undef ISOQUANT_INL_ISA_WINDOW_TILE_INL_H_
#else
#define ISOQUANT_INL_ISA_WINDOW_TILE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"

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
  size_t rows, panels;         // as in TileArgs
  int32_t* c;
  size_t c_stride;  // elements
  TileHints hints;
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

// Dot: as BroadcastTiles takes it, of bytes.
template <class Dot>
struct WindowTiles {
  using Tiles = BroadcastTiles<Dot>;
  using Args = WindowTileArgs;
  using D32 = typename Tiles::D32;
  using V32 = typename Tiles::V32;
  static constexpr size_t kLine = PackedPanels::kLineBytes;

  template <size_t kVectors, size_t kRows>
  struct Kernel {
    // Where windows begin. What does not fit registers is loaded for each step: by asm, because g++ 12 takes it through
    // vector registers, by instructions of a port that VPDPBUSD needs.
    static constexpr size_t kHeld = kRows < 6 ? kRows : 6;
    struct Windows {
      const uint8_t* held[kHeld];
      const uint8_t* const* all;

      template <size_t kRow>
      HWY_INLINE const uint8_t* At() const {
        if constexpr (kRow < kHeld) {
          return held[kRow];
        } else {
          const uint8_t* at;
          __asm__ volatile("movq %c2(%1), %0"
                           : "=r"(at)
                           : "r"(all), "i"(kRow * sizeof(at)),
                             "m"(*reinterpret_cast<const uint8_t* const(*)[kRows]>(all)));
          return at;
        }
      }
    };
    struct RowV {
      V32 v[kVectors];
    };
    struct Sums {
      V32 v[kRows * kVectors];
    };
    static constexpr std::make_index_sequence<kRows> kAll{};

    static HWY_INLINE RowV LoadRow(const int8_t* b, size_t second) {
      if constexpr (kVectors == 2) return RowV{{LoadVector(b), LoadVector(b + second)}};
      if constexpr (kVectors == 1) return RowV{{LoadVector(b)}};
    }
    static HWY_INLINE V32 LoadVector(const int8_t* b) { return hn::LoadU(D32(), reinterpret_cast<const int32_t*>(b)); }

    template <size_t... kRow>
    static HWY_INLINE Windows LoadWindows(const uint8_t* const* from, std::index_sequence<kRow...>) {
      return Windows{{from[kRow]...}, from};
    }

    template <size_t... kI>
    static HWY_INLINE Sums Begin(const RowV& init, std::index_sequence<kI...>) {
      return Sums{{init.v[kI % kVectors]...}};
    }
    static HWY_INLINE Sums BeginSums(const int32_t* column_sums) {
      const D32 d;
      RowV owed;
      for (size_t i = 0; i < kVectors; ++i) {
        owed.v[i] = column_sums == nullptr
                        ? hn::Zero(d)
                        : hn::Sub(hn::Zero(d), hn::ShiftLeft<7>(hn::LoadU(d, column_sums + i * hn::Lanes(d))));
      }
      return Begin(owed, std::make_index_sequence<kRows * kVectors>());
    }

    template <size_t kRow>
    static HWY_INLINE void StepRow(const Windows& w, size_t a, const RowV& b, Sums& sums) {
      const V32 va = hn::Set(D32(), LoadUnaligned<int32_t>(w.template At<kRow>() + a));
      sums.v[kRow * kVectors] = Dot::Accumulate(sums.v[kRow * kVectors], va, b.v[0]);
      if constexpr (kVectors == 2) {
        sums.v[kRow * kVectors + 1] = Dot::Accumulate(sums.v[kRow * kVectors + 1], va, b.v[1]);
      }
    }
    template <size_t... kRow>
    static HWY_INLINE void Step(const Windows& w, size_t a, const int8_t* b, size_t second, Sums& sums,
                                std::index_sequence<kRow...>) {
      const RowV row = LoadRow(b, second);
      (StepRow<kRow>(w, a, row, sums), ...);
    }

    // The last group of K: each row is stored as soon as it is done, see BroadcastTiles.
    template <size_t... kRow>
    static HWY_INLINE void LastStep(const Windows& w, size_t a, const RowV& b, int32_t* c, size_t c_stride, Sums& sums,
                                    std::index_sequence<kRow...>) {
      (FinishRow<kRow>(w, a, b, c, c_stride, sums), ...);
    }
    template <size_t kRow>
    static HWY_INLINE void FinishRow(const Windows& w, size_t a, const RowV& b, int32_t*& c, size_t c_stride,
                                     Sums& sums) {
      StepRow<kRow>(w, a, b, sums);
      for (size_t i = 0; i < kVectors; ++i) {
        hn::StoreU(sums.v[kRow * kVectors + i], D32(), c + i * hn::Lanes(D32()));
      }
      c += c_stride;
    }

    // Outputs are fetched a few rows with each segment, or all at once if there are few. (Without a look at the number
    // of rows: the lines behind the last one are the next tile's.)
    template <size_t... kRow>
    static HWY_INLINE void FetchRows(const char* written, size_t stride, size_t last, std::index_sequence<kRow...>) {
      (FetchRow(written + kRow * stride, last), ...);
    }
    static HWY_INLINE void FetchRow(const char* written, size_t last) {
      PrefetchForWriting(written);
      if (kVectors > 1) PrefetchForWriting(written + last);
    }
    static constexpr size_t kFetched = kRows < 4 ? kRows : 4;
    static HWY_INLINE void FetchWritten(const TileHints& hints, const char*& written, size_t& left) {
      if (left == 0) return;
      --left;
      FetchRows(written, hints.written_stride, hints.written_bytes - 1, std::make_index_sequence<kFetched>());
      written += kFetched * hints.written_stride;
    }

    // Not inlined: nothing is known of args, and each number of rows has the registers for itself.
    static HWY_NOINLINE void Run(const Args& args) {
      const Windows w = LoadWindows(args.windows, std::make_index_sequence<kHeld>());
      Sums sums = BeginSums(args.column_sums);
      const size_t second = kVectors == 2 && Tiles::kInPanel == 2 ? kLine / 2 : args.panel_stride;
      const WindowSegment* segment = args.segments;
      const WindowSegment* const last = segment + args.num_segments - 1;
      const char* written = args.hints.written;
      size_t fetches = (kRows + kFetched - 1) / kFetched;
      while (fetches > args.num_segments) FetchWritten(args.hints, written, fetches);
      const char* fetched = static_cast<const char*>(args.hints.prefetch.from);
      for (;; ++segment) {
        FetchWritten(args.hints, written, fetches);
        size_t a = segment->a;
        const int8_t* b = args.b + segment->b;
        size_t steps = args.steps - (segment == last ? 1 : 0);
        for (; steps >= 4; steps -= 4) {
          hwy::Prefetch(fetched);
          Step(w, a, b, second, sums, kAll);
          hwy::Prefetch(fetched + 64);
          Step(w, a + 4, b + kLine, second, sums, kAll);
          hwy::Prefetch(fetched + 128);
          Step(w, a + 8, b + 2 * kLine, second, sums, kAll);
          hwy::Prefetch(fetched + 192);
          Step(w, a + 12, b + 3 * kLine, second, sums, kAll);
          a += 16;
          b += 4 * kLine;
          fetched += 256;
        }
        for (; steps != 0; --steps, a += 4, b += kLine) Step(w, a, b, second, sums, kAll);
        if (segment != last) continue;
        LastStep(w, a, LoadRow(b, second), args.c, args.c_stride, sums, kAll);
        return;
      }
    }
  };
  template <size_t kRows>
  using Wide = Kernel<2, kRows>;
  template <size_t kRows>
  using Narrow = Kernel<1, kRows>;

  static HWY_INLINE void Tile(const Args& args) {
    constexpr std::make_index_sequence<Tiles::kMR> kRows;
    if (Tiles::kInPanel == 1 && args.panels == 1) return CallForRows<Narrow>(args, kRows);
    CallForRows<Wide>(args, kRows);
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
