#include "run/frame.h"

#include <algorithm>

#include "isoquant/layout.h"

namespace isoquant_provider {
namespace {

// Whether both forms are the same bytes.
bool IsOneForm(const Dims& dims) {
  if (dims.size() < 2 || dims.size() > 4) return true;
  const auto image = AsImage<const uint8_t>(nullptr, dims);
  return image.c <= 1 || image.h * image.w <= 1;
}

// Elements of four bytes count as floats: only their places change.
template <class T>
void ToImage(isoquant::Context& context, const void* from, const Dims& dims, void* to) {
  const auto image = AsImage(static_cast<T*>(to), dims);
  const isoquant::PlanarView<const T> planes(static_cast<const T*>(from), image.n, image.c, image.h, image.w);
  Check(isoquant::NchwToNhwc(context, planes, image));
}
template <class T>
void ToPlain(isoquant::Context& context, const void* from, const Dims& dims, void* to) {
  const auto image = AsImage(static_cast<const T*>(from), dims);
  const isoquant::PlanarView<T> planes(static_cast<T*>(to), image.n, image.c, image.h, image.w);
  Check(isoquant::NhwcToNchw(context, image, planes));
}

}  // namespace

Frame::Frame(Worker& worker, size_t num_values)
    : worker_(worker), context_(worker.context), memory_(worker.memory), slots_(num_values) {}

Frame::~Frame() {
  for (uint8_t* data : scratch_) memory_.TakeBack(data);
  for (Slot& slot : slots_) Forget(slot);
}

void Frame::Set(int value, const TensorRef& tensor) {
  Slot& slot = At(value);
  slot.type = tensor.type;
  slot.dims = tensor.dims;
  slot.plain = tensor.data;
  if (IsOneForm(slot.dims)) slot.image = slot.plain;
}

void Frame::SetOutput(int value, OrtKernelContext* kernel_context, size_t index) {
  At(value).kernel_context = kernel_context;
  At(value).output = index;
}

void* Frame::MakePlain(Slot& slot) {
  if (slot.kernel_context == nullptr) {
    slot.plain_owned = memory_.Lend(Count(slot.dims) * BytesOf(slot.type));
    slot.plain = slot.plain_owned;
    return slot.plain_owned;
  }
  OrtValue* output = nullptr;
  void* data = nullptr;
  Check(Api().KernelContext_GetOutput(slot.kernel_context, slot.output, slot.dims.data(), slot.dims.size(), &output));
  if (output == nullptr) throw Error("an output is not wanted");
  Check(Api().GetTensorMutableData(output, &data));
  slot.plain = data;
  return data;
}

void* Frame::NewBytes(int value, Type type, const Dims& dims, bool is_image) {
  Slot& slot = At(value);
  slot.type = type;
  slot.dims = dims;
  if (is_image && !IsOneForm(dims)) {
    slot.image_owned = memory_.Lend(Count(dims) * BytesOf(type));
    slot.image = slot.image_owned;
    return slot.image_owned;
  }
  void* const data = MakePlain(slot);
  if (IsOneForm(dims)) slot.image = data;
  return data;
}

void* Frame::NewBytesOver(int old, int value, Type type, const Dims& dims) {
  Slot& from = At(old);
  const bool is_dead = dead_ != nullptr && std::find(dead_->begin(), dead_->end(), old) != dead_->end();
  if (!is_dead || from.image_owned == nullptr || from.type != type || from.dims != dims || IsOneForm(dims)) {
    return NewBytes(value, type, dims, true);
  }
  Slot& slot = At(value);
  slot.type = type;
  slot.dims = dims;
  slot.image_owned = from.image_owned;
  slot.image = from.image;
  from.image_owned = nullptr;  // it stays readable during the step
  return slot.image_owned;
}

const void* Frame::PlainBytes(int value, Type type) {
  Slot& slot = At(value);
  if (slot.type != type) throw Error("an input has an unexpected type");
  if (slot.plain == nullptr && slot.image != nullptr) {
    void* const to = MakePlain(slot);
    (BytesOf(type) == 1 ? ToPlain<uint8_t> : ToPlain<float>)(context_, slot.image, slot.dims, to);
  }
  return slot.plain;
}

const void* Frame::ImageBytes(int value, Type type) {
  Slot& slot = At(value);
  if (slot.type != type) throw Error("an input has an unexpected type");
  if (slot.dims.size() < 2 || slot.dims.size() > 4) throw Error("an input has a rank that is not 2 to 4");
  if (slot.image == nullptr && slot.plain != nullptr) {
    slot.image_owned = memory_.Lend(Count(slot.dims) * BytesOf(type));
    (BytesOf(type) == 1 ? ToImage<uint8_t> : ToImage<float>)(context_, slot.plain, slot.dims, slot.image_owned);
    slot.image = slot.image_owned;
  }
  return slot.image;
}

void Frame::EndStep(const std::vector<int>& outputs) {
  for (uint8_t* data : scratch_) memory_.TakeBack(data);
  scratch_.clear();
  for (const int value : outputs) {
    if (At(value).kernel_context != nullptr) PlainBytes(value, At(value).type);
  }
  for (const int value : *dead_) Forget(At(value));
}

void Frame::Forget(Slot& slot) {
  if (slot.plain_owned != nullptr) memory_.TakeBack(slot.plain_owned);
  if (slot.image_owned != nullptr) memory_.TakeBack(slot.image_owned);
  slot.plain_owned = slot.image_owned = nullptr;
  slot.plain = slot.image = nullptr;
}

}  // namespace isoquant_provider
