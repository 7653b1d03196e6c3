// Operation: conversions between types of floats: checks, once per call, then dispatches.
#include "isoquant/convert.h"

#include <type_traits>

#include "isoquant/inl/isa/int8_targets.h"
#include "src/elementwise.h"
#include "src/rows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "src/convert.cc"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "hwy/highway.h"
#include "isoquant/inl/dispatch.h"
#include "isoquant/inl/functions/float_rows-inl.h"
#include "isoquant/inl/functions/store_four-inl.h"
#include "isoquant/inl/isa/number_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {

template <class From, class To>
constexpr bool kFromF16ToBf16 = std::is_same<From, Float16>::value&& std::is_same<To, BFloat16>::value;

// 64 elements, if there is a faster way for them. kInstruction: HasBf16Conversions, for f16 to bf16.
template <bool kInstruction, class From, class To>
HWY_INLINE bool ConvertBlock(const From* from, To* to) {
  constexpr bool kFromBf16 = std::is_same<From, BFloat16>::value && std::is_same<To, Float16>::value;
  (void)from;
  (void)to;
  if constexpr (kHasNumberBlocks && (kFromBf16 || kFromF16ToBf16<From, To>)) {
    const uint16_t* const from_bits = reinterpret_cast<const uint16_t*>(from);
    uint16_t* const to_bits = reinterpret_cast<uint16_t*>(to);
    return kFromBf16 ? ConvertBlockBf16ToF16(DF32(), from_bits, to_bits)
                     : ConvertBlockF16ToBf16<kInstruction>(DF32(), from_bits, to_bits);
  }
  return false;
}

// From f32 to 16 bits what is read arrives late otherwise: there are more steps between loads than other conversions
// have. (Zen 5, x 6 KB ahead: f32 to bf16 at 96 to 104 % of the bandwidth of memory instead of 78 to 92, f32 to f16 at
// 100 instead of 87. For the other conversions it would be a loss.)
template <class From, class To>
HWY_INLINE void FetchBlock(const From* from) {
  constexpr size_t kAhead = 1536, kLine = 64 / sizeof(From);
  if constexpr (sizeof(From) > sizeof(To)) {
    for (size_t line = 0; line < 4; ++line) hwy::Prefetch(from + kAhead + line * kLine);
  }
  (void)from;
}

template <bool kInstruction, class From, class To>
HWY_NOINLINE void ConvertRows(const MatrixView<const From>& x, const MatrixView<To>& y) {
  const size_t lanes = hn::Lanes(DF32()), n = x.cols;
  for (size_t r = 0; r < x.rows; ++r) {
    const From* from = x.Row(r);
    To* to = y.Row(r);
    size_t i = 0;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      if (kHasNumberBlocks) FetchBlock<From, To>(from + i);
      if (ConvertBlock<kInstruction>(from + i, to + i)) continue;
      const VF32 a = LoadAsF32(from + i), b = LoadAsF32(from + i + lanes);
      const VF32 c = LoadAsF32(from + i + 2 * lanes), d = LoadAsF32(from + i + 3 * lanes);
      StoreFourFromF32(a, b, c, d, to + i);
    }
    for (; i + lanes <= n; i += lanes) StoreFromF32(LoadAsF32(from + i), to + i);
    if (i < n) StoreFromF32(LoadAsF32(from + i, n - i), to + i, n - i);
  }
}

template <class From, class To>
HWY_INLINE void ConvertAs(const MatrixView<const From>& x, const MatrixView<To>& y) {
  if constexpr (kHasNumberBlocks && kFromF16ToBf16<From, To>) {
    if (HasBf16Conversions(DF32())) return ConvertRows<true>(x, y);
  }
  ConvertRows<false>(x, y);
}

template <class From>
HWY_INLINE void ConvertFrom(const FloatMatrix& x, const FloatMatrix& y) {
  const MatrixView<const From> from = x.As<const From>();
  if (y.type == ElementType::kF32) return ConvertAs(from, y.As<float>());
  if (y.type == ElementType::kBf16) return ConvertAs(from, y.As<BFloat16>());
  return ConvertAs(from, y.As<Float16>());
}

// HWY_NOINLINE: code that runs under a float environment must not move out of it.
HWY_NOINLINE void ConvertAny(const FloatMatrix& x, const FloatMatrix& y) {
  if (x.type == ElementType::kF32) return ConvertFrom<float>(x, y);
  if (x.type == ElementType::kBf16) return ConvertFrom<BFloat16>(x, y);
  return ConvertFrom<Float16>(x, y);
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace isoquant {
namespace {

HWY_EXPORT(ConvertAny);

// By types of as many bytes.
template <class X, class Y, class Function>
Status ConvertChecked(Context& context, const FloatMatrix& x_in, const FloatMatrix& y_in, Function function) {
  const MatrixView<const X> x = x_in.As<const X>();
  const MatrixView<Y> y = y_in.As<Y>();
  if constexpr (sizeof(X) == sizeof(Y)) {
    ISOQUANT_RETURN_IF_ERROR(CheckRows(x, ISOQUANT_NAMES(x), y, ISOQUANT_NAMES(y)));
  } else {
    ISOQUANT_RETURN_IF_ERROR(CheckPair(x, ISOQUANT_NAMES(x), y, ISOQUANT_NAMES(y)));
  }
  ForEachElementPart(context, x, y, [&](const MatrixView<const X>& from, const MatrixView<Y>& to) {
    FloatMatrix from_part = x_in, to_part = y_in;
    from_part.data = const_cast<X*>(from.data);
    to_part.data = to.data;
    from_part.rows = to_part.rows = to.rows;
    from_part.cols = to_part.cols = to.cols;
    function(from_part, to_part);
  });
  return Status();
}

}  // namespace

Status Convert(Context& context, const FloatMatrix& x, const FloatMatrix& y) {
  if (IsInteger(x.type)) return CheckType("x", x.type, ElementType::kF32);
  if (IsInteger(y.type)) return CheckType("y", y.type, ElementType::kF32);
  const auto function = ISOQUANT_DISPATCH(context, ConvertAny);
  const bool from_f32 = x.type == ElementType::kF32, to_f32 = y.type == ElementType::kF32;
  if (from_f32) {
    return to_f32 ? ConvertChecked<float, float>(context, x, y, function)
                  : ConvertChecked<float, uint16_t>(context, x, y, function);
  }
  return to_f32 ? ConvertChecked<uint16_t, float>(context, x, y, function)
                : ConvertChecked<uint16_t, uint16_t>(context, x, y, function);
}

}  // namespace isoquant
#endif  // HWY_ONCE
