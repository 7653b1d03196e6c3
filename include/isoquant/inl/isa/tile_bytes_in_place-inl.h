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
// Kernels (bytes_kernel-inl.h) take all that changes from tile to tile in registers, or as the words that it was stored
// as: where a tile's arguments are copied by vectors, the copies wait until all stores before them are in L1, and those
// are the last tile's outputs (1024 cubed: 89 instead of 98 %).
//
// With 512 bits, one to four columns of many rows are left to few_columns-inl.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_
#undef ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_BYTES_IN_PLACE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/bytes_kernel-inl.h"
#include "isoquant/inl/isa/few_columns-inl.h"
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_broadcast-inl.h"
#include "isoquant/inl/util/parts-inl.h"

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
#if HWY_TARGET <= HWY_AVX3
    if (RunsFewColumns<Dot, kFlip>(args)) return;
#endif
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
      const size_t whole = WholePanels(args);
      if (whole == kPanels) return CallForRows<Four>(args, kAll, rows, first, size_t{0}, times);
      if (whole >= 2) CallForRows<Two>(args, kAll, rows, first, size_t{0}, times);
      for (size_t panel = whole / 2 * 2; panel < args.panels; ++panel) {
        CallForRows<One>(args, kAll, rows, first, size_t{panel}, times);
      }
    }
  }

  // So many panels may be one of several. Bytes of several vectors are whole vectors.
  static HWY_INLINE size_t WholePanels(const Args& args) {
    if (args.finish == nullptr || args.finish->kind == TileFinish::kF32) return args.panels;
    return args.finish->columns / PackedPanels::kColumns;
  }

  template <size_t kRows>
  using One = BytesKernel<Dot, Args, kFlip, 1, kRows, kRowsAtOnce>;
  template <size_t kRows>
  using Two = BytesKernel<Dot, Args, kFlip, 2, kRows, kRowsAtOnce>;
  template <size_t kRows>
  using Four = BytesKernel<Dot, Args, kFlip, 4, kRows, kRowsAtOnce>;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
