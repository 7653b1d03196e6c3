// ISA layer: products of floats whose operands are read where they lie, on x86: rows of A at any stride, and lines of
// B, which follow each other at any distance: those of packed panels, or rows of a plain K x N matrix. For small
// products, where arranging rows of A would show, and for few rows, where packing B would take longer than the product.
//
// Sums are those of the policy whose Lines these are, to their bits.
//
// Registers with 512 bits: 12 rows x 2 vectors or 6 x 4 = 24 accumulators, 2 or 4 of B and 1 of A, of 32. With 256
// bits: 6 rows x 2 vectors, 2 and 1, of 16. Rows of A are addressed three at a time, from one pointer, at multiples of
// the stride.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_IN_PLACE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_IN_PLACE_INL_H_
#undef ISOQUANT_INL_ISA_TILE_IN_PLACE_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_IN_PLACE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "hwy/cache_control.h"
#include "hwy/highway.h"
#include "isoquant/inl/isa/broadcast_kernel-inl.h"
#include "isoquant/inl/isa/find_nan-inl.h"
#include "isoquant/inl/isa/tile-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/weights.h"

namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// What tiles fetch, so many elements after each line: while more columns than `columns` are left, in the same lines,
// then in the next ones. 0: nothing is fetched.
struct LinesAhead {
  size_t columns = 0;
  ptrdiff_t same = 0, next = 0;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant

// Inline asm. MSVC has none for x64.
#undef ISOQUANT_FLOATS_IN_PLACE
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86 && (HWY_TARGET == HWY_AVX2 || HWY_TARGET <= HWY_AVX3)
#define ISOQUANT_FLOATS_IN_PLACE 1
#else
#define ISOQUANT_FLOATS_IN_PLACE 0
#endif

#if ISOQUANT_FLOATS_IN_PLACE

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// A group: the elements of a row of A, four bytes, that an instruction multiplies by as many lines of B.
template <class TB>
struct InPlaceArgs {
  const float* a;    // groups
  size_t a_stride;   // groups
  const TB* b;       // 16 columns of B
  size_t b_line;     // elements from one line to the next
  size_t b_panel;    // elements from 16 columns to the next 16
  size_t k;          // groups
  bool ends_within;  // the last group of lines lacks its last one
  float* c;
  size_t c_stride;  // elements
  size_t rows;      // 1..kMR; 1..kTallMR if there are no more than 16 columns
  size_t cols;      // a multiple of 16, or less than 16: those beyond are neither read nor written
  bool add;         // C += instead of C =
};

// Lines: how lines of B become vectors of f32, or of groups:
//
//   B, Dot, kGroup     elements, the instruction (tile_broadcast-inl.h), and lines of a group
//   kWords             groups that four elements of a row are, arranged; 0: rows may be read where they lie
//   Load<kMasked, kEndsWithin>(d, from, line, n)   a vector of columns of a group, whose lines follow each other after
//                      `line` elements. kMasked: n columns, if they are fewer than lanes, then zeros. kEndsWithin: its
//                      last line is zeros
template <class Lines>
struct InPlaceTiles {
  using B = typename Lines::B;
  using Dot = typename Lines::Dot;
  using Args = InPlaceArgs<B>;
  static constexpr size_t kGroup = Lines::kGroup, kWords = Lines::kWords;
  static constexpr size_t kPanelColumns = PackedPanels::kColumns, kHalfColumns = kPanelColumns / 2;
  static constexpr size_t kInPanel = kPanelColumns / hn::MaxLanes(hn::CappedTag<float, kPanelColumns>());
  static constexpr bool kSuitsSmall = std::is_same<B, float>::value;  // other types have no small products of their own
#if HWY_TARGET == HWY_AVX2
  static constexpr size_t kMR = 6, kPanels = 1, kFewRows = 2, kFewPanels = 2, kTallMR = kMR, kRowsOfASet = kMR;
#else
  static constexpr size_t kMR = 12, kPanels = 2, kFewRows = 6, kFewPanels = 4;
  static constexpr size_t kTallMR = kSuitsSmall ? 16 : kMR, kRowsOfASet = kFewRows;
#endif

  // More rows of a product are better off with B in panels.
  static constexpr size_t kMostTiles = 24 / kMR;

  // The largest tile of so many rows has so many columns.
  static constexpr size_t Columns(size_t rows) { return (rows <= kFewRows ? kFewPanels : kPanels) * kPanelColumns; }
  // Most rows of a tile of n columns. Rows at some distances share a set of L1, which has eight lines.
  static HWY_INLINE size_t Rows(size_t a_stride, size_t n) {
    constexpr size_t kSet = 4096;
    if (a_stride * sizeof(float) % kSet == 0) return kRowsOfASet;
    return n <= kPanelColumns ? kTallMR : kMR;
  }

  static HWY_INLINE void Tile(const Args& args) {
    if (args.cols == kPanels * kPanelColumns) return CallForRows<Wide>(args, std::make_index_sequence<kMR>());
    if (args.cols == kFewPanels * kPanelColumns) return CallForRows<Few>(args, std::make_index_sequence<kFewRows>());
    constexpr std::make_index_sequence<kTallMR> kAll;
    if constexpr (kSuitsSmall) {
      // (A mask of all lanes takes longer than none: on Zen 4, 3 of 105 ns of MatMulF32 16/16/16.)
      if (args.cols == kPanelColumns) return CallForRows<Whole>(args, kAll);
      if (args.cols <= kHalfColumns) return CallForRows<LastHalf>(args, kAll);
    }
    CallForRows<Last>(args, kAll);
  }

  // A tile of rows, times `cols` columns, at least one, from those of args on.
  static HWY_INLINE void Run(Args& args, size_t cols, LinesAhead ahead) {
    constexpr size_t kWide = kPanels * kPanelColumns;
    const size_t widest = Columns(args.rows);
    for (size_t left = cols;;) {
      args.cols = left >= widest ? widest : left >= kWide ? kWide : Min(left, kPanelColumns);
      const ptrdiff_t distance = left > ahead.columns ? ahead.same : ahead.next;
      if (distance != 0) FetchAhead(args, distance);
      Tile(args);
      left -= args.cols;
      if (left == 0) return;
      args.b += args.cols / kPanelColumns * args.b_panel;
      args.c += args.cols;
    }
  }

 private:
  static HWY_INLINE void FetchAhead(const Args& args, ptrdiff_t ahead) {
    const B* line = args.b + ahead;
    for (size_t k = 0; k < kGroup * args.k; ++k, line += args.b_line) {
      for (size_t col = 0; col < args.cols; col += PackedPanels::kLineBytes / sizeof(B)) hwy::Prefetch(line + col);
    }
  }

  // kMasked: perhaps not all columns of the vectors. kLanes: of a vector, at most.
  template <size_t kRows, size_t kVectors, bool kMasked, size_t kLanes = kPanelColumns>
  struct Kernel {
    using D = hn::CappedTag<float, kLanes>;
    using V = hn::Vec<D>;
    // Named by constants, so that they stay in registers (tile_broadcast-inl.h).
    struct Sums {
      V v[kRows * kVectors];
    };
    struct Line {
      V v[kVectors];
    };

    // The first of three rows each, and the distances to the other two. With the asm, because compilers make many more
    // pointers otherwise, for which there are no registers.
    //
    // One vector of columns has up to 16 rows, and their addresses would be half of its instructions: `third` has a
    // register, and there are two steps from one addition to the next. More vectors take turns with fewer rows, and
    // lack such registers (64 cubed takes 1.015 times as long with them).
    struct Rows {
      static constexpr bool kHasThird = kVectors == 1;
      const char *row0, *row3, *row6, *row9, *row12, *row15;
      size_t second, third;

      HWY_INLINE Rows(const float* a, size_t bytes) {
        second = bytes;
        third = 2 * bytes;
        row0 = reinterpret_cast<const char*>(a);
        row3 = kRows > 3 ? row0 + 3 * bytes : row0;
        row6 = kRows > 6 ? row3 + 3 * bytes : row0;
        row9 = kRows > 9 ? row6 + 3 * bytes : row0;
        row12 = kRows > 12 ? row9 + 3 * bytes : row0;
        row15 = kRows > 15 ? row12 + 3 * bytes : row0;
        if (kRows > 1) __asm__("" : "+r"(second));
        if (kRows > 2 && kHasThird) __asm__("" : "+r"(third));
      }
      HWY_INLINE void Advance(size_t k) {
        Advance<0>(row0, k);
        Advance<3>(row3, k);
        Advance<6>(row6, k);
        Advance<9>(row9, k);
        Advance<12>(row12, k);
        Advance<15>(row15, k);
      }
      template <size_t kRow>
      static HWY_INLINE void Advance(const char*& row, size_t k) {
        if constexpr (kRow < kRows) {
          row += k * sizeof(float);
          __asm__("" : "+r"(row));
        }
      }
      template <size_t kRow>
      HWY_INLINE const char* At(size_t k) const {
        const char* const first = kRow < 3    ? row0
                                  : kRow < 6  ? row3
                                  : kRow < 9  ? row6
                                  : kRow < 12 ? row9
                                  : kRow < 15 ? row12
                                              : row15;
        return first + (kRow % 3 == 2 && kHasThird ? third : kRow % 3 * second) + k * sizeof(float);
      }
    };

    struct BSizes {
      size_t line, panel, cols;
    };

    // Of `cols` columns of a tile, those of a vector.
    static HWY_INLINE size_t ColumnsOf(size_t vector, size_t cols) {
      const size_t before = vector * hn::Lanes(D());
      return cols < before ? 0 : cols - before;
    }
    static HWY_INLINE V LoadSome(const float* from, size_t cols, size_t vector) {
      const D d;
      if constexpr (!kMasked) return hn::LoadU(d, from);
      return hn::MaskedLoad(hn::FirstN(d, ColumnsOf(vector, cols)), d, from);
    }
    template <bool kEndsWithin, size_t... kI>
    static HWY_INLINE Line LoadLine(const B* b, size_t line, size_t panel, size_t cols, std::index_sequence<kI...>) {
      return Line{{Lines::template Load<kMasked, kEndsWithin>(
          D(), b + kI / kInPanel * panel + kI % kInPanel * hn::Lanes(D()), line, ColumnsOf(kI, cols))...}};
    }

    template <size_t kRow, size_t... kI>
    static HWY_INLINE void StepRow(const char* a, const Line& b, Sums& sums, std::index_sequence<kI...>) {
      if constexpr (kVectors == 1) {
        sums.v[kRow] = AccumulateGroup<Dot>(D(), sums.v[kRow], a, b.v[0]);
        return;
      }
      const V va = hn::Set(D(), LoadUnaligned<float>(a));
      ((sums.v[kRow * kVectors + kI] = Dot::Accumulate(sums.v[kRow * kVectors + kI], va, b.v[kI])), ...);
    }
    // Group k from where the rows are, with lines of B from b on.
    template <bool kEndsWithin = false, size_t... kRow>
    static HWY_INLINE void Step(size_t k, const Rows& rows, const char* b, const BSizes& sizes, Sums& sums,
                                std::index_sequence<kRow...>) {
      constexpr std::make_index_sequence<kVectors> kLine;
      const Line line =
          LoadLine<kEndsWithin>(reinterpret_cast<const B*>(b), sizes.line, sizes.panel, sizes.cols, kLine);
      (StepRow<kRow>(rows.template At<kRow>(k), line, sums, kLine), ...);
    }

    static HWY_INLINE void Advance(size_t k, Rows& rows, const char*& b, size_t group) {
      rows.Advance(k);
      b += k * group;
      __asm__("" : "+r"(b));
    }

    template <size_t... kI>
    static HWY_INLINE Sums Begin(const Args& args, std::index_sequence<kI...>) {
      const D d;
      if (!args.add) return Sums{{(static_cast<void>(kI), hn::Zero(d))...}};
      return Sums{{LoadSome(args.c + kI / kVectors * args.c_stride + kI % kVectors * hn::Lanes(d), args.cols,
                            kI % kVectors)...}};
    }

    // Rows are addressed three at a time here too.
    template <size_t... kRow>
    static HWY_INLINE void Store(float* c, size_t bytes, size_t cols, const Sums& sums, std::index_sequence<kRow...>) {
      (StoreRow<kRow>(c, bytes, cols, sums, std::make_index_sequence<kVectors>()), ...);
    }
    template <size_t kRow, size_t... kI>
    static HWY_INLINE void StoreRow(float*& c, size_t bytes, size_t cols, const Sums& sums,
                                    std::index_sequence<kI...>) {
      char* const row = reinterpret_cast<char*>(c) + kRow % 3 * bytes;
      (StoreSome(sums.v[kRow * kVectors + kI], reinterpret_cast<float*>(row) + kI * hn::Lanes(D()), cols, kI), ...);
      if constexpr (kRow % 3 == 2) {
        c = reinterpret_cast<float*>(row + bytes);
        __asm__("" : "+r"(c));
      }
    }
    static HWY_INLINE void StoreSome(V sum, float* to, size_t cols, size_t vector) {
      const D d;
      if constexpr (kMasked) {
        const size_t before = vector * hn::Lanes(d);
        hn::BlendedStore(sum, hn::FirstN(d, cols < before ? 0 : cols - before), d, to);
      } else {
        hn::StoreU(sum, d, to);
      }
    }
    static HWY_NOINLINE void Run(const Args& args) {
      constexpr std::make_index_sequence<kRows * kVectors> kSums;
      constexpr std::make_index_sequence<kRows> kAll;
      const BSizes sizes{args.b_line, args.b_panel, args.cols};
      const size_t group = kGroup * sizes.line * sizeof(B);
      const char* b = reinterpret_cast<const char*>(args.b);
      Rows rows(args.a, args.a_stride * sizeof(float));
      Sums sums = Begin(args, kSums);
      size_t k = args.k - (kGroup != 1 && args.ends_within ? 1 : 0);
      for (; k >= 2; k -= 2) {
        Step(0, rows, b, sizes, sums, kAll);
        if constexpr (Rows::kHasThird) {
          Step(1, rows, b + group, sizes, sums, kAll);
          Advance(2, rows, b, group);
        } else {
          Advance(1, rows, b, group);
          Step(0, rows, b, sizes, sums, kAll);
          Advance(1, rows, b, group);
        }
      }
      if (k != 0) Step(0, rows, b, sizes, sums, kAll);
      if constexpr (kGroup != 1) {
        if (args.ends_within) {
          if (k != 0) Advance(1, rows, b, group);
          Step<true>(0, rows, b, sizes, sums, kAll);
        }
      }
      Store(args.c, args.c_stride * sizeof(float), sizes.cols, sums, std::make_index_sequence<kRows>());
      if (HWY_UNLIKELY(HasNaN(sums.v, std::make_index_sequence<kRows * kVectors>()))) {
        MakeOneNaN(args.c, args.c_stride, args.rows, args.cols);
      }
    }
  };
  template <size_t kRows>
  using Wide = Kernel<kRows, kPanels * kInPanel, false>;
  template <size_t kRows>
  using Few = Kernel<kRows, kFewPanels * kInPanel, false>;
  template <size_t kRows>
  using Whole = Kernel<kRows, kInPanel, false>;
  template <size_t kRows>
  using Last = Kernel<kRows, kInPanel, true>;
  // Vectors of 256 bits, with 512 too: CPUs whose units have 256 bits take half the time (Zen 4: MatMulF32 1000/64/8
  // 0.6 of it, 200/256/20 0.8, 100/100/100 0.945).
  template <size_t kRows>
  using LastHalf = Kernel<kRows, 1, true, kHalfColumns>;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // ISOQUANT_FLOATS_IN_PLACE
#endif  // per-target include guard
