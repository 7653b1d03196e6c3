// Bench support: the loops of plain_loops.cc, with -march=native -ffast-math.
#define ISOQUANT_PLAIN_NAMESPACE fast
#include "bench/plain_loops.cc"  // NOLINT: once more
