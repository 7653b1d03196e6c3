// Support: what all kinds of MatMul share: checks, and the way to panels.
#ifndef ISOQUANT_SRC_OPERANDS_H_
#define ISOQUANT_SRC_OPERANDS_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/base.h"
#include "isoquant/context.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"
#include "src/check.h"
#include "src/each.h"
#include "src/pack.h"

namespace isoquant {

constexpr size_t PanelsSize(const PackedPanels& b) {
  return PackedPanels::NumPanels(b.n) * PackedPanels::PanelBytes(b.k, b.type);
}
// Bytes of the sums of all columns of the panels. (Kernels read the sums of columns past the end, too.) Floats have
// none.
constexpr size_t SumsSize(const PackedPanels& b) {
  return IsInteger(b.type) ? PackedPanels::NumPanels(b.n) * PackedPanels::kColumns * sizeof(*b.column_sums) : 0;
}

inline Status CheckPanels(const PackedPanels& b, const ViewNames& names) {
  const size_t size = PanelsSize(b);
  if (b.panels == nullptr && size != 0) return Status(StatusCode::kNull, names.panels, 0, "size of the panels", size);
  if (b.column_sums == nullptr && SumsSize(b) != 0) return Status(StatusCode::kNull, names.column_sums, 0, "N", b.n);
  return Status();
}

template <class C>
Status CheckDisjointFromPanels(const char* output_name, const MatrixView<C>& output, const char* input_name,
                               const PackedPanels& b) {
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint(output_name, output, input_name, Range(b.panels, PanelsSize(b))));
  if (SumsSize(b) == 0) return Status();
  return CheckDisjoint(output_name, output, input_name, Range(b.column_sums, SumsSize(b)));
}

// The names under which operands are reported.
struct OperandNames {
  const ViewNames &a, &b, &c;
  const char *k, *n;  // of b
};

// Whether operands are as most operands are. Then CheckUnusualOperands finds nothing wrong with them. It is inlined,
// for products that take less time than their checks one by one. To be short it takes ranges with the gaps between
// rows, and may take empty ones. B is the type that most weights of the operation have.
template <class B = int8_t, class A, class C>
HWY_INLINE bool AreUsual(const MatrixView<const A>& a, const PackedPanels& b, const MatrixView<C>& c) {
  if (a.cols != b.k || c.rows != a.rows || c.cols != b.n) return false;
  if (b.type != kElementType<B> || a.data == nullptr || b.panels == nullptr || c.data == nullptr) return false;
  if (a.cols > a.row_stride || c.cols > c.row_stride) return false;
  if ((a.rows | a.row_stride | c.row_stride) > kSurelyFits) return false;
  const uintptr_t c_begin = reinterpret_cast<uintptr_t>(c.data), c_end = c_begin + c.rows * c.row_stride * sizeof(C);
  const auto is_apart = [&](const void* data, size_t bytes) {
    const uintptr_t begin = reinterpret_cast<uintptr_t>(data);
    return begin + bytes <= c_begin || c_end <= begin;
  };
  // The sums follow the panels in packed weights and in a view of a blob: one range.
  const size_t panels_size = PanelsSize(b);
  const int8_t* const sums = reinterpret_cast<const int8_t*>(b.column_sums);
  if (IsInteger(kElementType<B>) && sums != b.panels + panels_size) return false;
  return is_apart(a.data, a.rows * a.row_stride * sizeof(A)) && is_apart(b.panels, panels_size + SumsSize(b));
}

template <class B = int8_t, class A, class C>
HWY_INLINE bool AreUsual(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c) {
  return b.packed() != nullptr && AreUsual<B>(a, *b.packed(), c);
}

// Whether rows of floats are of a type that products take.
inline Status CheckRowType(const char* argument, ElementType type) {
  if (type == ElementType::kF32 || type == ElementType::kBf16) return Status();
  return Status(StatusCode::kWrongType, argument, static_cast<uint64_t>(type), "f32 or bf16",
                static_cast<uint64_t>(ElementType::kF32));
}

// Whether weights are of a type that an operation takes which expects weights of B. Products of s8 take u8 as well.
template <class B>
Status CheckWeightType(const char* argument, ElementType type) {
  if (!std::is_same<B, int8_t>::value) return CheckType(argument, type, kElementType<B>);
  if (type == ElementType::kS8 || type == ElementType::kU8) return Status();
  return Status(StatusCode::kWrongType, argument, static_cast<uint64_t>(type), "s8 or u8",
                static_cast<uint64_t>(ElementType::kS8));
}

// Weights of a known type and size, packed or plain: where they lie, and that c is apart from them.
template <class B, class C>
Status CheckWeights(const WeightsRef& b, const ViewNames& names, const MatrixView<C>& c, const char* c_name) {
  if (b.packed() != nullptr) {
    ISOQUANT_RETURN_IF_ERROR(CheckPanels(*b.packed(), names));
    return CheckDisjointFromPanels(c_name, c, names.whole, *b.packed());
  }
  const MatrixView<const B> plain = b.plain().As<B>();
  ISOQUANT_RETURN_IF_ERROR(CheckView(plain, names, RowOverlap::kRefused));
  return CheckDisjoint(c_name, c, names.whole, plain);
}

template <class B, class A, class C>
HWY_NOINLINE Status CheckUnusualOperands(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c,
                                         const OperandNames& names) {
  ISOQUANT_RETURN_IF_ERROR(CheckWeightType<B>(names.b.whole, b.type()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(names.a.cols, a.cols, names.k, b.k()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(names.c.rows, c.rows, names.a.rows, a.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual(names.c.cols, c.cols, names.n, b.n()));
  ISOQUANT_RETURN_IF_ERROR(CheckView(a, names.a));
  ISOQUANT_RETURN_IF_ERROR(CheckView(c, names.c));
  ISOQUANT_RETURN_IF_ERROR(CheckDisjoint(names.c.whole, c, names.a.whole, a));
  return CheckWeights<B>(b, names.b, c, names.c.whole);
}

template <class B = int8_t, class A, class C>
HWY_INLINE Status CheckOperands(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c,
                                const OperandNames& names) {
  if (AreUsual<B>(a, b, c)) return Status();
  return CheckUnusualOperands<B>(a, b, c, names);
}

template <class B = int8_t, class A, class C>
Status CheckOperands(const MatrixView<const A>& a, const WeightsRef& b, const MatrixView<C>& c) {
  return CheckOperands<B>(a, b, c, {ISOQUANT_NAMES(a), ISOQUANT_NAMES(b), ISOQUANT_NAMES(c), "b's K", "b's N"});
}

// c = stage(a b) by `multiply`. The arguments have been checked. With `needs_sums` the stage needs the column sums of
// b: those of plain weights are found with the products.
template <class A, class Stage, class C, class Function>
Status MultiplyChecked(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const Stage& stage,
                       bool needs_sums, const C& c, Function multiply) {
  if (c.rows == 0 || c.cols == 0) return Status();
  if (b.packed() != nullptr || !needs_sums) return multiply(context, a, b, stage, c);
  const size_t bytes = PackedPanels::NumPanels(b.n()) * PackedPanels::kColumns * sizeof(int32_t);
  uint8_t* const sums = context.Scratch(Context::ScratchOwner::kColumnSums, bytes);
  if (sums == nullptr) return Status(StatusCode::kOutOfMemory, "sums of columns", bytes, "", 0);
  return multiply(context, a, b.WithColumnSums(reinterpret_cast<int32_t*>(sums)), stage, c);
}
// Where stages read column sums: null for plain weights that nobody asks for them.
inline const int32_t* ColumnSumsOf(const WeightsRef& b) {
  return b.packed() != nullptr ? b.packed()->column_sums : b.column_sums();
}

}  // namespace isoquant

#endif  // ISOQUANT_SRC_OPERANDS_H_
