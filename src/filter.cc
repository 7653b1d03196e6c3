// Operation: packing filters. docs: filter.h.
#include "src/filter.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "src/check.h"
#include "src/memory.h"
#include "src/operands.h"

namespace isoquant {

size_t GroupColumns(size_t groups, size_t group_channels, size_t out_channels) {
  if (groups == 1) return out_channels;
  if (IsDepthwise(groups, group_channels, out_channels)) return 1;
  return PackedPanels::NumPanels(out_channels / groups) * PackedPanels::kColumns;
}

PackedFilter::~PackedFilter() { FreeBytes(reinterpret_cast<uint8_t*>(tap_sums_)); }

PackedFilter::PackedFilter(PackedFilter&& other) noexcept { *this = std::move(other); }

PackedFilter& PackedFilter::operator=(PackedFilter&& other) noexcept {
  std::swap(weights_, other.weights_);
  std::swap(geometry_, other.geometry_);
  std::swap(group_channels_, other.group_channels_);
  std::swap(out_channels_, other.out_channels_);
  std::swap(tap_sums_, other.tap_sums_);
  return *this;
}

// A filter in any of the orders.
struct PackedFilter::Plain {
  const WeightMatrix& values;
  bool columns_are_outputs;
  bool channels_first;  // I H W instead of H W I
};

Status PackedFilter::PackAny(Context& context, const Plain& plain, const Conv2dGeometry& geometry,
                             size_t group_channels, PackedFilter& packed) {
  const WeightMatrix& filter = plain.values;
  ISOQUANT_RETURN_IF_ERROR(CheckWeightType<int8_t>("filter", filter.type));
  ISOQUANT_RETURN_IF_ERROR(CheckGeometry(geometry, group_channels));
  const size_t positions = geometry.kernel_h * geometry.kernel_w, k = positions * group_channels;
  const size_t outputs = plain.columns_are_outputs ? filter.cols : filter.rows;
  ISOQUANT_RETURN_IF_ERROR(plain.columns_are_outputs
                               ? CheckEqual("filter.rows", filter.rows, "kernel_h * kernel_w * group_channels", k)
                               : CheckEqual("filter.cols", filter.cols, "kernel_h * kernel_w * group_channels", k));
  if (outputs % geometry.groups != 0) {
    return Status(StatusCode::kMismatch, plain.columns_are_outputs ? "filter.cols" : "filter.rows", outputs,
                  "a multiple of geometry.groups", geometry.groups);
  }
  const MatrixView<const uint8_t> bytes = filter.As<uint8_t>();
  ISOQUANT_RETURN_IF_ERROR(CheckView(bytes, ISOQUANT_NAMES(filter), RowOverlap::kRefused));

  PackedFilter result;
  result.geometry_ = geometry;
  result.group_channels_ = group_channels;
  result.out_channels_ = outputs;
  const bool in_order = geometry.groups == 1 && !(plain.channels_first && positions > 1);
  if (in_order || k == 0 || outputs == 0) {
    WeightMatrix matrix = filter;
    (plain.columns_are_outputs ? matrix.cols : matrix.rows) =
        geometry.groups * GroupColumns(geometry.groups, group_channels, outputs);
    ISOQUANT_RETURN_IF_ERROR(plain.columns_are_outputs ? PackedWeights::Pack(context, KxN{matrix}, result.weights_)
                                                       : PackedWeights::Pack(context, NxK{matrix}, result.weights_));
    ISOQUANT_RETURN_IF_ERROR(result.SumTaps());
    packed = std::move(result);
    return Status();
  }
  // A copy in the order of the panels, in which element (o, p, i), p = r * kernel_w + s, of the plain filter is at
  // o * o_step + p * p_step + i * i_step. Outputs that fill up a group are as zeros in panels.
  const size_t columns = GroupColumns(geometry.groups, group_channels, outputs), per_group = outputs / geometry.groups;
  const bool fits = geometry.groups <= kMaxElements / columns / k;
  uint8_t* const copy = fits ? AllocateBytes(geometry.groups * columns * k) : nullptr;
  if (copy == nullptr) return Status(StatusCode::kOutOfMemory, "packed", geometry.groups * columns * k, "", 0);
  const size_t o_step = plain.columns_are_outputs ? 1 : bytes.row_stride;
  const size_t unit = plain.columns_are_outputs ? bytes.row_stride : 1;
  const size_t p_step = plain.channels_first ? unit : unit * group_channels;
  const size_t i_step = plain.channels_first ? unit * positions : unit;
  const bool is_u8 = filter.type == ElementType::kU8;
  const uint8_t zero = static_cast<uint8_t>(PackedPanels::OffsetOf(filter.type));
  uint8_t* to = copy;
  for (size_t g = 0; g < geometry.groups; ++g) {
    for (size_t column = 0; column < columns; ++column) {
      if (column >= per_group) {
        std::memset(to, zero, k);
        to += k;
        continue;
      }
      const uint8_t* const from = bytes.data + (g * per_group + column) * o_step;
      for (size_t p = 0; p < positions; ++p) {
        for (size_t i = 0; i < group_channels; ++i) *to++ = from[p * p_step + i * i_step];
      }
    }
  }
  const size_t rows = geometry.groups * columns;
  const Status packing =
      is_u8 ? PackedWeights::Pack(context, NxK{{copy, rows, k}}, result.weights_)
            : PackedWeights::Pack(context, NxK{{reinterpret_cast<int8_t*>(copy), rows, k}}, result.weights_);
  FreeBytes(copy);
  ISOQUANT_RETURN_IF_ERROR(packing);
  ISOQUANT_RETURN_IF_ERROR(result.SumTaps());
  packed = std::move(result);
  return Status();
}

// Lines of panels end where positions do, because channels are a multiple of a group of K.
Status PackedFilter::SumTaps() {
  const Conv2dGeometry& g = geometry_;
  const size_t taps = g.kernel_h * g.kernel_w, lines = group_channels_ / PackedPanels::kGroup;
  const bool has_padding = (g.pad_top | g.pad_bottom | g.pad_left | g.pad_right) != 0;
  const bool wanted = has_padding && taps != 1 && group_channels_ % PackedPanels::kGroup == 0 && group_channels_ >= 16;
  if (!wanted || out_channels_ == 0) return Status();
  const size_t panels = PackedPanels::NumPanels(out_channels_ / g.groups);
  const size_t bytes = g.groups * taps * panels * PackedPanels::kColumns * sizeof(int32_t);
  tap_sums_ = reinterpret_cast<int32_t*>(AllocateBytes(bytes));
  if (tap_sums_ == nullptr) return Status(StatusCode::kOutOfMemory, "packed", bytes, "", 0);
  std::memset(tap_sums_, 0, bytes);
  const int8_t* from = weights_.panels().panels;
  for (size_t group = 0; group < g.groups; ++group) {
    for (size_t panel = 0; panel < panels; ++panel) {
      for (size_t tap = 0; tap < taps; ++tap) {
        int32_t* const sums = tap_sums_ + ((group * taps + tap) * panels + panel) * PackedPanels::kColumns;
        for (size_t line = 0; line < lines; ++line, from += PackedPanels::kLineBytes) {
          for (size_t i = 0; i < PackedPanels::kLineBytes; ++i) sums[i / PackedPanels::kGroup] += from[i];
        }
      }
    }
  }
  return Status();
}

Status PackedFilter::Pack(Context& context, Ohwi filter, const Conv2dGeometry& geometry, size_t group_channels,
                          PackedFilter& packed) {
  return PackAny(context, {filter.values, false, false}, geometry, group_channels, packed);
}
Status PackedFilter::Pack(Context& context, Oihw filter, const Conv2dGeometry& geometry, size_t group_channels,
                          PackedFilter& packed) {
  return PackAny(context, {filter.values, false, true}, geometry, group_channels, packed);
}
Status PackedFilter::Pack(Context& context, Hwio filter, const Conv2dGeometry& geometry, size_t group_channels,
                          PackedFilter& packed) {
  return PackAny(context, {filter.values, true, false}, geometry, group_channels, packed);
}

bool PackedFilter::is_depthwise() const { return IsDepthwise(geometry_.groups, group_channels_, out_channels_); }

PackedPanels PackedFilter::GroupPanels(size_t group) const {
  const PackedPanels& all = weights_.panels();
  if (geometry_.groups == 1 || is_depthwise()) return all;
  const size_t per_group = out_channels_ / geometry_.groups, panels = PackedPanels::NumPanels(per_group);
  return {all.panels + group * panels * PackedPanels::PanelBytes(all.k),
          all.column_sums + group * panels * 16,
          all.k,
          per_group,
          all.type,
          all.seven_bits};
}

const int32_t* PackedFilter::GroupTapSums(size_t group) const {
  if (tap_sums_ == nullptr) return nullptr;
  const size_t panels = PackedPanels::NumPanels(out_channels_ / geometry_.groups);
  return tap_sums_ + group * geometry_.kernel_h * geometry_.kernel_w * panels * PackedPanels::kColumns;
}

}  // namespace isoquant
