// Emulator: what happens on SIGILL and SIGTRAP.
#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "test/emulator/chain.h"
#include "test/emulator/context.h"

namespace isoquant {
namespace emulator {
namespace {

// Constant-initialised and never allocated on first use: what handlers may touch.
__attribute__((tls_model("initial-exec"))) thread_local ThreadTiles t_tiles;
__attribute__((tls_model("initial-exec"))) thread_local int t_forced;  // ForcedEmulations of this thread
std::atomic<uint64_t> g_counts[kNumOps];
static_assert(std::atomic<uint64_t>::is_always_lock_free, "handlers take no locks");

void OnIllegalInstruction(int, siginfo_t*, void*);
void OnTrap(int, siginfo_t*, void*);
Chain g_illegal(SIGILL, OnIllegalInstruction);
Chain g_trap(SIGTRAP, OnTrap);

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
  const bool emulates = g_illegal.has_users() && IsFromCpu(*info);
  const Outcome outcome =
      emulates ? Emulate(*static_cast<ucontext_t*>(context), ConfigHome::kFrame) : Outcome::kUnknown;
  if (outcome == Outcome::kGeneralProtection) {
    RaiseProtectionFault(*static_cast<ucontext_t*>(context));
  } else if (outcome != Outcome::kExecuted) {
    g_illegal.PassOn(info, context);
  }
  errno = saved_errno;
}

void OnTrap(int, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  if (info->si_code != TRAP_TRACE) {
    g_trap.PassOn(info, context);
  } else if (t_forced != 0) {
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

Emulation::Emulation() { g_illegal.Add(); }
Emulation::~Emulation() { g_illegal.Remove(); }

ForcedEmulation::ForcedEmulation() {
  g_trap.Add();
  if (t_forced++ != 0) return;
  t_tiles.tiles = {};
  SetTrapFlag();
}

ForcedEmulation::~ForcedEmulation() {
  if (--t_forced == 0) ClearTrapFlag();
  g_trap.Remove();
}

uint64_t Count(Op op) { return g_counts[static_cast<size_t>(op)].load(std::memory_order_relaxed); }

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
