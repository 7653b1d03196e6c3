// Support: checks of convolutions.
#include "src/convolution_call.h"

#include "src/operands.h"

namespace isoquant {

Status CheckConvolution(const ImageLayout& x, const PackedFilter& filter, const ImageLayout& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("x.c", x.c, "filter.in_channels()", filter.in_channels()));
  size_t out_h = 0, out_w = 0;
  ISOQUANT_RETURN_IF_ERROR(Conv2dOutputSize(filter.geometry(), x.h, x.w, out_h, out_w));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.n", y.n, "x.n", x.n));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.h", y.h, "the height of Conv2dOutputSize", out_h));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.w", y.w, "the width of Conv2dOutputSize", out_w));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.c", y.c, "filter.out_channels()", filter.out_channels()));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(x, ISOQUANT_IMAGE_NAMES(x)));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(y, ISOQUANT_IMAGE_NAMES(y)));
  ISOQUANT_RETURN_IF_ERROR(CheckApart("y", y, "x", x));
  return CheckDisjointFromPanels("y", BytesBetween(y), "filter", filter.weights().panels());
}

}  // namespace isoquant
