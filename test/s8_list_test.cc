// Tests that a problem is its list of policies: one that multiplies s8 as MatMul does, but by the plainest policy of
// each target alone.
#include <atomic>
#include <cstdint>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/s8_list_test.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/matmul-inl.h"
#include "isoquant/matmul.h"
#include "test/matmul_case.h"
#include "test/support.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class List>
struct LastOf;
template <class P>
struct LastOf<PolicyList<P>> {
  using Policy = P;
};
template <class P, class... Worse>
struct LastOf<PolicyList<P, Worse...>> : LastOf<PolicyList<Worse...>> {};

// The policy P, which counts its tiles. Workers share the number.
template <class P>
struct Counted : P {
  using PlainTile = void;  // plain weights take Tile, too
  static std::atomic<size_t>& Tiles() {
    static std::atomic<size_t> tiles{0};
    return tiles;
  }
  template <class Args>
  static void Tile(typename P::State& state, const Args& args) {
    ++Tiles();
    P::Tile(state, args);
  }
};

struct S8Test : Problem<int8_t, int8_t, int32_t> {};
using Plainest = Counted<LastOf<PoliciesFor<Int8Problem<int8_t>>>::Policy>;

template <>
struct PolicyListOf<S8Test> {
  using List = PolicyList<Plainest>;
};

// C = A B, and how many tiles that was.
Status Multiply(Context& context, const MatrixView<const int8_t>& a, const WeightsRef& b, const MatrixView<int32_t>& c,
                size_t& tiles) {
  const size_t before = Plainest::Tiles();
  const Status status = SolveProblem<S8Test>(context, a, b, StoreS32{c.data, c.row_stride, false});
  tiles = Plainest::Tiles() - before;
  return status;
}

// Largest tiles.
Shape TileShape() { return {Plainest::kMR, Plainest::kKR, Plainest::kNR}; }

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(Multiply);
HWY_EXPORT(TileShape);

// By the problem's own policy, from weights of all kinds, and by MatMul.
void CheckSameAsMatMul(Context& context, Case<int8_t>& test, const Shape& shape) {
  const Shape tile = ISOQUANT_DISPATCH(context, TileShape)();
  const size_t least_tiles = (shape.m + tile.m - 1) / tile.m * ((shape.n + tile.n - 1) / tile.n);
  const PackedWeights packed = Packed(context, KxN{test.b.const_view()});
  const WeightsRef all[] = {packed, KxN{test.b.const_view()}, NxK{test.b_transposed.const_view()}};
  for (const WeightsRef& weights : all) {
    test.Check(context, weights, Store::kOverwrite);
    for (int32_t& value : test.c.buffer()) value = 0x5a5a5a5a;
    size_t tiles = 0;
    ISOQUANT_CHECK_OK(
        ISOQUANT_DISPATCH(context, Multiply)(context, test.a.const_view(), weights, test.c.view(), tiles));
    CHECK(test.Compare(test.overwritten).wrong == 0);
    CHECK(test.Compare(test.overwritten).touched == 0);
    CHECK(tiles >= least_tiles);
  }
}

TEST_CASE("Lists of policies: a problem of s8 with one policy gives what MatMul gives, and runs that policy") {
  Random random(1);
  for (const Shape& shape : {Shape{1, 64, 16}, Shape{3, 77, 40}, Shape{25, 130, 33}, Shape{40, 4100, 20}}) {
    CAPTURE(shape.m);
    CAPTURE(shape.k);
    CAPTURE(shape.n);
    Case<int8_t> test(random, shape, 3, 2);
    ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {  //
      CheckSameAsMatMul(context, test, shape);
    });
  }
  const Shape shared{70, 600, 160};
  Case<int8_t> test(random, shared, 0, 0);
  ForEachTierOn<ThreadExecutor>({2, 5}, [&](Context& context, const ThreadExecutor&) {  //
    CheckSameAsMatMul(context, test, shared);
  });
}

}  // namespace
}  // namespace isoquant
#endif  // HWY_ONCE
