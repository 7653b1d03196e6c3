// A user's own fused operation outside the tree of Isoquant: out = table[clamp(A B, lo, hi) - lo], in one pass. Sums
// never reach memory as int32; they are clamped and looked up while they are in registers, on every tier.
//
// Such a stage is how an activation function of a quantised network (a sigmoid, say) comes as a table.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

// Before any header of Highway: the targets for which Isoquant's int8 kernels are worth their compile time. Without
// this line the file is compiled for all targets of Highway; that works too, and takes longer.
#include "isoquant/inl/isa/int8_targets.h"
#include "isoquant/isoquant.h"

// This file is compiled once for each target: foreach_target.h includes it again and again, under this name, each time
// with another HWY_NAMESPACE and other compiler flags.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "clamp_lookup.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep

// After foreach_target.h: what is compiled again for each target.
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/matmul-inl.h"

// What all targets share is declared once. (In a larger project this would be a header.)
#ifndef CLAMP_LOOKUP_CC_
#define CLAMP_LOOKUP_CC_
namespace clamp_lookup {

struct Lookup {
  int32_t lo, hi;
  const uint8_t* table;  // hi - lo + 1 entries
};

}  // namespace clamp_lookup
#endif  // CLAMP_LOOKUP_CC_

HWY_BEFORE_NAMESPACE();
namespace clamp_lookup {
namespace HWY_NAMESPACE {
namespace {  // code for one target must not be merged with that of another file
namespace hn = hwy::HWY_NAMESPACE;

// An output stage gets the exact sums C(row, col + i), 0 <= i < n, of all rows of a tile. It is called once for each
// output, from any worker, so that it needs no locks as long as it writes its own outputs only. What belongs to columns
// or to all outputs is loaded before the loop.
struct ClampLookupStage {
  Lookup lookup;
  isoquant::MatrixView<uint8_t> out;

  template <class D>
  HWY_INLINE void operator()(D d, isoquant::HWY_NAMESPACE::Part rows, size_t col, size_t n, const int32_t* sums,
                             size_t stride) const {
    const auto lo = hn::Set(d, lookup.lo), hi = hn::Set(d, lookup.hi);
    for (size_t row = rows.begin; row < rows.begin + rows.size; ++row, sums += stride) {
      const auto clamped = hn::Min(hn::Max(isoquant::HWY_NAMESPACE::LoadFirst(d, sums, n), lo), hi);
      HWY_ALIGN int32_t index[HWY_MAX_LANES_D(D)];
      hn::Store(hn::Sub(clamped, lo), d, index);
      // Not one byte past the n-th: the row may end where the caller's memory ends, or another worker's part begins.
      uint8_t* to = out.Row(row) + col;
      for (size_t i = 0; i < n; ++i) to[i] = lookup.table[index[i]];
    }
  }
};

// What is exported for dispatch is a plain function with one name.
isoquant::Status Multiply(isoquant::Context& context, const isoquant::MatrixView<const int8_t>& a,
                          const isoquant::PackedPanels& b, const Lookup& lookup,
                          const isoquant::MatrixView<uint8_t>& out) {
  return isoquant::HWY_NAMESPACE::MatMulStage(context, a, b, ClampLookupStage{lookup, out});
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace clamp_lookup
HWY_AFTER_NAMESPACE();

#if HWY_ONCE  // the rest is for the last time that this file is included
namespace clamp_lookup {

HWY_EXPORT(Multiply);

// The operation as its callers see it. The driver under it checks nothing, so that arguments are checked here.
isoquant::Status MultiplyClampLookup(isoquant::Context& context, const isoquant::MatrixView<const int8_t>& a,
                                     const isoquant::PackedWeights& b, const Lookup& lookup,
                                     const isoquant::MatrixView<uint8_t>& out) {
  using isoquant::Status;
  using isoquant::StatusCode;
  if (a.cols != b.k()) return Status(StatusCode::kMismatch, "a.cols", a.cols, "b's K", b.k());
  if (out.rows != a.rows) return Status(StatusCode::kMismatch, "out.rows", out.rows, "a.rows", a.rows);
  if (out.cols != b.n()) return Status(StatusCode::kMismatch, "out.cols", out.cols, "b's N", b.n());
  // The Context chooses the target, as it does for Isoquant's own operations.
  return ISOQUANT_DISPATCH(context, Multiply)(context, a, b.panels(), lookup, out);
}

namespace {

constexpr uint8_t kUntouched = 0xee;

struct Shape {
  size_t m, n, k;
};

// Numerical Recipes' linear congruential generator: any bytes will do.
std::vector<int8_t> RandomBytes(size_t size, uint32_t seed) {
  std::vector<int8_t> bytes(size);
  for (int8_t& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;
    byte = seed >> 29 == 0 ? int8_t{-128} : static_cast<int8_t>(seed >> 24);
  }
  return bytes;
}

// What MultiplyClampLookup promises, as a loop. Row stride of `out`: `stride`.
std::vector<uint8_t> Expected(const Shape& s, const std::vector<int8_t>& a, const std::vector<int8_t>& b,
                              const Lookup& lookup, size_t stride) {
  std::vector<uint8_t> out(s.m * stride, kUntouched);
  for (size_t m = 0; m < s.m; ++m) {
    for (size_t n = 0; n < s.n; ++n) {
      int32_t sum = 0;
      for (size_t k = 0; k < s.k; ++k) sum += int32_t{a[m * s.k + k]} * int32_t{b[k * s.n + n]};
      const int32_t clamped = sum < lookup.lo ? lookup.lo : sum > lookup.hi ? lookup.hi : sum;
      out[m * stride + n] = lookup.table[clamped - lookup.lo];
    }
  }
  return out;
}

// Number of failures.
int Try(isoquant::Context& context, const Shape& s, const Lookup& lookup) {
  const std::vector<int8_t> a = RandomBytes(s.m * s.k, 1), b = RandomBytes(s.k * s.n, 2);
  const size_t stride = s.n + 5;  // a window into a wider matrix: what lies beside it must stay as it is
  std::vector<uint8_t> out(s.m * stride, kUntouched);

  isoquant::PackedWeights packed;  // once per model
  isoquant::Status status = isoquant::PackedWeights::Pack(context, isoquant::KxN{{b.data(), s.k, s.n}}, packed);
  if (status.ok()) {
    status = MultiplyClampLookup(context, {a.data(), s.m, s.k}, packed, lookup, {out.data(), s.m, s.n, stride});
  }
  if (status.ok() && out == Expected(s, a, b, lookup, stride)) return 0;
  std::printf("FAIL %s, %zu x %zu x %zu: %s\n", context.tier(), s.m, s.n, s.k,
              status.ok() ? "differs from the scalar loop" : status.ToString().c_str());
  return 1;
}

int Run() {
  // Sums of so many random products lie on both sides of the limits and between them.
  std::vector<uint8_t> table(200001);
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<uint8_t>(i * 255 / (table.size() - 1));
  const Lookup lookup{-100000, 100000, table.data()};

  // Whole and broken tiles, panels and groups of K; none at all; K long enough for more than one pass; many rows.
  const Shape shapes[] = {{1, 1, 1},  {3, 5, 7}, {12, 32, 64}, {13, 33, 65},  {7, 100, 31},   {100, 17, 130},
                          {0, 16, 4}, {4, 0, 4}, {4, 16, 0},   {2, 40, 5000}, {30, 30, 9001}, {300, 64, 200}};

  int failures = 0;
  const isoquant::Context all;
  for (const isoquant::TierReport& tier : isoquant::ExplainTiers(all)) {
    if (!tier.usable) continue;
    isoquant::Context context;
    const isoquant::Status status = context.SetMaxTier(tier.name.c_str());
    if (!status.ok()) {
      std::printf("FAIL %s\n", status.ToString().c_str());
      ++failures;
      continue;
    }
    const int before = failures;
    for (const Shape& shape : shapes) failures += Try(context, shape, lookup);
    if (failures == before) std::printf("ok   %s\n", tier.name.c_str());
  }

  isoquant::Context context;
  isoquant::PackedWeights empty;
  const int8_t one = 1;
  uint8_t out = kUntouched;
  if (MultiplyClampLookup(context, {&one, 1, 1}, empty, lookup, {&out, 1, 1}).ok() || out != kUntouched) {
    std::printf("FAIL wrong shapes accepted\n");
    ++failures;
  }
  return failures;
}

}  // namespace
}  // namespace clamp_lookup

int main() { return clamp_lookup::Run() == 0 ? 0 : 1; }
#endif  // HWY_ONCE
