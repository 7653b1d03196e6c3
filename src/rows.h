// Support: checks that operations on rows of floats share.
#ifndef ISOQUANT_SRC_ROWS_H_
#define ISOQUANT_SRC_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "src/check.h"
#include "src/elementwise.h"
#include "src/float_bits.h"

namespace isoquant {

// An input that an output of the same shape may take the place of: the same data and, if there are several rows, the
// same stride.
template <class T>
Status CheckInPlace(const MatrixView<const T>& x, const ViewNames& x_names, const MatrixView<T>& y,
                    const ViewNames& y_names) {
  if (x.data == y.data && (x.rows <= 1 || x.row_stride == y.row_stride)) return Status();
  return CheckDisjoint(y_names.whole, y, x_names.whole, x);
}

template <class T>
Status CheckRows(const MatrixView<const T>& x, const ViewNames& x_names, const MatrixView<T>& y,
                 const ViewNames& y_names) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(y_names.rows, y.rows, x_names.rows, x.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(y_names.cols, y.cols, x_names.cols, x.cols));
  ISOQUANT_RETURN_IF_ERROR(CheckView(x, x_names));
  ISOQUANT_RETURN_IF_ERROR(CheckView(y, y_names));
  return CheckInPlace(x, x_names, y, y_names);
}

// One for each column, or none.
template <class T>
Status CheckColumns(const VectorView<const float>& v, const ViewNames& names, const MatrixView<T>& y,
                    const char* y_name = "y") {
  if (v.size == 0) return Status();
  ISOQUANT_RETURN_IF_ERROR(CheckVector(v, names, "x.cols", y.cols));
  return CheckDisjoint(y_name, y, names.whole, v);
}

inline const float* DataOrNull(const VectorView<const float>& v) { return v.size == 0 ? nullptr : v.data; }

// By bits: the caller's float environment does not matter.
inline Status CheckFiniteNotNegative(const char* argument, float value) {
  constexpr uint32_t kLargest = 0x7f7fffff, kInfinity = 0x7f800000, kNegativeZero = 0x80000000;
  const uint32_t bits = FloatBits(value);
  if (bits <= kLargest || bits == kNegativeZero) return Status();
  const bool too_large = bits == kInfinity;
  return Status(StatusCode::kInvalidValue, argument, DoubleBits(bits), too_large ? "the largest float" : "0",
                too_large ? DoubleBits(kLargest) : 0);
}
inline Status CheckEpsilon(float epsilon) { return CheckFiniteNotNegative("epsilon", epsilon); }

// Calls part(begin, end, scratch) for parts of the rows, as ForEachPart does. Each part has `scratch_floats` floats of
// its own.
template <class Part>
Status ForEachRows(Context& context, size_t rows, size_t cols, size_t scratch_floats, const Part& part) {
  const size_t tasks = std::max<size_t>(1, std::min({context.NumWorkers(), rows, rows * cols / kMinElementsPerTask}));
  const size_t stride = (scratch_floats + 15) / 16 * 16;
  float* scratch = nullptr;
  if (stride != 0) {
    const size_t bytes = tasks * stride * sizeof(float);
    scratch = reinterpret_cast<float*>(context.Scratch(Context::ScratchOwner::kOperation, bytes));
    if (scratch == nullptr) return Status(StatusCode::kOutOfMemory, "scratch", bytes, "", 0);
  }
  if (tasks == 1) {  // without divisions
    const ScopedFloatEnvironment environment;
    part(0, rows, scratch);
    return Status();
  }
  const auto task = [&](size_t i, size_t) {
    const ScopedFloatEnvironment environment;
    part(rows * i / tasks, rows * (i + 1) / tasks, stride == 0 ? nullptr : scratch + i * stride);
  };
  context.Run(tasks, TaskRef(task));
  return Status();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_ROWS_H_
