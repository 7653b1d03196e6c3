// Template layer: packs plain weights into panels, both orders.

// Per-target include guard.
#if defined(ISOQUANT_INL_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_PACK_INL_H_
#undef ISOQUANT_INL_PACK_INL_H_
#else
#define ISOQUANT_INL_PACK_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "hwy/highway.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Four rows of K x N, 16 columns each, interleaved: out[4 * column + row].
HWY_INLINE void InterleaveGroup(const int8_t* r0, const int8_t* r1, const int8_t* r2, const int8_t* r3, int8_t* out) {
  const hn::CappedTag<int8_t, 16> d;
  const size_t n = hn::Lanes(d);
  for (size_t j = 0; j < 16; j += n) {
    hn::StoreInterleaved4(hn::LoadU(d, r0 + j), hn::LoadU(d, r1 + j), hn::LoadU(d, r2 + j), hn::LoadU(d, r3 + j), d,
                          out + 4 * j);
  }
}

// Panel of columns [col, col + 16) of K x N `b`.
inline void PackPanel(const KxN& b, size_t col, int8_t* HWY_RESTRICT panel) {
  const MatrixView<const int8_t>& v = b.values;
  const size_t cols = v.cols - col < 16 ? v.cols - col : 16;
  const size_t whole = cols == 16 ? v.rows / 4 * 4 : 0;
  for (size_t k = 0; k < whole; k += 4) {
    const int8_t* row = v.Row(k) + col;
    InterleaveGroup(row, row + v.row_stride, row + 2 * v.row_stride, row + 3 * v.row_stride, panel + k * 16);
  }
  for (size_t k = whole; k < v.rows; k += 4) {  // a group or a panel that is not whole: through zero-filled rows
    int8_t rows[4][16] = {};
    for (size_t i = 0; i < 4 && k + i < v.rows; ++i) std::memcpy(rows[i], v.Row(k + i) + col, cols);
    InterleaveGroup(rows[0], rows[1], rows[2], rows[3], panel + k * 16);
  }
}

// Panel of columns [col, col + 16) of B, stored N x K.
inline void PackPanel(const NxK& b, size_t col, int8_t* HWY_RESTRICT panel) {
  const MatrixView<const int8_t>& v = b.values;
  const size_t cols = v.rows - col < 16 ? v.rows - col : 16;
  const size_t k = v.cols;
  if (cols != 16) std::memset(panel, 0, PackedPanels::PanelBytes(k));
  for (size_t j = 0; j < cols; ++j) {
    const int8_t* HWY_RESTRICT row = v.Row(col + j);
    int8_t* HWY_RESTRICT to = panel + j * 4;
    for (size_t i = 0; i < k / 4; ++i) std::memcpy(to + i * 64, row + i * 4, 4);
    if (k % 4 != 0) {
      int8_t last[4] = {};
      std::memcpy(last, row + k / 4 * 4, k % 4);
      std::memcpy(to + k / 4 * 64, last, 4);
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
