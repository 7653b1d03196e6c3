// Template layer: output stages of the MatMul driver: what they are, and how tiles are handed to them.

// Per-target include guard.
#if defined(ISOQUANT_INL_ENGINE_STAGE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ENGINE_STAGE_INL_H_
#undef ISOQUANT_INL_ENGINE_STAGE_INL_H_
#else
#define ISOQUANT_INL_ENGINE_STAGE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/engine/plan-inl.h"
#include "isoquant/inl/engine/stage_ref.h"
#include "isoquant/inl/util/float_environment.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// The vectors that stages work on.
using StageTag = hn::CappedTag<int32_t, 16>;

// An output stage is a functor void(d, rows, col, n, sums, stride), d a StageTag: the exact sums C(row, col + i), 0 <=
// i < n <= Lanes(d), lie at sums + (row - rows.begin) * stride. All rows of a vector of columns come in one call, so
// that a stage loads what belongs to columns once. Each output is handed over once, by any worker, under the default
// float environment; memory past the n-th element must not be touched. A stage may have an output(), a MatrixView that
// Tile then fetches for writing. This one stores the sums; the driver bypasses it where it can.
struct StoreS32 {
  int32_t* c;
  size_t c_stride;
  bool accumulate;

  template <class D>
  HWY_INLINE void operator()(D d, Part rows, size_t col, size_t n, const int32_t* HWY_RESTRICT sums,
                             size_t stride) const {
    int32_t* HWY_RESTRICT to = c + rows.begin * c_stride + col;
    for (size_t i = 0; i < rows.size; ++i, sums += stride, to += c_stride) {
      auto v = LoadFirst(d, sums, n);
      if (accumulate) v = hn::Add(v, LoadFirst(d, to, n));
      StoreFirst(v, d, to, n);
    }
  }
};

// A stage of another kind is known by reference: StageRef (stage_ref.h).

// Whole panels of plain sums need no buffer.
template <class Stage>
constexpr bool IsDirect(size_t cols) {
  return std::is_same<Stage, StoreS32>::value && cols % PackedPanels::kColumns == 0;
}

// Plain sums need no float environment either.
struct NoFloats {};
template <class Stage>
using FloatEnvironment = std::conditional_t<std::is_same<Stage, StoreS32>::value, NoFloats, ScopedFloatEnvironment>;

// Whether a stage's arithmetic may be inlined into what calls it: not that of a StageRef.
template <class Stage>
struct MayInlineFloats : std::true_type {};
template <>
struct MayInlineFloats<StoreS32> : std::false_type {};
template <>
struct MayInlineFloats<StageRef> : std::false_type {};

// Hands a buffered tile to the output stage. Whole vectors have a call of their own: with n known, no mask.
template <class Stage>
HWY_INLINE void RunStage(const Stage& stage_in, const int32_t* HWY_RESTRICT from, size_t from_stride, Part rows,
                         Part cols) {
  // A copy that nothing points to: stores of vectors, which may alias anything, cannot change it.
  const Stage stage = stage_in;
  const StageTag d;
  const size_t lanes = hn::Lanes(d);
  size_t j = 0;
  for (; j + lanes <= cols.size; j += lanes) stage(d, rows, cols.begin + j, lanes, from + j, from_stride);
  if (j != cols.size) stage(d, rows, cols.begin + j, cols.size - j, from + j, from_stride);
}

HWY_INLINE void RunStage(const StageRef& ref, const int32_t* from, size_t from_stride, Part rows, Part cols) {
  ref.stage->run(*ref.stage, rows.begin, rows.size, cols.begin, cols.size, from, from_stride);
}

// Tells Tile what becomes of its rows: of C, unless the stage has an output().
template <class Args>
HWY_INLINE void SetWritten(Args& args, size_t, size_t, size_t cols, ...) {
  args.written = reinterpret_cast<const char*>(args.c);
  args.written_stride = args.c_stride * sizeof(*args.c);
  args.written_bytes = cols * sizeof(*args.c);
}
template <class Args, class Stage>
HWY_INLINE auto SetWritten(Args& args, size_t row, size_t col, size_t cols, const Stage* stage)
    -> decltype(static_cast<void>(stage->output())) {
  const auto& output = stage->output();
  args.written = reinterpret_cast<const char*>(output.Row(row) + col);
  args.written_stride = output.row_stride * sizeof(*output.data);
  args.written_bytes = cols * sizeof(*output.data);
}

template <class Args>
HWY_INLINE void SetWritten(Args& args, size_t row, size_t col, size_t cols, const StageRef* ref) {
  const StageBase& stage = *ref->stage;
  args.written = stage.written + row * stage.written_stride + col * stage.element_bytes;
  args.written_stride = stage.written_stride;
  args.written_bytes = cols * stage.element_bytes;
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
