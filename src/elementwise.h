// Support: what the operations on each element share: checks, and dealing rows out to workers.
#ifndef ISOQUANT_SRC_ELEMENTWISE_H_
#define ISOQUANT_SRC_ELEMENTWISE_H_

#include <algorithm>
#include <cstddef>

#include "isoquant/context.h"
#include "isoquant/inl/util/float_environment.h"
#include "src/check.h"

namespace isoquant {

// Below so many elements a second worker costs more than it brings.
inline constexpr size_t kMinElementsPerTask = 64 * 1024;

// Calls part(begin, end) for parts of [0, total), on the Context's workers and under the default float environment.
// Sizes of parts are multiples of `step`, except for the last one. One of `total` stands for `cost` elements.
template <class Part>
void ForEachPart(Context& context, size_t total, size_t cost, size_t step, const Part& part) {
  const size_t steps = (total + step - 1) / step;
  const size_t tasks = std::max<size_t>(1, std::min({context.NumWorkers(), steps, total * cost / kMinElementsPerTask}));
  if (tasks == 1) {  // without divisions
    const ScopedFloatEnvironment environment;
    part(0, total);
    return;
  }
  const auto task = [&](size_t i, size_t) {
    const ScopedFloatEnvironment environment;
    part(std::min(total, steps * i / tasks * step), std::min(total, steps * (i + 1) / tasks * step));
  };
  context.Run(tasks, TaskRef(task));
}

template <class X, class Y>
Status CheckPair(const MatrixView<X>& from, const ViewNames& from_names, const MatrixView<Y>& to,
                 const ViewNames& to_names) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(to_names.rows, to.rows, from_names.rows, from.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(to_names.cols, to.cols, from_names.cols, from.cols));
  ISOQUANT_RETURN_IF_ERROR(CheckView(from, from_names));
  ISOQUANT_RETURN_IF_ERROR(CheckView(to, to_names));
  return CheckDisjoint(to_names.whole, to, from_names.whole, from);
}

// Calls part(from's rows, to's rows) for parts of two matrices of one shape, as ForEachPart does. Of matrices without
// gaps between their rows it makes one row: for functions of single elements.
template <class X, class Y, class Part>
void ForEachElementPart(Context& context, const MatrixView<X>& from, const MatrixView<Y>& to, const Part& part) {
  constexpr size_t kStep = 64;  // elements: whole lines
  const size_t rows = from.rows, cols = from.cols, size = rows * cols;
  if (size == 0) return;
  if (rows == 1 || (from.row_stride == cols && to.row_stride == cols)) {
    ForEachPart(context, size, 1, kStep, [&](size_t begin, size_t end) {
      part(MatrixView<X>(from.data + begin, 1, end - begin), MatrixView<Y>(to.data + begin, 1, end - begin));
    });
  } else {
    ForEachPart(context, rows, cols, 1,
                [&](size_t begin, size_t end) { part(from.Rows(begin, end - begin), to.Rows(begin, end - begin)); });
  }
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_ELEMENTWISE_H_
