// Engine: packs plain weights into panels, both orders, and sums up the columns of integers in the same pass.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_PACK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_PACK_INL_H_
#undef ISOQUANT_INL_ENGINE_PACK_INL_H_
#else
#define ISOQUANT_INL_ENGINE_PACK_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/cpu.h"
#include "isoquant/element_type.h"
#include "isoquant/inl/isa/transpose-inl.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The type of elements in panels of type B. (u8 lie there as s8, see weights.h.)
template <class B>
using InPanels = std::conditional_t<std::is_same<B, uint8_t>::value, int8_t, B>;

namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kLine = PackedPanels::kColumns * PackedPanels::kGroup;  // bytes of a group of one panel

// Panels [begin, end), and where they and the sums of their columns go.
template <class B>
struct PackRange {
  size_t begin, end;
  B* panels;        // of panel `begin`
  uint32_t* sums;   // of its first column; null for floats, which have none
  int8_t flip = 0;  // -128, the bits 0x80, for u8: bytes are packed ^ flip
};

// ---- K x N: a strip of rows at a time, in it a line's worth of columns at a time: panels are written in runs of a
// page. (Panel by panel, down all of K, each line of the source is a page of its own where rows are 4 KiB apart, and is
// read four times: 19 % of the rate of a memcpy out of memory, K = N = 4096, Granite Rapids; with strips of 64 rows 33,
// of 256 rows 80.) No prefetcher of the hardware follows 256 rows, so that the next line of each is asked for; in cache
// that costs 5 %. Out of L3 into L2 this order reaches 11 GB/s, N x K 19.
constexpr size_t kStripRows = 256;
static_assert(kStripRows / PackedPanels::kGroup <= kMaxRepetitions, "exact sums");

// Panels that are packed at a time.
constexpr size_t kMaxPanels = kHasLines ? 4 : kMaxBlocks;

// Groups of four rows of kPanels panels: `repetitions` of them.
template <size_t kPanels>
void PackGroups(const int8_t* from, size_t row_stride, size_t ahead, size_t repetitions, int8_t* to, size_t panel_bytes,
                uint32_t* sums, int8_t flip) {
  if constexpr (kPanels == 4) {
    TransposeLines<int8_t>({from, PackedPanels::kColumns, row_stride, 4 * row_stride, ahead, to, panel_bytes, kLine,
                            repetitions, sums, flip});
  } else {
    Transpose<int8_t, kPanels>(
        {from, row_stride, 4 * row_stride, ahead, to, panel_bytes, kLine / 4, kLine, repetitions, sums, flip});
  }
}

// `rows` <= kStripRows rows of kPanels panels from panel `p` on, the last group filled up with what becomes zeros.
template <size_t kPanels>
void PackStrip(const MatrixView<const int8_t>& v, size_t k, size_t rows, size_t p, size_t ahead,
               const PackRange<int8_t>& out) {
  constexpr size_t kColumns = kPanels * PackedPanels::kColumns;
  const size_t col = p * PackedPanels::kColumns, panel_bytes = PackedPanels::PanelBytes(v.rows);
  const size_t cols = HWY_MIN(v.cols - col, kColumns);
  int8_t* to = out.panels + (p - out.begin) * panel_bytes + k / PackedPanels::kGroup * kLine;
  uint32_t* sums = out.sums + (p - out.begin) * PackedPanels::kColumns;
  const size_t whole = cols == kColumns ? rows / 4 : 0;
  if (whole != 0) PackGroups<kPanels>(v.Row(k) + col, v.row_stride, ahead, whole, to, panel_bytes, sums, out.flip);
  to += whole * kLine;
  // A group or a panel that is not whole: through rows filled up with what becomes zeros.
  for (size_t r = 4 * whole; r < rows; r += 4, to += kLine) {
    HWY_ALIGN int8_t filled[4][kColumns];
    std::memset(filled, out.flip, sizeof(filled));
    for (size_t i = 0; i < 4 && r + i < rows; ++i) std::memcpy(filled[i], v.Row(k + r + i) + col, cols);
    PackGroups<kPanels>(filled[0], kColumns, 0, 1, to, panel_bytes, sums, out.flip);
  }
}

inline void PackKxN(const MatrixView<const int8_t>& v, const PackRange<int8_t>& out) {
  const bool is_cached = v.cols <= DetectCpu().l2_bytes / 2 / HWY_MAX(v.rows, 1);
  const size_t whole_end = HWY_MIN(out.end, v.cols / PackedPanels::kColumns);
  for (size_t k = 0; k < v.rows; k += kStripRows) {
    const size_t rows = HWY_MIN(v.rows - k, kStripRows);
    size_t p = out.begin;
    for (; p + kMaxPanels <= whole_end; p += kMaxPanels) {
      const bool is_last = p * PackedPanels::kColumns + 2 * kLine > v.cols;
      PackStrip<kMaxPanels>(v, k, rows, p, is_cached || is_last ? 0 : kLine, out);
    }
    for (; p < out.end; ++p) PackStrip<1>(v, k, rows, p, 0, out);
  }
}

// ---- N x K: the 16 rows of a panel, run by run of K; where vectors are shorter than lines, four rows at a time. A
// run's lines stay in L1 until all four quarters are written.
constexpr size_t kRunBlocks = 64;
static_assert(kRunBlocks % kMaxBlocks == 0 && kRunBlocks <= kMaxRepetitions, "whole vectors, exact sums");

// Blocks of 16 bytes of 16 rows at `from`: `blocks` of them, a multiple of kBlocks.
template <size_t kBlocks, bool kLines = kHasLines>
void PackRun(const int8_t* from, size_t row_stride, size_t blocks, int8_t* to, uint32_t* sums, int8_t flip) {
  if constexpr (kLines) {
    TransposeLines<int32_t>({from, row_stride, 4 * row_stride, 16, 0, to, kLine, 4 * kLine, blocks, sums, flip});
  } else {
    for (size_t q = 0; q < 4; ++q) {
      Transpose<int32_t, kBlocks>({from + 4 * q * row_stride, row_stride, kBlocks * 16, 0, to + 16 * q, 4 * kLine,
                                   kLine, kBlocks * 4 * kLine, blocks / kBlocks, sums + 4 * q, flip});
    }
  }
}

// Panel `p`.
inline void PackPanel(const MatrixView<const int8_t>& v, size_t p, const PackRange<int8_t>& out) {
  constexpr size_t kRun = kRunBlocks * 16, kBlock = 16;
  const size_t col = p * PackedPanels::kColumns, k = v.cols;
  const size_t cols = HWY_MIN(v.rows - col, PackedPanels::kColumns);
  int8_t* to = out.panels + (p - out.begin) * PackedPanels::PanelBytes(k);
  uint32_t* sums = out.sums + (p - out.begin) * PackedPanels::kColumns;
  size_t done = 0;
  if (cols == PackedPanels::kColumns) {
    for (; done + kRun <= k; done += kRun) {
      PackRun<kMaxBlocks>(v.Row(col) + done, v.row_stride, kRunBlocks, to + done * 16, sums, out.flip);
    }
    const size_t blocks = (k - done) / kBlock;
    if (blocks != 0) PackRun<1>(v.Row(col) + done, v.row_stride, blocks, to + done * 16, sums, out.flip);
    done += blocks * kBlock;
  }
  // A block or a panel that is not whole: through rows filled up with what becomes zeros, to lines of which the last
  // may be too many.
  for (; done < k; done += kBlock) {
    HWY_ALIGN int8_t filled[PackedPanels::kColumns][kBlock];
    std::memset(filled, out.flip, sizeof(filled));
    HWY_ALIGN int8_t lines[4 * kLine];
    const size_t size = HWY_MIN(k - done, kBlock);
    for (size_t i = 0; i < cols; ++i) std::memcpy(filled[i], v.Row(col + i) + done, size);
    PackRun<1>(filled[0], kBlock, 1, lines, sums, out.flip);
    std::memcpy(to + done * 16, lines, PackedPanels::PanelBytes(size));
  }
}

inline void PackNxK(const MatrixView<const int8_t>& v, const PackRange<int8_t>& out) {
  for (size_t p = out.begin; p < out.end; ++p) PackPanel(v, p, out);
}

// ---- Elements of two or four bytes, which have no sums. N x K: the same by bytes, because a group is four bytes there
// too. K x N: a row of a panel is a line of f32, or every other element of one of bf16.
template <class B>
void PackRowsNxK(const MatrixView<const B>& v, const PackRange<B>& out) {
  const MatrixView<const int8_t> bytes(reinterpret_cast<const int8_t*>(v.data), v.rows, v.cols * sizeof(B),
                                       v.row_stride * sizeof(B));
  int8_t* to = reinterpret_cast<int8_t*>(out.panels);
  for (size_t p = out.begin; p < out.end; ++p, to += PackedPanels::PanelBytes(bytes.cols)) {
    uint32_t unused[PackedPanels::kColumns] = {};
    PackPanel(bytes, p, {p, p + 1, to, unused});
  }
}

// Rows [k, k + rows) of panels [p, p + panels). Bits, those of a NaN too.
template <class B>
HWY_INLINE void PackRowsKxN(const MatrixView<const B>& v, size_t k, size_t rows, size_t p, size_t panels,
                            const PackRange<B>& out) {
  using Bits = std::conditional_t<sizeof(B) == 4, uint32_t, uint16_t>;
  constexpr size_t kGroup = 4 / sizeof(B), kColumns = PackedPanels::kColumns;
  const hn::CappedTag<Bits, kColumns> d;
  const size_t panel_size = PackedPanels::PanelBytes(v.rows, kElementType<B>) / sizeof(B);
  const auto load = [&](size_t row, size_t col) HWY_ATTR {
    if (row >= v.rows || col >= v.cols) return hn::Zero(d);
    const Bits* const from = reinterpret_cast<const Bits*>(v.Row(row) + col);
    return v.cols - col >= hn::Lanes(d) ? hn::LoadU(d, from) : hn::LoadN(d, from, v.cols - col);
  };
  for (size_t row = k; row < k + rows; row += kGroup) {
    Bits* to = reinterpret_cast<Bits*>(out.panels + (p - out.begin) * panel_size + row * kColumns);
    for (size_t i = 0; i < panels; ++i, to += panel_size) {
      for (size_t col = 0; col < kColumns; col += hn::Lanes(d)) {
        const size_t at = (p + i) * kColumns + col;
        if constexpr (kGroup == 1) {
          hn::StoreU(load(row, at), d, to + col);
        } else {
          hn::StoreInterleaved2(load(row, at), load(row + 1, at), d, to + 2 * col);
        }
      }
    }
  }
}

template <class B>
void PackElements(const MatrixView<const B>& v, bool transposed, const PackRange<B>& out) {
  static_assert(!IsInteger(kElementType<B>) && (sizeof(B) == 2 || sizeof(B) == 4), "neither sums nor single bytes");
  if (transposed) return PackRowsNxK(v, out);
  constexpr size_t kRows = 64, kPanels = 4;  // at a time: runs of a page in each panel
  for (size_t k = 0; k < v.rows; k += kRows) {
    for (size_t p = out.begin; p < out.end; p += kPanels) {
      PackRowsKxN(v, k, HWY_MIN(v.rows - k, kRows), p, HWY_MIN(out.end - p, kPanels), out);
    }
  }
}

// b is plain, of type B, or of u8 if B is int8_t. Sums of columns past N are zeros.
template <class B>
void PackPanels(const WeightsRef& b, PackRange<B> out) {
  const MatrixView<const B> v = b.plain().As<B>();
  if constexpr (IsInteger(kElementType<B>)) {
    std::memset(out.sums, 0, (out.end - out.begin) * PackedPanels::kColumns * sizeof(*out.sums));
  }
  out.flip = static_cast<int8_t>(-PackedPanels::OffsetOf(b.type()));
  if constexpr (!std::is_same<B, int8_t>::value) {
    PackElements(v, b.transposed(), out);
  } else if (b.transposed()) {
    PackNxK(v, out);
  } else {
    PackKxN(v, out);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
