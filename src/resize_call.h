// Support: resized images: the call, its checks, and where pixels of y lie in x.
#ifndef ISOQUANT_SRC_RESIZE_CALL_H_
#define ISOQUANT_SRC_RESIZE_CALL_H_

#include <algorithm>
#include <cstddef>

#include "isoquant/image_view.h"
#include "isoquant/resize.h"
#include "isoquant/status.h"
#include "src/elementwise.h"
#include "src/image.h"

namespace isoquant {

// Sizes along one axis.
struct ResizeAxis {
  size_t x, y;
  float scale;  // of y to x; 0: from the sizes
  const Resizing* resizing;
};

// Of pixels [begin, begin + count) of y: the left neighbours in x and both weights. To be called under the default
// float environment.
void FindNeighbours(const ResizeAxis& axis, size_t begin, size_t count, size_t* pixels, float* w0, float* w1);
// The same, with both weights 0.5 at the last pixel, which is its own neighbour.
void FindAllNeighbours(const ResizeAxis& axis, size_t begin, size_t count, size_t* pixels, float* w0, float* w1);
// Whether all weights are sixteenths, and such that f32 rounds none of the steps to them.
bool AreSixteenths(const ResizeAxis& axis);
// The nearest pixels.
void FindNearest(const ResizeAxis& axis, size_t begin, size_t count, size_t* pixels);

template <class T>
struct ResizeCall {
  ImageView<const T> x;
  ImageView<T> y;
  ResizeAxis rows, columns;
};

// Elements of a part of a row of y. Two rows of x at its width stay in L1.
inline constexpr size_t kResizeBlock = 1024;

// y is cut into blocks: as many columns, of all channels, as have kResizeBlock elements, or channels of one column.
struct ResizeBlocks {
  ResizeBlocks(size_t w, size_t c)
      : channels(std::min(c, kResizeBlock)),
        columns(std::min(w, std::max<size_t>(1, kResizeBlock / c))),
        along_c((c + channels - 1) / channels),
        count((w + columns - 1) / columns * along_c) {}

  size_t channels, columns, along_c, count;
};

Status CheckResize(const ImageLayout& x, const Resizing& resizing, const ImageLayout& y);

// The arguments have been checked. resize(call, begin, end) does rows [begin, end), counted through all rows of all
// images of all blocks.
template <class T, class Function>
void RunResize(Context& context, const ResizeCall<T>& call, Function resize) {
  if (call.y.empty()) return;
  const ResizeBlocks blocks(call.y.w, call.y.c);
  ForEachPart(context, blocks.count * call.y.n * call.y.h, 2 * blocks.columns * blocks.channels, 1,
              [&](size_t begin, size_t end) { resize(call, begin, end); });
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_RESIZE_CALL_H_
