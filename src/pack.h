// Support: packing into given memory.
#ifndef ISOQUANT_SRC_PACK_H_
#define ISOQUANT_SRC_PACK_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/element_type.h"
#include "isoquant/float_types.h"
#include "isoquant/matrix_batch.h"
#include "isoquant/status.h"
#include "isoquant/weights.h"

namespace isoquant {

// Calls function(T()), where T is the C++ type of weights of this type. False, and nothing is called, if weights of
// this type cannot be packed.
template <class Function>
bool ForWeightType(ElementType type, const Function& function) {
  switch (type) {
    case ElementType::kS8:
      function(int8_t{});
      return true;
    case ElementType::kU8:
      function(uint8_t{});
      return true;
    case ElementType::kF32:
      function(float{});
      return true;
    case ElementType::kBf16:
      function(BFloat16{});
      return true;
    default:
      return false;
  }
}

// What the error for weights of another type says.
inline constexpr char kWeightTypes[] = "one that this version packs: s8, u8, bf16 or f32";

// Where panels and column sums lie in one block of memory: the payload of a serialised blob.
struct PanelLayout {
  size_t panels_bytes = 0;  // also the offset of the column sums, if there are any
  size_t bytes = 0;         // a multiple of 64
  ElementType type = ElementType::kS8;

  // False if the sizes overflow: then `bytes` is SIZE_MAX, which no memory has.
  bool Compute(uint64_t k, uint64_t n, ElementType type_in = ElementType::kS8);
  PackedPanels At(uint8_t* memory, size_t k, size_t n) const;
};

// Packs plain weights of layout.type and, if they are integers, sums up their columns. `memory` has layout.bytes bytes,
// aligned to 64.
void PackInto(Context& context, const WeightsRef& plain, const PanelLayout& layout, uint8_t* memory);

// PackedPanels::seven_bits of panels. Reads them up to the first that is not so.
bool HaveSevenBits(const PanelLayout& layout, const void* panels);

// The panels of plain weights, packed into the Context's scratch (kOperation).
Status PackIntoScratch(Context& context, const WeightsRef& plain, PackedPanels& panels);

// The same for all matrices of a batch: `first` is the first one, and each next one follows `bytes` later.
Status PackIntoScratch(Context& context, const WeightsBatch& plain, PackedPanels& first, size_t& bytes);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_PACK_H_
