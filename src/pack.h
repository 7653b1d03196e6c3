// Support: packing into given memory.
#ifndef ISOQUANT_SRC_PACK_H_
#define ISOQUANT_SRC_PACK_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/weights.h"

namespace isoquant {

// Where panels and column sums lie in one block of memory: the payload of a serialised blob.
struct PanelLayout {
  size_t panels_bytes = 0;  // also the offset of the column sums
  size_t bytes = 0;         // a multiple of 64

  // False if the sizes overflow: then `bytes` is SIZE_MAX, which no memory has.
  bool Compute(uint64_t k, uint64_t n);
  PackedPanels At(uint8_t* memory, size_t k, size_t n) const;
};

// Packs plain weights and sums up their columns. `memory` has layout.bytes bytes, aligned to 64.
void PackInto(Context& context, const WeightsRef& plain, const PanelLayout& layout, uint8_t* memory);

// The panels of plain weights, packed into the Context's scratch (kOperation).
Status PackIntoScratch(Context& context, const WeightsRef& plain, PackedPanels& panels);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_PACK_H_
