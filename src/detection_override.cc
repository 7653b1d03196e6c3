// Support: what tests put in place of detection.
#include "src/detection_override.h"

#include <atomic>

namespace isoquant {
namespace {

std::atomic<const Detection*> g_override{nullptr};

}  // namespace

void OverrideDetection(const Detection* detection) { g_override.store(detection, std::memory_order_release); }
const Detection* OverriddenDetection() { return g_override.load(std::memory_order_acquire); }

}  // namespace isoquant
