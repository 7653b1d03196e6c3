// Support: the steps that operations share: packing into given memory, and MatMul on panels without argument checks.
#ifndef ISOQUANT_SRC_PANELS_H_
#define ISOQUANT_SRC_PANELS_H_

#include <cstddef>
#include <cstdint>

#include "isoquant/context.h"
#include "isoquant/matmul.h"
#include "isoquant/weights.h"

namespace isoquant {

// Where panels and column sums lie in one block of memory: the payload of a serialised blob.
struct PanelLayout {
  size_t panels_bytes = 0;  // also the offset of the column sums
  size_t bytes = 0;         // a multiple of 64

  // False if the sizes overflow.
  bool Compute(uint64_t k, uint64_t n);
  PackedPanels At(uint8_t* memory, size_t k, size_t n) const;
};

// Packs plain weights and computes their column sums. `memory` has layout.bytes bytes, aligned to 64.
Status PackInto(Context& context, const WeightsRef& plain, const PanelLayout& layout, uint8_t* memory);

// The panels of `b`: its own, or those of plain weights, packed into the Context's scratch (kOperation).
Status PanelsOf(Context& context, const WeightsRef& b, PackedPanels& panels);

Status MatMulPanels(Context& context, const MatrixView<const int8_t>& a, const PackedPanels& b,
                    const MatrixView<int32_t>& c, Store store);
Status MatMulPanels(Context& context, const MatrixView<const uint8_t>& a, const PackedPanels& b,
                    const MatrixView<int32_t>& c, Store store);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_PANELS_H_
