// Engine: products of windows that are read where pixels lie. A task is some lines of outputs of an image times a part
// of the columns: it copies the lines of the image that these windows see, with their padding, to a strip in L2 (unless
// there is no padding, and bytes are multiplied as they are: then windows are read from the image itself), lists
// where each window begins, and multiplies tile by tile. Tiles leave out the rows of the kernel, or its columns, that
// see nothing but padding. At the left and right edge of an image these are tiles down the lines, of one column of
// outputs. What the padding would have added, if it is not 0, is what their sums begin with.
//
// (Gathered, a window is copied for each output, kernel_h * kernel_w times what a strip takes, and all of it is
// multiplied. 3 x 3 pixels, 64 channels to 64, 56 x 56 outputs take 1.13 times as long so, 16 to 32 and 5 x 5 pixels
// 1.4 times, 3 x 3 pixels 8 apart, 128 channels, 28 x 28 outputs 1.37 times. Zen 5, u8 to s32.)

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_WINDOW_BLOCK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_WINDOW_BLOCK_INL_H_
#undef ISOQUANT_INL_ENGINE_WINDOW_BLOCK_INL_H_
#else
#define ISOQUANT_INL_ENGINE_WINDOW_BLOCK_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/context.h"
#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/inl/engine/rows-inl.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/engine/waiting_tile-inl.h"
#include "isoquant/inl/engine/window_parts-inl.h"
#include "isoquant/inl/engine/window_plan-inl.h"
#include "isoquant/inl/engine/window_strip-inl.h"
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class P, class Stage>
class WindowBlock {
  using A = typename P::A;
  using WindowTile = typename P::WindowTile;
  static constexpr size_t kMR = WindowTile::kMR, kNR = WindowTile::kNR;
  static constexpr bool kHasParts = WindowTile::kMaxPart != 0;

 public:
  WindowBlock(const ImageWindows<A>& windows, const WindowPlan& plan, const WindowSegment* segments,
              const PackedPanels& b, const int32_t* tap_sums, const Stage& stage, uint8_t* scratch)
      : windows_(windows),
        plan_(plan),
        segments_(segments),
        b_(b),
        tap_sums_(tap_sums),
        stage_(stage),
        scratch_(scratch),
        waiting_(stage),
        parts_(stage_, waiting_, plan.stride_w * plan.pixel_bytes, Slot(0)) {}

  HWY_NOINLINE void Run(size_t image, Part lines, Part groups) {
    first_row_ = (image * plan_.lines + lines.begin) * windows_.out_w;
    const size_t first_line = plan_.first_line + lines.begin;
    if (plan_.in_image) {
      const ImageView<const A>& x = windows_.x;
      ListWindows(reinterpret_cast<const uint8_t*>(x.data) + (FirstImage() + image) * x.image_stride +
                      first_line * plan_.stride_h * plan_.line_bytes,
                  lines.size);
    } else {
      FillStrip(windows_, plan_, kFlip, FirstImage() + image, first_line, lines.size, scratch_);
      ListWindows(scratch_, lines.size);
    }
    ListTiles(lines);
    args_.panel_stride = plan_.panel_bytes;
    args_.hints.b_from_memory = args_.hints.a_streams = false;
    const size_t end = groups.begin + groups.size;
    if (plan_.tile_by_tile) {
      for (size_t t = 0; t < num_tiles_; ++t) {
        for (size_t g = groups.begin; g < end; ++g) RunTile(t, g);
      }
    } else {
      for (size_t g = groups.begin; g < end; ++g) {
        for (size_t t = 0; t < num_tiles_; ++t) RunTile(t, g);
      }
    }
    waiting_.Finish();
  }

 private:
  static constexpr uint8_t kFlip = FormOf<P>().flip;
  static constexpr size_t kSums = kMR * kNR;
  // Windows that see all columns one after the other, in tiles of a buffer. (56 x 56, 256 to 512, 1 x 1 / 2 pixels:
  // 2 % faster than one at a time.)
  static constexpr size_t kFewTiles = 4;

  size_t FirstImage() const { return windows_.first / windows_.out_w / windows_.out_h; }
  const uint8_t** Windows() const { return reinterpret_cast<const uint8_t**>(scratch_ + plan_.windows_at); }
  WindowTileRows* Tiles() const { return reinterpret_cast<WindowTileRows*>(scratch_ + plan_.tiles_at); }
  const int8_t* PanelsOf(size_t group) const { return b_.panels + group * (kNR / 16) * plan_.panel_bytes; }

  void ListWindows(const uint8_t* first, size_t lines) const {
    const uint8_t** to = Windows();
    const size_t step = plan_.stride_w * plan_.pixel_bytes;
    for (size_t i = 0; i < lines; ++i) {
      const uint8_t* at = first + i * plan_.stride_h * plan_.line_bytes;
      for (size_t j = 0; j < windows_.out_w; ++j, at += step) *to++ = at;
    }
  }

  // Rows of the kernel that see the image from a line of outputs; all, if none does.
  Part KernelRows(size_t line) const {
    const Conv2dGeometry& g = windows_.geometry;
    const Part all{0, g.kernel_h};
    if (!plan_.skips) return all;
    const size_t top = line * g.stride_h, end = g.pad_top + windows_.x.h;
    const size_t first = top < g.pad_top ? DivideUp(g.pad_top - top, g.dilation_h) : 0;
    const size_t last = top < end ? Min(DivideUp(end - top, g.dilation_h), g.kernel_h) : 0;
    return first < last ? Part{first, last - first} : all;
  }

  void ListTiles(Part lines) {
    num_tiles_ = 0;
    const size_t first_line = plan_.first_line + lines.begin;
    Part rows = KernelRows(first_line);
    for (size_t i = 0, begin = 0; i < lines.size; ++i) {
      const Part next = i + 1 == lines.size ? Part{0, 0} : KernelRows(first_line + i + 1);
      if (plan_.num_columns == 1 && next.begin == rows.begin && next.size == rows.size) continue;
      for (size_t c = 0; c < plan_.num_columns; ++c) {
        const WindowColumns& columns = plan_.columns[c];
        const size_t count = (i + 1 - begin) * windows_.out_w - (windows_.out_w - (columns.end - columns.begin));
        if (!columns.down) AddTiles(begin * windows_.out_w + columns.begin, count, 1, columns, rows);
      }
      begin = i + 1;
      rows = next;
    }
    for (size_t c = 0; c < plan_.num_columns; ++c) {
      const WindowColumns& columns = plan_.columns[c];
      const Part all{0, windows_.geometry.kernel_h};
      if (columns.down) AddTiles(columns.begin, lines.size, windows_.out_w, columns, all);
    }
  }
  // Where group after group sees all windows of the block, those of one kind are one tile.
  void AddTiles(size_t row, size_t count, size_t row_step, const WindowColumns& columns, Part kernel_rows) {
    const size_t per_row = columns.per_kernel_row;
    WindowTileRows tile = {row,
                           count,
                           row_step,
                           {0, 0},
                           columns.first_segment + kernel_rows.begin * per_row,
                           kernel_rows.size * per_row,
                           columns.steps,
                           kernel_rows,
                           &columns};
    if constexpr (kHasParts) {
      const LineParts lines(columns.end - columns.begin, WindowTile::kMaxPart);
      const size_t parts = lines.In(count), at_once = plan_.tile_by_tile ? 2 : parts;
      for (size_t i = 0; i < parts; i += at_once) {
        tile.parts = {i, Min(at_once, parts - i)};
        Tiles()[num_tiles_++] = tile;
      }
    } else {
      const size_t tiles = plan_.tile_by_tile ? DivideUp(count, kFewTiles * kMR) : 1;
      for (size_t i = 0; i < tiles; ++i) {
        const Part part = SplitEvenly(count, tiles, i);
        tile.row = row + part.begin * row_step;
        tile.rows = part.size;
        Tiles()[num_tiles_++] = tile;
      }
    }
  }

  void RunTile(size_t t, size_t group) {
    const WindowTileRows& tile = Tiles()[t];
    const size_t col = group * kNR;
    const Part cols{col, Min(kNR, b_.n - col)};
    args_.segments = segments_ + tile.first_segment;
    args_.num_segments = tile.num_segments;
    args_.steps = tile.steps;
    args_.row_step = tile.row_step;
    args_.b = PanelsOf(group);
    args_.panels = DivideUp(cols.size, PackedPanels::kColumns);
    args_.begin = BeginOf(tile, col);
    args_.add = false;
    if constexpr (kHasParts) {
      parts_.Run(tile, args_, cols, Windows(), first_row_, plan_.tile_by_tile);
    } else {
      RunRows(tile, group, cols);
    }
  }

  void RunRows(const WindowTileRows& tile, size_t group, Part cols) {
    const size_t col = cols.begin;
    if (group != group_) {
      args_.finish = kNR == TileFinish::kColumns ? FindFinish(stage_, cols, finish_) : nullptr;
    }
    group_ = group;
    const StoreSums<int32_t>* const sums = PlainSums<int32_t>(stage_);
    const bool direct = sums != nullptr;
    // Of a buffer, whole vectors of columns.
    args_.c_cols = direct ? cols.size : RoundUp(cols.size, PackedPanels::kColumns / WindowTile::kInPanel);
    if (direct || args_.finish != nullptr) {
      SetRows(tile.row, tile.rows);
      if (direct) {
        args_.c = sums->c + args_.row * sums->c_stride + col;
        args_.c_stride = sums->c_stride * tile.row_step;
        SetWritten(args_, args_.row, col, cols.size);
      } else {
        args_.c = Slot(slot_);
        args_.c_stride = kNR;
        SetWritten(args_, args_.row, col, cols.size, &stage_);
        args_.hints.written_stride *= tile.row_step;
      }
      WindowTile::Tile(args_);
      return;
    }
    const size_t parts = DivideUp(tile.rows, kMR);
    for (size_t i = 0; i < parts; ++i) {
      const Part part = SplitEvenly(tile.rows, parts, i);
      SetRows(tile.row + part.begin * tile.row_step, part.size);
      RunBuffered(cols);
    }
  }

  // What the sums of a tile begin with: what bytes ^ 0x80 owe, and what taps that are left out would add.
  const int32_t* BeginOf(const WindowTileRows& tile, size_t col) {
    const Conv2dGeometry& g = windows_.geometry;
    const WindowColumns& columns = *tile.columns;
    const Part seen = tile.kernel_rows;
    const bool all = seen.size == g.kernel_h && columns.end_tap - columns.begin_tap == g.kernel_w;
    const bool lacks = plan_.padding != 0 && !all;
    if (!P::kColumnSums && !lacks) return nullptr;
    const size_t stride = PackedPanels::NumPanels(b_.n) * PackedPanels::kColumns, n = Min(kNR, stride - col);
    const StageTag d;
    const auto padding = hn::Set(d, plan_.padding);
    for (size_t j = 0; j < n; j += hn::Lanes(d)) {
      auto left_out = hn::Zero(d);
      for (size_t r = 0; lacks && r < g.kernel_h; ++r) {
        const bool row_seen = r - seen.begin < seen.size;
        for (size_t s = 0; s < g.kernel_w; ++s) {
          if (row_seen && s >= columns.begin_tap && s < columns.end_tap) continue;
          left_out = hn::Add(left_out, hn::LoadU(d, tap_sums_ + (r * g.kernel_w + s) * stride + col + j));
        }
      }
      auto sum = hn::Mul(left_out, padding);
      if constexpr (P::kColumnSums) sum = hn::Sub(sum, hn::ShiftLeft<7>(hn::LoadU(d, b_.column_sums + col + j)));
      hn::StoreU(sum, d, begin_ + j);
    }
    return begin_;
  }

  void SetRows(size_t row, size_t rows) {
    args_.windows = Windows() + row;
    args_.rows = rows;
    args_.row = first_row_ + row;
  }

  // At most kMR rows, whose sums are handed to the stage.
  void RunBuffered(Part cols) {
    args_.c = Slot(slot_);
    args_.c_stride = kNR;
    SetWritten(args_, args_.row, cols.begin, cols.size, &stage_);
    args_.hints.written_stride *= args_.row_step;
    waiting_.RunWith(args_, [&]() HWY_ATTR { WindowTile::Tile(args_); });
    waiting_.Set(args_.c, kNR, {args_.row, args_.rows}, cols, args_.row_step);
    slot_ ^= 1;
  }

  int32_t* Slot(size_t i) const { return reinterpret_cast<int32_t*>(scratch_ + plan_.sums_at) + i * kSums; }

  const ImageWindows<A>& windows_;
  const WindowPlan& plan_;
  const WindowSegment* const segments_;
  const PackedPanels& b_;
  const int32_t* const tap_sums_;  // for each tap, those of all panels; or null
  const Stage stage_;              // a copy: stores through its pointers cannot change it
  uint8_t* const scratch_;
  WindowTileArgs args_;
  TileFinish finish_;
  size_t group_ = SIZE_MAX;  // that finish_ is for
  size_t first_row_ = 0, num_tiles_ = 0, slot_ = 0;
  WaitingTileOf<P, Stage> waiting_;
  std::conditional_t<kHasParts, WindowParts<P, Stage>, NoWindowParts> parts_;
  alignas(64) int32_t begin_[kNR];
};

template <class P>
constexpr WindowTraits WindowTraitsOf() {
  using WindowTile = typename P::WindowTile;
  return {WindowTile::kMR, WindowTile::kNR, WindowTile::kSegmentUnit, WindowTile::kMaxPart};
}

// Whether A has windows that are better read so. Sums of rows are found in gathered windows.
template <class P, class Stage>
HWY_INLINE bool PlanWindowsOf(const Context& context, const RowSource<typename P::A>& a, const PackedPanels* b,
                              const Stage& stage, WindowPlan& plan) {
  if (a.filler == nullptr || a.filler->windows == nullptr || a.row_sums != nullptr || b == nullptr) return false;
  const StoreSums<int32_t>* const sums = PlainSums<int32_t>(stage);
  if (sums != nullptr && sums->accumulate) return false;
  constexpr WindowTraits kTraits = WindowTraitsOf<P>();
  return PlanWindows(kTraits, *a.filler->windows, FormOf<P>().flip, b->n, context.NumWorkers(), DetectedCaches(), plan);
}

template <class P, class Stage>
HWY_NOINLINE Status MatMulOfWindows(Context& context, const ImageWindows<typename P::A>& windows,
                                    const WindowPlan& plan, const PackedPanels& b, const Stage& stage) {
  const size_t bytes = plan.shared_bytes + context.NumWorkers() * plan.worker_bytes;
  uint8_t* const scratch = context.Scratch(Context::ScratchOwner::kDriver, bytes);
  if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  WindowSegment* const segments = reinterpret_cast<WindowSegment*>(scratch);
  constexpr WindowTraits kTraits = WindowTraitsOf<P>();
  ListSegments(kTraits, windows, plan, segments);
  PackedPanels panels = b;
  uint8_t* const repacked = scratch + plan.panels_at;
  if (plan.repacks) panels.panels = reinterpret_cast<int8_t*>(repacked);
  int32_t* const tap_sums = reinterpret_cast<int32_t*>(scratch + plan.tap_sums_at);
  if (plan.repacks || plan.sums_taps) {
    const size_t count = PackedPanels::NumPanels(b.n), taps = windows.geometry.kernel_h * windows.geometry.kernel_w;
    const size_t segment = plan.touching ? windows.geometry.kernel_w * windows.x.c : windows.x.c;
    const size_t old_bytes = DivideUp(b.k, size_t{4}) * PackedPanels::kLineBytes;
    const auto prepare_panel = [&](size_t i, size_t) {
      if (plan.repacks) {
        RepackForWindows(b.panels + i * old_bytes, b.k, segment, kTraits.segment_unit, repacked + i * plan.panel_bytes);
      }
      const int8_t* const panel = panels.panels + i * plan.panel_bytes;
      for (size_t tap = 0; plan.sums_taps && tap < taps; ++tap) {
        SumLines(StageTag(), panel + tap * plan.tap_bytes * PackedPanels::kColumns, plan.tap_bytes / 4,
                 tap_sums + (tap * count + i) * PackedPanels::kColumns);
      }
    };
    context.Run(count, TaskRef(prepare_panel));
  }
  const auto task = [&](size_t i, size_t worker) {
    const size_t block = i / plan.column_parts, image = block / plan.blocks;
    const Part lines = SplitEvenly(plan.lines, plan.blocks, block - image * plan.blocks);
    const Part groups = SplitEvenly(plan.groups, plan.column_parts, i - block * plan.column_parts);
    uint8_t* const own = scratch + plan.shared_bytes + worker * plan.worker_bytes;
    const StageEnvironment<int32_t> environment(stage);
    const int32_t* const sums = plan.sums_taps ? tap_sums : windows.tap_sums;
    WindowBlock<P, Stage>(windows, plan, segments, panels, sums, stage, own).Run(image, lines, groups);
  };
  context.Run(plan.images * plan.blocks * plan.column_parts, TaskRef(task));
  return Status();
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
