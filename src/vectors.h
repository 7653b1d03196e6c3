// Support: checks that operations on vectors share.
#ifndef ISOQUANT_SRC_VECTORS_H_
#define ISOQUANT_SRC_VECTORS_H_

#include <cstddef>

#include "src/check.h"
#include "src/elementwise.h"

namespace isoquant {

// Two inputs of one size.
template <class A, class B>
Status CheckTwo(const VectorView<const A>& a, const VectorView<const B>& b) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("b.size", b.size, "a.size", a.size));
  ISOQUANT_RETURN_IF_ERROR(CheckVector(a, ISOQUANT_NAMES(a), "a.size", a.size));
  return CheckVector(b, ISOQUANT_NAMES(b), "a.size", a.size);
}

// An output, which may take the place of an input.
template <class T>
Status CheckOutput(const VectorView<const T>& a, const VectorView<const T>& b, const VectorView<T>& y,
                   const ViewNames& names) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(y, names, "a.size", a.size));
  if (y.data != a.data) ISOQUANT_RETURN_IF_ERROR(CheckDisjoint(names.whole, y, "a", a));
  if (y.data != b.data) return CheckDisjoint(names.whole, y, "b", b);
  return Status();
}

// Calls part(begin, end) for parts of a vector. Parts but the last are whole lines of the cache if the first is.
template <class Part>
void ForEachVectorPart(Context& context, size_t size, const Part& part) {
  if (size != 0) ForEachPart(context, size, 1, 64, part);
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_VECTORS_H_
