// Engine: tiles of windows that consist of parts of lines of outputs, for policies whose WindowTile takes the windows
// of a part as one operand (kMaxPart). Lines are cut into parts of equal height; two at a time are a tile, and may be
// of two lines. Output stages run between the steps of the tile after (waiting_tile-inl.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_WINDOW_PARTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_WINDOW_PARTS_INL_H_
#undef ISOQUANT_INL_ENGINE_WINDOW_PARTS_INL_H_
#else
#define ISOQUANT_INL_ENGINE_WINDOW_PARTS_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "isoquant/inl/engine/stage-inl.h"
#include "isoquant/inl/engine/waiting_tile-inl.h"
#include "isoquant/inl/engine/window_plan-inl.h"
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// How lines of `width` windows are cut.
struct LineParts {
  LineParts(size_t width_of_line, size_t max_part)
      : width(width_of_line), per_line(DivideUp(width, max_part)), height(DivideUp(width, per_line)) {}

  // Of `windows` windows, which are whole lines.
  size_t In(size_t windows) const { return windows / width * per_line; }

  // A part's first window, and how many of its windows the part before has, too.
  struct Place {
    size_t row, again;
  };
  Place At(size_t part) const {
    const size_t line = part / per_line, due = (part - line * per_line) * height, begin = Min(due, width - height);
    return {line * width + begin, due - begin};
  }

  size_t width, per_line, height;
};

// For policies without.
struct NoWindowParts {
  template <class Stage>
  NoWindowParts(const Stage&, TileBehind<Stage, int32_t>&, size_t, int32_t*) {}
};

template <class P, class Stage>
class WindowParts {
  using WindowTile = typename P::WindowTile;
  static constexpr size_t kNR = WindowTile::kNR, kSums = WindowTile::kMR * kNR;

 public:
  // window_stride: bytes from window to window. sums: a buffer of two tiles.
  WindowParts(const Stage& stage, WaitingTileOf<P, Stage>& waiting, size_t window_stride, int32_t* sums)
      : stage_(stage), waiting_(waiting), window_stride_(window_stride), sums_(sums) {}

  // Parts of lines of `tile` times the columns `cols`. From `operands` come segments and panels.
  void Run(const WindowTileRows& tile, const WindowTileArgs& operands, Part cols, const uint8_t* const* windows,
           size_t first_row, bool b_streams) {
    const LineParts lines(tile.columns->end - tile.columns->begin, WindowTile::kMaxPart);
    const StoreSums<int32_t>* const sums = PlainSums<int32_t>(stage_);
    const bool direct = sums != nullptr && cols.size % PackedPanels::kColumns == 0;
    typename WindowTile::Args args;
    args.a_stride = window_stride_;
    args.height = lines.height;
    args.segments = operands.segments;
    args.num_segments = operands.num_segments;
    args.steps = operands.steps;
    args.begin = operands.begin;
    args.b = operands.b;
    args.panel_stride = operands.panel_stride;
    args.panels = operands.panels;
    args.b_streams = b_streams;
    const size_t end = tile.parts.begin + tile.parts.size;
    for (size_t i = tile.parts.begin; i < end; i += 2) {
      args.parts = Min(end - i, size_t{2});
      const LineParts::Place first = lines.At(i), last = lines.At(i + args.parts - 1);
      const size_t row = tile.row + first.row;
      args.a = windows[row];
      args.second_row = last.row - first.row;
      args.second_a = static_cast<size_t>(windows[row + args.second_row] - args.a);
      args.c = direct ? sums->c + (first_row + row) * sums->c_stride + cols.begin : sums_ + slot_ * kSums;
      args.c_stride = direct ? sums->c_stride : kNR;
      waiting_.RunWith(args, [&]() HWY_ATTR { WindowTile::Tile(state_, args); });
      if (direct) continue;
      waiting_.Set(args.c + first.again * kNR, kNR,
                   Part{first_row + row + first.again, args.second_row + lines.height - first.again}, cols);
      slot_ ^= 1;
    }
  }

 private:
  const Stage& stage_;
  WaitingTileOf<P, Stage>& waiting_;
  typename WindowTile::State state_;
  const size_t window_stride_;
  int32_t* const sums_;
  size_t slot_ = 0;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
