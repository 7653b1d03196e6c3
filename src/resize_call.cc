// Support: checks of resized images, and coordinates.
#include "src/resize_call.h"

#include "src/check.h"
#include "src/rows.h"

namespace isoquant {
namespace {

// Coordinates of one axis: the formulas of resize.h.
class Coordinates {
 public:
  explicit Coordinates(const ResizeAxis& axis)
      : kind_(axis.resizing->coordinates),
        is_one_(axis.y == 1),
        scale_(axis.scale != 0.0f ? axis.scale : static_cast<float>(axis.y) / static_cast<float>(axis.x)),
        last_x_(static_cast<float>(axis.x - 1)),
        last_y_(static_cast<float>(axis.y - 1)) {}

  float scale() const { return scale_; }
  // Clamped to the pixels of x.
  float At(size_t u) const {
    const float s = Unclamped(static_cast<float>(u));
    return s > last_x_ ? last_x_ : s > 0.0f ? s : 0.0f;
  }

 private:
  float Unclamped(float u) const {
    if (scale_ == 1.0f) return u;
    switch (kind_) {
      case ResizeCoordinates::kHalfPixel:
        return (u + 0.5f) / scale_ - 0.5f;
      case ResizeCoordinates::kPytorchHalfPixel:
        return is_one_ ? 0.0f : (u + 0.5f) / scale_ - 0.5f;
      case ResizeCoordinates::kAlignCorners:
        return is_one_ ? 0.0f : u * last_x_ / last_y_;
      case ResizeCoordinates::kAsymmetric:
        return u / scale_;
      case ResizeCoordinates::kTfHalfPixelForNn:
        return (u + 0.5f) / scale_;
    }
    return 0.0f;
  }

  const ResizeCoordinates kind_;
  const bool is_one_;
  const float scale_, last_x_, last_y_;
};

// The whole part, and the rest, of a coordinate.
struct Parts {
  Parts(float s, size_t pixels) : whole(static_cast<size_t>(s)), rest(s - static_cast<float>(whole)) {
    if (whole < pixels - 1) return;
    whole = pixels - 1;
    rest = 0.0f;
  }
  size_t whole;
  float rest;
};

bool IsNextNearer(float rest, NearestRounding rounding) {
  switch (rounding) {
    case NearestRounding::kRoundPreferFloor:
      return rest > 0.5f;
    case NearestRounding::kRoundPreferCeil:
      return rest >= 0.5f;
    case NearestRounding::kFloor:
      return false;
    case NearestRounding::kCeil:
      return rest > 0.0f;
  }
  return false;
}

template <class E>
Status CheckEnum(const char* argument, E value, const char* last_name, E last) {
  if (value <= last) return Status();
  return Status::InvalidValue(argument, static_cast<double>(value), last_name, static_cast<double>(last));
}

}  // namespace

void FindNeighbours(const ResizeAxis& axis, size_t begin, size_t count, size_t* pixels, float* w0, float* w1) {
  const Coordinates coordinates(axis);
  for (size_t i = 0; i < count; ++i) {
    const Parts parts(coordinates.At(begin + i), axis.x);
    pixels[i] = parts.whole;
    w1[i] = parts.rest;
    w0[i] = 1.0f - parts.rest;
  }
}

void FindAllNeighbours(const ResizeAxis& axis, size_t begin, size_t count, size_t* pixels, float* w0, float* w1) {
  FindNeighbours(axis, begin, count, pixels, w0, w1);
  for (size_t i = 0; i < count; ++i) {
    if (pixels[i] == axis.x - 1) w0[i] = w1[i] = 0.5f;
  }
}

bool AreSixteenths(const ResizeAxis& axis) {
  // Whole numbers, with halves, divided by a power of two that is at most 8. Floats of so few pixels have 24 bits.
  constexpr size_t kMostPixels = size_t{1} << 16;
  if (axis.x > kMostPixels || axis.y > kMostPixels) return false;
  const float scale = Coordinates(axis).scale();
  if (scale == 1.0f) return true;
  if (axis.resizing->coordinates == ResizeCoordinates::kAlignCorners) return false;
  constexpr float kLeast = 1.0f / 1024.0f, kLargest = 8.0f;
  for (float power = kLeast; power <= kLargest; power *= 2.0f) {
    if (scale == power) return true;
  }
  return false;
}

void FindNearest(const ResizeAxis& axis, size_t begin, size_t count, size_t* pixels) {
  const Coordinates coordinates(axis);
  for (size_t i = 0; i < count; ++i) {
    const Parts parts(coordinates.At(begin + i), axis.x);
    pixels[i] = parts.whole + (IsNextNearer(parts.rest, axis.resizing->rounding) ? 1 : 0);
  }
}

Status CheckResize(const ImageLayout& x, const Resizing& resizing, const ImageLayout& y) {
  ISOQUANT_RETURN_IF_ERROR(CheckEnum("resizing.mode", resizing.mode, "the last ResizeMode", ResizeMode::kLinearAtOnce));
  ISOQUANT_RETURN_IF_ERROR(CheckEnum("resizing.coordinates", resizing.coordinates, "the last ResizeCoordinates",
                                     ResizeCoordinates::kTfHalfPixelForNn));
  ISOQUANT_RETURN_IF_ERROR(
      CheckEnum("resizing.rounding", resizing.rounding, "the last NearestRounding", NearestRounding::kCeil));
  ISOQUANT_RETURN_IF_ERROR(CheckFiniteNotNegative("resizing.scale_h", resizing.scale_h));
  ISOQUANT_RETURN_IF_ERROR(CheckFiniteNotNegative("resizing.scale_w", resizing.scale_w));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.n", y.n, "x.n", x.n));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("y.c", y.c, "x.c", x.c));
  if (!y.empty() && x.h == 0) return Status(StatusCode::kTooSmall, "x.h", 0, "one", 1);
  if (!y.empty() && x.w == 0) return Status(StatusCode::kTooSmall, "x.w", 0, "one", 1);
  ISOQUANT_RETURN_IF_ERROR(CheckImage(x, ISOQUANT_IMAGE_NAMES(x)));
  ISOQUANT_RETURN_IF_ERROR(CheckImage(y, ISOQUANT_IMAGE_NAMES(y)));
  return CheckApart("y", y, "x", x);
}

}  // namespace isoquant
