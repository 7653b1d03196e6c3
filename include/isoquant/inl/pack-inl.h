// Template layer: packs plain weights into panels, both orders, and sums up their columns in the same pass.

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
#include "isoquant/cpu.h"
#include "isoquant/inl/isa/transpose-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

constexpr size_t kLine = PackedPanels::kColumns * PackedPanels::kGroup;  // bytes of a group of one panel

// Panels [begin, end), and where they and the sums of their columns go. Sums must be zeros before; those of columns
// past N stay zeros.
struct PackRange {
  size_t begin, end;
  int8_t* panels;  // of panel `begin`
  uint32_t* sums;  // of its first column
};

// ---- K x N: a strip of rows at a time, in it a line's worth of columns at a time: panels are written in runs of a
// page. (Panel by panel, down all of K, each line of the source is a page of its own where rows are 4 KiB apart, and is
// read four times: 19 % of the rate of a memcpy out of memory, K = N = 4096, Granite Rapids; with strips of 64 rows 33,
// of 256 rows 80.) No prefetcher of the hardware follows 256 rows, so that the next line of each is asked for; in cache
// that costs 5 %. Out of L3 into L2 this order reaches 11 GB/s, N x K 19.
constexpr size_t kStripRows = 256;
static_assert(kStripRows / PackedPanels::kGroup <= kMaxRepetitions, "exact sums");

// `rows` <= kStripRows rows of kBlocks panels from panel `p` on, the last group filled up with zeros.
template <size_t kBlocks>
void PackStrip(const MatrixView<const int8_t>& v, size_t k, size_t rows, size_t p, size_t ahead, const PackRange& out) {
  constexpr size_t kColumns = kBlocks * PackedPanels::kColumns;
  const size_t col = p * PackedPanels::kColumns, panel_bytes = PackedPanels::PanelBytes(v.rows);
  const size_t cols = HWY_MIN(v.cols - col, kColumns);
  TransposeArgs args{};
  args.to = out.panels + (p - out.begin) * panel_bytes + k / PackedPanels::kGroup * kLine;
  args.block_step = panel_bytes;
  args.quarter_step = kLine / 4;
  args.to_step = kLine;
  args.sums = out.sums + (p - out.begin) * PackedPanels::kColumns;
  const size_t whole = cols == kColumns ? rows / 4 : 0;
  if (whole != 0) {
    args.from = v.Row(k) + col;
    args.row_stride = v.row_stride;
    args.from_step = 4 * v.row_stride;
    args.ahead = ahead;
    args.repetitions = whole;
    Transpose<int8_t, kBlocks>(args);
    args.to += whole * kLine;
  }
  // A group or a panel that is not whole: through rows filled up with zeros.
  args.row_stride = kColumns;
  args.ahead = 0;
  args.repetitions = 1;
  for (size_t r = 4 * whole; r < rows; r += 4, args.to += kLine) {
    HWY_ALIGN int8_t filled[4][kColumns] = {};
    for (size_t i = 0; i < 4 && r + i < rows; ++i) std::memcpy(filled[i], v.Row(k + r + i) + col, cols);
    args.from = filled[0];
    Transpose<int8_t, kBlocks>(args);
  }
}

inline void PackPanels(const KxN& b, const PackRange& out) {
  const MatrixView<const int8_t>& v = b.values;
  const bool is_cached = v.cols <= DetectCpu().l2_bytes / 2 / HWY_MAX(v.rows, 1);
  const size_t whole_end = HWY_MIN(out.end, v.cols / PackedPanels::kColumns);
  for (size_t k = 0; k < v.rows; k += kStripRows) {
    const size_t rows = HWY_MIN(v.rows - k, kStripRows);
    size_t p = out.begin;
    for (; p + kMaxBlocks <= whole_end; p += kMaxBlocks) {
      const bool is_last = p * PackedPanels::kColumns + 2 * kLine > v.cols;
      PackStrip<kMaxBlocks>(v, k, rows, p, is_cached || is_last ? 0 : kLine, out);
    }
    for (; p < out.end; ++p) PackStrip<1>(v, k, rows, p, 0, out);
  }
}

// ---- N x K: the 16 rows of a panel, four at a time, run by run of K. A run's lines stay in L1 until all four quarters
// are written.
constexpr size_t kRunBlocks = 64;
static_assert(kRunBlocks % kMaxBlocks == 0 && kRunBlocks <= kMaxRepetitions, "whole vectors, exact sums");

// Groups of 16 rows at `from`: repetitions of kBlocks * 4 groups.
template <size_t kBlocks>
void PackRun(const int8_t* from, size_t row_stride, size_t repetitions, int8_t* to, uint32_t* sums) {
  TransposeArgs args{};
  args.row_stride = row_stride;
  args.from_step = kBlocks * 16;
  args.quarter_step = kLine;
  args.block_step = 4 * kLine;
  args.to_step = kBlocks * 4 * kLine;
  args.repetitions = repetitions;
  for (size_t q = 0; q < 4; ++q) {
    args.from = from + 4 * q * row_stride;
    args.to = to + 16 * q;
    args.sums = sums + 4 * q;
    Transpose<int32_t, kBlocks>(args);
  }
}

// Panel `p`.
inline void PackPanel(const MatrixView<const int8_t>& v, size_t p, const PackRange& out) {
  constexpr size_t kRun = kRunBlocks * 16, kBlock = 16;
  const size_t col = p * PackedPanels::kColumns, k = v.cols;
  const size_t cols = HWY_MIN(v.rows - col, PackedPanels::kColumns);
  int8_t* to = out.panels + (p - out.begin) * PackedPanels::PanelBytes(k);
  uint32_t* sums = out.sums + (p - out.begin) * PackedPanels::kColumns;
  size_t done = 0;
  if (cols == PackedPanels::kColumns) {
    for (; done + kRun <= k; done += kRun) {
      PackRun<kMaxBlocks>(v.Row(col) + done, v.row_stride, kRunBlocks / kMaxBlocks, to + done * 16, sums);
    }
    const size_t blocks = (k - done) / kBlock;
    if (blocks != 0) PackRun<1>(v.Row(col) + done, v.row_stride, blocks, to + done * 16, sums);
    done += blocks * kBlock;
  }
  // A block or a panel that is not whole: through rows filled up with zeros, to lines of which the last may be too
  // many.
  for (; done < k; done += kBlock) {
    HWY_ALIGN int8_t filled[PackedPanels::kColumns][kBlock] = {};
    HWY_ALIGN int8_t lines[4 * kLine];
    const size_t size = HWY_MIN(k - done, kBlock);
    for (size_t i = 0; i < cols; ++i) std::memcpy(filled[i], v.Row(col + i) + done, size);
    PackRun<1>(filled[0], kBlock, 1, lines, sums);
    std::memcpy(to + done * 16, lines, PackedPanels::PanelBytes(size));
  }
}

inline void PackPanels(const NxK& b, const PackRange& out) {
  for (size_t p = out.begin; p < out.end; ++p) PackPanel(b.values, p, out);
}

inline void PackPanels(const WeightsRef& b, const PackRange& out) {
  std::memset(out.sums, 0, (out.end - out.begin) * PackedPanels::kColumns * sizeof(*out.sums));
  if (b.transposed()) {
    PackPanels(NxK{b.plain()}, out);
  } else {
    PackPanels(KxN{b.plain()}, out);
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
