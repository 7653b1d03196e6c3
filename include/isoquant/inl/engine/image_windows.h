// Engine: the windows of a convolution, the same type for all targets.
#ifndef ISOQUANT_INL_ENGINE_IMAGE_WINDOWS_H_
#define ISOQUANT_INL_ENGINE_IMAGE_WINDOWS_H_

#include <cstddef>

#include "isoquant/filter.h"
#include "isoquant/image_view.h"

namespace isoquant {

// Windows of images, one for each output pixel of a convolution, in the order of images, rows and columns: `count` of
// them from number `first` on. A window is a row of kernel_h * kernel_w * x.c elements.
template <class A>
struct ImageWindows {
  ImageView<const A> x;  // the channels of one group
  Conv2dGeometry geometry;
  size_t out_h, out_w;
  size_t first, count;
  A padding;                          // what pixels beside the image are
  const int32_t* tap_sums = nullptr;  // PackedFilter::GroupTapSums of what they are multiplied by; or null

  size_t RowSize() const { return geometry.kernel_h * geometry.kernel_w * x.c; }
};

}  // namespace isoquant

#endif  // ISOQUANT_INL_ENGINE_IMAGE_WINDOWS_H_
