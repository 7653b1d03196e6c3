#include "kernels/strided.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "isoquant/layout.h"

namespace isoquant_provider {
namespace {

struct Axis {
  size_t size;
  ptrdiff_t from, to;
};

// Without dimensions of one element; those whose elements follow one another in both tensors are one. In the order in
// which they lie in `to`.
std::vector<Axis> Join(const Dims& dims, const Strides& f, const Strides& t) {
  std::vector<Axis> axes;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 1) axes.push_back({static_cast<size_t>(dims[i]), f[i], t[i]});
  }
  std::stable_sort(axes.begin(), axes.end(), [](const Axis& a, const Axis& b) { return a.to > b.to; });
  std::vector<Axis> joined;
  for (const Axis& axis : axes) {
    const ptrdiff_t size = static_cast<ptrdiff_t>(axis.size);
    if (!joined.empty() && joined.back().from == axis.from * size && joined.back().to == axis.to * size) {
      joined.back() = {joined.back().size * axis.size, axis.from, axis.to};
    } else {
      joined.push_back(axis);
    }
  }
  return joined;
}

template <class T>
void CopyAxis(const Axis& axis, const T* from, T* to) {
  if (axis.from == 1 && axis.to == 1) {
    std::memcpy(to, from, axis.size * sizeof(T));
    return;
  }
  if (axis.from == 0 && axis.to == 1) {
    std::fill_n(to, axis.size, *from);
    return;
  }
  for (size_t i = 0; i < axis.size; ++i) {
    to[static_cast<ptrdiff_t>(i) * axis.to] = from[static_cast<ptrdiff_t>(i) * axis.from];
  }
}

// Along `axis`, and `count` inner ones.
template <class T>
void CopyAxes(const Axis& axis, const Axis* inner, size_t count, const T* from, T* to) {
  if (count == 0) return CopyAxis(axis, from, to);
  for (size_t i = 0; i < axis.size; ++i, from += axis.from, to += axis.to) {
    CopyAxes(*inner, inner + 1, count - 1, from, to);
  }
}

// Whether the last two axes turn a matrix round, which the library does by vectors: it has one for 1 and 4 bytes.
bool IsTurn(const std::vector<Axis>& axes) {
  if (axes.size() < 2) return false;
  const Axis &p = axes[axes.size() - 2], &q = axes.back();
  return p.from == 1 && q.to == 1 && q.from == static_cast<ptrdiff_t>(p.size) && p.to == static_cast<ptrdiff_t>(q.size);
}

template <class T>
void Turn(isoquant::Context& context, const std::vector<Axis>& axes, const T* from, T* to) {
  const size_t p = axes[axes.size() - 2].size, q = axes.back().size, matrix = p * q;
  if (axes.size() > 3 ||
      (axes.size() == 3 && (axes[0].from != static_cast<ptrdiff_t>(matrix) || axes[0].to != axes[0].from))) {
    std::vector<Axis> rest(axes.begin() + 1, axes.end());
    for (size_t i = 0; i < axes[0].size; ++i) {
      Turn(context, rest, from + static_cast<ptrdiff_t>(i) * axes[0].from, to + static_cast<ptrdiff_t>(i) * axes[0].to);
    }
    return;
  }
  const size_t count = axes.size() == 3 ? axes[0].size : 1;
  const isoquant::ImageView<const T> x(from, count, 1, q, p);
  Check(isoquant::NhwcToNchw(context, x, isoquant::PlanarView<T>(to, count, p, 1, q)));
}

template <class T>
void Copy(isoquant::Context& context, const std::vector<Axis>& axes, const void* from_bytes, void* to_bytes) {
  const T* const from = static_cast<const T*>(from_bytes);
  T* const to = static_cast<T*>(to_bytes);
  if (axes.empty()) return CopyAxis({1, 1, 1}, from, to);
  if constexpr (sizeof(T) == 1 || sizeof(T) == 4) {
    using Library = std::conditional_t<sizeof(T) == 1, uint8_t, float>;  // only places change
    if (IsTurn(axes)) {
      return Turn(context, axes, static_cast<const Library*>(from_bytes), static_cast<Library*>(to_bytes));
    }
  }
  size_t count = 1;
  for (const Axis& axis : axes) count *= axis.size;
  const size_t rows = axes[0].size, tasks = count < 65536 ? 1 : std::min(rows, 4 * context.NumWorkers());
  const auto copy = [&](size_t task, size_t) {
    const size_t begin = rows * task / tasks, end = rows * (task + 1) / tasks;
    const T* const first = from + static_cast<ptrdiff_t>(begin) * axes[0].from;
    T* const first_to = to + static_cast<ptrdiff_t>(begin) * axes[0].to;
    const Axis part = {end - begin, axes[0].from, axes[0].to};
    CopyAxes(part, axes.data() + 1, axes.size() - 1, first, first_to);
  };
  context.Run(tasks, isoquant::TaskRef(copy));
}

}  // namespace

void CopyStrided(isoquant::Context& context, const Dims& dims, size_t bytes, const void* from, const Strides& f,
                 void* to, const Strides& t) {
  if (Count(dims) == 0) return;
  const std::vector<Axis> axes = Join(dims, f, t);
  switch (bytes) {
    case 1:
      return Copy<uint8_t>(context, axes, from, to);
    case 2:
      return Copy<uint16_t>(context, axes, from, to);
    case 4:
      return Copy<uint32_t>(context, axes, from, to);
    default:
      return Copy<uint64_t>(context, axes, from, to);
  }
}

}  // namespace isoquant_provider
