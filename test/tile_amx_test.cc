// Tests of what the tile of AMX keeps of B. Its instructions are not executed: emulated_tiers_test.cc and tiers_test.cc
// do that.
#include <cstring>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/inl/isa/int8_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "test/tile_amx_test.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/isa/tile_amx_int8-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

// The last step of K of a panel is copied once for all tiles of rows, and anew when its memory was filled anew.
#if !HWY_COMPILER_MSVC && HWY_ARCH_X86_64 && HWY_TARGET <= HWY_AVX2

// Whether the state's copy holds `value` in the first `bytes` bytes, and zeros behind them.
template <class State>
bool Holds(const State& state, int8_t value, size_t bytes) {
  for (size_t i = 0; i < amx::kTileBytes; ++i) {
    if (state.b_tail[i] != (i < bytes ? value : 0)) return false;
  }
  return true;
}

bool KeepsTailUntilForgotten() {
  constexpr size_t kBytes = 5 * 64;
  std::vector<int8_t> panel(kBytes, 1);
  Amx<int8_t>::State state;
  state.CopyTail(panel.data(), kBytes, 1, kBytes);
  bool right = Holds(state, 1, kBytes);
  std::memset(panel.data(), 2, kBytes);
  state.CopyTail(panel.data(), kBytes, 1, kBytes);
  right = right && Holds(state, 1, kBytes);  // else each tile of rows would copy it
  state.ForgetB();
  state.CopyTail(panel.data(), kBytes, 1, kBytes);
  return right && Holds(state, 2, kBytes);
}
#else
bool KeepsTailUntilForgotten() { return true; }  // there is no such tile
#endif

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(KeepsTailUntilForgotten);

TEST_CASE("AMX tile: what it keeps of B is void when B's memory was filled anew") {
  CHECK(HWY_DYNAMIC_DISPATCH(KeepsTailUntilForgotten)());
}

}  // namespace
}  // namespace isoquant
#endif  // HWY_ONCE
