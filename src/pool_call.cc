// Support: checks of pooling.
#include "src/pool_call.h"

#include "src/check.h"

namespace isoquant {

Status CheckPool(const ImageLayout& x, const Conv2dGeometry& geometry, const ImageLayout& y) {
  size_t out_h = 0, out_w = 0;
  ISOQUANT_RETURN_IF_ERROR(Conv2dOutputSize(geometry, x.h, x.w, out_h, out_w));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("geometry.groups", geometry.groups, "that of pooling", 1));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.n", y.n, "x.n", x.n));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.h", y.h, "the height of Conv2dOutputSize", out_h));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.w", y.w, "the width of Conv2dOutputSize", out_w));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.c", y.c, "x.c", x.c));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(x, ISOQUANT_IMAGE_NAMES(x)));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(y, ISOQUANT_IMAGE_NAMES(y)));
  return CheckApart("y", y, "x", x);
}

}  // namespace isoquant
