// Template layer: MatMul with any output stage: chooses the policy, then the driver runs it (engine/driver-inl.h).

// Per-target include guard.
#if defined(ISOQUANT_INL_MATMUL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_MATMUL_INL_H_
#undef ISOQUANT_INL_MATMUL_INL_H_
#else
#define ISOQUANT_INL_MATMUL_INL_H_
#endif

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "isoquant/context.h"
#include "isoquant/inl/engine/batch-inl.h"
#include "isoquant/inl/engine/driver-inl.h"
#include "isoquant/inl/engine/products.h"
#include "isoquant/inl/engine/row_source.h"
#include "isoquant/inl/isa/policies-inl.h"
#include "isoquant/inl/isa/problem.h"
#include "isoquant/matrix_view.h"
#include "isoquant/weights.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The tiers of some policies, as bits for Context::AllowsAny. They are looked up once per process. (An atomic instead
// of a static constant: its guard would be one more load and branch. Bits are never 0: a target's last tier is listed.)
template <class... P>
HWY_INLINE uint64_t TierBits() {
  constexpr auto bit = [](const char* name) {
    const size_t index = TierIndex(name);
    return index < 64 ? uint64_t{1} << index : 0;
  };
  static std::atomic<uint64_t> known{0};
  uint64_t bits = known.load(std::memory_order_relaxed);
  if (HWY_UNLIKELY(bits == 0)) {
    bits = (bit(P::kName) | ...);
    known.store(bits, std::memory_order_relaxed);
  }
  return bits;
}

// Calls function(P()) with the first policy P that is allowed and suits a product of M x K times K x N, or that is the
// only one allowed; else with the last. (Suits() is tested first, because AllowsAny() may ask the operating system for
// tiles.)
template <class P, class... Worse, class Function>
HWY_INLINE auto CallWithBest(PolicyList<P, Worse...>, const Context& context, size_t m, size_t k, size_t n,
                             const Function& function) {
  if constexpr (sizeof...(Worse) != 0) {
    const char* const shapes = P::kShapes;  // (clang warns of arrays that are compared with null)
    const bool suits = shapes == nullptr || P::Suits(m, k, n) || !context.AllowsAny(TierBits<Worse...>());
    if (!suits || !context.AllowsAny(TierBits<P>())) {
      return CallWithBest(PolicyList<Worse...>(), context, m, k, n, function);
    }
  }
  return function(P());
}

// For policies with a State: its memory would be on the stack of the others too. (Copies, so that operands of the
// others may stay in registers.)
template <class P, class Stage>
HWY_NOINLINE Status MatMulOfPanelsApart(Context& context, RowSource<typename P::A> a, const PackedPanels& b,
                                        Stage stage) {
  return MatMulOfPanels<P>(context, a, b, stage);
}

// What CallWithBest calls. (No lambdas, which g++ 12 does not inline: 8 % of the instructions of 1 x 16 x 16.)
template <class Problem, class Stage>
struct RunWithPolicy {
  Context& context;
  const RowSource<typename Problem::A>& a;
  const PackedPanels& b;
  const Stage& stage;

  template <class P>
  HWY_INLINE Status operator()(P) const {
    if constexpr (std::is_empty<typename P::State>::value) {
      return MatMulOfPanels<P>(context, a, b, stage);
    } else {
      return MatMulOfPanelsApart<P>(context, a, b, stage);
    }
  }
};
template <class Problem, class Stage>
struct RunPlainWithPolicy {
  Context& context;
  const RowSource<typename Problem::A>& a;
  const WeightsRef& b;
  const Stage& stage;

  template <class P>
  HWY_INLINE Status operator()(P) const {
    return MatMulOfAnyStage<P>(context, a, b, stage);
  }
};

template <class Problem>
struct RunBatchWithPolicy {
  Context& context;
  const Products<typename Problem::A, typename Problem::Acc>& products;

  template <class P>
  HWY_INLINE Status operator()(P) const {
    return MatMulBatchInTasks<P>(context, products);
  }
};

// Plain weights: packed on the way, a few panels at a time, from the second-level cache to itself; A should leave room
// there.
template <class Problem, class Stage>
HWY_NOINLINE Status SolvePlain(Context& context, const RowSource<typename Problem::A>& a, const WeightsRef& b,
                               const Stage& stage) {
  if (a.matrix.rows == 0 || b.n() == 0) return Status();
  return CallWithBest(PoliciesFor<Problem>(), context, a.matrix.rows, b.k(), b.n(),
                      RunPlainWithPolicy<Problem, Stage>{context, a, b, stage});
}

// Calls stage(d, rows, col, n, sums, stride) for all outputs of A B, with the best policy of this target that solves
// the problem and that the Context allows. a's K must equal b's, and b's type must be that of the problem. Fails only
// for lack of memory: then no stage has been called.
template <class Problem, class Stage>
HWY_INLINE Status SolveProblem(Context& context, const RowSource<typename Problem::A>& a, const PackedPanels& b,
                               const Stage& stage) {
  if (a.matrix.rows == 0 || b.n == 0) return Status();
  const RunWithPolicy<Problem, Stage> run{context, a, b, stage};
  using Policies = PackedPoliciesFor<Problem, false>;
  using SevenBitPolicies = PackedPoliciesFor<Problem, true>;
  if constexpr (!std::is_same<SevenBitPolicies, Policies>::value) {
    if (b.seven_bits) return CallWithBest(SevenBitPolicies(), context, a.matrix.rows, b.k, b.n, run);
  }
  return CallWithBest(Policies(), context, a.matrix.rows, b.k, b.n, run);
}
template <class Problem, class Stage>
HWY_INLINE Status SolveProblem(Context& context, const RowSource<typename Problem::A>& a, const WeightsRef& b,
                               const Stage& stage) {
  if (HWY_UNLIKELY(b.packed() == nullptr)) return SolvePlain<Problem>(context, a, b, stage);
  return SolveProblem<Problem>(context, a, *b.packed(), stage);
}

// A batch of products, each with the policy that a single one has. Fails only for lack of memory: then no stage has
// been called.
template <class Problem>
HWY_INLINE Status SolveBatch(Context& context, const Products<typename Problem::A, typename Problem::Acc>& products) {
  const MatrixBatch<const typename Problem::A>& a = products.a;
  if (a.count == 0 || a.rows == 0) return Status();
  const size_t n = products.b.At(0).n();
  if (n == 0) return Status();
  return CallWithBest(PoliciesFor<Problem>(), context, a.rows, a.cols, n,
                      RunBatchWithPolicy<Problem>{context, products});
}

// Products of rows of s8 or u8 and weights of s8.
template <class A, class Stage>
Status MatMulStage(Context& context, const MatrixView<const A>& a, const WeightsRef& b, const Stage& stage) {
  return SolveProblem<Int8Problem<A>>(context, RowSource<A>(a), b, stage);
}
template <class A, class Stage>
Status MatMulStage(Context& context, const MatrixView<const A>& a, const PackedPanels& b, const Stage& stage) {
  return SolveProblem<Int8Problem<A>>(context, RowSource<A>(a), b, stage);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
