// Public layer: the right-hand operand of MatMul, packed once in one portable layout.
#ifndef ISOQUANT_WEIGHTS_H_
#define ISOQUANT_WEIGHTS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/api.h"
#include "isoquant/context.h"
#include "isoquant/element_type.h"
#include "isoquant/matrix_view.h"
#include "isoquant/status.h"

namespace isoquant {

// Two ways in which plain weights lie in memory. KxN: row k holds the N columns' k-th values (as mathematics writes
// A * B). NxK: row n holds the K values of column n (as frameworks store a linear layer: out_features x in_features).
struct KxN {
  MatrixView<const int8_t> values;
};
struct NxK {
  MatrixView<const int8_t> values;
};

// What kernels read: panels of 16 columns. A line of a panel is 64 bytes, four of each column: that is a group of K of
// eight s4, four s8 or u8, two bf16 or f16, or one f32. So for s8
//   panels[(n / 16) * PanelBytes(k) + (k / 4) * 64 + (n % 16) * 4 + k % 4] = B(k, n),
// zero where k or n is past the end, 64-byte aligned. With integers come column_sums[n] = sum over k of B(k, n), modulo
// 2^32, for the columns past the end too; with floats there are none (null).
struct PackedPanels {
  const int8_t* panels = nullptr;  // bytes, whatever the type
  const int32_t* column_sums = nullptr;
  size_t k = 0;
  size_t n = 0;
  ElementType type = ElementType::kS8;

  static constexpr size_t kColumns = 16;
  static constexpr size_t kLineBytes = 64;
  static constexpr size_t kGroup = 4;  // of s8
  static constexpr size_t GroupOf(ElementType type) { return kLineBytes / kColumns * 8 / BitsOf(type); }
  static constexpr size_t PanelBytes(size_t k, ElementType type = ElementType::kS8) {
    return (k + GroupOf(type) - 1) / GroupOf(type) * kLineBytes;
  }
  static constexpr size_t NumPanels(size_t n) { return (n + kColumns - 1) / kColumns; }
};

// Weights in the packed layout: the same bytes for every CPU, so one packed file serves a mixed fleet. Movable, not
// copyable. Immutable once packed: any number of threads and Contexts may use it at once.
class ISOQUANT_API PackedWeights {
 public:
  PackedWeights() = default;
  ~PackedWeights();
  PackedWeights(PackedWeights&& other) noexcept;
  PackedWeights& operator=(PackedWeights&& other) noexcept;

  // Packs K x N values into memory that `packed` then owns; what it held before is released. On error `packed` is left
  // as it was. K or N = 0 is legal. The source may be freed afterwards. O(K N), once per model.
  static Status Pack(Context& context, KxN b, PackedWeights& packed);
  static Status Pack(Context& context, NxK b, PackedWeights& packed);

  size_t k() const { return panels_.k; }
  size_t n() const { return panels_.n; }
  const PackedPanels& panels() const { return panels_; }

  // A blob is little-endian: a 64-byte header (magic "ISOQUANT", layout version, K, N, size of the whole, checksum of
  // the payload, checksum of the header), the panels, the column sums, zeros up to a multiple of 64.
  size_t SerializedBytes() const;

  // Writes the blob; kTooSmall if blob.size < SerializedBytes(). `blob` may have any alignment.
  Status Serialize(VectorView<uint8_t> blob) const;

  // Uses a blob in place, an mmap'd file for example: no copy, no pass over the payload. The memory must be 64-byte
  // aligned and must outlive `packed`. Refused (and `packed` left as it was): a foreign or damaged header, another
  // layout version, sizes that do not fit K and N or exceed blob.size. Big-endian hosts copy the column sums.
  static Status View(VectorView<const uint8_t> blob, PackedWeights& packed);

  // As View, but copies the payload into memory that `packed` then owns: `blob` may have any alignment, and may be
  // freed afterwards.
  static Status Load(VectorView<const uint8_t> blob, PackedWeights& packed);

  // Reads the whole payload: kCorrupt if it does not match the checksum stored in the blob (after View and Load only;
  // packed weights have none until serialised), if a column sum is wrong, or if padding is not zero, that of the sums
  // included. A single changed bit is always found. View and Load without Verify are safe for any payload: no kernel
  // reads outside the blob.
  Status Verify() const;

 private:
  static Status PackAny(Context& context, const class WeightsRef& b, PackedWeights& packed);
  static Status Open(VectorView<const uint8_t> blob, bool copies, PackedWeights& packed);

  PackedPanels panels_;
  uint64_t payload_checksum_ = 0;
  bool has_checksum_ = false;
  uint8_t* owned_ = nullptr;  // what panels_ points to and nobody else frees
};

// Any kind of weights, by reference: what the operations take. Plain weights are packed on every call, into the
// Context's scratch, as a whole or portion by portion; pack them once if they are used more than once.
class WeightsRef {
 public:
  WeightsRef(const PackedWeights& packed) : packed_(&packed.panels()) {}  // NOLINT: implicit on purpose
  explicit WeightsRef(const PackedPanels& panels) : packed_(&panels) {}
  WeightsRef(KxN plain) : plain_(plain.values) {}                     // NOLINT
  WeightsRef(NxK plain) : plain_(plain.values), transposed_(true) {}  // NOLINT

  const PackedPanels* packed() const { return packed_; }  // null: plain
  const MatrixView<const int8_t>& plain() const { return plain_; }
  bool transposed() const { return transposed_; }  // plain is N x K
  size_t k() const { return packed_ != nullptr ? packed_->k : transposed_ ? plain_.cols : plain_.rows; }
  size_t n() const { return packed_ != nullptr ? packed_->n : transposed_ ? plain_.rows : plain_.cols; }

 private:
  const PackedPanels* packed_ = nullptr;
  MatrixView<const int8_t> plain_;
  bool transposed_ = false;
};

}  // namespace isoquant

#endif  // ISOQUANT_WEIGHTS_H_
