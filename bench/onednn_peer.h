// Bench support: oneDNN's matmul as a peer, where it is installed.
#ifndef ISOQUANT_BENCH_ONEDNN_PEER_H_
#define ISOQUANT_BENCH_ONEDNN_PEER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace isoquant {

// One product of fixed shape, prepared as far as the library allows: C = A B with A: M x K in s8 or u8, C: M x N in
// s32, both in the caller's memory, and B: K x N in s8, reordered once into the layout that the library prefers.
// Copies of the weights lie apart in memory: rotating through them keeps them out of caches.
class OneDnnMatMul {
 public:
  virtual ~OneDnnMatMul() = default;
  virtual void Run(size_t copy) = 0;
  // Which of its implementations runs: "brg:avx512_core_vnni".
  virtual std::string Implementation() const = 0;
};

struct OneDnnArguments {
  size_t m, k, n;
  const void* a;
  bool a_is_signed;
  const int8_t* b;
  int32_t* c;
  size_t copies;
};

// "2.6.3", or empty if the benches were built without oneDNN.
std::string OneDnnVersion();

// Call once, before the first MakeOneDnnMatMul: instructions beyond those of `tier` are not used, so that like is
// compared with like. DNNL_MAX_CPU_ISA, if set, decides instead.
void LimitOneDnn(const std::string& tier);

// For calls from this thread from now on; false if the number cannot be set.
bool SetOneDnnThreads(size_t threads);

// Null if the benches were built without oneDNN or if it cannot do this. The number of threads is that of now.
std::unique_ptr<OneDnnMatMul> MakeOneDnnMatMul(const OneDnnArguments& arguments);

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_ONEDNN_PEER_H_
