#include "kernels/geometry.h"

#include <algorithm>
#include <string>

#include "graph/attributes.h"

namespace isoquant_provider {
namespace {

// One spatial dimension.
struct Axis {
  size_t kernel, stride, dilation, begin, end;
};

// SAME: as many outputs as strides fit; the odd pixel of padding is at the end (SAME_UPPER) or the beginning.
void PadToSame(Axis& axis, size_t size, bool is_upper) {
  const size_t extent = (axis.kernel - 1) * axis.dilation + 1, outputs = (size + axis.stride - 1) / axis.stride;
  const size_t needed = outputs == 0 ? 0 : (outputs - 1) * axis.stride + extent;
  const size_t padding = needed > size ? needed - size : 0;
  axis.begin = is_upper ? padding / 2 : padding - padding / 2;
  axis.end = padding - axis.begin;
}

size_t EndWithCeiling(const Axis& axis, size_t size) {
  const size_t extent = (axis.kernel - 1) * axis.dilation + 1, padded = axis.begin + size + axis.end;
  if (padded < extent) return axis.end;
  size_t last = (padded - extent + axis.stride - 1) / axis.stride * axis.stride;  // where the last window begins
  if (last >= axis.begin + size) last -= axis.stride;
  return last + extent > padded ? axis.end + last + extent - padded : axis.end;
}

}  // namespace

isoquant::Conv2dGeometry WithCeiling(isoquant::Conv2dGeometry g, const Dims& x) {
  const size_t rank = x.size(), h = rank == 4 ? static_cast<size_t>(x[2]) : 1, w = static_cast<size_t>(x[rank - 1]);
  g.pad_bottom = EndWithCeiling({g.kernel_h, g.stride_h, g.dilation_h, g.pad_top, g.pad_bottom}, h);
  g.pad_right = EndWithCeiling({g.kernel_w, g.stride_w, g.dilation_w, g.pad_left, g.pad_right}, w);
  return g;
}

bool SupportsWindows(const Graph& graph, const Node& node, int x) {
  const Dims& dims = graph.At(x).dims;
  if (dims.size() != 3 && dims.size() != 4) return false;
  const std::vector<int64_t> pads = IntsOf(node, "pads", {});
  if (std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad < 0; })) return false;
  const std::string auto_pad = StringOf(node, "auto_pad", "NOTSET");
  const bool is_known = std::all_of(dims.begin() + 2, dims.end(), [](int64_t size) { return size >= 0; });
  return auto_pad == "NOTSET" || auto_pad == "VALID" || is_known;
}

isoquant::Conv2dGeometry GeometryOf(const Graph& graph, const Node& node, int x, const Dims& kernel) {
  const size_t axes = kernel.size();
  const std::vector<int64_t> ones(axes, 1), zeros(2 * axes, 0);
  const auto strides = IntsOf(node, "strides", ones), dilations = IntsOf(node, "dilations", ones);
  auto pads = IntsOf(node, "pads", zeros);
  const std::string auto_pad = StringOf(node, "auto_pad", "NOTSET");
  if (auto_pad != "NOTSET") pads = zeros;
  if (strides.size() != axes || dilations.size() != axes || pads.size() != 2 * axes) {
    throw Error("strides, dilations and pads do not have the sizes of the kernel");
  }
  Axis found[2] = {{1, 1, 1, 0, 0}, {1, 1, 1, 0, 0}};
  for (size_t i = 0; i < axes; ++i) {
    Axis& axis = found[i + 2 - axes];
    axis = {static_cast<size_t>(kernel[i]), static_cast<size_t>(strides[i]), static_cast<size_t>(dilations[i]),
            static_cast<size_t>(pads[i]), static_cast<size_t>(pads[i + axes])};
    if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
      PadToSame(axis, static_cast<size_t>(graph.At(x).dims[i + 2]), auto_pad == "SAME_UPPER");
    }
  }
  isoquant::Conv2dGeometry g;
  g.kernel_h = found[0].kernel, g.kernel_w = found[1].kernel;
  g.stride_h = found[0].stride, g.stride_w = found[1].stride;
  g.dilation_h = found[0].dilation, g.dilation_w = found[1].dilation;
  g.pad_top = found[0].begin, g.pad_bottom = found[0].end;
  g.pad_left = found[1].begin, g.pad_right = found[1].end;
  g.groups = static_cast<size_t>(IntOf(node, "group", 1));
  return g;
}

Dims OutputDims(const isoquant::Conv2dGeometry& geometry, const Dims& x, size_t channels) {
  size_t h = 0, w = 0;
  const size_t rank = x.size();
  const size_t height = rank == 4 ? static_cast<size_t>(x[2]) : 1, width = static_cast<size_t>(x[rank - 1]);
  Check(isoquant::Conv2dOutputSize(geometry, height, width, h, w));
  Dims dims = {x[0], static_cast<int64_t>(channels), static_cast<int64_t>(w)};
  if (rank == 4) dims.insert(dims.begin() + 2, static_cast<int64_t>(h));
  return dims;
}

}  // namespace isoquant_provider
