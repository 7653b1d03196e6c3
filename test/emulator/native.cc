// Emulator: the frame of code around an instruction that the CPU runs.
#include "test/emulator/native.h"

#if ISOQUANT_HAVE_EMULATOR

#include <cpuid.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "test/emulator/xsave.h"

extern "C" {
void isoquant_native_run(isoquant::emulator::NativeState* state, const void* code);
void isoquant_native_return();
}

// The code ends with a jump to isoquant_native_return. All sixteen registers belong to the instruction, rsp included.
__asm__(R"(
  .pushsection .text
  .type isoquant_native_run, @function
isoquant_native_run:
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, .Lnative_rsp(%rip)
  mov %rdi, .Lnative_state(%rip)
  mov %rsi, .Lnative_code(%rip)
  mov 128(%rdi), %rcx
  mov 136(%rdi), %eax
  mov 140(%rdi), %edx
  xrstor64 (%rcx)
  mov (%rdi), %rax
  mov 8(%rdi), %rcx
  mov 16(%rdi), %rdx
  mov 24(%rdi), %rbx
  mov 32(%rdi), %rsp
  mov 40(%rdi), %rbp
  mov 48(%rdi), %rsi
  mov 64(%rdi), %r8
  mov 72(%rdi), %r9
  mov 80(%rdi), %r10
  mov 88(%rdi), %r11
  mov 96(%rdi), %r12
  mov 104(%rdi), %r13
  mov 112(%rdi), %r14
  mov 120(%rdi), %r15
  mov 56(%rdi), %rdi
  jmp *.Lnative_code(%rip)
isoquant_native_return:
  mov .Lnative_rsp(%rip), %rsp
  mov .Lnative_state(%rip), %rdi
  mov 128(%rdi), %rcx
  mov 136(%rdi), %eax
  mov 140(%rdi), %edx
  xsave64 (%rcx)
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret
  .size isoquant_native_run, . - isoquant_native_run
  .popsection
  .local .Lnative_rsp
  .comm .Lnative_rsp, 8, 8
  .local .Lnative_state
  .comm .Lnative_state, 8, 8
  .local .Lnative_code
  .comm .Lnative_code, 8, 8
)");

namespace isoquant {
namespace emulator {
namespace {

volatile int g_signal;

void OnSignal(int signal, siginfo_t*, void* context) {
  g_signal = signal;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<uint64_t>(&isoquant_native_return));
}

// A page that can be executed; with handlers on a stack of their own.
uint8_t* PrepareCode() {
  constexpr size_t kStack = 64 * 1024;  // a frame with tiles has 11 KiB
  const auto protection = PROT_READ | PROT_WRITE;
  void* code = mmap(nullptr, 4096, protection | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void* stack = mmap(nullptr, kStack, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED || stack == MAP_FAILED) std::abort();
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = kStack;
  struct sigaction action = {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  if (sigaltstack(&alternate, nullptr) != 0) std::abort();
  for (const int signal : {SIGILL, SIGSEGV}) {
    if (sigaction(signal, &action, nullptr) != 0) std::abort();
  }
  return static_cast<uint8_t*>(code);
}

}  // namespace

bool RequestNative(uint64_t components) {
  uint32_t eax, ebx, ecx, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || (ecx >> 27 & 1) == 0) return false;  // OSXSAVE
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & components) != components) return false;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  return !Has(components, kTileData) || syscall(SYS_arch_prctl, kRequestPermission, long{kTileData}) == 0;
}

int RunNative(const uint8_t* code, size_t bytes, NativeState& state) {
  static uint8_t* const page = PrepareCode();
  static_assert(offsetof(NativeState, xsave) == 128 && offsetof(NativeState, components) == 136, "as above");
  const uint8_t jump[] = {0xff, 0x25, 0, 0, 0, 0};  // jmp *(%rip)
  const auto target = reinterpret_cast<uint64_t>(&isoquant_native_return);
  std::memcpy(page, code, bytes);
  std::memcpy(page + bytes, jump, sizeof(jump));
  std::memcpy(page + bytes + sizeof(jump), &target, sizeof(target));
  g_signal = 0;
  isoquant_native_run(&state, page);
  return g_signal;
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
