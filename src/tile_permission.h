// Support: whether Linux lets this process use AMX tiles.
#ifndef ISOQUANT_SRC_TILE_PERMISSION_H_
#define ISOQUANT_SRC_TILE_PERMISSION_H_

#include <cstdint>

namespace isoquant {

// Null, or why tiles are refused. Thread-safe. The text may change in the calling thread's next call.
//
// The first call asks, for the whole process. So call it only when tiles are about to be used, and only if the CPU and
// the operating system have them. A grant is for good. A refusal holds for a second; after that the next call asks
// again, because the reason may have gone: a thread with a small alternate stack, say, has ended.
const char* RefuseTiles();

// For tests: who is asked for tiles, and the time.
struct TileSource {
  int (*ask)();              // 0, or why not: an errno
  int64_t (*nanoseconds)();  // of a clock that never goes back
};
// Null restores the true one. What was answered before is forgotten. No other thread may use the library meanwhile.
void OverrideTileSource(const TileSource* source);

}  // namespace isoquant

#endif  // ISOQUANT_SRC_TILE_PERMISSION_H_
