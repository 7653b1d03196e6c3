// Layer 5: tensors whose elements go to other places, or count for many: turned, cut out, broadcast.
#ifndef ISOQUANT_PROVIDER_KERNELS_STRIDED_H_
#define ISOQUANT_PROVIDER_KERNELS_STRIDED_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/values.h"
#include "kernels/kernel.h"

namespace isoquant_provider {

// How far apart neighbours are, in elements, along each dimension.
using Strides = std::vector<ptrdiff_t>;

// Of a tensor without gaps: a plain one, or an image (frame.h).
Strides StridesOf(const Dims& dims, bool is_image);

// Of a tensor of `dims`, with `strides`, that counts as one of `rank` dimensions: 0 where one element stands for many,
// and for dimensions in front that it does not have.
Strides BroadcastStrides(const Dims& dims, const Strides& strides, size_t rank);

// The dimensions of tensors of `a` and `b` elements by elements. Throws if they do not fit.
Dims BroadcastDims(const Dims& a, const Dims& b);

// to[t . i] = from[f . i] for all i in [0, dims), with the strides f and t. Strides of `to` are positive, and no two
// elements share a place. `from` and `to` are the elements for i = 0, of `bytes` bytes each: 1, 2, 4 or 8.
void CopyStrided(isoquant::Context& context, const Dims& dims, size_t bytes, const void* from, const Strides& f,
                 void* to, const Strides& t);

// Calls f with a number of the type's C++ type: 8-bit integers, int32 or float. Throws if it is another one.
template <class F>
void ForType(Type type, const F& f) {
  if (type == kUint8) return f(uint8_t{0});
  if (type == kInt8) return f(int8_t{0});
  if (type == kInt32) return f(int32_t{0});
  if (type == kFloat) return f(0.0f);
  throw Error("an input has an unexpected type");
}
inline bool IsMovable(Type type) { return IsByte(type) || type == kInt32 || type == kFloat; }

// A value in the form in which it is there.
struct Lying {
  const void* data = nullptr;
  bool is_image = false;
};
inline Lying AsItLies(Frame& frame, int value) {
  Lying lying;
  lying.is_image = frame.IsImageOnly(value);
  ForType(frame.TypeOf(value), [&](auto zero) {
    using T = decltype(zero);
    lying.data = lying.is_image ? frame.Image<T>(value).data : frame.Plain<T>(value);
  });
  return lying;
}
inline const void* ElementAt(const void* data, ptrdiff_t element, Type type) {
  return static_cast<const uint8_t*>(data) + element * static_cast<ptrdiff_t>(BytesOf(type));
}
// Makes the value `y`.
inline void* NewValue(Frame& frame, int y, Type type, const Dims& dims, bool is_image) {
  void* data = nullptr;
  ForType(type, [&](auto zero) {
    using T = decltype(zero);
    data = is_image ? static_cast<void*>(frame.NewImage<T>(y, dims).data) : frame.NewPlain<T>(y, dims);
  });
  return data;
}

// The kernel of an operator that computes nothing: for ONNX's, and for that of bytes which match/qdq_moves.cc makes of
// it.
template <class Supports, class Maker>
void AddMove(const char* op, Supports supports, Maker make, KernelList& list) {
  list.push_back({"", op, Role::kBetween, supports, make});
  list.push_back({kFusedDomain, op, Role::kInteger, supports, make});
}

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_KERNELS_STRIDED_H_
