// Functions: largest values and averages of the pixels in a window, for all channels. The steps are those of pooling.h.

// Per-target include guard.
#if defined(ISOQUANT_INL_FUNCTIONS_POOLING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef ISOQUANT_INL_FUNCTIONS_POOLING_INL_H_
#undef ISOQUANT_INL_FUNCTIONS_POOLING_INL_H_
#else
#define ISOQUANT_INL_FUNCTIONS_POOLING_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/highway.h"
#include "isoquant/inl/functions/vector_ops-inl.h"
#include "isoquant/inl/util/ieee754.h"
#include "isoquant/inl/util/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace isoquant {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// `rows` x `cols` pixels of an image, the first one at `pixels`. Steps count elements.
template <class T>
struct PoolWindow {
  const T* pixels;
  size_t rows, cols, row_step, col_step;
};

// v = op(v, a vector of channels from `channel` on) for all pixels, of which the first `n` channels are read.
template <class D, class T, class Op, class V>
HWY_INLINE V FoldPixels(D d, const PoolWindow<T>& w, size_t channel, size_t n, const Op& op, V v) {
  const T* row = w.pixels + channel;
  for (size_t r = 0; r < w.rows; ++r, row += w.row_step) {
    const T* pixel = row;
    for (size_t s = 0; s < w.cols; ++s, pixel += w.col_step) v = op(d, v, pixel, n);
  }
  return v;
}

struct FoldMax {
  template <class D, class V, class T>
  HWY_INLINE V operator()(D d, V v, const T* pixel, size_t n) const {
    return MaxOp()(d, v, LoadFirst(d, pixel, n));
  }
};

// What nothing is smaller than.
template <class T>
constexpr T LeastOf() {
  if constexpr (std::is_floating_point<T>::value) return -std::numeric_limits<T>::infinity();
  return std::numeric_limits<T>::lowest();
}

template <class T>
HWY_INLINE void MaxPoolChannels(const PoolWindow<T>& w, size_t channels, T* HWY_RESTRICT to) {
  const hn::CappedTag<T, 64 / sizeof(T)> d;
  const size_t lanes = hn::Lanes(d);
  for (size_t c = 0; c < channels; c += lanes) {
    auto v = FoldPixels(d, w, c, channels - c, FoldMax(), hn::Set(d, LeastOf<T>()));
    if constexpr (std::is_floating_point<T>::value) v = OneNaN(d, v);
    StoreFirst(v, d, to + c, channels - c);
  }
}

struct FoldSum {
  template <class D, class V, class T>
  HWY_INLINE V operator()(D d, V v, const T* pixel, size_t n) const {
    if constexpr (std::is_floating_point<T>::value) {
      return hn::Add(v, LoadFirst(d, pixel, n));
    } else {
      const hn::Rebind<T, D> narrow;
      return hn::Add(v, hn::PromoteTo(d, LoadFirst(narrow, pixel, n)));
    }
  }
};

// trunc(n / count), 0 <= n <= 255.5 count. Up to 2^24 both are exact as floats, and their quotient is at least 1 /
// count away from the next integer if it is none: too far to be rounded to it.
template <class DI, class VI = hn::Vec<DI>>
HWY_INLINE VI Quotient(DI di32, VI n, uint32_t count) {
  constexpr uint32_t kExact = 1 << 16;
  if (HWY_LIKELY(count <= kExact)) {
    const hn::RebindToFloat<DI> df32;
    const auto quotient = hn::Div(hn::ConvertTo(df32, n), hn::Set(df32, static_cast<float>(count)));
    return hn::ConvertTo(di32, quotient);
  }
  HWY_ALIGN int32_t each[hn::MaxLanes(DI())];
  hn::Store(n, di32, each);
  for (size_t i = 0; i < hn::Lanes(di32); ++i) each[i] = static_cast<int32_t>(static_cast<uint32_t>(each[i]) / count);
  return hn::Load(di32, each);
}

// Of `count` pixels, those of w and others whose sum is `rest`. If there are none, each average is `rest`.
template <class T>
HWY_INLINE void AveragePoolChannels(const PoolWindow<T>& w, uint32_t count, int32_t rest, size_t channels,
                                    T* HWY_RESTRICT to) {
  if constexpr (std::is_floating_point<T>::value) {
    const hn::CappedTag<float, 16> df32;
    const size_t lanes = hn::Lanes(df32);
    const auto divisor = hn::Set(df32, count == 0 ? 1.0f : static_cast<float>(count));
    for (size_t c = 0; c < channels; c += lanes) {
      const auto sum = FoldPixels(df32, w, c, channels - c, FoldSum(), hn::Zero(df32));
      StoreFirst(OneNaN(df32, hn::Div(sum, divisor)), df32, to + c, channels - c);
    }
  } else {
    const hn::CappedTag<int32_t, 16> di32;
    const hn::Rebind<T, decltype(di32)> narrow;
    const size_t lanes = hn::Lanes(di32);
    const uint32_t divisor = count == 0 ? 1 : count;
    const auto half = hn::Set(di32, static_cast<int32_t>(divisor / 2));
    for (size_t c = 0; c < channels; c += lanes) {
      const auto sum = FoldPixels(di32, w, c, channels - c, FoldSum(), hn::Set(di32, rest));
      const auto q = Quotient(di32, hn::Add(hn::Abs(sum), half), divisor);
      const auto average = hn::IfThenElse(hn::Lt(sum, hn::Zero(di32)), hn::Neg(q), q);
      StoreFirst(hn::DemoteTo(narrow, average), narrow, to + c, channels - c);
    }
  }
}

}  // namespace
// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace isoquant
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
