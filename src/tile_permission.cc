// Support: asks Linux for permission to use AMX tiles.
#include "src/tile_permission.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>

#include "src/detection_override.h"

#if defined(__linux__) && defined(__x86_64__) && defined(__LP64__)
#include <sys/syscall.h>
#include <unistd.h>
#define ISOQUANT_CAN_ASK_FOR_TILES 1
#else
#define ISOQUANT_CAN_ASK_FOR_TILES 0
#endif

namespace isoquant {
namespace {

// What AskForTiles returns besides an errno. (Those are positive.)
constexpr int kGranted = 0, kNotAskedHere = -1, kNeverAsked = -2;

#if ISOQUANT_CAN_ASK_FOR_TILES
constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM. NOLINT(runtime/int): as syscall() takes it
constexpr long kTileData = 18;               // state component. NOLINT(runtime/int)

// There is no wrapper in the C library. (arch_prctl is system call 158; 157 is prctl, another matter.)
int AskForTiles() { return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0 ? kGranted : errno; }
#else
int AskForTiles() { return kNotAskedHere; }
#endif

int64_t SteadyNanoseconds() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

constexpr TileSource kTrueSource = {&AskForTiles, &SteadyNanoseconds};
std::atomic<const TileSource*> g_source{&kTrueSource};

// The last answer, and when to ask again. Several threads may ask at the same time. That does no harm, so none has to
// wait for another.
std::atomic<int> g_answer{kNeverAsked};
std::atomic<int64_t> g_ask_again{0};

int TileAnswer() {
  constexpr int64_t kPause = 1000000000;
  const TileSource& source = *g_source.load(std::memory_order_acquire);
  int answer = g_answer.load(std::memory_order_relaxed);
  const int64_t now = source.nanoseconds();
  if (answer != kNeverAsked && now < g_ask_again.load(std::memory_order_relaxed)) return answer;
  answer = source.ask();
  g_ask_again.store(now + kPause, std::memory_order_relaxed);
  if (answer == kGranted) {
    g_answer.store(kGranted, std::memory_order_relaxed);
    return kGranted;
  }
  // An older refusal must not take back another thread's grant.
  int last = g_answer.load(std::memory_order_relaxed);
  while (last != kGranted && !g_answer.compare_exchange_weak(last, answer, std::memory_order_relaxed)) continue;
  return last == kGranted ? kGranted : answer;
}

const char* TextOf(int refusal) {
  switch (refusal) {
    case kNotAskedHere:
      return "this operating system is not asked for tiles: only Linux on x86-64 is";
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
      thread_local char text[96];  // each thread has its own, because another one may be reading
      std::snprintf(text, sizeof(text), "Linux refuses tiles: arch_prctl(ARCH_REQ_XCOMP_PERM, 18) fails with errno %d",
                    refusal);
      return text;
    }
  }
}

}  // namespace

const char* RefuseTiles() {
  if (g_answer.load(std::memory_order_relaxed) == kGranted) return nullptr;
  const Detection* detection = OverriddenDetection();
  if (detection != nullptr && detection->tiles_granted) return nullptr;
  const int answer = TileAnswer();
  return answer == kGranted ? nullptr : TextOf(answer);
}

void OverrideTileSource(const TileSource* source) {
  g_source.store(source != nullptr ? source : &kTrueSource, std::memory_order_release);
  g_answer.store(kNeverAsked, std::memory_order_relaxed);
}

}  // namespace isoquant
