// Public layer: what a call runs with: which tier, whose threads, which scratch memory.
#ifndef ISOQUANT_CONTEXT_H_
#define ISOQUANT_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isoquant/api.h"
#include "isoquant/cpu.h"
#include "isoquant/executor.h"
#include "isoquant/status.h"
#include "isoquant/tiers.h"

namespace isoquant {

// Cheap to make (about a microsecond), not thread-safe: one Context per thread that calls the library. Scratch memory
// grows when a larger shape arrives and is kept, so that a steady state allocates nothing.
//
// The environment restricts every Context: ISOQUANT_MAX_TIER=avx2 removes all tiers better than avx2,
// ISOQUANT_DISABLE=avx512_vnni,avx_vnni removes those named. White space, ',' and ';' separate names; case does not
// matter, and '-' is '_': "AVX512-VNNI; avx_vnni" does the same. Every build knows the names of all builds' tiers, so
// that a whole fleet may have one setting: a tier of another architecture changes nothing, and one of this architecture
// that was not compiled still caps. A name that no build knows is reported, on stderr (one line, once per process), by
// environment_status() and by Explain(); the other names of its list count all the same, because a switch that is to
// switch off must not fail to.
//
// The tier amx_int8 needs tiles, which Linux grants to a whole process, and for good, on request. The request is made
// when a product that suits the tier is about to run, or when tier(), Explain() or ExplainTiers() must know; never
// where the tier is removed or capped. (An alternate signal stack of less than about 12 KiB in any thread makes Linux
// refuse, and afterwards such a stack cannot be set up.) A refusal is not for good: when tiles are about to be used
// again, a second or more later, so is the request. A Context starts to use tiles when they are granted, whenever it
// was made, but for one that had no other tier of that target left (avx512_vnni and avx512bw removed) when tiles were
// refused: it keeps to what it chose then; a new one does not. While a product runs, each thread that works for it
// loads a tile configuration of its own and releases it in the end: a configuration that the caller has loaded
// (LDTILECFG), and the contents of its tiles, are lost unless the caller saves and restores them. The same holds for an
// output stage that uses tiles: it must restore what it found.
class ISOQUANT_API Context {
 public:
  Context();                             // runs on the calling thread
  explicit Context(Executor& executor);  // borrows the executor, which must outlive the Context
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Narrow the choice further, never widen it; names are as in the environment. The last tier that the CPU can run is
  // never removed. SetMaxTier takes one name as a rule; of several, those of this architecture all cap.
  //
  // Errors: kUnknownTier, with the first name that no build of this library knows (SetMaxTier: or if there is none): it
  // changes nothing, but what the other names ask for is done; kNull.
  Status SetMaxTier(const char* name);
  Status Disable(const char* names);

  // The tier that runs: the best one that is left. Never null. (Some leave small products to the next: see Explain.)
  const char* tier() const;

  // Gives scratch memory back. The next call that needs some allocates it anew.
  void ReleaseScratch();

  // kOk, or what is wrong with ISOQUANT_MAX_TIER or ISOQUANT_DISABLE.
  const Status& environment_status() const { return environment_status_; }

  // ---- For implementations of operations, here and downstream.

  // Whether tier number `index` (see TierIndex) may run; whether one of several may, bit i of which is tier i.
  bool Allows(size_t index) const { return index < 64 && AllowsAny(uint64_t{1} << index); }
  bool AllowsAny(uint64_t tiers) const {
    return (certain_ & tiers) != 0 || ((on_request_ & tiers) != 0 && AreTilesGranted());
  }
  // Highway targets (bits as in hwy/detect_targets.h) that may run: the tier's own and all below it.
  int64_t targets() const { return targets_; }
  size_t NumWorkers() const { return executor_ == nullptr ? 1 : executor_->NumWorkers(); }
  // Runs all tasks, on the calling thread if there is no executor or only one task.
  void Run(size_t num_tasks, TaskRef task) const;
  // At least `bytes` bytes, aligned to 64, valid until the next call with the same `owner`; null if there is no memory.
  // Contents are not kept. An operation that prepares operands for the MatMul driver keeps them in kOperation.
  enum class ScratchOwner : uint8_t { kDriver, kOperation };
  uint8_t* Scratch(ScratchOwner owner, size_t bytes) {
    const ScratchMemory& scratch = scratch_[static_cast<size_t>(owner)];
    return bytes <= scratch.bytes && scratch.data != nullptr ? scratch.data : Grow(owner, bytes);
  }

 private:
  friend std::vector<TierReport> ExplainTiers(const Context& context);
  struct ScratchMemory {
    uint8_t* data = nullptr;
    size_t bytes = 0;
  };

  void Choose();
  uint8_t* Grow(ScratchOwner owner, size_t bytes);
  static bool AreTilesGranted();

  Executor* executor_ = nullptr;
  ScratchMemory scratch_[2];
  // Bit i is tier i.
  uint64_t certain_ = 0;     // may run
  uint64_t on_request_ = 0;  // may run if tiles are granted
  uint64_t capped_ = 0;      // better than a cap, of the environment or the caller
  uint64_t disabled_ = 0;    // removed by name
  int64_t targets_ = 0;
  Status environment_status_;
};

}  // namespace isoquant

#endif  // ISOQUANT_CONTEXT_H_
