// ISA layer: tiles of one to four columns whose rows are read where they lie. Other tiles broadcast four bytes of A to
// a vector of columns, most lanes of which would be idle. Here vectors lie along K: 64 bytes of a row are multiplied by
// 64 bytes of each column, and the 16 lanes of a sum are added up in the end. 16 such sums, of 16, 8 or 4 rows, become
// one vector by 30 shuffles and 15 additions (Zen 4: MatMul 16384/64/2 and 1000/256/4 to s32 take a third of the time).

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_FEW_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_FEW_COLUMNS_INL_H_
#undef ISOQUANT_INL_ISA_FEW_COLUMNS_INL_H_
#else
#define ISOQUANT_INL_ISA_FEW_COLUMNS_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "hwy/highway.h"
#include "isoquant/inl/isa/operands_in_place-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/isa/tile_finish-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/weights.h"

// Inline asm. MSVC has none for x64.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kMinRowsOfFewColumns = 32, kMostKOfFewColumns = 2048;

// Dot, Args, kFlip: as of BytesInPlace. kCols: 1, 2 or 4, the last of which may be none of B.
template <class Dot, class Args, bool kFlip, size_t kCols>
class FewColumns {
  using D32 = hn::CappedTag<int32_t, 16>;
  using D8 = hn::Repartition<uint8_t, D32>;
  using V32 = hn::Vec<D32>;
  static constexpr size_t kSums = hn::MaxLanes(D32()), kRows = kSums / kCols, kBytes = hn::MaxLanes(D8());
  // Outputs are made of so many sums at a time, which is a vector of bytes.
  static constexpr size_t kBuffered = 4 * kSums;
  static constexpr std::make_index_sequence<kSums> kAll{};
  static constexpr std::make_index_sequence<kRows> kAllRows{};
  static constexpr size_t kMostK = kMostKOfFewColumns;

 public:
  // All rows.
  static HWY_NOINLINE void Run(const Args& args) {
    FewColumns tile(args);
    constexpr size_t kAtOnce = kBuffered / kCols;
    for (size_t row = 0; row < args.rows; row += kAtOnce) tile.RunRows(row, Min(kAtOnce, args.rows - row));
  }

 private:
  explicit FewColumns(const Args& args) : args_(args), finish_() {
    ArrangeColumns();
    const TileFinish* const f = args.finish;
    columns_ = f != nullptr ? f->columns : args.c_cols;
    if (f != nullptr) finish_ = *f;
    for (size_t i = 0; i < kSums; ++i) {
      const size_t col = i % kCols;
      begin_[i] = BeginOf(args, col);
      if (f == nullptr) continue;
      finish_.scales[i] = f->scales[col];
      if (f->kind == TileFinish::kF32) {
        finish_.bias[i] = f->bias[col];
      } else {
        begin_[i] += static_cast<uint32_t>(f->addends[col]);
      }
    }
  }

  static uint32_t BeginOf(const WindowTileArgs& args, size_t col) {
    return args.begin != nullptr ? static_cast<uint32_t>(args.begin[col]) : 0;
  }
  template <class MatrixArgs>
  static uint32_t BeginOf(const MatrixArgs& args, size_t col) {
    return args.column_sums != nullptr ? 0 - (static_cast<uint32_t>(args.column_sums[col]) << 7) : 0;
  }
  static const uint8_t* RowOf(const WindowTileArgs& args, size_t row) { return args.windows[row * args.row_step]; }
  template <class MatrixArgs>
  static const uint8_t* RowOf(const MatrixArgs& args, size_t row) {
    return args.a + row * args.a_stride;
  }

  // Columns of B one after the other: for each segment its bytes, and zeros up to a whole vector. They are the same for
  // all rows.
  void ArrangeColumns() {
    constexpr size_t kGroup = PackedPanels::kGroup;
    for (size_t col = 0; col < kCols; ++col) {
      int8_t* to = b_ + col * kMostK;
      SegmentsOf<Args> segments(args_);
      const size_t vectors = DivideUp(segments.steps * kGroup, kBytes);
      for (size_t a, at; segments.Next(a, at); to += vectors * kBytes) {
        std::memset(to + (vectors - 1) * kBytes, 0, kBytes);
        for (size_t step = 0; step < segments.steps; ++step) {
          std::memcpy(to + step * kGroup, args_.b + at + step * PackedPanels::kLineBytes + col * kGroup, kGroup);
        }
      }
    }
  }

  void RunRows(size_t row, size_t rows) {
    alignas(64) int32_t sums[kBuffered] = {};
    for (size_t i = 0; i < rows; i += kRows) {
      const V32 sum = SumsOfRows(row + i, Min(kRows, rows - i), kAll);
      hn::Store(hn::Add(sum, hn::BitCast(D32(), hn::Load(hn::RebindToUnsigned<D32>(), begin_))), D32(),
                sums + i * kCols);
    }
    if (args_.finish == nullptr) return AddOrStore(row, rows, sums);
    if (finish_.kind == TileFinish::kF32) return FinishFloats(row, rows, sums);
    finish_.kind == TileFinish::kS8 ? FinishBytes<int8_t>(row, rows, sums) : FinishBytes<uint8_t>(row, rows, sums);
  }

  // Of kRows rows from `first` on: lane r * kCols + c is row r times column c. Instead of rows that are none, the last
  // one.
  template <size_t... kI>
  HWY_INLINE V32 SumsOfRows(size_t first, size_t rows, std::index_sequence<kI...>) const {
    const uint8_t* row[kRows];
    for (size_t r = 0; r < kRows; ++r) row[r] = RowOf(args_, first + Min(r, rows - 1));
    V32 sums[kSums] = {(static_cast<void>(kI), hn::Zero(D32()))...};
    SegmentsOf<Args> segments(args_);
    const size_t bytes = segments.steps * PackedPanels::kGroup;
    const int8_t* b = b_;
    for (size_t a, at; segments.Next(a, at);) {
      size_t k = 0;
      for (; k + kBytes <= bytes; k += kBytes, b += kBytes) {
        Step([&](size_t r) HWY_ATTR { return hn::LoadU(D8(), row[r] + a + k); }, b, sums, kAllRows);
      }
      if (k == bytes) continue;
      const auto left = hn::FirstN(D8(), bytes - k);
      Step([&](size_t r) HWY_ATTR { return hn::MaskedLoad(left, D8(), row[r] + a + k); }, b, sums, kAllRows);
      b += kBytes;
    }
    return AddLanes(sums);
  }
  template <class Load, size_t... kRow>
  static HWY_INLINE void Step(const Load& load, const int8_t* b, V32* sums, std::index_sequence<kRow...>) {
    (StepRow(load(kRow), b, sums + kRow * kCols, std::make_index_sequence<kCols>()), ...);
  }
  template <size_t... kCol>
  static HWY_INLINE void StepRow(hn::Vec<D8> a, const int8_t* b, V32* sums, std::index_sequence<kCol...>) {
    if constexpr (kFlip) a = hn::Xor(a, hn::Set(D8(), uint8_t{0x80}));
    const V32 va = hn::BitCast(D32(), a);
    ((sums[kCol] =
          Dot::Accumulate(sums[kCol], va, hn::Load(D32(), reinterpret_cast<const int32_t*>(b + kCol * kMostK)))),
     ...);
  }

  // Lane i is the sum of the lanes of v[i].
  static HWY_INLINE V32 AddLanes(const V32* v) {
    const V32 q0 = AddInBlocks(v), q1 = AddInBlocks(v + 4), q2 = AddInBlocks(v + 8), q3 = AddInBlocks(v + 12);
    const D32 d;
    const auto add_halves = [d](V32 a, V32 b) HWY_ATTR {
      return hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
    };
    const V32 even = add_halves(q0, q2), odd = add_halves(q1, q3);
    return hn::Add(hn::InterleaveEvenBlocks(d, even, odd), hn::InterleaveOddBlocks(d, even, odd));
  }
  // Lane i of each block of four lanes is the sum of that block of v[i].
  static HWY_INLINE V32 AddInBlocks(const V32* v) {
    const V32 pair0 = AddPairs(v[0], v[1]), pair1 = AddPairs(v[2], v[3]);
    const hn::RepartitionToWide<D32> d64;
    const auto wide0 = hn::BitCast(d64, pair0), wide1 = hn::BitCast(d64, pair1);
    return hn::Add(hn::BitCast(D32(), hn::InterleaveLower(d64, wide0, wide1)),
                   hn::BitCast(D32(), hn::InterleaveUpper(d64, wide0, wide1)));
  }
  static HWY_INLINE V32 AddPairs(V32 a, V32 b) {
    return hn::Add(hn::InterleaveLower(D32(), a, b), hn::InterleaveUpper(D32(), a, b));
  }

  void AddOrStore(size_t row, size_t rows, const int32_t* sums) const {
    int32_t* const c = args_.c + row * args_.c_stride;
    if (!args_.add) return StoreRows(sums, rows, c, args_.c_stride);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t col = 0; col < columns_; ++col) {
        int32_t& to = c[r * args_.c_stride + col];
        to = static_cast<int32_t>(static_cast<uint32_t>(to) + static_cast<uint32_t>(sums[r * kCols + col]));
      }
    }
  }
  void FinishFloats(size_t row, size_t rows, const int32_t* sums) const {
    const hn::RebindToFloat<D32> df;
    alignas(64) float out[kBuffered];
    alignas(64) int32_t rows_of_lanes[kSums];
    for (size_t i = 0; i < kSums; ++i) rows_of_lanes[i] = static_cast<int32_t>(i / kCols);
    const auto lanes = hn::SetTableIndices(df, rows_of_lanes);
    const size_t step = RowStep(args_) * finish_.row_scale_step;
    const float* scales = finish_.row_scales + args_.row * finish_.row_scale_step + row * step;
    alignas(64) float of_rows[kBuffered / kCols + kSums] = {};
    for (size_t r = 0; r < rows; ++r) of_rows[r] = scales[r * step];
    for (size_t i = 0; i < rows; i += kRows) {
      const auto row_scales = hn::TableLookupLanes(hn::LoadU(df, of_rows + i), lanes);
      hn::Store(FinishedFloats(D32(), finish_, 0, row_scales, hn::Load(D32(), sums + i * kCols)), df, out + i * kCols);
    }
    StoreRows(out, rows, FinishedRow<float>(args_, finish_, row), RowStep(args_) * finish_.to_stride);
  }
  template <class Q>
  void FinishBytes(size_t row, size_t rows, const int32_t* sums) const {
    alignas(64) Q out[kBuffered];
    const auto load = [&](size_t i) HWY_ATTR { return hn::Load(D32(), sums + i * kSums); };
    hn::Store(FinishedBytes<Q, false, 1>(D32(), finish_, 0, load(0), load(1), load(2), load(3)),
              hn::Repartition<Q, D32>(), out);
    StoreRows(out, rows, FinishedRow<Q>(args_, finish_, row), RowStep(args_) * finish_.to_stride);
  }

  // Rows that follow one another are one run of elements.
  template <class T>
  void StoreRows(const T* from, size_t rows, T* to, size_t stride) const {
    if (stride == kCols && columns_ == kCols) {
      std::memcpy(to, from, rows * kCols * sizeof(T));
      return;
    }
    for (size_t r = 0; r < rows; ++r, from += kCols, to += stride) {
      for (size_t col = 0; col < columns_; ++col) to[col] = from[col];
    }
  }

  const Args& args_;
  TileFinish finish_;  // whose columns are repeated
  size_t columns_;
  alignas(64) uint32_t begin_[kSums];
  alignas(64) int8_t b_[kCols * kMostK];
};

// Runs a tile of so few columns, if it has no more, and so many rows and steps that it pays: a vector of K takes a
// load, and a product for each column, where other tiles take about as much for each step.
template <class Dot, bool kFlip, class Args>
HWY_INLINE bool RunsFewColumns(const Args& args) {
  const size_t columns = args.finish != nullptr ? args.finish->columns : args.c_cols;
  if (HWY_LIKELY(columns > kFewColumns) || args.rows < kMinRowsOfFewColumns) return false;
  constexpr size_t kSteps = 16;  // of a vector
  const SegmentsOf<Args> segments(args);
  const size_t steps = segments.AllSteps(), vectors = steps / segments.steps * DivideUp(segments.steps, kSteps);
  if (vectors * kSteps * PackedPanels::kGroup > kMostKOfFewColumns || steps < vectors * (1 + columns)) return false;
  if (columns == 1) {
    FewColumns<Dot, Args, kFlip, 1>::Run(args);
  } else if (columns == 2) {
    FewColumns<Dot, Args, kFlip, 2>::Run(args);
  } else {
    FewColumns<Dot, Args, kFlip, 4>::Run(args);
  }
  return true;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // x86 with inline asm
#endif  // per-target include guard
