// Support: checks of the vectors that output stages read: scales, zero points, bias.
#ifndef ISOQUANT_SRC_EACH_H_
#define ISOQUANT_SRC_EACH_H_

#include <cstddef>
#include <cstdint>

#include "hwy/base.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"
#include "src/check.h"

namespace isoquant {

// How many elements a vector of an output stage must have: `size`, which is that of `name`, "a.rows" for example.
struct Each {
  const char* name;
  size_t size;
};
// What such a vector must not overlap, because it is read while this is written.
struct Written {
  template <class C>
  HWY_INLINE Written(const char* name_in, const MatrixView<C>& view) : name(name_in), range(view), bytes(view) {}

  const char* name;
  Range range;
  Bytes bytes;
};

// Whether CheckEach finds nothing wrong.
template <class T>
HWY_INLINE bool IsUsualEach(const VectorView<const T>& v, size_t size, const Range& written) {
  return v.data != nullptr && v.size == size && AreApart(written, Range(v));
}

// The same of the checks below.
template <class T>
HWY_INLINE bool IsUsualOneOrEach(const VectorView<const T>& v, size_t size, const Range& written) {
  return v.data != nullptr && (v.size == size || v.size == 1) && AreApart(written, Range(v));
}
template <class T>
HWY_INLINE bool IsUsualEachOrNone(const VectorView<const T>& v, size_t size, const Range& written) {
  return v.size == 0 || IsUsualEach(v, size, written);
}

template <class T>
HWY_NOINLINE Status CheckUnusualEach(const VectorView<const T>& v, const ViewNames& names, const Each& each,
                                     const Written& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(v, names, each.name, each.size));
  if (AreApart(c.range, Range(v)) || !Overlap(c.bytes, v)) return Status();
  return Status(StatusCode::kOverlap, c.name, 0, names.whole, 0);
}

// Inlined for the same reason as AreUsual.
template <class T>
HWY_INLINE Status CheckEach(const VectorView<const T>& v, const ViewNames& names, const Each& each, const Written& c) {
  return IsUsualEach(v, each.size, c.range) ? Status() : CheckUnusualEach(v, names, each, c);
}

// One element for all, or one for each.
template <class T>
HWY_INLINE Status CheckOneOrEach(const VectorView<const T>& v, const ViewNames& names, const Each& each,
                                 const Written& c) {
  return CheckEach(v, names, v.size == 1 ? Each{"1", 1} : each, c);
}

template <class T>
HWY_INLINE Status CheckEachOrNone(const VectorView<const T>& v, const ViewNames& names, const Each& each,
                                  const Written& c) {
  return v.size == 0 ? Status() : CheckEach(v, names, each, c);
}

template <class T>
HWY_INLINE Status CheckOneOrEachOrNone(const VectorView<const T>& v, const ViewNames& names, const Each& each,
                                       const Written& c) {
  return v.size == 0 ? Status() : CheckOneOrEach(v, names, each, c);
}

// Whether all values are in [lo, hi], whose ends have names.
template <class T>
HWY_NOINLINE Status CheckValues(const VectorView<const T>& values, const char* argument, const char* lo_name,
                                int32_t lo, const char* hi_name, int32_t hi) {
  int32_t least = hi, largest = lo;
  for (size_t i = 0; i < values.size; ++i) {
    least = HWY_MIN(least, int32_t{values.data[i]});
    largest = HWY_MAX(largest, int32_t{values.data[i]});
  }
  if (least < lo) return Status::InvalidValue(argument, least, lo_name, lo);
  if (largest > hi) return Status::InvalidValue(argument, largest, hi_name, hi);
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_EACH_H_
