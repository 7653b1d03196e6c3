// Utilities: arithmetic on sizes, and parts of ranges.

// Per-target include guard.
#if defined(ISOQUANT_INL_UTIL_PARTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_UTIL_PARTS_INL_H_
#undef ISOQUANT_INL_UTIL_PARTS_INL_H_
#else
#define ISOQUANT_INL_UTIL_PARTS_INL_H_
#endif

#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

constexpr size_t DivideUp(size_t a, size_t b) { return (a + b - 1) / b; }
constexpr size_t RoundUp(size_t a, size_t b) { return DivideUp(a, b) * b; }
constexpr size_t Min(size_t a, size_t b) { return a < b ? a : b; }
constexpr size_t Max(size_t a, size_t b) { return a < b ? b : a; }

// Part i of [0, total), which is cut into `parts` parts. They are nearly equal: the first ones may be longer by one.
struct Part {
  size_t begin, size;
};
constexpr Part SplitEvenly(size_t total, size_t parts, size_t i) {
  if (parts == 1) return {0, total};
  const size_t size = total / parts, longer = total % parts;
  return {i * size + Min(i, longer), size + (i < longer ? 1 : 0)};
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
