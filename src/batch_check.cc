// Support: checks of a batch's arguments, made once per call.
#include "src/batch_check.h"

#include <limits>

#include "src/operands.h"

namespace isoquant {
namespace {

struct BatchNames {
  const ViewNames& view;
  const char* batch_stride;
};

// Of an element type as wide as those of the span.
template <class Function>
Status WithView(const BatchSpan& v, Function function) {
  if (v.element_bytes == 1) {
    return function(MatrixView<const uint8_t>(static_cast<const uint8_t*>(v.data), v.rows, v.cols, v.row_stride));
  }
  if (v.element_bytes == 2) {
    return function(MatrixView<const uint16_t>(static_cast<const uint16_t*>(v.data), v.rows, v.cols, v.row_stride));
  }
  return function(MatrixView<const float>(static_cast<const float*>(v.data), v.rows, v.cols, v.row_stride));
}

Status CheckView(const BatchSpan& v, const BatchNames& names, RowOverlap rows, bool is_output) {
  if (v.count == 0 || v.rows == 0 || v.cols == 0) return Status();
  ISOQUANT_RETURN_IF_ERROR(
      WithView(v, [&](const auto& matrix) { return isoquant::CheckView(matrix, names.view, rows); }));
  if (v.count == 1) return Status();
  const uint64_t extent = uint64_t{v.rows - 1} * (v.rows > 1 ? v.row_stride : 0) + v.cols;
  const uint64_t max_elements = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) / v.element_bytes;
  const uint64_t max_stride = (max_elements - extent) / (v.count - 1);
  if (v.batch_stride > max_stride) {
    return Status(StatusCode::kTooLarge, names.batch_stride, v.batch_stride, "what the address space leaves",
                  max_stride);
  }
  if (!is_output || v.batch_stride >= extent) return Status();
  const bool take_turns = v.batch_stride >= v.cols && v.row_stride >= (v.count - 1) * v.batch_stride + v.cols;
  if (take_turns) return Status();
  return Status(StatusCode::kTooSmall, names.batch_stride, v.batch_stride,
                "the elements from a matrix's first to its last", extent);
}

Range WholeOf(const BatchSpan& v) {
  if (v.count == 0 || v.rows == 0 || v.cols == 0) return Range(v.data, 0);
  const size_t last = (v.count - 1) * v.batch_stride + (v.rows - 1) * v.row_stride + v.cols;
  return Range(v.data, last * v.element_bytes);
}

Status CheckApart(const char* c_name, const BatchSpan& c, const char* name, const BatchSpan& v) {
  if (AreApart(WholeOf(c), WholeOf(v))) return Status();
  for (size_t i = 0; i < c.NumPieces(); ++i) {
    for (size_t j = 0; j < v.NumPieces(); ++j) {
      ISOQUANT_RETURN_IF_ERROR(CheckDisjoint(c_name, c.Piece(i), name, v.Piece(j)));
    }
  }
  return Status();
}

// Each like the first, whose type and sizes have been checked, and apart from c.
Status CheckPacked(const WeightsBatch& b, const WeightsRef& first, const BatchSpan& c) {
  for (size_t i = 0; i < b.count(); ++i) {
    const PackedPanels& panels = *b.At(i).packed();
    ISOQUANT_RETURN_IF_ERROR(CheckType("b", panels.type, first.type()));
    ISOQUANT_RETURN_IF_ERROR(CheckEqual("b's K", panels.k, "that of the first matrix", first.k()));
    ISOQUANT_RETURN_IF_ERROR(CheckEqual("b's N", panels.n, "that of the first matrix", first.n()));
    ISOQUANT_RETURN_IF_ERROR(CheckPanels(panels, ISOQUANT_NAMES(b)));
    ISOQUANT_RETURN_IF_ERROR(CheckApart("c", c, "b", BatchSpan(panels.panels, PanelsSize(panels))));
    ISOQUANT_RETURN_IF_ERROR(CheckApart("c", c, "b", BatchSpan(panels.column_sums, SumsSize(panels))));
  }
  return Status();
}

}  // namespace

BatchSpan::BatchSpan(const WeightsBatch& b)
    : data(b.plain().data),
      count(b.count()),
      rows(b.plain().rows),
      cols(b.plain().cols),
      row_stride(b.plain().row_stride),
      batch_stride(b.batch_stride()),
      element_bytes(BitsOf(b.plain().type) / 8) {}

BatchSpan::BatchSpan(const void* bytes, size_t size)
    : data(bytes), count(1), rows(1), cols(size), row_stride(0), batch_stride(0), element_bytes(1) {}

// Matrices that follow each other with the gaps that their rows have are one matrix; so are single rows, and rows that
// lie side by side.
size_t BatchSpan::NumPieces() const {
  const bool are_one =
      count <= 1 || batch_stride == 0 || rows <= 1 || batch_stride == rows * row_stride || batch_stride == cols;
  return are_one ? 1 : count;
}

MatrixView<const uint8_t> BatchSpan::Piece(size_t i) const {
  const uint8_t* const bytes = static_cast<const uint8_t*>(data);
  const size_t row_bytes = cols * element_bytes, row_step = row_stride * element_bytes;
  if (count == 0) return {bytes, 0, 0, 0};
  if (count == 1 || batch_stride == 0) return {bytes, rows, row_bytes, row_step};
  const size_t batch_step = batch_stride * element_bytes;
  if (rows <= 1) return {bytes, count * rows, row_bytes, batch_step};
  if (batch_stride == rows * row_stride) return {bytes, count * rows, row_bytes, row_step};
  if (batch_stride == cols) return {bytes, rows, count * row_bytes, row_step};
  return {bytes + i * batch_step, rows, row_bytes, row_step};
}

Status CheckBatch(const BatchSpan& a, const WeightsBatch& b, const BatchSpan& c, ElementType b_type) {
  static constexpr const char* kDivisor = "a divisor of c.count";
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.count", c.count, "a.count", a.count));
  if (b.count() == 0) return c.count == 0 ? Status() : Status(StatusCode::kMismatch, "b.count()", 0, kDivisor, c.count);
  if (c.count % b.count() != 0) return Status(StatusCode::kMismatch, "b.count()", b.count(), kDivisor, c.count);
  if (b.is_packed() && b.packed() == nullptr) return Status(StatusCode::kNull, "b.data", 0, "b.count()", b.count());

  const WeightsRef first = b.At(0);
  ISOQUANT_RETURN_IF_ERROR(b_type == ElementType::kS8 ? CheckWeightType<int8_t>("b", first.type())
                                                      : CheckType("b", first.type(), b_type));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("a.cols", a.cols, "b's K", first.k()));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.rows", c.rows, "a.rows", a.rows));
  ISOQUANT_RETURN_IF_ERROR(CheckEqual("c.cols", c.cols, "b's N", first.n()));
  ISOQUANT_RETURN_IF_ERROR(CheckView(a, {ISOQUANT_NAMES(a), "a.batch_stride"}, RowOverlap::kAllowed, false));
  ISOQUANT_RETURN_IF_ERROR(CheckView(c, {ISOQUANT_NAMES(c), "c.batch_stride"}, RowOverlap::kRefused, true));
  ISOQUANT_RETURN_IF_ERROR(CheckApart("c", c, "a", a));
  if (b.is_packed()) return CheckPacked(b, first, c);
  const BatchSpan plain(b);
  ISOQUANT_RETURN_IF_ERROR(CheckView(plain, {ISOQUANT_NAMES(b), "b.batch_stride"}, RowOverlap::kRefused, false));
  return CheckApart("c", c, "b", plain);
}

}  // namespace isoquant
