// Bench support: OpenBLAS is looked for while the bench runs: nothing is needed to build it.
#include "bench/sgemm_peer.h"

#include <dlfcn.h>

namespace isoquant {
namespace {

// Of cblas.h: numbers are int, or long in libraries for huge matrices, which have other names.
using CblasSgemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                            const float* a, int a_stride, const float* b, int b_stride, float beta, float* c,
                            int c_stride);

void* Find(const char* name) {
  static void* const library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : dlsym(library, name);
}

void Run(size_t m, size_t k, size_t n, const float* a, const float* b, float* c) {
  constexpr int kRowMajor = 101, kPlain = 111;
  static const auto sgemm = reinterpret_cast<CblasSgemm>(Find("cblas_sgemm"));
  const int mi = static_cast<int>(m), ki = static_cast<int>(k), ni = static_cast<int>(n);
  sgemm(kRowMajor, kPlain, kPlain, mi, ni, ki, 1.0f, a, ki, b, ni, 0.0f, c, ni);
}

}  // namespace

Sgemm FindSgemm() {
  const auto set_threads = reinterpret_cast<void (*)(int)>(Find("openblas_set_num_threads"));
  if (set_threads == nullptr || Find("cblas_sgemm") == nullptr) return nullptr;
  set_threads(1);
  return &Run;
}

std::string SgemmVersion() {
  const auto config = reinterpret_cast<char* (*)()>(Find("openblas_get_config"));
  return config == nullptr ? std::string() : std::string(config());
}

}  // namespace isoquant
