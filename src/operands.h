// Support: what all kinds of MatMul share: checks, and the way to panels.
#ifndef ISOQUANT_SRC_OPERANDS_H_
#define ISOQUANT_SRC_OPERANDS_H_

#include <cstddef>
#include <cstdint>

#include "hwy/base.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"
#include "src/check.h"
#include "src/panels.h"

namespace isoquant {

constexpr size_t PanelsSize(const PackedPanels& b) {
  return PackedPanels::NumPanels(b.n) * PackedPanels::PanelBytes(b.k);
}
constexpr size_t SumsSize(const PackedPanels& b) { return b.n * sizeof(*b.column_sums); }

inline Status CheckDisjointFromPanels(const char* output, const Bytes& bytes, const char* input,
                                      const PackedPanels& b) {
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint(output, bytes, input, Bytes(b.panels, PanelsSize(b))));
  return CheckDisjoint(output, bytes, input, Bytes(b.column_sums, SumsSize(b)));
}

// The names under which operands are reported.
struct OperandNames {
  const ViewNames &a, &b, &c;
  const char *k, *n;  // of b
};

// Whether operands are as they mostly are: then CheckUnusualOperands finds nothing wrong. In line, for products that
// take less time than their checks one by one; therefore rows have their gaps, and ranges may be empty.
template <class A, class C>
HWY_INLINE bool AreUsual(const MatrixView<const A>& a, const PackedPanels& b, const MatrixView<C>& c) {
  if (a.cols != b.k || c.rows != a.rows || c.cols != b.n || !IsUsual(a) || !IsUsual(c)) return false;
  const uintptr_t c_begin = reinterpret_cast<uintptr_t>(c.data), c_end = c_begin + c.rows * c.row_stride * sizeof(C);
  const auto is_apart = [&](const void* data, size_t bytes) {
    const uintptr_t begin = reinterpret_cast<uintptr_t>(data);
    return begin + bytes <= c_begin || c_end <= begin;
  };
  return is_apart(a.data, a.rows * a.row_stride * sizeof(A)) && is_apart(b.panels, PanelsSize(b)) &&
         is_apart(b.column_sums, SumsSize(b));
}

template <class A, class C>
HWY_NOINLINE Status CheckUnusualOperands(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c,
                                         const OperandNames& names) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(names.a.cols, a.cols, names.k, b.k()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(names.c.rows, c.rows, names.a.rows, a.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(names.c.cols, c.cols, names.n, b.n()));
  ISOQUANT_RETURN_IF_ERROR(CheckView(a, names.a));
  ISOQUANT_RETURN_IF_ERROR(CheckView(c, names.c));
  const Bytes c_bytes(c);
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint(names.c.whole, c_bytes, names.a.whole, Bytes(a)));
  if (b.packed() != nullptr) return CheckDisjointFromPanels(names.c.whole, c_bytes, names.b.whole, *b.packed());
  ISOQUANT_RETURN_IF_ERROR(CheckView(b.plain(), names.b));
  return CheckDisjoint(names.c.whole, c_bytes, names.b.whole, Bytes(b.plain()));
}

template <class A, class C>
HWY_INLINE Status CheckOperands(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c,
                                const OperandNames& names) {
  if (b.packed() != nullptr && AreUsual(a, *b.packed(), c)) return Status();
  return CheckUnusualOperands(a, b, c, names);
}

template <class A, class C>
Status CheckOperands(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c) {
  return CheckOperands(a, b, c, {ISOQUANT_NAMES(a), ISOQUANT_NAMES(b), ISOQUANT_NAMES(c), "b's K", "b's N"});
}

// How many elements a vector of an output stage has: as many as `name`, "a.rows" for example.
struct Each {
  const char* name;
  size_t size;
};
// And what it must not overlap: it is read while that is written.
struct Written {
  const char* name;
  Bytes bytes;
};

template <class T>
Status CheckEach(const VectorView<const T>& v, const ViewNames& names, const Each& each, const Written& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckVector(v, names, each.name, each.size));
  return CheckDisjoint(c.name, c.bytes, names.whole, Bytes(v));
}

// One element for all, or one for each.
template <class T>
Status CheckOneOrEach(const VectorView<const T>& v, const ViewNames& names, const Each& each, const Written& c) {
  return CheckEach(v, names, v.size == 1 ? Each{"1", 1} : each, c);
}

template <class T>
Status CheckEachOrNone(const VectorView<const T>& v, const ViewNames& names, const Each& each, const Written& c) {
  return v.size == 0 ? Status() : CheckEach(v, names, each, c);
}

template <class T>
Status CheckOneOrEachOrNone(const VectorView<const T>& v, const ViewNames& names, const Each& each, const Written& c) {
  return v.size == 0 ? Status() : CheckOneOrEach(v, names, each, c);
}

// c = stage(a b) by `multiply`, which takes panels; of arguments that have been checked.
template <class A, class Stage, class C, class Function>
Status MultiplyPanels(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const Stage& stage,
                      const MatrixView<C>& c, Function multiply) {
  if (c.empty()) return Status();
  PackedPanels panels;
  ISOQUANT_RETURN_IF_ERROR(PanelsOf(context, b, panels));
  return multiply(context, a, panels, stage, c);
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_OPERANDS_H_
