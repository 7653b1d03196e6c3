// Tests of the emulator's handlers: kernels that run through them, threads, stacks, and signals of others.
#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "isoquant/cpu.h"
#include "isoquant/isoquant.h"
#include "test/emulator/child.h"
#include "test/emulator/kernels.h"
#include "test/emulator/native.h"
#include "test/guarded.h"
#include "test/support.h"

namespace isoquant {
namespace emulator {
namespace {

bool HasBit(uint64_t word, unsigned bit) { return (word >> bit & 1) != 0; }
bool HasAvx() { return __builtin_cpu_supports("avx2") != 0; }
bool HasAvxVnniInt8() { return HasBit(DetectCpu().leaf7_1_edx, 4); }
// The CPU has tiles and this process may use them: nothing raises SIGILL.
bool RunsTiles() {
  uint64_t granted = 0;
  constexpr long kGetPermission = 0x1022;  // ARCH_GET_XCOMP_PERM
  return syscall(SYS_arch_prctl, kGetPermission, &granted) == 0 && HasBit(granted, 18);
}
bool SkipWithoutSigill(bool runs, const char* what) {
  if (runs) MESSAGE("skipped: this CPU runs ", what);
  return runs;
}

// The counts at construction are subtracted.
class Counts {
 public:
  Counts() {
    for (size_t i = 0; i < kNumOps; ++i) before_[i] = Count(static_cast<Op>(i));
  }
  uint64_t operator[](Op op) const { return Count(op) - before_[static_cast<size_t>(op)]; }

 private:
  uint64_t before_[kNumOps];
};

// A product with tails in all three directions, and its result.
struct Product {
  explicit Product(uint64_t seed, size_t m = 21, size_t n = 19, size_t k = 76)
      : m(m), n(n), k(k), a(m * k), b(k * n), c(m * n), expected(m * n) {
    Random random(seed);
    FillIntegers(random, a.data(), a.size());
    FillIntegers(random, b.data(), b.size());
    FillIntegers(random, c.data(), c.size());
    for (size_t i = 0; i < m * n; ++i) {
      uint32_t sum = static_cast<uint32_t>(c[i]);
      for (size_t p = 0; p < k; ++p) {
        sum += static_cast<uint32_t>(a[i / n * k + p] * b[(p / 4 * n + i % n) * 4 + p % 4]);
      }
      expected[i] = static_cast<int32_t>(sum);
    }
  }
  bool Run() {
    std::vector<int32_t> result = c;
    AmxMatMul(a.data(), b.data(), m, n, k, result.data());
    return result == expected;
  }
  size_t steps() const { return AmxMatMulSteps(m, n, k); }

  size_t m, n, k;
  std::vector<uint8_t> a;
  std::vector<int8_t> b;
  std::vector<int32_t> c, expected;
};

bool VpdpbssdIsRight(uint8_t seed) {
  uint8_t a[32], b[32], acc[32];
  int32_t expected[8], result[8];
  for (size_t i = 0; i < 32; ++i) {
    a[i] = static_cast<uint8_t>(seed + 7 * i);
    b[i] = static_cast<uint8_t>(seed * 3 + 101 * i);
    acc[i] = static_cast<uint8_t>(i % 4 == 3 ? 0 : seed + i);
  }
  std::memcpy(expected, acc, sizeof(acc));
  for (size_t i = 0; i < 32; ++i) expected[i / 4] += static_cast<int8_t>(a[i]) * static_cast<int8_t>(b[i]);
  Vpdpbssd(a, b, acc);
  std::memcpy(result, acc, sizeof(acc));
  return std::equal(result, result + 8, expected);
}

TEST_CASE("Emulator: a kernel with tiles, through SIGILL") {
  if (SkipWithoutSigill(RunsTiles(), "tiles")) return;
  Product product(1);
  const Emulation emulation;
  const Counts counts;
  CHECK(product.Run());
  CHECK(counts[Op::kTdpbusd] == product.steps());
  CHECK(counts[Op::kTileloadd] == 2 * product.steps());
  CHECK(counts[Op::kTileloaddt1] == product.steps());
  CHECK(counts[Op::kTilestored] == product.steps());
  // All or none: Linux lets a CPU with AMX run it.
  CHECK((counts[Op::kLdtilecfg] == 0 || counts[Op::kLdtilecfg] == product.steps()));
  CHECK(counts[Op::kTilerelease] == (counts[Op::kLdtilecfg] == 0 ? 0 : 1));
}

TEST_CASE("Emulator: kernels with AVX-VNNI-INT8, through SIGILL") {
  if (!HasAvx()) {
    MESSAGE("skipped: no AVX2");
    return;
  }
  const Emulation emulation;
  const Counts counts;
  for (unsigned seed = 0; seed < 256; ++seed) CHECK(VpdpbssdIsRight(static_cast<uint8_t>(seed)));
  CHECK(counts[Op::kVpdpbssd] == (HasAvxVnniInt8() ? 0 : 256));
}

TEST_CASE("Emulator: forced, on any CPU") {
  Product product(2);
  const Counts counts;
  {
    const ForcedEmulation forced;
    CHECK(product.Run());
  }
  CHECK(counts[Op::kLdtilecfg] == product.steps());
  CHECK(counts[Op::kTdpbusd] == product.steps());
  CHECK(counts[Op::kTilerelease] == 1);
  if (!HasAvx()) return;
  bool is_right;
  {
    const ForcedEmulation forced;
    { const ForcedEmulation nested; }
    is_right = VpdpbssdIsRight(99);
  }
  CHECK(is_right);
  CHECK(counts[Op::kVpdpbssd] == 1);
  if (HasAvxVnniInt8()) CHECK(VpdpbssdIsRight(99));
  CHECK(counts[Op::kVpdpbssd] == 1);  // not any more
}

TEST_CASE("Emulator: forced, where the CPU runs tiles") {
  const Ending ending = RunInChild([] {
    if (!RequestNative(1u << 17 | 1u << 18)) return 2;
    Product product(4);
    const Counts counts;
    const bool is_native = product.Run() && counts[Op::kTdpbusd] == 0;
    const DotConfig config(16, 16, 16);
    LoadConfig(config.bytes);  // tiles of the CPU's in use
    ZeroTile0();
    const ForcedEmulation forced;
    return product.Run() && counts[Op::kTdpbusd] == product.steps() && is_native ? 8 : 1;
  });
  CHECK((ending.code == 8 || ending.code == 2));
  if (ending.code == 2) MESSAGE("skipped: the CPU lacks AMX");
}

TEST_CASE("Emulator: forced, tiles start unconfigured") {
  const auto run = [](bool configures) {
    const Counts counts;
    const DotConfig config(16, 16, 16);
    {
      const ForcedEmulation forced;
      LoadConfig(config.bytes);
    }
    const ForcedEmulation forced;
    if (configures) LoadConfig(config.bytes);
    ZeroTile0();
    return counts[Op::kTilezero] == 1 ? 8 : 1;
  };
  CHECK(RunInChild([=] { return run(true); }).code == 8);
  CHECK(RunInChild([=] { return run(false); }).signal == SIGILL);
}

TEST_CASE("Emulator: forced, the library's own kernel for AVX-VNNI") {
  Context context;
  if (!context.SetMaxTier("avx_vnni").ok() || std::string(context.tier()) != "avx_vnni") {
    MESSAGE("skipped: tier avx_vnni does not run here");
    return;
  }
  const size_t m = 7, k = 37, n = 19;
  Random random(3);
  std::vector<int8_t> a(m * k), b(k * n);
  std::vector<int32_t> native(m * n), emulated(m * n);
  FillIntegers(random, a.data(), a.size());
  FillIntegers(random, b.data(), b.size());
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{b.data(), k, n}}, packed));
  ISOQUANT_CHECK_OK(MatMul(context, {a.data(), m, k}, packed, {native.data(), m, n}));
  const Counts counts;
  Status status;
  {
    const ForcedEmulation forced;
    status = MatMul(context, {a.data(), m, k}, packed, {emulated.data(), m, n});
  }
  ISOQUANT_CHECK_OK(status);
  CHECK(emulated == native);
  CHECK(counts[Op::kVpdpbusd] >= m * ((k + 3) / 4) * ((n + 15) / 16));  // at least one vector for each
}

TEST_CASE("Emulator: vector registers in their initial state, and the upper half of zmm registers") {
  if (!HasAvx()) {
    MESSAGE("skipped: no AVX2");
    return;
  }
  // A thread that never used them: XRSTOR of an area with nothing in use.
  alignas(64) static uint8_t area[1024];
  const uint32_t control = 0x1f80;
  std::memcpy(area + 24, &control, sizeof(control));
  uint8_t ymm0[32], ymm15[32];
  std::memset(ymm0, 0xee, sizeof(ymm0));
  std::memset(ymm15, 0xee, sizeof(ymm15));
  const auto run = [&] {
    __asm__ volatile(
        "mov $6, %%eax\n\t"
        "xor %%edx, %%edx\n\t"
        "xrstor64 (%0)\n\t"
        ".byte 0xc4, 0xe2, 0x77, 0x50, 0xc2\n\t"  // vpdpbssd ymm0, ymm1, ymm2
        "vmovdqu %%ymm0, (%1)\n\t"
        "vmovdqu %%ymm15, (%2)\n\t"
        "vzeroupper" ::"r"(area),
        "r"(ymm0), "r"(ymm15)
        : "rax", "rdx", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
          "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  };
  const Counts counts;
  {
    const ForcedEmulation forced;
    run();
  }
  CHECK(counts[Op::kVpdpbssd] == 1);
  const uint8_t zeros[48] = {};
  CHECK(std::memcmp(ymm0, zeros, 32) == 0);
  CHECK(std::memcmp(ymm15, zeros, 32) == 0);

  if (__builtin_cpu_supports("avx512f") == 0) return;
  uint8_t ones[64], zmm0[64], zmm15[64];
  std::memset(ones, 1, sizeof(ones));
  {
    const ForcedEmulation forced;
    __asm__ volatile(
        "vmovdqu64 (%0), %%zmm0\n\t"
        "vmovdqu64 (%0), %%zmm15\n\t"
        ".byte 0xc4, 0xc2, 0x03, 0x50, 0xc7\n\t"  // vpdpbssd xmm0, xmm15, xmm15
        "vmovdqu64 %%zmm0, (%1)\n\t"
        "vmovdqu64 %%zmm15, (%2)\n\t"
        "vzeroupper" ::"r"(ones),
        "r"(zmm0), "r"(zmm15)
        : "memory", "xmm0", "xmm15");
  }
  CHECK(zmm0[0] == 5);  // 1 + 4 * 1 * 1
  CHECK(zmm0[1] == 1);
  CHECK(std::memcmp(zmm0 + 16, zeros, 48) == 0);
  CHECK(std::memcmp(zmm15, ones, 64) == 0);
}

TEST_CASE("Emulator: LDTILECFG zeroes tiles, and nothing else does") {
  if (SkipWithoutSigill(RunsTiles(), "tiles")) return;
  const Emulation emulation;
  const DotConfig config(16, 16, 16), smaller(3, 2, 1);
  std::vector<uint8_t> data(1024, 7), stored(1024), zeros(1024);
  for (const bool again : {false, true}) {
    LoadConfig(config.bytes);
    LoadTile0(data.data(), 64);
    if (again) LoadConfig(config.bytes);
    LoadTile1(data.data(), 64);
    StoreTile0(stored.data(), 64);
    CHECK(stored == (again ? zeros : data));
  }
  Release();
  LoadConfig(config.bytes);
  StoreTile0(stored.data(), 64);
  CHECK(stored == zeros);
  LoadTile0(data.data(), 64);
  LoadConfig(smaller.bytes);
  LoadConfig(config.bytes);
  StoreTile0(stored.data(), 64);
  CHECK(stored == zeros);

  uint8_t now[64];
  StoreConfig(now);
  now[1] = 0;  // the mark
  CHECK(std::equal(now, now + 64, config.bytes));
  Release();
  StoreConfig(now);
  CHECK(std::all_of(now, now + 64, [](uint8_t byte) { return byte == 0; }));
}

TEST_CASE("Emulator: threads have tiles of their own") {
  const bool runs_tiles = RunsTiles();
  const Emulation emulation;
  const Counts counts;
  std::vector<std::thread> threads;
  std::vector<int> wrong(8);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([t, &wrong] {
      Product product(t, 17 + t, 13 + t, 64 + 4 * t);
      for (int i = 0; i < 20; ++i) {
        if (!product.Run()) ++wrong[t];
        if (HasAvx() && !VpdpbssdIsRight(static_cast<uint8_t>(t))) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) CHECK(count == 0);
  if (!runs_tiles) CHECK(counts[Op::kTdpbusd] >= 20 * wrong.size());
}

TEST_CASE("Emulator: handlers run on the alternate stack if there is one") {
  if (SkipWithoutSigill(RunsTiles(), "tiles")) return;
  const Emulation emulation;
  bool is_right = false, is_used = false;
  std::thread([&] {
    std::vector<uint8_t> stack(getauxval(AT_MINSIGSTKSZ) + 16384, 0xee);
    stack_t alternate = {}, none = {};
    none.ss_flags = SS_DISABLE;
    alternate.ss_sp = stack.data();
    alternate.ss_size = stack.size();
    if (sigaltstack(&alternate, nullptr) != 0) return;
    is_right = Product(5).Run();
    sigaltstack(&none, nullptr);
    is_used = std::any_of(stack.begin(), stack.end(), [](uint8_t byte) { return byte != 0xee; });
    // A handler that needs more would have overwritten what is before the stack; here: not even the last KiB of it.
    is_right = is_right && std::all_of(stack.begin(), stack.begin() + 1024, [](uint8_t byte) { return byte == 0xee; });
  }).join();
  CHECK(is_right);
  CHECK(is_used);
}

volatile int g_handled;
volatile uint64_t g_address, g_rip;
void* volatile g_page;

void SkipTwoBytes(int, siginfo_t*, void* context) {
  ++g_handled;
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
}
struct sigaction g_older;
void HandOn(int signal, siginfo_t* info, void* context) {
  ++g_handled;
  g_older.sa_sigaction(signal, info, context);
}
void ExitWith7(int) { _exit(7); }
void NoteAndExit(int, siginfo_t* info, void* context) {
  const auto rip = static_cast<uint64_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  _exit(info->si_code == SI_KERNEL && rip == g_rip ? 9 : 1);
}
void MakeAccessible(int, siginfo_t* info, void*) {
  ++g_handled;
  g_address = reinterpret_cast<uint64_t>(info->si_addr);
  mprotect(g_page, 4096, PROT_READ | PROT_WRITE);
}
void Handle(int signal, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO;
  sigaction(signal, &action, nullptr);
}

TEST_CASE("Emulator: what it does not emulate is as without it") {
  const auto ends_by = [](int signal, const Ending& ending) { return ending.signal == signal; };
  CHECK(ends_by(SIGILL, RunInChild([] {
                  const Emulation emulation;
                  __asm__ volatile("ud2");
                  return 0;
                })));
  CHECK(ends_by(SIGILL, RunInChild([] {
                  const Emulation emulation;
                  kill(getpid(), SIGILL);
                  return 0;
                })));
  CHECK(ends_by(SIGILL, RunInChild([] {
                  signal(SIGILL, SIG_IGN);  // does not apply to instructions
                  const Emulation emulation;
                  __asm__ volatile("ud2");
                  return 0;
                })));
  CHECK(RunInChild([] {
          signal(SIGILL, SIG_IGN);
          const Emulation emulation;
          kill(getpid(), SIGILL);
          return 5;
        }).code == 5);
  CHECK(RunInChild([] {
          signal(SIGILL, ExitWith7);
          const Emulation emulation;
          __asm__ volatile("ud2");
          return 0;
        }).code == 7);
  CHECK(RunInChild([] {
          Handle(SIGILL, SkipTwoBytes);
          const Emulation emulation;
          __asm__ volatile("ud2");
          const bool is_right = RunsTiles() || Product(6).Run();
          __asm__ volatile("ud2");
          return is_right && g_handled == 2 ? 8 : 1;
        }).code == 8);
  // An FS prefix, which is not supported.
  CHECK((!HasAvx() || HasAvxVnniInt8() || ends_by(SIGILL, RunInChild([] {
                                                    const Emulation emulation;
                                                    __asm__ volatile(".byte 0x64, 0xc4, 0xe2, 0x77, 0x50, 0x00");
                                                    return 0;
                                                  }))));
  // Breakpoints.
  CHECK(ends_by(SIGTRAP, RunInChild([] {
                  const ForcedEmulation forced;
                  __asm__ volatile("int3");
                  return 0;
                })));
}

TEST_CASE("Emulator: after its end, and below handlers that came later") {
  CHECK(RunInChild([] {
          Handle(SIGILL, SkipTwoBytes);
          {
            const Emulation emulation;
            const Emulation second;
          }
          struct sigaction current;
          sigaction(SIGILL, nullptr, &current);
          return current.sa_sigaction == SkipTwoBytes ? 8 : 1;
        }).code == 8);
  CHECK(RunInChild([] {
          auto emulation = std::make_unique<Emulation>();
          auto second = std::make_unique<Emulation>();
          emulation.reset();
          const bool is_right = RunsTiles() || Product(7).Run();
          Handle(SIGILL, SkipTwoBytes);
          second.reset();
          __asm__ volatile("ud2");
          return is_right && g_handled == 1 ? 8 : 1;
        }).code == 8);
  // A later handler that hands on: emulated while Emulation lives, not any more afterwards.
  const auto hand_on = [](bool ends) {
    auto emulation = std::make_unique<Emulation>();
    sigaction(SIGILL, nullptr, &g_older);
    Handle(SIGILL, HandOn);
    if (ends) emulation.reset();
    return Product(8).Run() && g_handled != 0 ? 8 : 1;
  };
  if (!RunsTiles()) {
    CHECK(RunInChild([=] { return hand_on(false); }).code == 8);
    CHECK(RunInChild([=] { return hand_on(true); }).signal == SIGILL);
  }
  CHECK(RunInChild([] {
          { const Emulation emulation; }
          __asm__ volatile("ud2");
          return 0;
        }).signal == SIGILL);
}

TEST_CASE("Emulator: #UD is SIGILL") {
  if (SkipWithoutSigill(RunsTiles(), "tiles")) return;
  const auto dies = [](void (*use)()) {
    return RunInChild([=] {
             const Emulation emulation;
             const DotConfig config(16, 16, 16);
             LoadConfig(config.bytes);
             ZeroTile0();
             use();
             return 0;
           }).signal == SIGILL;
  };
  CHECK(!dies([] { DotTiles(); }));
  CHECK(dies([] { Release(), ZeroTile0(); }));
  CHECK(dies([] { __asm__ volatile("tilezero %tmm3"); }));
  CHECK(dies([] {
    DotConfig config(16, 16, 16);
    config.bytes[48] = 15;
    LoadConfig(config.bytes);
    DotTiles();
  }));
}

// SIGILL at the LDTILECFG behind the system call, though the CPU could run it.
void IllegalLoadConfig(const uint8_t* config) {
  siginfo_t info = {};
  info.si_signo = SIGILL;
  info.si_code = ILL_ILLOPN;
  long result = SYS_rt_tgsigqueueinfo;
  __asm__ volatile(
      "lea 1f(%%rip), %%rcx\n\t"
      "mov %[info], %%r10\n\t"
      "mov %%rcx, %[rip]\n\t"
      "syscall\n"
      "1: ldtilecfg (%[config])"
      : "+a"(result), [rip] "=m"(g_rip)
      : "D"(long{getpid()}), "S"(syscall(SYS_gettid)), "d"(long{SIGILL}), [info] "r"(&info), [config] "r"(config)
      : "rcx", "r10", "r11", "memory");
}

TEST_CASE("Emulator: LDTILECFG through SIGILL, and #GP is SIGSEGV at the instruction") {
  if (SkipWithoutSigill(RunsTiles(), "tiles")) return;
  const DotConfig config(16, 16, 16);
  DotConfig invalid(16, 16, 16);
  invalid.bytes[2] = 1;
  {
    const Emulation emulation;
    const Counts counts;
    std::vector<uint8_t> data(1024, 7), stored(1024), zeros(1024);
    IllegalLoadConfig(config.bytes);
    LoadTile0(data.data(), 64);
    StoreTile0(stored.data(), 64);
    CHECK(stored == data);
    IllegalLoadConfig(config.bytes);
    StoreTile0(stored.data(), 64);
    CHECK(stored == zeros);
    CHECK(counts[Op::kLdtilecfg] == 2);
    Release();
  }
  CHECK(RunInChild([&] {
          const Emulation emulation;
          Handle(SIGSEGV, NoteAndExit);
          IllegalLoadConfig(invalid.bytes);
          return 0;
        }).code == 9);
  CHECK(RunInChild([&] {
          const Emulation emulation;
          IllegalLoadConfig(invalid.bytes);
          return 0;
        }).signal == SIGSEGV);
  CHECK(RunInChild([&] {  // neither ignored nor held back
          const Emulation emulation;
          signal(SIGSEGV, SIG_IGN);
          IllegalLoadConfig(invalid.bytes);
          return 0;
        })
            .signal == SIGSEGV);
  CHECK(RunInChild([&] {
          const Emulation emulation;
          sigset_t set;
          sigemptyset(&set);
          sigaddset(&set, SIGSEGV);
          sigprocmask(SIG_BLOCK, &set, nullptr);
          Handle(SIGSEGV, NoteAndExit);
          IllegalLoadConfig(invalid.bytes);
          return 0;
        }).signal == SIGSEGV);
}

TEST_CASE("Emulator: memory that cannot be accessed is SIGSEGV, and may be made accessible") {
  if (SkipWithoutSigill(RunsTiles(), "tiles")) return;
  const DotConfig config(16, 16, 16);
  void* pages = mmap(nullptr, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  std::memset(pages, 7, 2 * 4096);
  uint8_t* second = static_cast<uint8_t*>(pages) + 4096;
  REQUIRE(mprotect(second, 4096, PROT_NONE) == 0);
  const auto load = [&] {
    const Emulation emulation;
    LoadConfig(config.bytes);
    ZeroTile0();
    LoadTile0(second - 512, 64);
    std::vector<uint8_t> stored(1024);
    StoreTile0(stored.data(), 64);
    const bool is_right = std::all_of(stored.begin(), stored.end(), [](uint8_t byte) { return byte == 7; });
    return is_right && g_handled == 1 && g_address == reinterpret_cast<uint64_t>(second) ? 8 : 1;
  };
  CHECK(RunInChild(load).signal == SIGSEGV);
  CHECK(RunInChild([&] {
          g_page = second;
          Handle(SIGSEGV, MakeAccessible);
          return load();
        }).code == 8);
  munmap(pages, 2 * 4096);
}

}  // namespace
}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
