// ISA layer: tiles of AMX whose rows are windows of an image, read where its pixels lie.
//
// TILELOADD takes 16 rows at one stride: 16 windows of a line of outputs, at the same place of the kernel, are as far
// from each other as their first pixels. So a tile is two parts of lines, wherever these begin, and a list of segments
// (operands_in_place-inl.h): each is some steps of 64 bytes of K. Nothing is copied, and pixels that windows share are
// in L1 when the next window reads them. Lines are cut into parts of equal height, and tiles of C and A are configured
// to have just so many rows: TDP* takes as many cycles as A has rows. The last part of a line may begin early, and
// compute some outputs twice.
//
// A segment's last step may end behind it. Panels have zeros there, so that what it reads does not matter.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_AMX_WINDOWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_AMX_WINDOWS_INL_H_
#undef ISOQUANT_INL_ISA_TILE_AMX_WINDOWS_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_AMX_WINDOWS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/isa/amx-inl.h"
#include "isoquant/inl/isa/between_steps.h"
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/isa/tile_amx-inl.h"

#if !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// One or two parts of lines times one or two panels.
struct AmxWindowArgs {
  const uint8_t* a;   // where the first window begins
  size_t a_stride;    // bytes, from window to window
  size_t parts;       // 1 or 2
  size_t second_a;    // bytes, from the first window of the first part to that of the second one
  size_t second_row;  // of C
  size_t height;      // windows of a part, at most 16
  const WindowSegment* segments;
  size_t num_segments;          // at least 1
  size_t steps;                 // of 64 bytes, in each segment: at least 1
  const int32_t* begin;         // what sums begin with, for each column; or null
  const int8_t* b;              // packed panels
  size_t panel_stride;          // bytes
  size_t panels;                // 1 or 2
  bool b_streams;               // the next tile has other columns
  int32_t* c;                   // all columns of panels are written
  size_t c_stride;              // elements
  const BetweenSteps* between;  // or null
};

// Tiles: AmxTiles of bytes.
template <class Tiles>
struct AmxWindowTile {
  using State = typename Tiles::State;
  using Args = AmxWindowArgs;
  static constexpr size_t kMR = 2 * amx::kRows, kNR = Tiles::kNR;
  static constexpr size_t kSegmentUnit = amx::kRowBytes;
  static constexpr size_t kMaxPart = amx::kRows;  // windows of a line that are at one stride

  static HWY_INLINE void Tile(State& state, const Args& args) {
    state.Configure(args.height);
    if (args.panels == 2) {
      args.parts == 2 ? Kernel<2, 2>::Run(args) : Kernel<1, 2>::Run(args);
    } else {
      args.parts == 2 ? Kernel<2, 1>::Run(args) : Kernel<1, 1>::Run(args);
    }
  }

 private:
  using Stream = typename Tiles::Stream;

  template <size_t kHigh, size_t kPanels>
  struct Kernel {
    template <int kTile>
    static HWY_INLINE int32_t* TileOfC(const Args& args) {
      return args.c + (kTile / kPanels == 0 ? 0 : args.second_row * args.c_stride) + kTile % kPanels * 16;
    }
    // A stride of 0 loads the same row 16 times.
    template <int kTile = 0>
    static HWY_INLINE void Begin(const Args& args) {
      if constexpr (kTile < kHigh * kPanels) {
        if (args.begin != nullptr) {
          amx::Load<kTile>(args.begin + kTile % kPanels * 16, 0);
        } else {
          amx::Zero<kTile>();
        }
        Begin<kTile + 1>(args);
      }
    }
    template <int kTile = 0>
    static HWY_INLINE void End(const Args& args) {
      if constexpr (kTile < kHigh * kPanels) {
        amx::Store<kTile>(TileOfC<kTile>(args), args.c_stride * sizeof(int32_t));
        End<kTile + 1>(args);
      }
    }

    static HWY_NOINLINE void Run(const Args& args) {
      Begin(args);
      amx::RowsBetween rows(args.between, args.num_segments * args.steps);
      args.b_streams ? Loop<Stream::kB>(args, rows) : Loop<Stream::kNone>(args, rows);
      rows.RunRest(args.between);
      End(args);
    }
    template <Stream kStream>
    static HWY_INLINE void Loop(const Args& args, amx::RowsBetween& rows) {
      const WindowSegment* segment = args.segments;
      const WindowSegment* const end = segment + args.num_segments;
      for (; segment != end; ++segment) {
        const typename Tiles::A* a = reinterpret_cast<const typename Tiles::A*>(args.a + segment->a);
        const int8_t* b = args.b + segment->b;
        for (size_t steps = args.steps; steps != 0; --steps, a += amx::kRowBytes, b += amx::kTileBytes) {
          Tiles::template Kernel<kHigh, kPanels>::template Step<kStream>(a, args.a_stride, args.second_a, b,
                                                                         args.panel_stride);
          rows.Run(args.between);
        }
      }
    }
  };
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86-64 with inline asm
#endif  // per-target include guard
