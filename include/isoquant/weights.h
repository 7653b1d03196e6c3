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
#include "isoquant/weight_matrix.h"

namespace isoquant {

// What kernels read: panels of 16 columns. A line of a panel is 64 bytes, four of each column. These four bytes are a
// group of G = GroupOf(type) values of K: eight s4, four s8 or u8, two bf16 or f16, or one f32. With `panels` as an
// array of elements,
//   panels[((n / 16) * ceil(K / G) + k / G) * 16 G + (n % 16) * G + k % G] = B(k, n) - OffsetOf(type),
// and zero (+0 of floats) where k or n is past the end. Panels are aligned to 64 bytes. With integers come
// column_sums[n] = sum over k of what the panels hold, modulo 2^32; columns past the end have sums too, which are zero.
// With floats there are no sums: column_sums is null. Pack makes panels of s8, u8, bf16 and f32.
//
// Kernels multiply bytes of panels as s8. So u8 lie there less 128: the byte of B(k, n) is B(k, n) ^ 0x80, which as s8
// is B(k, n) - 128, and column_sums add up those. A byte past the end is 0 all the same, and adds nothing to a product.
// OffsetOf(type) is what elements were made less by: products add it again, as a zero point of b.
struct PackedPanels {
  const int8_t* panels = nullptr;  // bytes, whatever the type
  const int32_t* column_sums = nullptr;
  size_t k = 0;
  size_t n = 0;
  ElementType type = ElementType::kS8;
  // All bytes are known to be in [-64, 64]. Then two products of u8 and neighbours in a column never exceed 16 bits,
  // which makes x86 without VNNI faster. Pack and Load find out, View does not. No sum depends on it.
  bool seven_bits = false;

  static constexpr size_t kColumns = 16;
  static constexpr size_t kLineBytes = 64;
  static constexpr size_t kGroup = 4;  // of s8
  static constexpr size_t GroupOf(ElementType type) { return kLineBytes / kColumns * 8 / BitsOf(type); }
  static constexpr size_t PanelBytes(size_t k, ElementType type = ElementType::kS8) {
    return (k + GroupOf(type) - 1) / GroupOf(type) * kLineBytes;
  }
  static constexpr int32_t OffsetOf(ElementType type) { return type == ElementType::kU8 ? 128 : 0; }
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

  // Packs K x N values, s8, u8, bf16 or f32, into memory that `packed` then owns; what it held before is released. On
  // error `packed` is left as it was. K or N = 0 is legal. The source may be freed afterwards. It takes O(K N) time,
  // once per model.
  static Status Pack(Context& context, KxN b, PackedWeights& packed);
  static Status Pack(Context& context, NxK b, PackedWeights& packed);

  size_t k() const { return panels_.k; }
  size_t n() const { return panels_.n; }
  ElementType type() const { return panels_.type; }
  const PackedPanels& panels() const { return panels_; }

  // A blob is little-endian: a header of 64 bytes, the panels, the column sums (of integers), zeros up to a multiple of
  // 64. The header, by offsets in bytes:
  //    0  "ISOQUANT"                 24  N, u64
  //    8  layout version, u32: 2     32  size of the whole blob, u64     52  zero, u32
  //   12  size of the header, u32    40  checksum of the payload, u64    56  checksum of bytes 0 to 55, u64
  //   16  K, u64                     48  format, u32: the number of the ElementType
  // A checksum is FNV-1a over 64-bit words. Version 1, which is still read, has zero at 48: all its blobs are s8.
  size_t SerializedBytes() const;

  // Writes the blob; kTooSmall if blob.size < SerializedBytes(). `blob` may have any alignment.
  Status Serialize(VectorView<uint8_t> blob) const;

  // Uses a blob in place, an mmap'd file for example: no copy, no pass over the payload. The memory must be 64-byte
  // aligned and must outlive `packed`. Refused (and `packed` left as it was): a foreign or damaged header, another
  // layout version, a format that Pack does not make (kWrongType), sizes that do not fit K, N and format or exceed
  // blob.size. Big-endian hosts copy what has more than one byte: column sums and floats.
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
  // The payload of the blob that these weights came from, and the checksum that it must have. Null: they were packed
  // here.
  const uint8_t* payload_ = nullptr;
  uint64_t payload_checksum_ = 0;
  uint8_t* owned_ = nullptr;  // what panels_ points to and nobody else frees
};

// Any kind of weights, by reference: what the operations take. Plain weights are packed on every call, into the
// Context's scratch, as a whole or portion by portion, unless rows are so few that they are read where they lie; pack
// them once if they are used more than once.
class WeightsRef {
 public:
  WeightsRef(const PackedWeights& packed) : packed_(&packed.panels()) {}  // NOLINT: implicit on purpose
  explicit WeightsRef(const PackedPanels& panels) : packed_(&panels) {}
  WeightsRef(KxN plain) : plain_(plain.values) {}                     // NOLINT
  WeightsRef(NxK plain) : plain_(plain.values), transposed_(true) {}  // NOLINT

  const PackedPanels* packed() const { return packed_; }  // null: plain
  const WeightMatrix& plain() const { return plain_; }
  bool transposed() const { return transposed_; }  // plain is N x K
  // The same plain weights, and memory for the sums of their columns as PackedPanels::column_sums has them, which the
  // engine finds and writes before an output stage asks for them. For the library itself.
  WeightsRef WithColumnSums(int32_t* sums) const {
    WeightsRef ref = *this;
    ref.column_sums_ = sums;
    return ref;
  }
  int32_t* column_sums() const { return column_sums_; }  // of plain ones; null: nobody asks for them
  ElementType type() const { return packed_ != nullptr ? packed_->type : plain_.type; }
  size_t k() const { return packed_ != nullptr ? packed_->k : transposed_ ? plain_.cols : plain_.rows; }
  size_t n() const { return packed_ != nullptr ? packed_->n : transposed_ ? plain_.rows : plain_.cols; }

 private:
  const PackedPanels* packed_ = nullptr;
  WeightMatrix plain_;
  bool transposed_ = false;
  int32_t* column_sums_ = nullptr;
};

}  // namespace isoquant

#endif  // ISOQUANT_WEIGHTS_H_
