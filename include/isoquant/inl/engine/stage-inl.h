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
#include <optional>
#include <type_traits>

#include "hwy/cache_control.h"
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
// MatrixView that Tile then fetches for writing. Or it is a StageRef, StoreSums or AnyStage (stage_ref.h).
using StoreS32 = StoreSums<int32_t>;

// The sums that a stage stores as they are, or null. Where whole panels of them are stored, Tile writes to C. Elsewhere
// they pass through a buffer; those that accumulate begin in it with what C holds: of floats, C is the first term of
// the chain.
template <class Acc, class Stage>
constexpr const StoreSums<Acc>* PlainSums(const Stage&) {
  return nullptr;
}
template <class Acc>
constexpr const StoreSums<Acc>* PlainSums(const StoreSums<Acc>& stage) {
  return &stage;
}
template <class Acc>
constexpr const StoreSums<Acc>* PlainSums(const AnyStage<Acc>& stage) {
  return stage.streams ? nullptr : stage.sums;
}

// Before the first products of a tile whose sums go to a buffer: whether they are added to what is there.
template <class Acc>
HWY_NOINLINE void LoadSums(const StoreSums<Acc>& stage, Part rows, Part cols, Acc* buffer, size_t stride) {
  const StageTagOf<Acc> d;
  const size_t padded = RoundUp(cols.size, PackedPanels::kColumns);
  for (size_t j = 0; j < padded; j += hn::Lanes(d)) {
    const size_t n = cols.size - HWY_MIN(cols.size, j);
    const Acc* from = stage.c + rows.begin * stage.c_stride + cols.begin + HWY_MIN(cols.size, j);
    Acc* to = buffer + j;
    for (size_t i = 0; i < rows.size; ++i, from += stage.c_stride, to += stride) {
      hn::StoreU(LoadFirst(d, from, n), d, to);
    }
  }
}
template <class Stage, class Acc>
HWY_INLINE bool BeginTile(const Stage& stage, Part rows, Part cols, Acc* buffer, size_t stride) {
  const StoreSums<Acc>* const sums = PlainSums<Acc>(stage);
  if (sums == nullptr || !sums->accumulate) return false;
  LoadSums(*sums, rows, cols, buffer, stride);
  return true;
}

// The default float environment while this lives, if products or stage compute floats.
template <class Acc>
class StageEnvironment {
 public:
  template <class Stage>
  HWY_INLINE explicit StageEnvironment(const Stage& stage) {
    if (!std::is_integral<Acc>::value || PlainSums<Acc>(stage) == nullptr) environment_.emplace();
  }

 private:
  std::optional<ScopedFloatEnvironment> environment_;
};

// Whether compilers could inline float arithmetic of policy or stage into the function that sets the environment.
// Integer products whose stage is called by a pointer have none.
template <class Stage, class Acc>
constexpr bool kMayInlineFloats = true;
template <>
inline constexpr bool kMayInlineFloats<StoreSums<int32_t>, int32_t> = false;
template <>
inline constexpr bool kMayInlineFloats<StageRef<int32_t>, int32_t> = false;
template <>
inline constexpr bool kMayInlineFloats<AnyStage<int32_t>, int32_t> = false;

// Whether there are tiles that can finish sums as the stage would. A user's functor cannot be asked.
template <class Stage>
HWY_INLINE bool MayFinish(const Stage&) {
  return false;
}
template <class Acc>
HWY_INLINE bool MayFinish(const StageRef<Acc>& ref) {
  return ref.stage->describe != nullptr;
}
template <class Acc>
HWY_INLINE bool MayFinish(const AnyStage<Acc>& any) {
  return any.stage != nullptr && any.stage->describe != nullptr;
}

// The same of `cols`, and how.
template <class Stage>
HWY_INLINE bool Describe(const Stage&, Part, TileFinish&) {
  return false;
}
template <class Acc>
HWY_INLINE bool Describe(const StageRef<Acc>& ref, Part cols, TileFinish& finish) {
  if (!MayFinish(ref)) return false;
  ref.stage->describe(*ref.stage, cols.begin, cols.size, finish);
  finish.columns = cols.size;
  return true;
}
template <class Acc>
HWY_INLINE bool Describe(const AnyStage<Acc>& any, Part cols, TileFinish& finish) {
  return MayFinish(any) && Describe(StageRef<Acc>(*any.stage), cols, finish);
}

// How tiles that can finish sums do it for `cols`, at most TileFinish::kColumns, if they can: `finish`, or null.
template <class Stage>
HWY_INLINE const TileFinish* FindFinish(const Stage& stage, Part cols, TileFinish& finish) {
  return Describe(stage, cols, finish) ? &finish : nullptr;
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

// The stage that stores sums as they are: not a functor, because stage_ref.h, where it is, knows no vectors.
template <class Acc>
struct StorePlainSums {
  StoreSums<Acc> stage;

  template <class D>
  HWY_INLINE void operator()(D d, Part rows, size_t col, size_t n, const Acc* sums, size_t stride) const {
    Acc* to = stage.c + rows.begin * stage.c_stride + col;
    for (size_t i = 0; i < rows.size; ++i, sums += stride, to += stage.c_stride) {
      StoreFirst(hn::LoadU(d, sums), d, to, n);
    }
  }
};
template <class Acc>
HWY_INLINE void RunStage(const StoreSums<Acc>& stage, const Acc* from, size_t from_stride, Part rows, Part cols) {
  RunStage<StorePlainSums<Acc>, Acc>(StorePlainSums<Acc>{stage}, from, from_stride, rows, cols);
}

// The same past the caches, but for columns that are no whole vector. Rows begin lines.
template <class Acc>
struct StreamPlainSums {
  StoreSums<Acc> stage;

  template <class D>
  HWY_INLINE void operator()(D d, Part rows, size_t col, size_t n, const Acc* sums, size_t stride) const {
    if (n != hn::Lanes(d)) return StorePlainSums<Acc>{stage}(d, rows, col, n, sums, stride);
    Acc* to = stage.c + rows.begin * stage.c_stride + col;
    for (size_t i = 0; i < rows.size; ++i, sums += stride, to += stage.c_stride) hn::Stream(hn::LoadU(d, sums), d, to);
  }
};

// After the last output of a task: what was written past the caches is there for other threads, too.
template <class Stage>
HWY_INLINE void EndStreams(const Stage&) {}
template <class Acc>
HWY_INLINE void EndStreams(const AnyStage<Acc>& any) {
  if (any.streams) hwy::FlushStream();
}

template <class Acc>
HWY_INLINE void RunStage(const StageRef<Acc>& ref, const Acc* from, size_t from_stride, Part rows, Part cols) {
  ref.stage->run(*ref.stage, rows.begin, rows.size, cols.begin, cols.size, from, from_stride);
}
template <class Acc>
HWY_INLINE void RunStage(const AnyStage<Acc>& any, const Acc* from, size_t from_stride, Part rows, Part cols) {
  if (any.streams) {
    return RunStage<StreamPlainSums<Acc>, Acc>(StreamPlainSums<Acc>{*any.sums}, from, from_stride, rows, cols);
  }
  if (any.sums != nullptr) return RunStage(*any.sums, from, from_stride, rows, cols);
  RunStage(StageRef<Acc>(*any.stage), from, from_stride, rows, cols);
}

// Tells Tile which memory to fetch for writing: the output of the stage if it has an output(), else C.
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

template <class Args, class Acc>
HWY_INLINE void SetWritten(Args& args, size_t row, size_t col, size_t cols, const AnyStage<Acc>* any) {
  if (any->sums != nullptr) return SetWritten(args, row, col, cols);
  const StageRef<Acc> ref(*any->stage);
  SetWritten(args, row, col, cols, &ref);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
