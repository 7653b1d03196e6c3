// Sources: writes a row that comes in runs of bytes as a policy wants it arranged.

// Per-target include guard.
#if defined(ISOQUANT_INL_SOURCES_ROW_WRITER_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_SOURCES_ROW_WRITER_INL_H_
#undef ISOQUANT_INL_SOURCES_ROW_WRITER_INL_H_
#else
#define ISOQUANT_INL_SOURCES_ROW_WRITER_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/util/parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Writes rows of A, int8_t or uint8_t, run of bytes by run, as elements of type To in arranged form: int16_t if the
// form is wide, else uint8_t.
template <class A, class To>
class RowWriter {
 public:
  RowWriter(const ArrangedForm& form, size_t rows, void* out)
      : piece_k_(form.piece_k),
        step_(rows * form.piece_k),
        flip_(form.flip),
        kr_(form.kr),
        out_(static_cast<To*>(out)) {}

  HWY_INLINE void BeginRow(size_t r) {
    piece_ = out_ + r * piece_k_;
    used_ = 0;
  }

  HWY_INLINE void Append(const uint8_t* HWY_RESTRICT from, size_t n) {
    if (used_ != 0) {  // the rest of a piece
      const size_t now = Min(n, piece_k_ - used_);
      CopyPart(from, now, piece_ + used_);
      used_ += now;
      if (used_ != piece_k_) return;
      NextPiece();
      from += now;
      n -= now;
    }
    for (; n >= piece_k_; n -= piece_k_, from += piece_k_, NextPiece()) CopyPiece(from, piece_);
    if (n == 0) return;
    CopyPart(from, n, piece_);
    used_ = n;
  }

  // A whole row of n bytes, which may be read up to the end of its last piece.
  HWY_INLINE void Put(size_t r, const uint8_t* HWY_RESTRICT from, size_t n) const {
    To* piece = out_ + r * piece_k_;
    for (size_t i = 0; i < n; i += piece_k_, piece += step_) CopyPiece(from + i, piece);
  }

  // A whole row of runs, each at most 16 bytes, `step` bytes apart, of which 16 are read. For forms whose pieces have
  // `size` bytes, the last 16 included.
  static constexpr bool kPutsRuns = sizeof(To) == 1;
  HWY_INLINE bool CanPutRuns(size_t size) const { return kPutsRuns && size <= piece_k_; }
  HWY_INLINE void PutRuns(size_t r, const uint8_t* HWY_RESTRICT from, size_t step, size_t runs, size_t run) const {
    const hn::CappedTag<uint8_t, 16> d;
    uint8_t* to = reinterpret_cast<uint8_t*>(out_ + r * piece_k_);
    for (size_t i = 0; i < runs; ++i, from += step, to += run) {
      for (size_t j = 0; j < run; j += hn::Lanes(d)) {
        hn::StoreU(hn::Xor(hn::LoadU(d, from + j), hn::Set(d, flip_)), d, to + j);
      }
    }
  }

  // Tile reads up to a multiple of kr.
  HWY_INLINE void EndRow() const {
    const size_t end = (used_ + kr_ - 1) & ~(kr_ - 1);
    if (end != used_) std::memset(piece_ + used_, 0, (end - used_) * sizeof(To));
  }

 private:
  // Bytes that become one vector of To.
  template <size_t kMaxLanes>
  using BytesFor = hn::Rebind<uint8_t, hn::CappedTag<To, kMaxLanes>>;

  HWY_INLINE void NextPiece() {
    piece_ += step_;
    used_ = 0;
  }

  HWY_INLINE To Convert(uint8_t byte) const {
    return sizeof(To) == 2 ? static_cast<To>(static_cast<A>(byte)) : static_cast<To>(byte ^ flip_);
  }

  // One vector of bytes. d: of uint8_t.
  template <class D>
  HWY_INLINE void CopyVector(D d, const uint8_t* HWY_RESTRICT from, To* HWY_RESTRICT to) const {
    const auto bytes = hn::LoadU(d, from);
    if constexpr (sizeof(To) == 2) {
      const hn::Rebind<To, D> d16;
      const hn::Rebind<A, D> d8;
      hn::StoreU(hn::PromoteTo(d16, hn::BitCast(d8, bytes)), d16, to);
    } else {
      hn::StoreU(hn::Xor(bytes, hn::Set(d, flip_)), d, to);
    }
  }

  // A vector at least: the last one overlaps the one before.
  template <size_t kMaxLanes>
  HWY_INLINE void CopyVectors(const uint8_t* HWY_RESTRICT from, size_t n, To* HWY_RESTRICT to) const {
    const BytesFor<kMaxLanes> d;
    const size_t lanes = hn::Lanes(d);
    for (size_t j = 0; j + lanes < n; j += lanes) CopyVector(d, from + j, to + j);
    CopyVector(d, from + (n - lanes), to + (n - lanes));
  }

  HWY_INLINE void CopyPiece(const uint8_t* HWY_RESTRICT from, To* HWY_RESTRICT to) const {
    const BytesFor<64> d;
    const size_t lanes = hn::Lanes(d);
    if (HWY_UNLIKELY(piece_k_ < lanes)) return CopyPart(from, piece_k_, to);
    for (size_t j = 0; j < piece_k_; j += lanes) CopyVector(d, from + j, to + j);
  }

  // Less than a piece, or a piece shorter than a vector.
  HWY_INLINE void CopyPart(const uint8_t* HWY_RESTRICT from, size_t n, To* HWY_RESTRICT to) const {
    if constexpr (hn::MaxLanes(hn::ScalableTag<uint8_t>()) > 1) {
      if (n >= 16) return CopyVectors<16>(from, n, to);
      if (n >= 8) return CopyVectors<8>(from, n, to);
      if (n >= 4) return CopyVectors<4>(from, n, to);
    }
    for (size_t j = 0; j < n; ++j) to[j] = Convert(from[j]);
  }

  const size_t piece_k_, step_;  // elements; from piece to piece of a row
  const uint8_t flip_;
  const size_t kr_;
  To* const out_;
  To* piece_ = nullptr;
  size_t used_ = 0;  // elements of the piece
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
