// Support: checks of images.
#include "src/image.h"

#include <limits>

namespace isoquant {
namespace {

// The elements from the first one of a checked image to its last.
size_t Extent(const ImageLayout& v) {
  return (v.n - 1) * v.image_stride + (v.h - 1) * v.row_stride + (v.w - 1) * v.pixel_stride + v.c;
}

MatrixView<const uint8_t> Pixels(const void* data, size_t count, size_t c, size_t distance, size_t element_bytes) {
  return {static_cast<const uint8_t*>(data), count, c * element_bytes, distance * element_bytes};
}

// Calls f with the pixels of all rows, or of all at once, until it returns true.
template <class F>
bool AnyMatrix(const ImageLayout& v, const F& f) {
  const PixelDistance all = FindPixelDistance(v);
  if (all.is_one) return f(Pixels(v.data, v.n * v.h * v.w, v.c, all.distance, v.element_bytes));
  for (size_t i = 0; i < v.n; ++i) {
    for (size_t y = 0; y < v.h; ++y) {
      const uint8_t* const row =
          static_cast<const uint8_t*>(v.data) + (i * v.image_stride + y * v.row_stride) * v.element_bytes;
      if (f(Pixels(row, v.w, v.c, v.pixel_stride, v.element_bytes))) return true;
    }
  }
  return false;
}

}  // namespace

PixelDistance FindPixelDistance(const ImageLayout& v) {
  size_t count = 1, distance = v.c;
  const auto joins = [&](size_t size, size_t stride) {
    if (size <= 1) return true;
    if (count == 1) {
      distance = stride;
    } else if (stride != count * distance) {
      return false;
    }
    count *= size;
    return true;
  };
  const bool is_one = joins(v.w, v.pixel_stride) && joins(v.h, v.row_stride) && joins(v.n, v.image_stride);
  return {is_one, distance};
}

Status CheckImage(const ImageLayout& v, const ImageNames& names) {
  if (v.empty()) return Status();
  const size_t max = static_cast<size_t>(std::numeric_limits<ptrdiff_t>::max()) / v.element_bytes;
  if (v.c > max) return Status(StatusCode::kTooLarge, names.c, v.c, "the address space", max);
  size_t extent = v.c;
  const auto check = [&](size_t size, const char* name, size_t stride, const char* within) {
    if (size == 1) return Status();
    if (v.is_written && stride < extent) return Status(StatusCode::kTooSmall, name, stride, within, extent);
    const size_t most = (max - extent) / (size - 1);
    if (stride > most) return Status(StatusCode::kTooLarge, name, stride, "what the address space leaves", most);
    extent += (size - 1) * stride;
    return Status();
  };
  ISOQUANT_RETURN_IF_ERROR(check(v.w, names.pixel_stride, v.pixel_stride, names.c));
  ISOQUANT_RETURN_IF_ERROR(check(v.h, names.row_stride, v.row_stride, names.of_row));
  ISOQUANT_RETURN_IF_ERROR(check(v.n, names.image_stride, v.image_stride, names.of_image));
  if (v.data == nullptr) {
    return Status(StatusCode::kNull, names.data, 0, names.elements, uint64_t{v.n} * v.h * v.w * v.c);
  }
  return Status();
}

Status CheckApart(const char* output_name, const ImageLayout& output, const char* input_name,
                  const ImageLayout& input) {
  if (output.empty() || input.empty()) return Status();
  const Range out(output.data, Extent(output) * output.element_bytes);
  const Range in(input.data, Extent(input) * input.element_bytes);
  if (AreApart(out, in)) return Status();
  const bool overlap = AnyMatrix(output, [&](const MatrixView<const uint8_t>& a) {
    if (AreApart(Range(a), in)) return false;
    return AnyMatrix(
        input, [&](const MatrixView<const uint8_t>& b) { return !AreApart(Range(a), Range(b)) && Overlap(a, b); });
  });
  return overlap ? Status(StatusCode::kOverlap, output_name, 0, input_name, 0) : Status();
}

MatrixView<const uint8_t> BytesBetween(const ImageLayout& v) {
  if (v.empty()) return {};
  const PixelDistance all = FindPixelDistance(v);
  if (all.is_one) return Pixels(v.data, v.n * v.h * v.w, v.c, all.distance, v.element_bytes);
  const size_t extent = Extent(v);
  return Pixels(v.data, 1, extent, extent, v.element_bytes);
}

}  // namespace isoquant
