// models_test with AMX emulated, for a provider that believes in tiles (tiles_provider.cc). It fails unless tiles were
// multiplied.
#include <unistd.h>

#include <cstdio>

#include "test/emulator/emulator.h"

namespace {

struct Tiles {
  ~Tiles() {
    using isoquant::emulator::Count;
    using isoquant::emulator::Op;
    if (Count(Op::kTdpbusd) + Count(Op::kTdpbssd) + Count(Op::kTdpbsud) + Count(Op::kTdpbuud) != 0) return;
    std::printf("FAILED: no tiles were multiplied\n");
    std::fflush(stdout);
    _exit(1);
  }
  isoquant::emulator::Emulation emulation;
} tiles;

}  // namespace
