// Bench support: f32 products of OpenBLAS, if it is installed.
#ifndef ISOQUANT_BENCH_SGEMM_PEER_H_
#define ISOQUANT_BENCH_SGEMM_PEER_H_

#include <cstddef>
#include <string>

namespace isoquant {

// c = a b on the calling thread: a: M x K, b: K x N, c: M x N, one row after the other. Null without OpenBLAS.
using Sgemm = void (*)(size_t m, size_t k, size_t n, const float* a, const float* b, float* c);
Sgemm FindSgemm();

// "OpenBLAS 0.3.21 ...", or nothing.
std::string SgemmVersion();

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_SGEMM_PEER_H_
