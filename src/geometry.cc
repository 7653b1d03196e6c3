// Operation: sizes of convolutions. docs: filter.h.
#include <cstdint>
#include <initializer_list>

#include "src/check.h"
#include "src/filter.h"

namespace isoquant {
namespace {

Status CheckNotZero(const char* name, size_t size) {
  return size != 0 ? Status() : Status(StatusCode::kTooSmall, name, 0, "one", 1);
}

// (kernel - 1) * dilation + 1 exists.
Status CheckSpan(const char* name, size_t kernel, size_t dilation) {
  const size_t most = kernel == 1 ? dilation : (kMaxElements - 1) / (kernel - 1);
  if (dilation <= most) return Status();
  return Status(StatusCode::kTooLarge, name, dilation, "what the address space leaves", most);
}

// The product of sizes, each at least 1 but the last one; kTooLarge if it cannot be counted.
Status CheckProduct(const char* name, std::initializer_list<size_t> sizes) {
  size_t most = kMaxElements;
  for (const size_t size : sizes) {
    if (size > most) return Status(StatusCode::kTooLarge, name, size, "what the address space leaves", most);
    if (size != 0) most /= size;
  }
  return Status();
}

Status FindSize(const char* pad_name, size_t size, size_t before, size_t after, size_t span, size_t stride,
                size_t& out) {
  if (before > kMaxElements - size || after > kMaxElements - size - before) {
    return Status(StatusCode::kTooLarge, pad_name, before > kMaxElements - size ? before : after,
                  "what the address space leaves",
                  before > kMaxElements - size ? kMaxElements - size : kMaxElements - size - before);
  }
  const size_t padded = size + before + after;
  out = padded < span ? 0 : (padded - span) / stride + 1;
  return Status();
}

}  // namespace

Status CheckGeometry(const Conv2dGeometry& geometry, size_t group_channels) {
  const Conv2dGeometry& g = geometry;
  ISOQUANT_RETURN_IF_ERROR(CheckNotZero("geometry.kernel_h", g.kernel_h));
  ISOQUANT_RETURN_IF_ERROR(CheckNotZero("geometry.kernel_w", g.kernel_w));
  ISOQUANT_RETURN_IF_ERROR(CheckNotZero("geometry.stride_h", g.stride_h));
  ISOQUANT_RETURN_IF_ERROR(CheckNotZero("geometry.stride_w", g.stride_w));
  ISOQUANT_RETURN_IF_ERROR(CheckNotZero("geometry.dilation_h", g.dilation_h));
  ISOQUANT_RETURN_IF_ERROR(CheckNotZero("geometry.dilation_w", g.dilation_w));
  ISOQUANT_RETURN_IF_ERROR(CheckNotZero("geometry.groups", g.groups));
  ISOQUANT_RETURN_IF_ERROR(CheckSpan("geometry.dilation_h", g.kernel_h, g.dilation_h));
  ISOQUANT_RETURN_IF_ERROR(CheckSpan("geometry.dilation_w", g.kernel_w, g.dilation_w));
  ISOQUANT_RETURN_IF_ERROR(CheckProduct("group_channels", {g.groups, group_channels}));
  return CheckProduct("group_channels", {g.kernel_h, g.kernel_w, group_channels});
}

Status Conv2dOutputSize(const Conv2dGeometry& geometry, size_t h, size_t w, size_t& out_h, size_t& out_w) {
  const Conv2dGeometry& g = geometry;
  ISOQUANT_RETURN_IF_ERROR(CheckGeometry(g, 0));
  if (h > kMaxElements) return Status(StatusCode::kTooLarge, "h", h, "the address space", kMaxElements);
  if (w > kMaxElements) return Status(StatusCode::kTooLarge, "w", w, "the address space", kMaxElements);
  size_t found_h = 0, found_w = 0;
  ISOQUANT_RETURN_IF_ERROR(FindSize(g.pad_top > kMaxElements - h ? "geometry.pad_top" : "geometry.pad_bottom", h,
                                    g.pad_top, g.pad_bottom, (g.kernel_h - 1) * g.dilation_h + 1, g.stride_h, found_h));
  ISOQUANT_RETURN_IF_ERROR(FindSize(g.pad_left > kMaxElements - w ? "geometry.pad_left" : "geometry.pad_right", w,
                                    g.pad_left, g.pad_right, (g.kernel_w - 1) * g.dilation_w + 1, g.stride_w, found_w));
  out_h = found_h;
  out_w = found_w;
  return Status();
}

}  // namespace isoquant
