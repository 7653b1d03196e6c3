// Support: what all kinds of pooling share: the call, and its checks.
#ifndef ISOQUANT_SRC_POOL_CALL_H_
#define ISOQUANT_SRC_POOL_CALL_H_

#include <algorithm>
#include <cstddef>

#include "isoquant/image_view.h"
#include "isoquant/pooling.h"
#include "isoquant/status.h"
#include "src/elementwise.h"
#include "src/filter.h"
#include "src/image.h"

namespace isoquant {

// A call, and what it counts as padding.
template <class T>
struct PoolCall {
  ImageView<const T> x;
  Conv2dGeometry geometry;
  ImageView<T> y;
  AveragePooling pooling;
};

// Channels are dealt out in blocks of so many.
inline constexpr size_t kPoolBlock = 64;

// The images and the geometry.
Status CheckPool(const ImageLayout& x, const Conv2dGeometry& geometry, const ImageLayout& y);

// The arguments have been checked.
// pool(call, begin, end) does blocks [begin, end).
template <class T, class Function>
Status Pool(Context& context, const PoolCall<T>& call, Function pool) {
  if (call.y.empty()) return Status();
  const Conv2dGeometry& g = call.geometry;
  const size_t blocks = (call.y.c + kPoolBlock - 1) / kPoolBlock;
  const size_t in_image = std::min(g.kernel_h, call.x.h) * std::min(g.kernel_w, call.x.w);
  ForEachPart(context, call.y.n * call.y.h * blocks, call.y.w * (in_image + 1) * std::min(kPoolBlock, call.y.c), 1,
              [&](size_t begin, size_t end) { pool(call, begin, end); });
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_POOL_CALL_H_
