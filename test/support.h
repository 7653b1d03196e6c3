// Test support: shapes, values, tiers, digests, threads.
#ifndef ISOQUANT_TEST_SUPPORT_H_
#define ISOQUANT_TEST_SUPPORT_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"

#define ISOQUANT_CHECK_OK(expression)                              \
  do {                                                             \
    const ::isoquant::Status checked_status = (expression);        \
    CHECK_MESSAGE(checked_status.ok(), checked_status.ToString()); \
  } while (false)

namespace isoquant {

// Of a product: M x K times K x N.
struct Shape {
  size_t m, k, n;
  size_t gap = 0;  // row strides less the columns
};

// SplitMix64 (Steele, Lea, Flood 2014): the same sequence everywhere, unlike std::distributions.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t operator()() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  size_t Below(size_t n) { return static_cast<size_t>((*this)() % n); }
  // Uniform in [-1, 1), exact in f32.
  float Signed() { return static_cast<float>(static_cast<int32_t>((*this)() >> 40) - (1 << 23)) * 0x1p-23f; }

 private:
  uint64_t state_;
};

// Every integer of the type, its extremes in a quarter of the places: they are what saturating instructions get wrong.
template <class T>
void FillIntegers(Random& random, T* data, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const uint64_t bits = random();
    data[i] = (bits & 3) != 0   ? static_cast<T>(bits >> 8)
              : (bits & 4) != 0 ? std::numeric_limits<T>::min()
                                : std::numeric_limits<T>::max();
  }
}

// Of KxN or NxK.
template <class Plain>
PackedWeights Packed(Context& context, const Plain& weights) {
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, weights, packed));
  return packed;
}

// Removes all other tiers: this one runs all shapes, even those that it would leave to another.
inline void UseOnly(Context& context, const std::string& tier) {
  ISOQUANT_CHECK_OK(context.SetMaxTier(tier.c_str()));
  for (const TierReport& report : ExplainTiers(context)) {
    if (report.name != tier) ISOQUANT_CHECK_OK(context.Disable(report.name.c_str()));
  }
}

// Why a tier does not run; empty if it does.
inline std::string ReasonOf(const Context& context, const std::string& tier) {
  for (const TierReport& report : ExplainTiers(context)) {
    if (report.name == tier) return report.reason;
  }
  return "no such tier";
}

// How many tiers tests visit, from the best on.
inline size_t most_tiers = SIZE_MAX;

// Calls f(context) for every tier that this machine can run, worst included, so that this very tier runs.
template <class F>
void ForEachTier(const F& f) {
  const Context probe;
  size_t tiers = 0;
  for (const TierReport& report : ExplainTiers(probe)) {
    if (tiers == most_tiers) break;
    if (!report.usable) continue;
    Context context;
    UseOnly(context, report.name);
    REQUIRE(context.tier() == report.name);
    INFO("tier ", report.name);
    f(context);
    ++tiers;
  }
  CHECK(tiers != 0);
}

// FNV-1a, 64 bits (Fowler, Noll, Vo), over the bytes of little-endian values.
class Digest {
 public:
  template <class T>
  void Add(const T* data, size_t size) {
    for (size_t i = 0; i < size; ++i) {
      using Narrow = typename std::conditional<sizeof(T) == 1, uint8_t, uint16_t>::type;
      typename std::conditional<sizeof(T) <= 2, Narrow, uint32_t>::type bits;
      static_assert(sizeof(bits) == sizeof(T), "8, 16 or 32 bits");
      std::memcpy(&bits, data + i, sizeof(T));
      for (size_t b = 0; b < sizeof(T); ++b) hash_ = (hash_ ^ (uint32_t{bits} >> (8 * b) & 0xff)) * 0x100000001b3u;
    }
  }
  template <class T>
  void Add(const MatrixView<T>& m) {
    for (size_t r = 0; r < m.rows; ++r) Add(m.Row(r), m.cols);
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

// Checks a digest against golden.h. With ISOQUANT_PRINT_GOLDEN in the environment it prints the line for golden.h too.
void CheckGolden(const std::string& name, uint64_t digest);

// One thread per worker and call: simple, and as unordered as a pool. Tasks are dealt out round robin.
class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(size_t workers) : workers_(workers) {}
  size_t NumWorkers() const override { return workers_; }
  void Run(size_t num_tasks, TaskRef task) override {
    std::vector<std::thread> threads;
    for (size_t worker = 0; worker < workers_; ++worker) {
      threads.emplace_back([=] {
        for (size_t i = worker; i < num_tasks; i += workers_) task(i, worker);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  const size_t workers_;
};

// The same, but each thread calls State::Keeps(worker, f), which calls f() in a state of the worker's own and returns
// whether f left it as it was.
template <class State>
class KeepingExecutor final : public Executor {
 public:
  explicit KeepingExecutor(size_t workers) : workers_(workers) {}
  size_t NumWorkers() const override { return workers_; }
  void Run(size_t num_tasks, TaskRef task) override {
    std::vector<std::thread> threads;
    std::vector<char> kept(workers_);
    for (size_t worker = 0; worker < workers_; ++worker) {
      threads.emplace_back([&, worker] {
        kept[worker] = State::Keeps(worker, [&] {
          for (size_t i = worker; i < num_tasks; i += workers_) task(i, worker);
        });
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const char k : kept) kept_ = kept_ && k != 0;
    most_tasks_ = num_tasks > most_tasks_ ? num_tasks : most_tasks_;
    ++runs_;
  }
  bool kept() const { return kept_; }
  size_t most_tasks() const { return most_tasks_; }
  size_t runs() const { return runs_; }

 private:
  const size_t workers_;
  bool kept_ = true;
  size_t most_tasks_ = 0, runs_ = 0;
};

// Numbers of workers to test with: all of these. With ISOQUANT_TEST_FEWER_WORKERS in the environment the first and the
// last, because an emulated CPU takes minutes for what does not depend on the CPU.
inline std::vector<size_t> WorkerCounts(std::initializer_list<size_t> all) {
  if (std::getenv("ISOQUANT_TEST_FEWER_WORKERS") == nullptr || all.size() <= 2) return all;
  return {*all.begin(), *(all.end() - 1)};
}

// For every tier, and for an E with each of these numbers of workers: calls f(context, executor).
template <class E, class F>
void ForEachTierOn(std::initializer_list<size_t> worker_counts, const F& f) {
  ForEachTier([&](Context& tier) {
    for (const size_t workers : WorkerCounts(worker_counts)) {
      INFO(workers, " workers");
      E executor(workers);
      Context context(executor);
      ISOQUANT_CHECK_OK(context.SetMaxTier(tier.tier()));
      f(context, executor);
    }
  });
}

// On every tier, by one thread and by three: runs cases, checks them, and the digest of all their outputs.
template <class... Cases>
void CheckGoldenOutputs(const std::string& name, Cases&... cases) {
  ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
    Digest digest;
    ((cases.Run(context), cases.Check(), digest.Add(cases.output().view())), ...);
    CheckGolden(name, digest.value());
  });
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_SUPPORT_H_
