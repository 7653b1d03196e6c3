// Emulator: runs code in a child process, for tests of what signals do.
#ifndef ISOQUANT_TEST_EMULATOR_CHILD_H_
#define ISOQUANT_TEST_EMULATOR_CHILD_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <initializer_list>

namespace isoquant {
namespace emulator {

// How a child process ended.
struct Ending {
  int signal;  // that killed it, or 0
  int code;    // else: the exit code
};

// Forks; the child calls f(), which returns an exit code. It begins with the default action for all signals, and
// without an alternate stack, whatever the test program has.
template <class F>
Ending RunInChild(const F& f) {
  const pid_t child = fork();
  if (child < 0) std::abort();
  if (child == 0) {
    for (const int signal : {SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGABRT}) ::signal(signal, SIG_DFL);
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
    _exit(f());
  }
  int status = 0;
  while (waitpid(child, &status, 0) != child) continue;
  return WIFSIGNALED(status) ? Ending{WTERMSIG(status), 0} : Ending{0, WEXITSTATUS(status)};
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_CHILD_H_
