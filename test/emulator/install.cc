// Emulator: the handlers of SIGILL and SIGTRAP.
#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <mutex>

#include "test/emulator/context.h"

namespace isoquant {
namespace emulator {
namespace {

// Constant-initialised and never allocated on first use: what handlers may touch.
__attribute__((tls_model("initial-exec"))) thread_local ThreadTiles t_tiles;
__attribute__((tls_model("initial-exec"))) thread_local int t_forced;  // ForcedEmulations of this thread
std::atomic<uint64_t> g_counts[kNumOps];
static_assert(std::atomic<uint64_t>::is_always_lock_free, "handlers take no locks");

// A signal's handler.
struct Installation {
  int signal;
  void (*handler)(int, siginfo_t*, void*);
  std::atomic<int> users;
  bool is_installed;
  struct sigaction previous;
};
void OnIllegalInstruction(int, siginfo_t*, void*);
void OnTrap(int, siginfo_t*, void*);
Installation g_illegal = {SIGILL, OnIllegalInstruction, {0}, false, {}};
Installation g_trap = {SIGTRAP, OnTrap, {0}, false, {}};
std::mutex g_mutex;  // of both

void Install(Installation& installation) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  ++installation.users;
  if (installation.is_installed) return;
  struct sigaction action = {};
  action.sa_sigaction = installation.handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  // No other handler runs meanwhile, which could emulate too; but the emulated access to memory may fault.
  sigfillset(&action.sa_mask);
  for (const int synchronous : {SIGSEGV, SIGBUS, SIGFPE}) sigdelset(&action.sa_mask, synchronous);
  if (sigaction(installation.signal, nullptr, &installation.previous) != 0) std::abort();
  if (sigaction(installation.signal, &action, nullptr) != 0) std::abort();
  installation.is_installed = true;
}

void Uninstall(Installation& installation) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (--installation.users != 0) return;
  struct sigaction current;
  if (sigaction(installation.signal, nullptr, &current) != 0) std::abort();
  const bool is_ours = (current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == installation.handler;
  if (!is_ours) return;  // whoever came later stays, and may hand signals on to ours, which hands them on
  if (sigaction(installation.signal, &installation.previous, nullptr) != 0) std::abort();
  installation.is_installed = false;
}

// The signal comes from the interrupted instruction, not from kill() and the like.
bool IsFromCpu(const siginfo_t& info) { return info.si_code > 0; }

void ResetHandler(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
}

// To the handler before ours. Without one the signal stays pending until ours returns, and then ends the process.
void PassOn(const Installation& installation, siginfo_t* info, void* context) {
  const struct sigaction& previous = installation.previous;
  if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(installation.signal, info, context);
  if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) return previous.sa_handler(installation.signal);
  if (previous.sa_handler == SIG_IGN && !IsFromCpu(*info)) return;
  ResetHandler(installation.signal);
  raise(installation.signal);
}

// #GP, as Linux reports it, at the interrupted instruction: the signal stays pending until the handler returns.
void RaiseProtectionFault(ucontext_t& context) {
  struct sigaction current;
  sigaction(SIGSEGV, nullptr, &current);
  const bool is_ignored = (current.sa_flags & SA_SIGINFO) == 0 && current.sa_handler == SIG_IGN;
  if (is_ignored || sigismember(&context.uc_sigmask, SIGSEGV) == 1) {  // a fault does not wait
    ResetHandler(SIGSEGV);
    sigdelset(&context.uc_sigmask, SIGSEGV);
  }
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGSEGV);
  pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
  siginfo_t info = {};
  info.si_signo = SIGSEGV;
  info.si_code = SI_KERNEL;
  syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGSEGV, &info);
}

Outcome Emulate(ucontext_t& context, ConfigHome home) {
  Machine machine = LoadMachine(context, t_tiles, home);
  const Result result = Execute(machine);
  if (result.outcome == Outcome::kExecuted) {
    StoreMachine(machine, result.op, t_tiles, home, context);
    g_counts[static_cast<size_t>(result.op)].fetch_add(1, std::memory_order_relaxed);
  }
  return result.outcome;
}

void OnIllegalInstruction(int, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  const bool emulates = g_illegal.users != 0 && IsFromCpu(*info);
  const Outcome outcome =
      emulates ? Emulate(*static_cast<ucontext_t*>(context), ConfigHome::kFrame) : Outcome::kUnknown;
  if (outcome == Outcome::kGeneralProtection) {
    RaiseProtectionFault(*static_cast<ucontext_t*>(context));
  } else if (outcome != Outcome::kExecuted) {
    PassOn(g_illegal, info, context);
  }
  errno = saved_errno;
}

void OnTrap(int, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  constexpr greg_t kTrapFlag = 0x100;
  if (info->si_code != TRAP_TRACE) {
    PassOn(g_trap, info, context);
  } else if (t_forced == 0) {
    interrupted.uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;  // a thread begun by one that traps inherits the flag
  } else {
    while (Emulate(interrupted, ConfigHome::kThread) == Outcome::kExecuted) continue;
  }
  errno = saved_errno;
}

// Below the red zone, where the compiler may have variables.
void SetTrapFlag() {
  __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orl $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::: "memory");
}
void ClearTrapFlag() {
  __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; andl $~0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::: "memory");
}

}  // namespace

Emulation::Emulation() { Install(g_illegal); }
Emulation::~Emulation() { Uninstall(g_illegal); }

ForcedEmulation::ForcedEmulation() {
  Install(g_trap);
  if (t_forced++ != 0) return;
  t_tiles.tiles = {};
  SetTrapFlag();
}

ForcedEmulation::~ForcedEmulation() {
  if (--t_forced == 0) ClearTrapFlag();
  Uninstall(g_trap);
}

uint64_t Count(Op op) { return g_counts[static_cast<size_t>(op)].load(std::memory_order_relaxed); }

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
