// Support: argument checks, made once per call, before anything is written.
#ifndef ISOQUANT_SRC_CHECK_H_
#define ISOQUANT_SRC_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/base.h"
#include "isoquant/element_type.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

#define ISOQUANT_RETURN_IF_ERROR(expression)        \
  do {                                              \
    const ::isoquant::Status status = (expression); \
    if (!status.ok()) return status;                \
  } while (false)

namespace isoquant {

// The names under which a view is reported. ISOQUANT_NAMES(a) for the argument `a`.
struct ViewNames {
  const char *whole, *data, *rows, *cols, *row_stride, *elements, *size, *panels, *column_sums;
};
#define ISOQUANT_NAMES(v)                                                                                \
  ([]() -> const ::isoquant::ViewNames& {                                                                \
    static constexpr ::isoquant::ViewNames names{#v,         #v ".data",       #v ".rows",               \
                                                 #v ".cols", #v ".row_stride", #v ".rows * " #v ".cols", \
                                                 #v ".size", #v ".panels",     #v ".column_sums"};       \
    return names;                                                                                        \
  }())

inline Status CheckEqual(const char* argument, uint64_t actual, const char* expected_name, uint64_t expected) {
  if (actual == expected) return Status();
  return Status(StatusCode::kMismatch, argument, actual, expected_name, expected);
}

inline Status CheckType(const char* argument, ElementType actual, ElementType expected) {
  if (actual == expected) return Status();
  return Status(StatusCode::kWrongType, argument, static_cast<uint64_t>(actual), "", static_cast<uint64_t>(expected));
}

// Rows that are only read may overlap one another. So may those of weights as far as reading goes, but that is a
// mistake rather than a wish.
enum class RowOverlap : uint8_t { kAllowed, kRefused };
template <class T>
constexpr RowOverlap kRowOverlapOf = std::is_const<T>::value ? RowOverlap::kAllowed : RowOverlap::kRefused;

// What CheckView finds wrong. Not inlined: few calls come here.
template <class T>
HWY_NOINLINE Status CheckUnusualView(const MatrixView<T>& view, const ViewNames& names, RowOverlap overlap) {
  if (view.empty()) return Status();
  if (overlap == RowOverlap::kRefused && view.rows > 1 && view.row_stride < view.cols) {
    return Status(StatusCode::kTooSmall, names.row_stride, view.row_stride, names.cols, view.cols);
  }
  const uint64_t max_elements = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) / sizeof(T);
  if (view.cols > max_elements) {
    return Status(StatusCode::kTooLarge, names.cols, view.cols, "the address space", max_elements);
  }
  const uint64_t max_stride = view.rows > 1 ? (max_elements - view.cols) / (view.rows - 1) : ~uint64_t{0};
  if (view.row_stride > max_stride) {
    return Status(StatusCode::kTooLarge, names.row_stride, view.row_stride, "what the address space leaves",
                  max_stride);
  }
  if (view.data == nullptr) {
    return Status(StatusCode::kNull, names.data, 0, names.elements, uint64_t{view.rows} * view.cols);
  }
  return Status();
}

// Products of two sizes up to this need neither a test for overflow nor a division.
inline constexpr uint64_t kSurelyFits = uint64_t{1} << 28;

// Whether a view is as most views are. Then CheckView finds nothing wrong with it.
template <class T>
HWY_INLINE bool IsUsual(const MatrixView<T>& view) {
  return view.data != nullptr && view.cols <= view.row_stride && (view.rows | view.row_stride) <= kSurelyFits;
}

// An empty matrix needs no memory, and the stride of a single row does not matter. Rows that are only read may overlap.
template <class T>
Status CheckView(const MatrixView<T>& view, const ViewNames& names, RowOverlap overlap = kRowOverlapOf<T>) {
  return IsUsual(view) ? Status() : CheckUnusualView(view, names, overlap);
}

template <class T>
Status CheckVector(const VectorView<T>& view, const ViewNames& names, const char* expected_name, size_t expected) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(names.size, view.size, expected_name, expected));
  if (view.data == nullptr && expected != 0) return Status(StatusCode::kNull, names.data, 0, expected_name, expected);
  return Status();
}

// A zero point must be a value of Q. The names are those of Q's smallest and largest value.
template <class Q>
Status CheckZeroPoint(const char* argument, int32_t zero_point, const char* smallest_name, const char* largest_name) {
  constexpr int32_t kSmallest = std::numeric_limits<Q>::min(), kLargest = std::numeric_limits<Q>::max();
  if (zero_point < kSmallest) return Status::InvalidValue(argument, zero_point, smallest_name, kSmallest);
  if (zero_point > kLargest) return Status::InvalidValue(argument, zero_point, largest_name, kLargest);
  return Status();
}

// Half-open range of addresses, from the first byte of a view to its last. If the view is empty, it may be anything.
struct Range {
  uintptr_t begin = 0, end = 0;

  Range() = default;
  HWY_INLINE Range(const void* data, size_t size) : begin(reinterpret_cast<uintptr_t>(data)), end(begin + size) {}
  template <class T>
  HWY_INLINE explicit Range(const VectorView<T>& v) : Range(v.data, v.size * sizeof(T)) {}
  template <class T>
  HWY_INLINE explicit Range(const MatrixView<T>& v)
      : Range(v.data, ((v.rows - 1) * v.row_stride + v.cols) * sizeof(T)) {}
};

HWY_INLINE bool AreApart(const Range& a, const Range& b) { return a.end <= b.begin || b.end <= a.begin; }

// The bytes of a view: `rows` runs of `row_bytes` bytes each, whose beginnings are `stride` bytes apart.
struct Bytes {
  uintptr_t begin = 0;
  size_t rows = 0, row_bytes = 0, stride = 0;

  Bytes(const Range& range) : begin(range.begin), rows(1), row_bytes(range.end - range.begin) {}  // NOLINT: implicit
  template <class T>
  Bytes(const VectorView<T>& v) : Bytes(Range(v)) {}  // NOLINT
  template <class T>
  Bytes(const MatrixView<T>& v)  // NOLINT
      : begin(reinterpret_cast<uintptr_t>(v.data)),
        rows(v.rows),
        row_bytes(v.cols * sizeof(T)),
        stride(v.row_stride * sizeof(T)) {}
};

// Whether two views share a byte, given that their ranges are not apart. (Windows of one buffer lie within each other's
// ranges, and need not overlap.) It takes a few steps if the strides are equal or one view is a single row. Otherwise
// it takes as many steps as the view with fewer rows has rows.
bool Overlap(const Bytes& a, const Bytes& b);

// Views, or Ranges.
template <class Output, class Input>
HWY_INLINE Status CheckDisjoint(const char* output_name, const Output& output, const char* input_name,
                                const Input& input) {
  if (AreApart(Range(output), Range(input)) || !Overlap(output, input)) return Status();
  return Status(StatusCode::kOverlap, output_name, 0, input_name, 0);
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_CHECK_H_
