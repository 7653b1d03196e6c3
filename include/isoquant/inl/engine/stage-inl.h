// Engine: output stages of the MatMul driver: what they are, and how tiles are handed to them.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_STAGE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_STAGE_INL_H_
#undef ISOQUANT_INL_ENGINE_STAGE_INL_H_
#else
#define ISOQUANT_INL_ENGINE_STAGE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/inl/util/float_environment.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// The vectors that stages work on.
template <class Acc>
using StageTagOf = hn::CappedTag<Acc, 16>;
using StageTag = StageTagOf<int32_t>;

// An output stage is a functor void(d, rows, col, n, sums, stride), d a StageTagOf<Acc>: the exact sums C(row, col +
// i), 0 <= i < n <= Lanes(d), lie at sums + (row - rows.begin) * stride. All rows of a vector of columns come in one
// call, so that a stage loads what belongs to columns once. Each output is handed over once, by any worker, under the
// default float environment; memory past the n-th element must not be touched. A stage may have an output(), a
// MatrixView that Tile then fetches for writing. A stage of another kind is known by reference: StageRef (stage_ref.h).
//
// This one stores the sums. The driver bypasses it where it can: then Tile writes to C. Elsewhere sums that accumulate
// begin in their buffer with what C holds (BeginTile): of floats, C is the first term of the chain.
template <class Acc>
struct StoreSums {
  Acc* c;
  size_t c_stride;
  bool accumulate;

  template <class D>
  HWY_INLINE void operator()(D d, Part rows, size_t col, size_t n, const Acc* HWY_RESTRICT sums, size_t stride) const {
    Acc* HWY_RESTRICT to = c + rows.begin * c_stride + col;
    for (size_t i = 0; i < rows.size; ++i, sums += stride, to += c_stride) StoreFirst(LoadFirst(d, sums, n), d, to, n);
  }
};
using StoreS32 = StoreSums<int32_t>;

template <class Stage>
constexpr bool kStoresSums = false;
template <class Acc>
constexpr bool kStoresSums<StoreSums<Acc>> = true;

// Whole panels of plain sums need no buffer.
template <class Stage>
constexpr bool IsDirect(size_t cols) {
  return kStoresSums<Stage> && cols % PackedPanels::kColumns == 0;
}

// Whether a tile's products or its stage compute floats, and so need the default float environment.
template <class Stage, class Acc>
constexpr bool kComputesFloats = !kStoresSums<Stage> || !std::is_integral<Acc>::value;
struct NoFloats {};
template <class Stage, class Acc>
using FloatEnvironment = std::conditional_t<kComputesFloats<Stage, Acc>, ScopedFloatEnvironment, NoFloats>;

// Whether that arithmetic may be inlined into what calls it: not that of a StageRef.
template <class Stage, class Acc>
constexpr bool kMayInlineFloats = kComputesFloats<Stage, Acc>;
template <>
inline constexpr bool kMayInlineFloats<StageRef<int32_t>, int32_t> = false;

// Before the first products of a tile whose sums go to a buffer: whether they are added to what is there.
template <class Stage, class Acc>
HWY_INLINE bool BeginTile(const Stage&, Part, Part, Acc*, size_t) {
  return false;
}
template <class Acc>
HWY_NOINLINE void LoadSums(const StoreSums<Acc>& stage, Part rows, Part cols, Acc* buffer, size_t stride) {
  const size_t padding = RoundUp(cols.size, PackedPanels::kColumns) - cols.size;
  for (size_t i = 0; i < rows.size; ++i, buffer += stride) {
    std::memcpy(buffer, stage.c + (rows.begin + i) * stage.c_stride + cols.begin, cols.size * sizeof(Acc));
    std::memset(buffer + cols.size, 0, padding * sizeof(Acc));
  }
}
template <class Acc>
HWY_INLINE bool BeginTile(const StoreSums<Acc>& stage, Part rows, Part cols, Acc* buffer, size_t stride) {
  if (stage.accumulate) LoadSums(stage, rows, cols, buffer, stride);
  return stage.accumulate;
}

// Hands a buffered tile to the output stage. Whole vectors have a call of their own: with n known, no mask.
template <class Stage, class Acc>
HWY_INLINE void RunStage(const Stage& stage_in, const Acc* HWY_RESTRICT from, size_t from_stride, Part rows,
                         Part cols) {
  // A copy that nothing points to: stores of vectors, which may alias anything, cannot change it.
  const Stage stage = stage_in;
  const StageTagOf<Acc> d;
  const size_t lanes = hn::Lanes(d);
  size_t j = 0;
  for (; j + lanes <= cols.size; j += lanes) stage(d, rows, cols.begin + j, lanes, from + j, from_stride);
  if (j != cols.size) stage(d, rows, cols.begin + j, cols.size - j, from + j, from_stride);
}

template <class Acc>
HWY_INLINE void RunStage(const StageRef<Acc>& ref, const Acc* from, size_t from_stride, Part rows, Part cols) {
  ref.stage->run(*ref.stage, rows.begin, rows.size, cols.begin, cols.size, from, from_stride);
}

// Tells Tile what becomes of its rows: of C, unless the stage has an output().
template <class Args>
HWY_INLINE void SetWritten(Args& args, size_t, size_t, size_t cols, ...) {
  args.hints.written = reinterpret_cast<const char*>(args.c);
  args.hints.written_stride = args.c_stride * sizeof(*args.c);
  args.hints.written_bytes = cols * sizeof(*args.c);
}
template <class Args, class Stage>
HWY_INLINE auto SetWritten(Args& args, size_t row, size_t col, size_t cols, const Stage* stage)
    -> decltype(static_cast<void>(stage->output())) {
  const auto& output = stage->output();
  args.hints.written = reinterpret_cast<const char*>(output.Row(row) + col);
  args.hints.written_stride = output.row_stride * sizeof(*output.data);
  args.hints.written_bytes = cols * sizeof(*output.data);
}

template <class Args, class Acc>
HWY_INLINE void SetWritten(Args& args, size_t row, size_t col, size_t cols, const StageRef<Acc>* ref) {
  const StageBase<Acc>& stage = *ref->stage;
  args.hints.written = stage.written + row * stage.written_stride + col * stage.element_bytes;
  args.hints.written_stride = stage.written_stride;
  args.hints.written_bytes = cols * stage.element_bytes;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
