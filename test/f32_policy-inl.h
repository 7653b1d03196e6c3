// Test support: a policy for products of f32, and problems that it solves: what the engine must do for floats, without
// an instruction of its own. Each output is one chain of fused multiply-adds in increasing k, from C or from 0.

// Per-target include guard.
#if defined(ISOQUANT_TEST_F32_POLICY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_TEST_F32_POLICY_INL_H_
#undef ISOQUANT_TEST_F32_POLICY_INL_H_
#else
#define ISOQUANT_TEST_F32_POLICY_INL_H_
#endif

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "isoquant/inl/isa/policies-inl.h"
#include "isoquant/inl/util/parts-inl.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// sums + a b, rounded once. Where the target lacks the instruction, that of the C library.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V FusedMultiplyAdd(D d, float a, const float* b, V sums) {
#if HWY_NATIVE_FMA
  return hn::MulAdd(hn::Set(d, a), hn::LoadU(d, b), sums);
#else
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(sums, d, lanes);
  for (size_t i = 0; i < hn::Lanes(d); ++i) lanes[i] = std::fma(a, b[i], lanes[i]);
  return hn::Load(d, lanes);
#endif
}

// kInPlace: it can read the caller's rows. kPanels: of a tile. kArrangeRows: from so many rows on, B is arranged. Where
// the engine has a choice, a step of K is no whole piece, and tiles have odd numbers of rows.
template <bool kInPlace, size_t kPanels, size_t kArrangeRows>
struct F32Chain : AnyShape {
  static constexpr char kName[] = "f32_chain";
  using A = float;
  using B = float;
  using Acc = float;
  using ArrangedA = float;
  using ArrangedB = float;
  static constexpr size_t kMR = 5, kNR = 16 * kPanels, kTallMR = 7, kKR = 4, kPieceK = 8;
  static constexpr bool kReadsRows = kInPlace;
  static constexpr bool kColumnSums = false;
  static constexpr size_t kArrangeBRows = kArrangeRows;
  static constexpr bool kReadsBFromL2 = kPanels > 1;
  using State = NoState;
  static constexpr const char* (*kRefusal)(const Cpu&) = &NeverRefuse;
  using Args = TileArgs<ArrangedA, B, ArrangedB, Acc>;

  static void ArrangeTile(const float* a, size_t a_stride, size_t k, size_t rows, float* out) {
    for (size_t r = 0; r < rows; ++r) {
      for (size_t i = 0; i < RoundUp(k, kKR); ++i) {
        out[i / kPieceK * kPieceK * rows + r * kPieceK + i % kPieceK] = i < k ? a[r * a_stride + i] : 0.0f;
      }
    }
  }

  // Lines of a step stand in reverse order: panels that are not arranged must not pass for these.
  static constexpr size_t ArrangedLine(size_t i) { return i / kKR * kKR + (kKR - 1 - i % kKR); }
  static void ArrangePanel(const float* b, size_t k, float* out) {
    for (size_t i = 0; i < RoundUp(k, kKR); ++i) {
      for (size_t col = 0; col < 16; ++col) out[ArrangedLine(i) * 16 + col] = i < k ? b[i * 16 + col] : 0.0f;
    }
  }

  static float ElementOfA(const Args& args, size_t r, size_t i) {
    if (i >= args.k) return args.a_tail[r * kKR + i - args.k];
    return args.a[r * args.a_stride + i / kPieceK * args.a_step + i % kPieceK];
  }

  // The padding of K is not multiplied: 0 would be added to a sum of -0.
  static void Tile(State&, const Args& args) {
    const hn::CappedTag<float, 16> d;
    const bool arranged = args.b_arranged != nullptr;
    const size_t stride = arranged ? 16 * RoundUp(args.b_k, kKR) : args.panel_stride;
    for (size_t r = 0; r < args.rows; ++r) {
      for (size_t col = 0; col < 16 * args.panels; col += hn::Lanes(d)) {
        const float* const b = (arranged ? args.b_arranged : args.b) + col / 16 * stride + col % 16;
        float* const c = args.c + r * args.c_stride + col;
        auto sums = hn::Zero(d);
        if (args.add) sums = hn::LoadU(d, c);
        for (size_t i = 0; i < args.b_k; ++i) {
          sums = FusedMultiplyAdd(d, ElementOfA(args, r, i), b + (arranged ? ArrangedLine(i) : i) * 16, sums);
        }
        hn::StoreU(OneNaN(d, sums), d, c);
      }
    }
  }
};

// A problem of its own for each way in which the policy may work.
template <bool kInPlace, size_t kPanels, size_t kArrangeRows>
struct F32Test : Problem<float, float, float> {};

template <bool kInPlace, size_t kPanels, size_t kArrangeRows>
struct PolicyListOf<F32Test<kInPlace, kPanels, kArrangeRows>> {
  using List = PolicyList<F32Chain<kInPlace, kPanels, kArrangeRows>>;
};

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
