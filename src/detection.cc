// Support: permission for AMX tiles, asked of Linux.
#include "src/detection.h"

#include <atomic>
#include <cerrno>
#include <cstdio>

#if defined(__linux__) && defined(__x86_64__) && defined(__LP64__)
#include <sys/syscall.h>
#include <unistd.h>
#define ISOQUANT_CAN_ASK_FOR_TILES 1
#else
#define ISOQUANT_CAN_ASK_FOR_TILES 0
#endif

namespace isoquant {
namespace {

std::atomic<const Detection*> g_override{nullptr};

#if ISOQUANT_CAN_ASK_FOR_TILES
constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM. NOLINT(runtime/int): as syscall() takes it
constexpr long kTileData = 18;               // state component. NOLINT(runtime/int)

// There is no wrapper in the C library. (arch_prctl is system call 158; 157 is prctl, another matter.)
const char* AskForTiles() {
  if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0) return nullptr;
  switch (errno) {
    case EPERM:
      return "Linux forbids tiles: arch_prctl(ARCH_REQ_XCOMP_PERM, 18) fails with EPERM (a sandbox, for example)";
    case ENOSPC:
      return "Linux refuses tiles: arch_prctl(ARCH_REQ_XCOMP_PERM, 18) fails with ENOSPC: a thread's alternate signal "
             "stack is too small for them";
    case EINVAL:
      return "Linux does not know tiles: arch_prctl(ARCH_REQ_XCOMP_PERM, 18) fails with EINVAL (before 5.16, for "
             "example)";
    case ENOSYS:
      return "Linux lacks the system call: arch_prctl(ARCH_REQ_XCOMP_PERM, 18) fails with ENOSYS";
    default: {
      static char text[96];  // written once
      std::snprintf(text, sizeof(text), "Linux refuses tiles: arch_prctl(ARCH_REQ_XCOMP_PERM, 18) fails with errno %d",
                    errno);
      return text;
    }
  }
}
#else
const char* AskForTiles() { return "this operating system is not asked for tiles: only Linux on x86-64 is"; }
#endif

}  // namespace

const char* RefuseTiles() {
  const Detection* detection = OverriddenDetection();
  if (detection != nullptr && detection->tiles_granted) return nullptr;
  static const char* const refusal = AskForTiles();
  return refusal;
}

void OverrideDetection(const Detection* detection) { g_override.store(detection, std::memory_order_release); }
const Detection* OverriddenDetection() { return g_override.load(std::memory_order_acquire); }

}  // namespace isoquant
