// ISA layer: 4 x 4 transposes within blocks of 16 bytes, and sums of bytes: the inner loop of packing.
//
// A block is 16 bytes in each of four rows. It becomes four quarters of 16 bytes: element 0 of rows 0 to 3, element 1
// of rows 0 to 3, and so on. That serves both orders of weights:
//
//   * K x N: elements are one byte. Four rows are a group of K, and a block is a line of a panel.
//   * N x K: elements are four bytes (four consecutive k). Four rows are four columns of a panel, and a block is four
//     groups.
//
//   K x N, int8_t:  quarter j of a block holds columns 4 j to 4 j + 3, all of one group: quarters are 16 bytes apart
//   N x K, int32_t: quarter j of a block holds group j of four columns: quarters are a line of 64 bytes apart
//
// Where vectors have 64 bytes, each is a line of a panel, and is put together and stored as such: see LineArgs.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TRANSPOSE_INL_H_
#undef ISOQUANT_INL_ISA_TRANSPOSE_INL_H_
#else
#define ISOQUANT_INL_ISA_TRANSPOSE_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

struct TransposeArgs {
  const int8_t* from;  // row i of four is at from + i * row_stride
  size_t row_stride;
  size_t from_step;  // to the next repetition
  size_t ahead;      // so many bytes further on in each row a line is fetched into the cache; 0: none is
  int8_t* to;        // quarter j of block b goes to to + b * block_step + j * quarter_step
  size_t block_step, quarter_step;
  size_t to_step;      // to the next repetition
  size_t repetitions;  // 0..kMaxRepetitions
  uint32_t* sums;      // of each four bytes: += at [16 b + 4 j + i] for elements of one byte, else at [i]
  int8_t flip;         // 0, or -128: bytes become bytes ^ flip, before they are summed up
};

// So many sums of two bytes fit 16 bits.
constexpr size_t kMaxRepetitions = 127;

#if HWY_TARGET == HWY_SCALAR

constexpr size_t kMaxBlocks = 1;  // in a vector

template <class T, size_t kBlocks, bool kFlips>
void TransposeAs(TransposeArgs args) {
  static_assert(kBlocks == 1, "no vectors");
  for (; args.repetitions != 0; --args.repetitions, args.from += args.from_step, args.to += args.to_step) {
    for (size_t j = 0; j < 4; ++j) {
      for (size_t i = 0; i < 16; ++i) {
        const size_t element = (16 * j + i) / (4 * sizeof(T)), row = i / sizeof(T) % 4;
        const int8_t value = static_cast<int8_t>(
            args.from[row * args.row_stride + element * sizeof(T) + i % sizeof(T)] ^ (kFlips ? -128 : 0));
        args.to[j * args.quarter_step + i] = value;
        args.sums[(sizeof(T) == 1 ? 4 * j : 0) + i / 4] += static_cast<uint32_t>(int32_t{value});
      }
    }
  }
}

#else

// One block where the compiler does not know the size of vectors.
constexpr size_t kMaxBlocks = !HWY_HAVE_SCALABLE && HWY_MAX_BYTES >= 32 ? 2 : 1;

template <size_t kBlocks, class V>
HWY_INLINE void StoreBlocks(V v, int8_t* HWY_RESTRICT to, size_t block_step) {
  const hn::FixedTag<int8_t, 16> d;
  hn::StoreU(hn::ExtractBlock<0>(v), d, to);
  if constexpr (kBlocks == 2) hn::StoreU(hn::ExtractBlock<1>(v), d, to + block_step);
}

// sums[16 b + i] or, for the sum of all blocks, sums[i] += the sum of the i-th four bytes of block b.
template <class T, size_t kBlocks, class V16>
HWY_INLINE void AddSums(V16 pairs, uint32_t* sums) {
  const hn::FixedTag<int32_t, 4 * kBlocks> d32;
  const hn::Repartition<int16_t, decltype(d32)> d16;
  HWY_ALIGN int32_t fours[4 * kBlocks];
  hn::Store(hn::WidenMulPairwiseAdd(d32, pairs, hn::Set(d16, int16_t{1})), d32, fours);
  for (size_t b = 0; b < kBlocks; ++b) {
    for (size_t i = 0; i < 4; ++i) sums[(sizeof(T) == 1 ? 16 * b : 0) + i] += static_cast<uint32_t>(fours[4 * b + i]);
  }
}

// T: the type of an element, int8_t or int32_t. A row has 16 kBlocks bytes for each repetition.
template <class T, size_t kBlocks, bool kFlips>
HWY_NOINLINE void TransposeAs(TransposeArgs args) {
  const hn::FixedTag<int8_t, 16 * kBlocks> d8;
  const hn::Repartition<T, decltype(d8)> d1;
  const hn::RepartitionToWide<decltype(d1)> d2;
  const hn::Repartition<uint8_t, decltype(d8)> du8;
  const hn::Repartition<int16_t, decltype(d8)> d16;
  const auto ones = hn::Set(du8, uint8_t{1});
  const auto load = [=](const int8_t* from) HWY_ATTR {
    const auto v = hn::LoadU(d8, from);
    return hn::BitCast(d1, kFlips ? hn::Xor(v, hn::Set(d8, int8_t{-128})) : v);
  };
  auto sums0 = hn::Zero(d16), sums1 = sums0, sums2 = sums0, sums3 = sums0;

  for (; args.repetitions != 0; --args.repetitions, args.from += args.from_step, args.to += args.to_step) {
    const int8_t* HWY_RESTRICT from = args.from;
    if (args.ahead != 0) {
      for (size_t i = 0; i < 4; ++i) hwy::Prefetch(from + i * args.row_stride + args.ahead);
    }
    const auto row0 = load(from), row1 = load(from + args.row_stride);
    const auto row2 = load(from + 2 * args.row_stride), row3 = load(from + 3 * args.row_stride);
    // Elements of two rows each, then of all four.
    const auto lower01 = hn::BitCast(d2, hn::InterleaveLower(d1, row0, row1));
    const auto upper01 = hn::BitCast(d2, hn::InterleaveUpper(d1, row0, row1));
    const auto lower23 = hn::BitCast(d2, hn::InterleaveLower(d1, row2, row3));
    const auto upper23 = hn::BitCast(d2, hn::InterleaveUpper(d1, row2, row3));
    const auto quarter0 = hn::BitCast(d8, hn::InterleaveLower(d2, lower01, lower23));
    const auto quarter1 = hn::BitCast(d8, hn::InterleaveUpper(d2, lower01, lower23));
    const auto quarter2 = hn::BitCast(d8, hn::InterleaveLower(d2, upper01, upper23));
    const auto quarter3 = hn::BitCast(d8, hn::InterleaveUpper(d2, upper01, upper23));

    StoreBlocks<kBlocks>(quarter0, args.to, args.block_step);
    StoreBlocks<kBlocks>(quarter1, args.to + args.quarter_step, args.block_step);
    StoreBlocks<kBlocks>(quarter2, args.to + 2 * args.quarter_step, args.block_step);
    StoreBlocks<kBlocks>(quarter3, args.to + 3 * args.quarter_step, args.block_step);
    // Nothing saturates: factors are 1, and the sum of two bytes fits 16 bits.
    sums0 = hn::Add(sums0, hn::SatWidenMulPairwiseAdd(d16, ones, quarter0));
    sums1 = hn::Add(sums1, hn::SatWidenMulPairwiseAdd(d16, ones, quarter1));
    sums2 = hn::Add(sums2, hn::SatWidenMulPairwiseAdd(d16, ones, quarter2));
    sums3 = hn::Add(sums3, hn::SatWidenMulPairwiseAdd(d16, ones, quarter3));
  }

  constexpr size_t kNext = sizeof(T) == 1 ? 4 : 0;
  AddSums<T, kBlocks>(sums0, args.sums);
  AddSums<T, kBlocks>(sums1, args.sums + kNext);
  AddSums<T, kBlocks>(sums2, args.sums + 2 * kNext);
  AddSums<T, kBlocks>(sums3, args.sums + 3 * kNext);
}

#endif  // HWY_TARGET == HWY_SCALAR

// (Loops of their own, because in cache a flip of 0 costs 10 % of the rate.)
template <class T, size_t kBlocks>
HWY_INLINE void Transpose(const TransposeArgs& args) {
  args.flip != 0 ? TransposeAs<T, kBlocks, true>(args) : TransposeAs<T, kBlocks, false>(args);
}

// Whether vectors are as long as a line.
constexpr bool kHasLines = !HWY_HAVE_SCALABLE && HWY_MAX_BYTES >= 64;

// Four lines at a time, from 4 x 4 blocks of 16 bytes. Each line is stored as a whole. Loads bring the blocks together
// in a vector, which takes no shuffle. (By quarters of lines, as above, a repetition is 20 shuffles, all on one port,
// and 16 stores; here it is 8 and 4.)
struct LineArgs {
  const int8_t* from;  // block b of vector v is at from + v * vector_step + b * block_step
  size_t vector_step, block_step;
  size_t from_step;  // to the next repetition
  size_t ahead;      // so many bytes after each block of vector 0 a line is fetched into the cache; 0: none is
  int8_t* to;        // line v goes to to + v * line_step
  size_t line_step;
  size_t to_step;      // to the next repetition
  size_t repetitions;  // 0..kMaxRepetitions
  uint32_t* sums;      // of each four bytes of line v: += at [16 v + i] for elements of one byte, else at [i]
  int8_t flip;         // 0, or -128: bytes become bytes ^ flip, before they are summed up
};

// Elements of one byte: block b holds 16 columns of row b, and each vector is another panel. Elements of four bytes:
// block b of vector v holds four groups of column 4 b + v.
template <class T, bool kFlips>
HWY_NOINLINE void TransposeLinesAs(LineArgs args);

template <class T>
HWY_INLINE void TransposeLines(const LineArgs& args) {
  args.flip != 0 ? TransposeLinesAs<T, true>(args) : TransposeLinesAs<T, false>(args);
}

#if !HWY_HAVE_SCALABLE && HWY_MAX_BYTES >= 64
template <class T, bool kFlips>
void TransposeLinesAs(LineArgs args) {
  const hn::FixedTag<int8_t, 64> d8;
  const hn::FixedTag<int8_t, 16> d_block;
  const hn::Repartition<uint8_t, decltype(d8)> du8;
  const hn::Repartition<int16_t, decltype(d8)> d16;
  const hn::Repartition<int32_t, decltype(d8)> d32;
  const hn::Repartition<int64_t, decltype(d8)> d64;
  HWY_ALIGN static constexpr int32_t kLanes[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  HWY_ALIGN static constexpr int8_t kBytes[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const auto lanes = hn::SetTableIndices(d32, kLanes);
  const auto bytes = hn::LoadDup128(d8, kBytes);
  const auto ones = hn::Set(du8, uint8_t{1});
  auto sums0 = hn::Zero(d16), sums1 = sums0, sums2 = sums0, sums3 = sums0;

  for (; args.repetitions != 0; --args.repetitions, args.from += args.from_step, args.to += args.to_step) {
    const auto load = [&](size_t v) HWY_ATTR {
      const int8_t* HWY_RESTRICT from = args.from + v * args.vector_step;
      auto blocks = hn::ResizeBitCast(d8, hn::LoadU(d_block, from));
      blocks = hn::InsertBlock<1>(blocks, hn::LoadU(d_block, from + args.block_step));
      blocks = hn::InsertBlock<2>(blocks, hn::LoadU(d_block, from + 2 * args.block_step));
      blocks = hn::InsertBlock<3>(blocks, hn::LoadU(d_block, from + 3 * args.block_step));
      return kFlips ? hn::Xor(blocks, hn::Set(d8, int8_t{-128})) : blocks;
    };
    if (args.ahead != 0) {
      for (size_t b = 0; b < 4; ++b) hwy::Prefetch(args.from + b * args.block_step + args.ahead);
    }
    auto line0 = load(0), line1 = load(1), line2 = load(2), line3 = load(3);
    if constexpr (sizeof(T) == 1) {
      const auto transposed = [&](decltype(line0) v) HWY_ATTR {
        return hn::TableLookupBytes(hn::BitCast(d8, hn::TableLookupLanes(hn::BitCast(d32, v), lanes)), bytes);
      };
      line0 = transposed(line0);
      line1 = transposed(line1);
      line2 = transposed(line2);
      line3 = transposed(line3);
    } else {
      const auto v0 = hn::BitCast(d32, line0), v1 = hn::BitCast(d32, line1);
      const auto v2 = hn::BitCast(d32, line2), v3 = hn::BitCast(d32, line3);
      const auto lower01 = hn::BitCast(d64, hn::InterleaveLower(d32, v0, v1));
      const auto upper01 = hn::BitCast(d64, hn::InterleaveUpper(d32, v0, v1));
      const auto lower23 = hn::BitCast(d64, hn::InterleaveLower(d32, v2, v3));
      const auto upper23 = hn::BitCast(d64, hn::InterleaveUpper(d32, v2, v3));
      line0 = hn::BitCast(d8, hn::InterleaveLower(d64, lower01, lower23));
      line1 = hn::BitCast(d8, hn::InterleaveUpper(d64, lower01, lower23));
      line2 = hn::BitCast(d8, hn::InterleaveLower(d64, upper01, upper23));
      line3 = hn::BitCast(d8, hn::InterleaveUpper(d64, upper01, upper23));
    }
    hn::StoreU(line0, d8, args.to);
    hn::StoreU(line1, d8, args.to + args.line_step);
    hn::StoreU(line2, d8, args.to + 2 * args.line_step);
    hn::StoreU(line3, d8, args.to + 3 * args.line_step);
    // Nothing saturates, as above.
    sums0 = hn::Add(sums0, hn::SatWidenMulPairwiseAdd(d16, ones, line0));
    sums1 = hn::Add(sums1, hn::SatWidenMulPairwiseAdd(d16, ones, line1));
    sums2 = hn::Add(sums2, hn::SatWidenMulPairwiseAdd(d16, ones, line2));
    sums3 = hn::Add(sums3, hn::SatWidenMulPairwiseAdd(d16, ones, line3));
  }

  const auto add = [&](decltype(sums0) pairs, size_t v) HWY_ATTR {
    int32_t* to = reinterpret_cast<int32_t*>(args.sums + (sizeof(T) == 1 ? 16 * v : 0));
    const auto fours = hn::WidenMulPairwiseAdd(d32, pairs, hn::Set(d16, int16_t{1}));
    hn::StoreU(hn::Add(hn::LoadU(d32, to), fours), d32, to);
  };
  add(sums0, 0);
  add(sums1, 1);
  add(sums2, 2);
  add(sums3, 3);
}
#endif  // vectors of 64 bytes

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
