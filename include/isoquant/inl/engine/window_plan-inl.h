// Engine: the plan of a product of windows that are read where pixels lie: in strips, copies of some lines of an image
// with their padding, which stay in L2. A pure function of windows, weights, caches and workers.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_WINDOW_PLAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_WINDOW_PLAN_INL_H_
#undef ISOQUANT_INL_ENGINE_WINDOW_PLAN_INL_H_
#else
#define ISOQUANT_INL_ENGINE_WINDOW_PLAN_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/engine/image_windows.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/tuning.h"
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/util/parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// What a policy's WindowTile wants.
struct WindowTraits {
  size_t mr, nr;
  size_t segment_unit;  // bytes: a segment takes a multiple of that. Panels have zeros for what is behind its end
  size_t max_part;      // windows of a line that tiles take as one operand; 0: tiles take each window by itself
};

// Columns of outputs whose windows have the same columns of the kernel [begin_tap, end_tap) in the image, or more.
struct WindowColumns {
  size_t begin, end;
  size_t begin_tap, end_tap;
  // Their segments, per_kernel_row for each row of the kernel, each of so many steps of WindowTraits::segment_unit.
  size_t per_kernel_row, steps;
  size_t first_segment;  // in the plan's list
  bool down;             // one column, whose tiles have a window of each line
};

struct WindowPlan {
  // Pixels of the image from one to the next in a strip, and pixels of a strip from window to window. (Kernels of one
  // row or column see no others.)
  size_t step_h, step_w, stride_h, stride_w;
  size_t pixels, pitch;  // of a line of a strip; bytes
  // Windows are read from the image itself: no strip. Else from one. Bytes from line to line, and from pixel to pixel.
  bool in_image;
  size_t line_bytes, pixel_bytes;
  bool touching;     // pixels of a row of the kernel follow one another: it is one segment
  size_t tap_bytes;  // of K, from one tap to the next
  bool repacks;      // segments that are no multiple of the unit: panels have zeros after each
  size_t panel_bytes, k;
  // Tiles leave out taps that see only padding. Unless that is read as 0, sums then begin with `padding` times the sums
  // of the weights of these.
  bool skips, sums_taps;  // sums_taps: and these are not known yet
  int32_t padding;
  WindowColumns columns[2 * tuning::kMinColumns];
  size_t num_columns, num_segments;
  // Lines of outputs: of an image, and from which one on; blocks of it, and how many images.
  size_t first_line, lines, blocks, images;
  size_t max_lines, max_strip_lines;  // of a block
  size_t column_parts, groups;
  bool tile_by_tile;  // all columns of a tile, before the next one: B stays in L2
  // Offsets in scratch. Segments and panels are shared; the rest is each worker's.
  size_t panels_at, tap_sums_at, shared_bytes;
  size_t windows_at, tiles_at, sums_at, worker_bytes;
};

// A tile of a block.
struct WindowTileRows {
  size_t row, rows, row_step;  // from the block's first
  Part parts;                  // of the lines that begin with `row`, if tiles consist of parts of lines
  size_t first_segment, num_segments, steps;
  Part kernel_rows;
  const WindowColumns* columns;
};

// Sizes beyond which strips would not be worth it, and below which no sum of products overflows.
template <class A>
HWY_INLINE bool AreModest(const ImageWindows<A>& w) {
  const Conv2dGeometry& g = w.geometry;
  constexpr size_t kMost = size_t{1} << 15;
  for (const size_t size : {g.kernel_h, g.kernel_w, g.stride_h, g.stride_w, g.dilation_h, g.dilation_w, g.pad_top,
                            g.pad_left, w.x.c, w.x.h, w.x.w, w.out_h, w.out_w}) {
    if (size > kMost) return false;
  }
  return w.x.h != 0 && w.x.w != 0 && w.x.c != 0;
}

// The taps of windows in the columns [begin, end) that see the image from one of these, or more; at least one.
template <class A>
HWY_INLINE WindowColumns ColumnsOf(const ImageWindows<A>& w, size_t begin, size_t end) {
  const Conv2dGeometry& g = w.geometry;
  const size_t first = begin * g.stride_w, last = (end - 1) * g.stride_w, padded = g.pad_left + w.x.w;
  const size_t begin_tap = last < g.pad_left ? DivideUp(g.pad_left - last, g.dilation_w) : 0;
  const size_t end_tap = first < padded ? Min(DivideUp(padded - first, g.dilation_w), g.kernel_w) : 0;
  if (begin_tap >= end_tap) return {begin, end, 0, g.kernel_w, 0, 0, 0, false};
  return {begin, end, begin_tap, end_tap, 0, 0, 0, false};
}

// Columns [begin, end) at an edge: together, or, if they are few, each by itself.
template <class A>
HWY_INLINE void AddEdge(const ImageWindows<A>& w, size_t begin, size_t end, WindowPlan& plan) {
  const bool down = end - begin < tuning::kMinColumns;
  for (size_t next; begin < end; begin = next) {
    next = down ? begin + 1 : end;
    WindowColumns& columns = plan.columns[plan.num_columns++];
    columns = ColumnsOf(w, begin, next);
    columns.down = down;
  }
}

// Columns of outputs are cut where windows lose columns of the kernel to the padding.
template <class A>
HWY_INLINE void CutColumns(const WindowTraits& t, const ImageWindows<A>& w, WindowPlan& plan) {
  const Conv2dGeometry& g = w.geometry;
  const size_t extent = (g.kernel_w - 1) * g.dilation_w, padded = g.pad_left + w.x.w;
  size_t left = Min(DivideUp(g.pad_left, g.stride_w), w.out_w);
  size_t right = padded <= extent ? 0 : Min(DivideUp(padded - extent, g.stride_w), w.out_w);
  // No tile goes down the lines if tiles consist of parts of these, or if there are few.
  const size_t least = t.max_part != 0                        ? tuning::kMinPart
                       : plan.max_lines < tuning::kMinColumns ? tuning::kMinColumns
                                                              : 0;
  const bool may_cut = plan.skips && plan.tap_bytes % t.segment_unit == 0 && left <= right;
  if (!may_cut || left < least) left = 0;
  if (!may_cut || w.out_w - right < least) right = w.out_w;
  if (t.max_part != 0 && right - left < least) {
    left = 0;
    right = w.out_w;
  }
  plan.num_columns = 0;
  AddEdge(w, 0, left, plan);
  if (left != right) plan.columns[plan.num_columns++] = {left, right, 0, g.kernel_w, 0, 0, 0, false};
  AddEdge(w, right, w.out_w, plan);
  plan.num_segments = 0;
  for (size_t i = 0; i < plan.num_columns; ++i) {
    WindowColumns& c = plan.columns[i];
    const size_t taps = c.end_tap - c.begin_tap;
    c.per_kernel_row = plan.touching ? 1 : taps;
    c.steps = DivideUp((plan.touching ? taps : 1) * w.x.c, t.segment_unit);
    c.first_segment = plan.num_segments;
    plan.num_segments += c.per_kernel_row * g.kernel_h;
  }
}

template <class A>
HWY_INLINE void ListSegments(const WindowTraits& t, const ImageWindows<A>& w, const WindowPlan& plan,
                             WindowSegment* segments) {
  const Conv2dGeometry& g = w.geometry;
  for (size_t i = 0; i < plan.num_columns; ++i) {
    const WindowColumns& c = plan.columns[i];
    for (size_t r = 0; r < g.kernel_h; ++r) {
      for (size_t j = 0; j < c.per_kernel_row; ++j) {
        const size_t s = c.begin_tap + j;
        const size_t a = r * g.dilation_h * plan.line_bytes + s * g.dilation_w * plan.pixel_bytes;
        const size_t whole_row = plan.touching && plan.repacks;  // its bytes are no multiple of tap_bytes
        const size_t line = whole_row ? r * c.steps * t.segment_unit : (r * g.kernel_w + s) * plan.tap_bytes;
        *segments++ = {a, line * PackedPanels::kColumns};
      }
    }
  }
}

// Whether tiles can read the image itself: no window sees padding, and segments end where pixels do.
template <class A>
HWY_INLINE bool MayReadImage(const ImageWindows<A>& w, const WindowPlan& plan, uint8_t flip) {
  const Conv2dGeometry& g = w.geometry;
  const size_t extent_h = (g.kernel_h - 1) * g.dilation_h + 1, extent_w = (g.kernel_w - 1) * g.dilation_w + 1;
  const bool inside = g.pad_top == 0 && g.pad_left == 0 && (w.out_h - 1) * g.stride_h + extent_h <= w.x.h &&
                      (w.out_w - 1) * g.stride_w + extent_w <= w.x.w;
  const bool one_run = !plan.touching || g.kernel_w == 1 || w.x.pixel_stride == w.x.c;
  return flip == 0 && inside && one_run && !plan.repacks;
}

// Whether windows are worth it, and then how. `n`: columns of B.
template <class A, class Caches>
HWY_INLINE bool PlanWindows(const WindowTraits& t, const ImageWindows<A>& w, uint8_t flip, size_t n, size_t workers,
                            const Caches& caches, WindowPlan& plan) {
  const Conv2dGeometry& g = w.geometry;
  if (!AreModest(w) || (t.max_part != 0 && w.out_w < tuning::kMinPart) || w.first % w.out_w != 0 ||
      w.count % w.out_w != 0)
    return false;
  const size_t line = w.first / w.out_w, lines = w.count / w.out_w;
  plan.first_line = line % w.out_h;
  const bool one_image = plan.first_line + lines <= w.out_h;
  if (!one_image && (plan.first_line != 0 || lines % w.out_h != 0)) return false;
  plan.lines = one_image ? lines : w.out_h;
  plan.images = lines / plan.lines;

  plan.step_h = g.kernel_h == 1 ? g.stride_h : 1;
  plan.step_w = g.kernel_w == 1 ? g.stride_w : 1;
  plan.stride_h = g.stride_h / plan.step_h;
  plan.stride_w = g.stride_w / plan.step_w;
  const size_t extent_h = (g.kernel_h - 1) * g.dilation_h + 1, extent_w = (g.kernel_w - 1) * g.dilation_w + 1;
  plan.pixels = (w.out_w - 1) * plan.stride_w + extent_w;
  plan.pitch = RoundUp(plan.pixels * w.x.c + t.segment_unit - 1, 64);  // the last step may end behind the last pixel
  plan.touching = g.dilation_w == 1 || g.kernel_w == 1;
  const size_t segment = plan.touching ? g.kernel_w * w.x.c : w.x.c;
  plan.repacks = segment % t.segment_unit != 0;
  plan.tap_bytes = plan.touching ? w.x.c : RoundUp(w.x.c, t.segment_unit);
  plan.k = plan.touching ? g.kernel_h * RoundUp(segment, t.segment_unit) : g.kernel_h * g.kernel_w * plan.tap_bytes;
  plan.panel_bytes = plan.k / 4 * PackedPanels::kLineBytes;
  plan.padding = flip == 0 ? int32_t{w.padding} : static_cast<uint8_t>(w.padding) ^ flip;
  // (Beside a matrix unit the sums take too long.)
  const bool is_long_k = t.max_part == 0 && plan.k >= tuning::kLongSkippingK;
  const size_t least = is_long_k ? tuning::kMinSkippingOfLongK : tuning::kMinSkipping;
  const bool pays = w.tap_sums != nullptr || w.out_h * w.out_w >= least;
  plan.skips = plan.padding == 0 || (plan.tap_bytes % t.segment_unit == 0 && pays);

  const size_t l2_bytes = caches.L2Bytes();
  plan.groups = DivideUp(n, t.nr);
  const size_t panels = DivideUp(n, PackedPanels::kColumns);
  const size_t b_bytes = panels * plan.panel_bytes;
  // Single pixels of few channels, each of which takes a step: gathered, several share one.
  const size_t gathered_k = RoundUp(w.RowSize(), t.segment_unit);
  if (t.max_part != 0 && !plan.touching && plan.k > 2 * gathered_k) return false;
  const bool is_long = t.max_part == 0 || w.count >= tuning::kRowsToRepackColumn * n;
  if (plan.k > tuning::kMaxWindowK || (plan.repacks && (b_bytes > l2_bytes / 4 || !is_long))) return false;
  // Lines of outputs in a block.
  const size_t strip = l2_bytes / tuning::kL2ShareOfA / plan.pitch;
  size_t most_lines = strip <= extent_h ? 1 : (strip - extent_h) / plan.stride_h + 1;
  most_lines = Max(size_t{1}, Min(most_lines, tuning::kMaxWindows / w.out_w));
  if (extent_h * plan.pitch > l2_bytes / 2) return false;
  plan.blocks = DivideUp(plan.lines, most_lines);
  plan.column_parts = 1;
  if (workers > 1) {
    const ProductShape shape{w.count, plan.k, n, workers, false, RowsOfA::kComputed};
    const size_t wanted = WantedTasks(shape);
    if (plan.images * plan.blocks < wanted) {
      const size_t most = Max(plan.blocks, plan.lines / DivideUp(tuning::kMinRowsPerTask, w.out_w));
      plan.blocks = Min(most, DivideUp(wanted, plan.images));
      plan.column_parts = Max(size_t{1}, Min(plan.groups, DivideUp(wanted, plan.images * plan.blocks)));
    }
  }
  plan.max_lines = SplitEvenly(plan.lines, plan.blocks, 0).size;
  plan.max_strip_lines = (plan.max_lines - 1) * plan.stride_h + extent_h;
  CutColumns(t, w, plan);
  plan.tile_by_tile = plan.groups > tuning::kFewGroups && b_bytes <= l2_bytes / tuning::kL2ShareOfB;

  plan.in_image = MayReadImage(w, plan, flip);
  plan.line_bytes = plan.in_image ? w.x.row_stride : plan.pitch;
  plan.pixel_bytes = plan.in_image ? w.x.pixel_stride : w.x.c;
  if (plan.in_image) {
    plan.stride_h = g.stride_h;
    plan.stride_w = g.stride_w;
    plan.max_strip_lines = 0;
  }
  plan.panels_at = RoundUp(plan.num_segments * sizeof(WindowSegment), 64);
  plan.tap_sums_at = plan.panels_at + (plan.repacks ? b_bytes : 0);
  plan.sums_taps = plan.skips && plan.padding != 0 && w.tap_sums == nullptr;
  const size_t taps = plan.sums_taps ? g.kernel_h * g.kernel_w : 0;
  plan.shared_bytes = plan.tap_sums_at + taps * panels * PackedPanels::kColumns * sizeof(int32_t);
  plan.windows_at = plan.max_strip_lines * plan.pitch;
  plan.tiles_at = plan.windows_at + RoundUp(plan.max_lines * w.out_w * sizeof(const uint8_t*), 64);
  const size_t most_tiles = plan.max_lines * (DivideUp(w.out_w, t.mr) + plan.num_columns);
  plan.sums_at = plan.tiles_at + RoundUp(most_tiles * sizeof(WindowTileRows), 64);
  plan.worker_bytes = plan.sums_at + 2 * t.mr * t.nr * sizeof(int32_t);
  return true;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
