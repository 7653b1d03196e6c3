// ISA layer: plain C++, for the targets without vectors (tier scalar). It is also the plainest statement of what Tile
// does.

// Per-target include guard.
#if defined(ISOQUANT_INL_ISA_TILE_SCALAR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_ISA_TILE_SCALAR_INL_H_
#undef ISOQUANT_INL_ISA_TILE_SCALAR_INL_H_
#else
#define ISOQUANT_INL_ISA_TILE_SCALAR_INL_H_
#endif

#include "isoquant/inl/isa/tile-inl.h"

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class TA>
struct Scalar : AnyShape {
  static constexpr char kName[] = "scalar";
  using A = TA;
  using B = int8_t;
  using Acc = int32_t;
  using ArrangedA = TA;
  using ArrangedB = int8_t;
  static constexpr size_t kMR = 4, kNR = 16, kTallMR = kMR, kKR = 4, kPieceK = kKR;
  static constexpr bool kReadsRows = true;
  static constexpr bool kColumnSums = false;
  static constexpr size_t kArrangeBRows = SIZE_MAX;
  using State = NoState;
  static constexpr const char* (*kRefusal)(const Cpu&) = &NeverRefuse;

  static void ArrangePanel(const int8_t*, size_t, ArrangedB*) {}  // never

  static HWY_NOINLINE void ArrangeTile(const A* a, size_t a_stride, size_t k, size_t rows, A* out) {
    for (size_t i = 0; i < k; i += kPieceK) {
      for (size_t r = 0; r < rows; ++r) {
        for (size_t j = i; j < i + kPieceK; ++j) *out++ = j < k ? a[r * a_stride + j] : A{0};
      }
    }
  }

  static void Step(const A* a, const int8_t* b, uint32_t* sums) {
    for (size_t col = 0; col < kNR; ++col) {
      for (size_t i = 0; i < kKR; ++i) {
        sums[col] += static_cast<uint32_t>(int32_t{a[i]} * int32_t{b[col * kKR + i]});
      }
    }
  }

  static HWY_NOINLINE void Tile(State&, const TileArgs<ArrangedA, B, ArrangedB, Acc>& args) {
    for (size_t r = 0; r < args.rows; ++r) {
      uint32_t sums[kNR] = {};  // unsigned: modulo 2^32 without undefined behaviour
      const A* a = args.a + r * args.a_stride;
      for (size_t k = 0; k < args.k; k += kKR, a += args.a_step) Step(a, args.b + k * kNR, sums);
      if (args.a_tail != nullptr) Step(args.a_tail + r * kKR, args.b + args.k * kNR, sums);
      int32_t* c = args.c + r * args.c_stride;
      for (size_t col = 0; col < kNR; ++col) {
        if (args.add) sums[col] += static_cast<uint32_t>(c[col]);
        c[col] = static_cast<int32_t>(sums[col]);
      }
    }
  }
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // a target without vectors
#endif  // per-target include guard
