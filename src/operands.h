// Support: the checks that all kinds of MatMul share.
#ifndef ISOQUANT_SRC_OPERANDS_H_
#define ISOQUANT_SRC_OPERANDS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"
#include "src/check.h"

namespace isoquant {

inline Status CheckDisjointFromPanels(const char* output, const Bytes& bytes, const char* input,
                                      const PackedPanels& b) {
  const Bytes panels(b.panels, PackedPanels::NumPanels(b.n) * PackedPanels::PanelBytes(b.k));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint(output, bytes, input, panels));
  return CheckDisjoint(output, bytes, input, Bytes(b.column_sums, b.n * sizeof(int32_t)));
}

template <class A, class C>
Status CheckOperands(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c) {
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("a.cols", a.cols, "b's K", b.k()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.rows", c.rows, "a.rows", a.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.cols", c.cols, "b's N", b.n()));
  ISOQUANT_RETURN_IF_ERROR(CheckView(a, ISOQUANT_NAMES(a)));
  ISOQUANT_RETURN_IF_ERROR(CheckView(c, ISOQUANT_NAMES(c)));
  const Bytes c_bytes(c);
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint("c", c_bytes, "a", Bytes(a)));
  if (b.packed() != nullptr) return CheckDisjointFromPanels("c", c_bytes, "b", *b.packed());
  ISOQUANT_RETURN_IF_ERROR(CheckView(b.plain(), ISOQUANT_NAMES(b)));
  return CheckDisjoint("c", c_bytes, "b", Bytes(b.plain()));
}

// A vector of one element for all rows (or columns), or of one for each; read only, so apart from the output.
template <class T>
Status CheckOneOrEach(const VectorView<const T>& v, const ViewNames& names, const char* expected_name, size_t expected,
                      const Bytes& output) {
  ISOQUANT_RETURN_IF_ERROR(v.size == 1 ? CheckVector(v, names, "1", 1)
                                       : CheckVector(v, names, expected_name, expected));
  return CheckDisjoint("c", output, names.whole, Bytes(v));
}

// One element for each column, or none at all.
template <class T>
Status CheckEachOrNone(const VectorView<const T>& v, const ViewNames& names, const char* expected_name, size_t expected,
                       const Bytes& output) {
  if (v.size == 0) return Status();
  ISOQUANT_RETURN_IF_ERROR(CheckVector(v, names, expected_name, expected));
  return CheckDisjoint("c", output, names.whole, Bytes(v));
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_OPERANDS_H_
