// Public layer: what a call runs with: which tier, whose threads, which scratch memory.
#ifndef ISOQUANT_CONTEXT_H_
#define ISOQUANT_CONTEXT_H_

#include <cstdint>
#include <vector>

#include "isoquant/api.h"
#include "isoquant/cpu.h"  // for programs that include this header alone
#include "isoquant/executor.h"
#include "isoquant/runtime.h"
#include "isoquant/status.h"
#include "isoquant/tiers.h"

namespace isoquant {

// What products of bf16 are computed with.
enum class FloatMode : uint8_t {
  kExact,  // the chain of fused multiply-adds of float_matmul.h: the same bits on every tier
  kFast,   // instructions for bf16, too, where the CPU has them: other bits, within the bound that stands there
};

// A Context is cheap to make and not thread-safe: each thread that calls the library has its own. Its scratch memory
// grows when a larger shape arrives and is kept, so that a steady state allocates nothing.
//
// The environment restricts every Context:
//   ISOQUANT_MAX_TIER=avx2                    removes all tiers better than avx2
//   ISOQUANT_DISABLE=avx512_vnni,avx_vnni     removes the tiers that it names
// White space, ',' and ';' separate names. Case does not matter, and '-' is '_': "AVX512-VNNI; avx_vnni" does the same.
//
// One setting may serve a whole fleet, because every build knows the names of all builds' tiers. A tier of another
// architecture changes nothing. A tier of this architecture caps even if it was not compiled. A name that no build
// knows is reported: on stderr (one line, once per process), by environment_status() and by Explain(). The other names
// of its list still count, because who switches a tier off must be able to rely on it.
//
// The tiers amx_int8 and amx_bf16 need tiles. Linux grants them on request, to a whole process and for good.
//   * When: the library asks when a product that suits the tier is about to run, or when tier(), Explain() or
//     ExplainTiers() must know. It never asks where the tier is removed or capped.
//   * If Linux refuses, the library asks again when tiles are about to be used a second or more later. Linux refuses
//     while any thread has an alternate signal stack of less than about 12 KiB; once it has granted tiles, no thread
//     can set up such a stack.
//   * A Context uses tiles from the time they are granted, whenever it was made. There is one exception: avx512_vnni
//     and avx512bw are removed, and tiles were refused when the Context was made (or restricted). Then it chose a lower
//     target, and keeps to it. A new Context does not.
//   * While a product runs, each thread that works for it loads a tile configuration and releases it in the end. A
//     configuration that the caller has loaded (LDTILECFG) is lost, with the contents of its tiles, unless the caller
//     saves and restores them. An output stage that uses tiles must restore what it found.
class ISOQUANT_API Context : public Runtime {  // runtime.h: what those ask of a Context who implement operations
 public:
  Context();                             // runs on the calling thread
  explicit Context(Executor& executor);  // borrows the executor, which must outlive the Context
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Narrow the choice further, never widen it; names are as in the environment. The last tier that the CPU can run is
  // never removed. SetMaxTier usually takes one name; if there are several, each of this architecture caps.
  //
  // Errors: kNull; kUnknownTier, with the first name that no build of this library knows. That name changes nothing,
  // but the others of its list count. (SetMaxTier: also if there is no name.)
  Status SetMaxTier(const char* name);
  Status Disable(const char* names);

  // kExact until this is called. kFast permits the tiers that are refused without it (ExplainTiers says which); they
  // compute products of bf16 alone.
  void SetFloatMode(FloatMode mode);
  FloatMode float_mode() const { return float_mode_; }

  // The tier that runs: the best one that is left. Never null. Explain says more: some tiers leave small products to
  // the next one, and not every tier has every product.
  const char* tier() const;

  // Gives scratch memory back. The next call that needs some allocates it anew.
  void ReleaseScratch() { FreeScratch(); }

  // kOk, or what is wrong with ISOQUANT_MAX_TIER or ISOQUANT_DISABLE.
  const Status& environment_status() const { return environment_status_; }

 private:
  friend std::vector<TierReport> ExplainTiers(const Context& context);

  explicit Context(Executor* executor);
  void Choose();

  // Bit i is tier i.
  uint64_t capped_ = 0;    // better than a cap, of the environment or the caller
  uint64_t disabled_ = 0;  // removed by name
  FloatMode float_mode_ = FloatMode::kExact;
  Status environment_status_;
};

}  // namespace isoquant

#endif  // ISOQUANT_CONTEXT_H_
