// Tests of the tiers amx_int8, avx_vnni and avx_vnni_int8, all of their paths, on every x86-64 CPU that has their
// target, under the emulator; and of permission for tiles (in child processes, because it is for good). On a CPU that
// has the tiers, tiers_test.cc runs the same paths.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "isoquant/isoquant.h"
#include "src/tiers.h"
#include "src/tile_permission.h"
#include "test/emulator/child.h"
#include "test/emulator/emulator.h"
#include "test/matmul_case.h"
#include "test/scoped_detection.h"
#include "test/support.h"
#include "test/tier_paths.h"

#if ISOQUANT_HAVE_EMULATOR

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <cerrno>
#include <cstddef>

namespace isoquant {
namespace {

using emulator::Count;
using emulator::Emulation;
using emulator::ForcedEmulation;
using emulator::Op;
using emulator::RunInChild;

constexpr const char* kTiers[] = {"amx_int8", "avx_vnni_int8", "avx_vnni"};

// This CPU, with all that the emulator has.
Cpu CpuWithAll() {
  Cpu cpu = CpuWithTiles();
  cpu.leaf7_1_eax |= 1u << 4;
  cpu.leaf7_1_edx |= 1u << 4;
  return cpu;
}

// The CPU itself has it, tiles granted or not.
bool IsNative(const std::string& tier) {
  const size_t index = TierIndex(tier.c_str());
  return index != SIZE_MAX && WhyUnusable(Tiers().tiers[index]) == nullptr;
}

// The target itself is not emulated.
bool HasTarget(const char* tier) {
  const ScopedDetection all(CpuWithAll(), true);
  return IsNative(tier);
}

uint64_t EmulatedProducts() {
  uint64_t count = 0;
  for (const Op op : {Op::kTdpbssd, Op::kTdpbusd, Op::kVpdpbusd, Op::kVpdpbssd}) count += Count(op);
  return count;
}

TEST_CASE("Emulated tiers: every path") {
  for (const char* tier : kTiers) {
    CAPTURE(tier);
    if (!HasTarget(tier)) {
      PrintCoverage(tier, "all", "no target", true);
      continue;
    }
    const bool tiles = std::strcmp(tier, "amx_int8") == 0, native = IsNative(tier);
    const ScopedDetection all(CpuWithAll(), true);
    for (const Path& path : TierPaths()) {
      CAPTURE(path.name);
      const Emulation emulation;
      const uint64_t before = EmulatedProducts();
      const bool right = RunPath(path, tier);
      CHECK(right);
      if (tiles || !native) CHECK(EmulatedProducts() != before);  // else the CPU has them
      PrintCoverage(tier, path.name, EmulatedProducts() != before ? "emulated" : "native", right);
    }
  }
}

// Even what the CPU has. Two shapes: every instruction traps.
TEST_CASE("Emulated tiers: forced") {
  for (const char* tier : kTiers) {
    CAPTURE(tier);
    if (!HasTarget(tier)) continue;
    const ScopedDetection all(CpuWithAll(), true);
    Random random(3);
    Case<int8_t> s8(random, {5, 70, 20}, 1, 0);
    Case<uint8_t> u8(random, {17, 9, 33}, 0, 1);
    Context context;
    UseOnly(context, tier);
    PackedWeights for_s8, for_u8;
    Context plain;
    UseOnly(plain, PlainestTier());
    ISOQUANT_CHECK_OK(PackedWeights::Pack(plain, KxN{s8.b.const_view()}, for_s8));
    ISOQUANT_CHECK_OK(PackedWeights::Pack(plain, KxN{u8.b.const_view()}, for_u8));
    CHECK(context.tier() == std::string(tier));
    const uint64_t products = EmulatedProducts(), configs = Count(Op::kLdtilecfg), releases = Count(Op::kTilerelease);
    bool ok = true;
    {
      const ForcedEmulation forced;
      ok = MatMul(context, s8.a.const_view(), for_s8, s8.c.view()).ok();
      ok = MatMul(context, u8.a.const_view(), for_u8, u8.c.view()).ok() && ok;
    }
    CHECK(ok);
    CHECK(EmulatedProducts() != products);
    CHECK(s8.IsOverwritten());
    CHECK(u8.IsOverwritten());
    // One configuration for a task, and none is left.
    const uint64_t expected = std::strcmp(tier, "amx_int8") == 0 ? 2 : 0;
    CHECK(Count(Op::kLdtilecfg) - configs == expected);
    CHECK(Count(Op::kTilerelease) - releases == expected);
    PrintCoverage(tier, "small shapes", "forced", s8.IsOverwritten() && u8.IsOverwritten());
  }
}

// ---- Tile state

// sttilecfg (%rax): the palette, 0 if there is no configuration.
int CurrentPalette() {
  uint8_t config[64];
  __asm__ volatile(".byte 0xc4, 0xe2, 0x79, 0x49, 0x00" : : "a"(config) : "memory");
  return config[0];
}

TEST_CASE("Emulated tiers: no configuration is left behind") {
  if (!HasTarget("amx_int8")) return;
  const ScopedDetection all(CpuWithAll(), true);
  const Emulation emulation;
  Context context;
  UseOnly(context, "amx_int8");
  CHECK(AreRight(context, {{1, 64, 16}}));
  CHECK(CurrentPalette() == 0);
  CHECK(AreRight(context, {{70, 64, 40}}));
  CHECK(CurrentPalette() == 0);
}

TEST_CASE("Emulated tiers: shapes go to the tier that suits them") {
  if (!HasTarget("amx_int8")) return;
  const ScopedDetection all(CpuWithAll(), true);
  const Emulation emulation;
  Context context;
  if (context.tier() != std::string("amx_int8")) return;  // by the environment
  const auto uses_tiles = [&](Shape shape) {
    const uint64_t before = Count(Op::kTdpbssd);
    CHECK(IsRight<int8_t>(context, shape));
    return Count(Op::kTdpbssd) != before;
  };
  CHECK(uses_tiles({5, 256, 64}));
  CHECK(uses_tiles({32, 64, 16}));
  CHECK(!uses_tiles({4, 256, 64}));
  CHECK(!uses_tiles({5, 255, 64}));
  CHECK(!uses_tiles({31, 64, 32}));
  CHECK(!uses_tiles({32, 63, 32}));
  CHECK(!uses_tiles({5, 256, 16}));
  CHECK(Explain(context).find("amx_int8 runs from 5 x 256 ") == 0);
}

// With AMX they are written past the caches, if their rows begin lines of these and nothing is added to them.
TEST_CASE("Emulated tiers: outputs that no cache holds") {
  if (!HasTarget("amx_int8")) return;
  Cpu cpu = CpuWithAll();
  cpu.l2_bytes = size_t{1} << 16;
  const ScopedDetection small(cpu, true);
  const Emulation emulation;
  Context context;
  UseOnly(context, "amx_int8");
  const Shape shape = {300, 64, 448};
  for (const size_t c_pad : {size_t{0}, size_t{16}, size_t{4}, size_t{5}}) {
    CAPTURE(c_pad);
    CHECK(IsRight<int8_t>(context, shape, 0, c_pad));
  }
  CHECK(IsRight<int8_t>(context, {290, 64, 458}, 0, 6));  // the last columns are no whole vector
}

// ---- Permission

// In a child: arch_prctl fails with this errno, or ends the process.
bool InstallFilter(uint32_t action) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {4, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

constexpr int kCannot = 100;  // exit code of a child that may not install a filter

// Exit code 0: amx_int8 is refused for `reason`, and the next tier gives the right bits.
int CheckFallback(const std::string& reason) {
  Context context;
  const std::string refusal = ReasonOf(context, "amx_int8");
  if (refusal.find(reason) == std::string::npos) {
    std::fprintf(stderr, "refused for: %s\n", refusal.c_str());
    return 1;
  }
  if (Explain(context).find(refusal) == std::string::npos) return 2;
  if (IsNative("avx512_vnni") && context.tier() != std::string("avx512_vnni")) return 3;
  return GoldenDigests(context) ? 0 : 4;
}

TEST_CASE("Emulated tiers: permission that is denied is named, and the next tier runs") {
  if (!HasTarget("amx_int8")) return;
  struct {
    int error;
    const char* text;
  } const kErrors[] = {{EPERM, "EPERM"}, {ENOSPC, "ENOSPC"}, {EINVAL, "EINVAL"}, {ENOSYS, "ENOSYS"}, {EIO, "errno 5"}};
  for (const auto& error : kErrors) {
    CAPTURE(error.text);
    const auto ending = RunInChild([&] {
      const ScopedDetection all(CpuWithTiles(), false);
      if (!InstallFilter(SECCOMP_RET_ERRNO | static_cast<uint32_t>(error.error))) return kCannot;
      return CheckFallback(error.text);
    });
    CHECK(ending.signal == 0);
    CHECK((ending.code == 0 || ending.code == kCannot));
  }
}

TEST_CASE("Emulated tiers: Linux itself refuses where an alternate stack is too small for tiles") {
  if (!IsNative("amx_int8")) return;
  const auto ending = RunInChild([] {
    static uint8_t small[8192];  // a frame with tiles has 11 KiB
    stack_t stack = {};
    stack.ss_sp = small;
    stack.ss_size = sizeof(small);
    if (sigaltstack(&stack, nullptr) != 0) return kCannot;
    const int code = CheckFallback("ENOSPC");
    return code == 1 && ReasonOf(Context(), "amx_int8").empty() ? 5 : code;
  });
  CHECK(ending.signal == 0);
  CHECK((ending.code == 0 || ending.code == kCannot));
}

// ---- A refusal is not for good

// Linux as far as tiles go, and a clock.
std::atomic<int> g_tile_answer, g_tile_requests;
std::atomic<int64_t> g_nanoseconds;
constexpr int64_t kSecond = 1000000000;

class ScopedTileSource {
 public:
  explicit ScopedTileSource(int answer) {
    g_tile_answer = answer;
    g_tile_requests = 0;
    g_nanoseconds = 5;  // soon after the machine started
    OverrideTileSource(&kSource);
  }
  ~ScopedTileSource() { OverrideTileSource(nullptr); }
  ScopedTileSource(const ScopedTileSource&) = delete;
  ScopedTileSource& operator=(const ScopedTileSource&) = delete;

 private:
  static int Ask() {
    ++g_tile_requests;
    return g_tile_answer;
  }
  static int64_t Nanoseconds() { return g_nanoseconds; }
  static constexpr TileSource kSource = {&Ask, &Nanoseconds};
};

TEST_CASE("Emulated tiers: tiles that were refused are asked for again, each second, and used once granted") {
  if (!HasTarget("amx_int8")) return;
  const ScopedDetection all(CpuWithAll(), false);
  const Emulation emulation;
  const ScopedTileSource source(ENOSPC);
  Context context;
  if (ReasonOf(context, "amx_int8").find("ENOSPC") == std::string::npos) return;  // removed by the environment
  CHECK(g_tile_requests == 1);
  const auto uses_tiles = [&] {
    const uint64_t before = Count(Op::kTdpbssd);
    CHECK(IsRight<int8_t>(context, {5, 256, 64}));
    return Count(Op::kTdpbssd) != before;
  };
  for (const int64_t later : {int64_t{0}, kSecond / 2, kSecond - kSecond / 2 - 1}) {
    g_nanoseconds += later;
    CHECK(!uses_tiles());
    CHECK(context.tier() != std::string("amx_int8"));
    CHECK(g_tile_requests == 1);
  }
  g_nanoseconds += 1;  // a second
  CHECK(!uses_tiles());
  CHECK(!uses_tiles());
  CHECK(Explain(context).find("ENOSPC") != std::string::npos);
  CHECK(g_tile_requests == 2);

  g_tile_answer = 0;
  g_nanoseconds += kSecond - 1;
  CHECK(!uses_tiles());
  CHECK(g_tile_requests == 2);
  g_nanoseconds += 1;
  CHECK(uses_tiles());  // the same Context
  CHECK(context.tier() == std::string("amx_int8"));
  CHECK(ReasonOf(context, "amx_int8").empty());
  CHECK(g_tile_requests == 3);

  g_tile_answer = EPERM;  // what is granted is not asked for again
  g_nanoseconds += 100 * kSecond;
  CHECK(uses_tiles());
  CHECK(Context().tier() == std::string("amx_int8"));
  CHECK(g_tile_requests == 3);
}

TEST_CASE("Emulated tiers: a Context that chose another target for want of tiles keeps to it, a new one does not") {
  if (!HasTarget("amx_int8")) return;
  const ScopedDetection all(CpuWithAll(), false);
  const Emulation emulation;
  const ScopedTileSource source(ENOSPC);
  const size_t amx = TierIndex("amx_int8");
  const auto remove_others = [&](Context& context) {  // of its target
    for (size_t i = amx + 1; TargetOf(i) == TargetOf(amx); ++i) {
      ISOQUANT_CHECK_OK(context.Disable(Tiers().tiers[i].name));
    }
  };
  Context context;
  if (ReasonOf(context, "amx_int8").find("ENOSPC") == std::string::npos) return;
  remove_others(context);
  const std::string chosen = context.tier();
  CHECK(TargetOf(TierIndex(chosen.c_str())) != TargetOf(amx));
  CHECK(AreRight(context, {{40, 300, 40}}));

  g_tile_answer = 0;
  g_nanoseconds += kSecond;
  CHECK(RefuseTiles() == nullptr);
  CHECK(context.tier() == chosen);
  CHECK(AreRight(context, {{40, 300, 40}}));
  CHECK(ReasonOf(context, "amx_int8") == "Linux refused tiles when this Context chose: make a new one");
  CHECK(Explain(context).find(chosen + " runs; amx_int8 does not: Linux refused tiles when") == 0);
  Context other;
  remove_others(other);
  CHECK(other.tier() == std::string("amx_int8"));
  CHECK(AreRight(other, {{40, 300, 40}}));
}

TEST_CASE("Emulated tiers: threads that ask for tiles at the same time") {
  const ScopedTileSource source(1234);
  std::atomic<int> wrong{0};
  std::atomic<uint64_t> questions{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&wrong, &questions, i] {
      bool granted = false;
      for (int j = 0; j < 20000 || !granted; ++j) {  // the first thread may be the last to run: the others wait for it
        g_nanoseconds += kSecond / 1000;
        ++questions;
        if (i == 0 && j == 10000) g_tile_answer = 0;
        const char* refusal = RefuseTiles();
        if (refusal != nullptr && (granted || std::strstr(refusal, "fails with errno 1234") == nullptr)) ++wrong;
        granted = granted || refusal == nullptr;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(static_cast<uint64_t>(g_tile_requests) <= 4 * (1 + questions / 1000));  // each thread once a second at most

  // What one thread reads, another does not write.
  const ScopedTileSource again(1234);
  const char* refusal = RefuseTiles();
  REQUIRE(refusal != nullptr);
  g_tile_answer = 4321;
  g_nanoseconds += kSecond;
  std::thread([&wrong] {
    if (std::strstr(RefuseTiles(), "errno 4321") == nullptr) ++wrong;
  }).join();
  CHECK(wrong == 0);
  CHECK(std::strstr(refusal, "errno 1234") != nullptr);
}

TEST_CASE("Emulated tiers: Linux itself refuses, and grants when the thread with a small alternate stack has ended") {
  if (!IsNative("amx_int8")) return;
  const auto ending = RunInChild([] {
    int code = kCannot;
    std::thread([&code] {
      static uint8_t small[8192];
      stack_t stack = {};
      stack.ss_sp = small;
      stack.ss_size = sizeof(small);
      if (sigaltstack(&stack, nullptr) == 0) code = CheckFallback("ENOSPC");
    }).join();
    if (code != 0) return kCannot;  // not refused, or for another reason
    Context context;
    if (context.tier() == std::string("amx_int8")) return 6;  // too soon
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    if (context.tier() != std::string("amx_int8")) return 7;
    return AreRight(context, {{40, 300, 40}}) ? 0 : 8;
  });
  CHECK(ending.signal == 0);
  if (ending.code == kCannot) {
    MESSAGE("not tried: this system does not refuse tiles for a small alternate stack");
  } else {
    CHECK(ending.code == 0);
  }
}

TEST_CASE("Emulated tiers: permission is not asked before it is needed") {
  if (!HasTarget("amx_int8")) return;
  const auto run = [](bool disable, Shape shape) {
    return RunInChild([&] {
      const ScopedDetection all(CpuWithTiles(), false);
      if (!InstallFilter(SECCOMP_RET_KILL_PROCESS)) return kCannot;
      Context context;
      if (disable && !context.Disable("amx_int8").ok()) return 1;
      if (disable && ReasonOf(context, "amx_int8") != "removed by Context::Disable") return 2;
      return IsRight<int8_t>(context, shape) ? 0 : 3;
    });
  };
  if (run(true, {1, 1, 1}).code == kCannot) return;
  CHECK(run(true, {40, 300, 40}).code == 0);  // disabled
  CHECK(run(true, {40, 300, 40}).signal == 0);
  CHECK(run(false, {4, 300, 40}).code == 0);  // too small
  CHECK(run(false, {4, 300, 40}).signal == 0);
  CHECK(run(false, {40, 300, 40}).signal == SIGSYS);  // the filter does see it
}

TEST_CASE("Emulated tiers: what CPU or operating system lack is named") {
  if (!HasTarget("amx_int8")) return;
  const auto check = [](void (*remove)(Cpu&), const std::string& reason) {
    Cpu cpu = CpuWithTiles();
    remove(cpu);
    const auto ending = RunInChild([&] {
      const ScopedDetection detection(cpu, true);
      return CheckFallback(reason);
    });
    CAPTURE(reason);
    CHECK(ending.signal == 0);
    CHECK(ending.code == 0);
  };
  check([](Cpu& cpu) { cpu.leaf7_edx &= ~(1u << 24); }, "AMX-TILE");
  check([](Cpu& cpu) { cpu.leaf7_edx &= ~(1u << 25); }, "AMX-INT8");
  check([](Cpu& cpu) { cpu.leaf1_ecx &= ~(1u << 27); }, "CPUID(1).ECX[27]");
  check([](Cpu& cpu) { cpu.xcr0 &= ~(uint64_t{1} << 17); }, "XCR0[17]");
  check([](Cpu& cpu) { cpu.xcr0 &= ~(uint64_t{1} << 18); }, "XCR0[18]");
}

// Run by the next one, in a process of its own: the environment is read once.
TEST_CASE("Emulated tiers: in a process with ISOQUANT_DISABLE=amx_int8" * doctest::skip()) {
  const ScopedDetection all(CpuWithTiles(), false);
  if (InstallFilter(SECCOMP_RET_KILL_PROCESS)) CHECK(CheckFallback("ISOQUANT_DISABLE=amx_int8") == 0);
}
TEST_CASE("Emulated tiers: removed by the environment, they are not asked for") {
  if (!HasTarget("amx_int8")) return;
  char program[4096] = {};
  REQUIRE(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
  const auto ending = RunInChild([&] {
    setenv("ISOQUANT_DISABLE", "amx_int8", 1);
    execl(program, program, "-m", "-ns", "-tc=Emulated tiers: in a process with ISOQUANT_DISABLE=amx_int8", nullptr);
    return 1;
  });
  CHECK(ending.signal == 0);
  CHECK(ending.code == 0);
}

// ---- Company

volatile sig_atomic_t g_alarms;

// A timer's handler on an alternate stack, while `f` runs.
template <class F>
bool RunWithAlarms(const F& f) {
  static uint8_t memory[256 * 1024];
  stack_t stack = {};
  stack.ss_sp = memory;
  stack.ss_size = sizeof(memory);
  struct sigaction action = {};
  action.sa_handler = [](int) {
    volatile uint8_t scratch[4096];
    for (size_t i = 0; i < sizeof(scratch); ++i) scratch[i] = 0xff;
    g_alarms = g_alarms + 1;
  };
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  const itimerval often = {{0, 500}, {0, 500}}, never = {};
  if (sigaltstack(&stack, nullptr) != 0 || sigaction(SIGALRM, &action, nullptr) != 0) return false;
  bool right = setitimer(ITIMER_REAL, &often, nullptr) == 0;
  g_alarms = 0;
  for (int i = 0; i < 2000 && g_alarms < 40; ++i) right = f() && right;
  setitimer(ITIMER_REAL, &never, nullptr);
  return right && g_alarms >= 40;
}

TEST_CASE("Emulated tiers: signal handlers on an alternate stack, during a MatMul") {
  if (!HasTarget("amx_int8")) return;
  const auto run = [](bool granted) {
    return RunInChild([&] {
      const ScopedDetection all(CpuWithAll(), granted);
      const Emulation emulation;
      Context context;
      if (!granted && !context.Allows(TierIndex("amx_int8"))) return kCannot;
      UseOnly(context, "amx_int8");
      return RunWithAlarms([&] { return AreRight(context, {{50, 300, 60}, {9, 130, 33}}); }) ? 0 : 1;
    });
  };
  CHECK(run(true).code == 0);
  if (IsNative("amx_int8")) CHECK((run(false).code == 0 || run(false).code == kCannot));
}

TEST_CASE("Emulated tiers: several threads at once, each with a Context") {
  if (!HasTarget("amx_int8")) return;
  const auto run = [](bool granted) {
    return RunInChild([&] {
      const ScopedDetection all(CpuWithAll(), granted);
      const Emulation emulation;
      if (!granted && RefuseTiles() != nullptr) return kCannot;
      bool right[6] = {};
      std::vector<std::thread> threads;
      for (size_t i = 0; i < 6; ++i) {
        threads.emplace_back([&right, i] {
          Context context;
          UseOnly(context, "amx_int8");
          right[i] = true;
          for (size_t j = 0; j < 5; ++j) right[i] = AreRight(context, {{10 + 7 * i, 100 + i, 40}}) && right[i];
          right[i] = right[i] && CurrentPalette() == 0;
        });
      }
      for (std::thread& thread : threads) thread.join();
      for (const bool one : right) {
        if (!one) return 1;
      }
      return 0;
    });
  };
  CHECK(run(true).code == 0);
  if (IsNative("amx_int8")) CHECK((run(false).code == 0 || run(false).code == kCannot));
}

}  // namespace
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
