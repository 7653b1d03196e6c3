// Layer 3: the tensors of one run.
//
// A tensor of ONNX is row-major: plain. One of rank 2 to 4 is also an image, n x c x h x w, and may lie as n x h x w x
// c. Kernels ask for the form that they want, and write the one that suits them; a value that is asked for in the other
// form is converted, once. So layouts change only where operators of different kinds meet.
#ifndef ISOQUANT_PROVIDER_RUN_FRAME_H_
#define ISOQUANT_PROVIDER_RUN_FRAME_H_

#include <vector>

#include "api/values.h"
#include "isoquant/context.h"
#include "isoquant/image_view.h"
#include "run/memory.h"
#include "run/worker.h"

namespace isoquant_provider {

// The Type of elements of C++ type T.
template <class T>
struct TypeFor;
template <>
struct TypeFor<float> {
  static constexpr Type kType = kFloat;
};
template <>
struct TypeFor<uint8_t> {
  static constexpr Type kType = kUint8;
};
template <>
struct TypeFor<int8_t> {
  static constexpr Type kType = kInt8;
};
template <>
struct TypeFor<uint16_t> {
  static constexpr Type kType = kUint16;
};
template <>
struct TypeFor<int16_t> {
  static constexpr Type kType = kInt16;
};
template <>
struct TypeFor<int32_t> {
  static constexpr Type kType = kInt32;
};
template <>
struct TypeFor<int64_t> {
  static constexpr Type kType = kInt64;
};
template <class T>
constexpr Type kTypeOf = TypeFor<T>::kType;

// An image without gaps of a tensor of rank 2 to 4.
template <class T>
isoquant::ImageView<T> AsImage(T* data, const Dims& dims) {
  const auto size = [&](size_t i) { return static_cast<size_t>(dims[i]); };
  const size_t rank = dims.size();
  return {data, size(0), rank == 4 ? size(2) : 1, rank == 2 ? 1 : size(rank - 1), size(1)};
}

class Frame {
 public:
  Frame(Worker& worker, size_t num_values);
  ~Frame();
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

  isoquant::Context& context() { return context_; }

  // Worker::ForEachBlock.
  void ForEachBlock(size_t total, size_t size, const Worker::Block& block) { worker_.ForEachBlock(total, size, block); }

  // A tensor that somebody else owns.
  void Set(int value, const TensorRef& tensor);
  // An output of ONNX Runtime, which makes room for it when its dimensions are known.
  void SetOutput(int value, OrtKernelContext* kernel_context, size_t index);

  const Dims& DimsOf(int value) const { return At(value).dims; }
  Type TypeOf(int value) const { return At(value).type; }
  // Whether the image is there, and the plain form would have to be made.
  bool IsImageOnly(int value) const { return At(value).plain == nullptr && At(value).image != nullptr; }

  template <class T>
  const T* Plain(int value) {
    return static_cast<const T*>(PlainBytes(value, kTypeOf<T>));
  }
  template <class T>
  isoquant::ImageView<const T> Image(int value) {
    const void* const data = ImageBytes(value, kTypeOf<T>);
    return AsImage(static_cast<const T*>(data), DimsOf(value));
  }

  template <class T>
  T* NewPlain(int value, const Dims& dims) {
    return static_cast<T*>(NewBytes(value, kTypeOf<T>, dims, false));
  }
  template <class T>
  isoquant::ImageView<T> NewImage(int value, const Dims& dims) {
    return AsImage(static_cast<T*>(NewBytes(value, kTypeOf<T>, dims, true)), dims);
  }

  // The same; where nobody needs `old` after this step, in its memory, with its contents.
  template <class T>
  isoquant::ImageView<T> NewImageOver(int old, int value, const Dims& dims) {
    return AsImage(static_cast<T*>(NewBytesOver(old, value, kTypeOf<T>, dims)), dims);
  }

  // Memory until the end of the step.
  template <class T>
  T* Scratch(size_t count) {
    scratch_.push_back(memory_.Lend(count * sizeof(T)));
    return reinterpret_cast<T*>(scratch_.back());
  }

  // Before a step, after which nobody needs the values `dead`.
  void BeginStep(const std::vector<int>& dead) { dead_ = &dead; }
  // After it: frees scratch memory, writes outputs of ONNX Runtime, and forgets the values that are dead.
  void EndStep(const std::vector<int>& outputs);

 private:
  struct Slot {
    Type type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    Dims dims;
    const void *plain = nullptr, *image = nullptr;
    uint8_t *plain_owned = nullptr, *image_owned = nullptr;
    OrtKernelContext* kernel_context = nullptr;  // of an output
    size_t output = 0;
  };
  Slot& At(int value) { return slots_[static_cast<size_t>(value)]; }
  const Slot& At(int value) const { return slots_[static_cast<size_t>(value)]; }
  const void* PlainBytes(int value, Type type);
  const void* ImageBytes(int value, Type type);
  void* NewBytes(int value, Type type, const Dims& dims, bool is_image);
  void* NewBytesOver(int old, int value, Type type, const Dims& dims);
  void* MakePlain(Slot& slot);
  void Forget(Slot& slot);

  Worker& worker_;
  isoquant::Context& context_;
  Memory& memory_;
  std::vector<Slot> slots_;
  std::vector<uint8_t*> scratch_;
  const std::vector<int>* dead_ = nullptr;
};

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_RUN_FRAME_H_
