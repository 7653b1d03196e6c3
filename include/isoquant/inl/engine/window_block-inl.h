// Engine: products of windows that are read where pixels lie. A task is some lines of outputs of an image times a part
// of the columns: it copies the lines of the image that these windows see, with their padding, to a strip in L2, lists
// where each window begins, and multiplies tile by tile. Where padding times any weight is 0, tiles leave out the rows
// of the kernel, or its columns, that see nothing else.
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

#include "hwy/highway.h"
#include "isoquant/context.h"
#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/inl/engine/rows-inl.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/engine/window_plan-inl.h"
#include "isoquant/inl/engine/window_strip-inl.h"
#include "isoquant/inl/isa/tile_bytes_in_place-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class P, class Stage>
class WindowBlock {
  using A = typename P::A;
  static constexpr size_t kMR = P::WindowTile::kMR, kNR = P::WindowTile::kNR;

 public:
  WindowBlock(const ImageWindows<A>& windows, const WindowPlan& plan, const WindowSegment* segments,
              const PackedPanels& b, const Stage& stage, uint8_t* scratch)
      : windows_(windows), plan_(plan), segments_(segments), b_(b), stage_(stage), scratch_(scratch) {}

  HWY_NOINLINE void Run(size_t image, Part lines, Part groups) {
    first_row_ = (image * plan_.lines + lines.begin) * windows_.out_w;
    FillStrip(windows_, plan_, kFlip, FirstImage() + image, plan_.first_line + lines.begin, lines.size, scratch_);
    ListWindows(lines.size);
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
    FinishTile();
  }

 private:
  static constexpr uint8_t kFlip = FormOf<P>().flip;
  static constexpr size_t kSums = kMR * kNR;

  size_t FirstImage() const { return windows_.first / windows_.out_w / windows_.out_h; }
  const uint8_t** Windows() const { return reinterpret_cast<const uint8_t**>(scratch_ + plan_.windows_at); }
  WindowTileRows* Tiles() const { return reinterpret_cast<WindowTileRows*>(scratch_ + plan_.tiles_at); }
  const int8_t* PanelsOf(size_t group) const { return b_.panels + group * (kNR / 16) * plan_.panel_bytes; }

  void ListWindows(size_t lines) const {
    const uint8_t** to = Windows();
    const size_t step = plan_.stride_w * windows_.x.c;
    for (size_t i = 0; i < lines; ++i) {
      const uint8_t* at = scratch_ + i * plan_.stride_h * plan_.pitch;
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
    Part rows = KernelRows(plan_.first_line + lines.begin);
    for (size_t i = 0, begin = 0; i < lines.size; ++i) {
      const Part next = i + 1 == lines.size ? Part{0, 0} : KernelRows(plan_.first_line + lines.begin + i + 1);
      if (plan_.num_columns == 1 && next.begin == rows.begin && next.size == rows.size) continue;
      const size_t row = begin * windows_.out_w;
      if (plan_.num_columns == 1) {
        AddTiles(row, (i + 1 - begin) * windows_.out_w, plan_.columns[0], rows);
      } else {
        for (size_t c = 0; c < plan_.num_columns; ++c) {
          const WindowColumns& columns = plan_.columns[c];
          AddTiles(row + columns.begin, columns.end - columns.begin, columns, rows);
        }
      }
      begin = i + 1;
      rows = next;
    }
  }
  // Where group after group sees all windows of the block, those of one kind are one tile.
  void AddTiles(size_t row, size_t count, const WindowColumns& columns, Part kernel_rows) {
    const size_t tiles = plan_.tile_by_tile ? DivideUp(count, kMR) : 1, per_row = columns.per_kernel_row;
    for (size_t i = 0; i < tiles; ++i) {
      const Part part = SplitEvenly(count, tiles, i);
      Tiles()[num_tiles_++] = {row + part.begin, part.size, columns.first_segment + kernel_rows.begin * per_row,
                               kernel_rows.size * per_row, columns.steps};
    }
  }

  void RunTile(size_t t, size_t group) {
    const WindowTileRows& tile = Tiles()[t];
    const size_t col = group * kNR;
    const Part cols{col, Min(kNR, b_.n - col)};
    args_.segments = segments_ + tile.first_segment;
    args_.num_segments = tile.num_segments;
    args_.steps = tile.steps;
    args_.b = PanelsOf(group);
    args_.panels = DivideUp(cols.size, PackedPanels::kColumns);
    args_.column_sums = P::kColumnSums ? b_.column_sums + col : nullptr;
    args_.add = false;
    if (group != group_) {
      args_.finish = kNR == TileFinish::kColumns ? FindFinish(stage_, cols, finish_) : nullptr;
    }
    group_ = group;
    const StoreSums<int32_t>* const sums = PlainSums<int32_t>(stage_);
    const bool direct = sums != nullptr && cols.size % PackedPanels::kColumns == 0;
    if (direct || args_.finish != nullptr) {
      SetRows(tile.row, tile.rows);
      if (direct) {
        args_.c = sums->c + args_.row * sums->c_stride + col;
        args_.c_stride = sums->c_stride;
        SetWritten(args_, args_.row, col, cols.size);
      } else {
        args_.c = Slot(slot_);
        args_.c_stride = kNR;
        SetWritten(args_, args_.row, col, cols.size, &stage_);
      }
      P::WindowTile::Tile(args_);
      return;
    }
    const size_t parts = DivideUp(tile.rows, kMR);
    for (size_t i = 0; i < parts; ++i) {
      const Part part = SplitEvenly(tile.rows, parts, i);
      SetRows(tile.row + part.begin, part.size);
      RunBuffered(cols);
    }
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
    P::WindowTile::Tile(args_);
    FinishTile();
    waiting_rows_ = {args_.row, args_.rows};
    waiting_cols_ = cols;
    slot_ ^= 1;
  }

  int32_t* Slot(size_t i) const { return reinterpret_cast<int32_t*>(scratch_ + plan_.sums_at) + i * kSums; }

  // The tile before, which the stage has not seen yet.
  void FinishTile() {
    if (waiting_rows_.size != 0) RunStage(stage_, Slot(slot_ ^ 1), kNR, waiting_rows_, waiting_cols_);
    waiting_rows_.size = 0;
  }

  const ImageWindows<A>& windows_;
  const WindowPlan& plan_;
  const WindowSegment* const segments_;
  const PackedPanels& b_;
  const Stage stage_;  // a copy: stores through its pointers cannot change it
  uint8_t* const scratch_;
  WindowTileArgs args_;
  TileFinish finish_;
  size_t group_ = SIZE_MAX;  // that finish_ is for
  size_t first_row_ = 0, num_tiles_ = 0, slot_ = 0;
  Part waiting_rows_{}, waiting_cols_{};
};

template <class P>
constexpr TileTraits WindowTraitsOf() {
  TileTraits traits = TraitsOf<P>();
  traits.mr = P::WindowTile::kMR;
  traits.nr = P::WindowTile::kNR;
  return traits;
}

// Whether A has windows that are better read so. Sums of rows are found in gathered windows.
template <class P, class Stage>
HWY_INLINE bool PlanWindowsOf(const Context& context, const RowSource<typename P::A>& a, const PackedPanels* b,
                              const Stage& stage, WindowPlan& plan) {
  if (a.filler == nullptr || a.filler->windows == nullptr || a.row_sums != nullptr || b == nullptr) return false;
  const StoreSums<int32_t>* const sums = PlainSums<int32_t>(stage);
  if (sums != nullptr && sums->accumulate) return false;
  constexpr TileTraits kTraits = WindowTraitsOf<P>();
  return PlanWindows(kTraits, *a.filler->windows, FormOf<P>().flip, b->n, context.NumWorkers(), DetectedCaches(), plan);
}

template <class P, class Stage>
HWY_NOINLINE Status MatMulOfWindows(Context& context, const ImageWindows<typename P::A>& windows,
                                    const WindowPlan& plan, const PackedPanels& b, const Stage& stage) {
  const size_t bytes = plan.shared_bytes + context.NumWorkers() * plan.worker_bytes;
  uint8_t* const scratch = context.Scratch(Context::ScratchOwner::kDriver, bytes);
  if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  WindowSegment* const segments = reinterpret_cast<WindowSegment*>(scratch);
  ListSegments(windows, plan, segments);
  PackedPanels panels = b;
  if (plan.repacks) {
    const size_t segment = plan.touching ? windows.geometry.kernel_w * windows.x.c : windows.x.c;
    RepackForWindows(b, segment, plan.panel_bytes, scratch + plan.panels_at);
    panels.panels = reinterpret_cast<int8_t*>(scratch + plan.panels_at);
  }
  const auto task = [&](size_t i, size_t worker) {
    const size_t block = i / plan.column_parts, image = block / plan.blocks;
    const Part lines = SplitEvenly(plan.lines, plan.blocks, block - image * plan.blocks);
    const Part groups = SplitEvenly(plan.groups, plan.column_parts, i - block * plan.column_parts);
    uint8_t* const own = scratch + plan.shared_bytes + worker * plan.worker_bytes;
    const StageEnvironment<int32_t> environment(stage);
    WindowBlock<P, Stage>(windows, plan, segments, panels, stage, own).Run(image, lines, groups);
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
