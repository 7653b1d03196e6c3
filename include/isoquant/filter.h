// Public layer: the weights of a convolution, packed once, and its geometry.
#ifndef ISOQUANT_FILTER_H_
#define ISOQUANT_FILTER_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/element_type.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "isoquant/weight_matrix.h"
#include "isoquant/weights.h"

namespace isoquant {

// How windows lie on an image. The image has a border of pad_* pixels, which stand for zero. The output at (x, y) sees
// the pixels of that padded image at (x * stride_w + s * dilation_w, y * stride_h + r * dilation_h), 0 <= s < kernel_w,
// 0 <= r < kernel_h. Channels are cut into `groups` of neighbours; outputs of a group see the inputs of that group.
struct Conv2dGeometry {
  size_t kernel_h = 1, kernel_w = 1;
  size_t stride_h = 1, stride_w = 1;
  size_t dilation_h = 1, dilation_w = 1;
  size_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  size_t groups = 1;
};

// Height and width of the output for an image of h x w: with p = h + pad_top + pad_bottom and
// e = (kernel_h - 1) * dilation_h + 1, the height is (p - e) / stride_h + 1, rounded down, or 0 if p < e; the width
// likewise. Padding may be larger than the image, and larger than the kernel.
//
// Errors: those of PackedFilter::Pack for a geometry; kTooLarge if p is no size_t.
ISOQUANT_API Status Conv2dOutputSize(const Conv2dGeometry& geometry, size_t h, size_t w, size_t& out_h, size_t& out_w);

// Plain filters, s8 or u8, as matrices in the orders of common frameworks: O output channels, H x W positions of the
// kernel, I input channels of a group. The letters are in the order of memory: the first one is the slowest.
struct Ohwi {
  WeightMatrix values;  // O rows of H W I (TensorFlow Lite)
};
struct Oihw {
  WeightMatrix values;  // O rows of I H W (PyTorch, ONNX)
};
struct Hwio {
  WeightMatrix values;  // H W I rows of O (TensorFlow)
};

// The filter of a Conv2d in the packed layout: the same bytes for every CPU. Movable, not copyable. Immutable once
// packed: any number of threads and Contexts may use it at once.
//
// It is a K x N matrix of PackedWeights, K = kernel_h * kernel_w * group_channels: row (r * kernel_w + s) *
// group_channels + i is position (r, s) of the kernel and input channel i of the group. With several groups the columns
// of each begin at a panel: N = groups * 16 * ceil(out_channels / groups / 16). But if it is depthwise, that is, if
// each of several groups has one input and one output channel, columns lie side by side: N = out_channels.
class ISOQUANT_API PackedFilter {
 public:
  PackedFilter() = default;
  ~PackedFilter();
  PackedFilter(PackedFilter&& other) noexcept;
  PackedFilter& operator=(PackedFilter&& other) noexcept;

  // Packs into memory that `packed` then owns. `group_channels` are the input channels of one group; the image has
  // groups * group_channels of them. A group may have no channels at all (outputs are those of sums of nothing). On
  // error `packed` is left as it was. The source may be freed afterwards. It takes time once per model.
  //
  // Errors: kWrongType (a filter that is neither s8 nor u8); kTooSmall (a kernel size, stride, dilation or `groups` of
  // 0; a row stride); kTooLarge ((kernel - 1) * dilation + 1, K, or a view that exceeds the address space); kMismatch
  // (a filter whose sizes are not those of the geometry, or whose output channels are no multiple of the groups);
  // kNull; kOutOfMemory.
  static Status Pack(Context& context, Ohwi filter, const Conv2dGeometry& geometry, size_t group_channels,
                     PackedFilter& packed);
  static Status Pack(Context& context, Oihw filter, const Conv2dGeometry& geometry, size_t group_channels,
                     PackedFilter& packed);
  static Status Pack(Context& context, Hwio filter, const Conv2dGeometry& geometry, size_t group_channels,
                     PackedFilter& packed);

  const Conv2dGeometry& geometry() const { return geometry_; }
  size_t group_channels() const { return group_channels_; }
  size_t in_channels() const { return geometry_.groups * group_channels_; }
  size_t out_channels() const { return out_channels_; }
  ElementType type() const { return weights_.type(); }
  const PackedWeights& weights() const { return weights_; }
  bool is_depthwise() const;
  // The panels of the columns of a group, or of all, if it is depthwise: what kernels read.
  PackedPanels GroupPanels(size_t group) const;
  // For each position of the kernel, and each column of the group's panels, the sum over i of what panels hold: what a
  // position that sees padding adds is its sum times the padding. Null where products do not need them, or find them
  // themselves: Pack and Load keep them for kernels with padding and several positions whose group_channels are a
  // multiple of 4 and at least 16 (so they take a quarter of the weights' memory, or less). View reads no weights, and
  // leaves them to each call: small images with many channels are then a little slower (3 x 3, 512 to 512 channels, 7 x
  // 7 pixels of s8: 1.06 times).
  const int32_t* GroupTapSums(size_t group) const;

  // A blob is little-endian: a header of 192 bytes, and the blob of `weights` (weights.h). The header, by offsets in
  // bytes:
  //    0  "ISOQCONV"                   16  the eleven numbers of the geometry in their order, u64
  //    8  layout version, u32: 1      104  group_channels, u64       120  size of the whole blob, u64
  //   12  size of the header, u32     112  out_channels, u64         128  zeros
  //                                                                  184  FNV-1a of bytes 0 to 183, u64
  size_t SerializedBytes() const;
  // Writes the blob; kTooSmall if blob.size < SerializedBytes(). `blob` may have any alignment.
  Status Serialize(VectorView<uint8_t> blob) const;
  // Uses a blob in place; Load copies it. As PackedWeights::View and Load, with their errors and those of Pack.
  static Status View(VectorView<const uint8_t> blob, PackedFilter& packed);
  static Status Load(VectorView<const uint8_t> blob, PackedFilter& packed);
  // Reads all weights, as PackedWeights::Verify.
  Status Verify() const { return weights_.Verify(); }

 private:
  struct Plain;
  static Status PackAny(Context& context, const Plain& filter, const Conv2dGeometry& geometry, size_t group_channels,
                        PackedFilter& packed);
  static Status Open(VectorView<const uint8_t> blob, bool copies, PackedFilter& packed);
  Status SumTaps();

  PackedWeights weights_;
  Conv2dGeometry geometry_;
  size_t group_channels_ = 0, out_channels_ = 0;
  int32_t* tap_sums_ = nullptr;  // owned
};

}  // namespace isoquant

#endif  // ISOQUANT_FILTER_H_
