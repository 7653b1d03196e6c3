// Emulator: installs and removes handlers.
#include "test/emulator/chain.h"

#if ISOQUANT_HAVE_EMULATOR

#include <cstdlib>
#include <initializer_list>
#include <mutex>

namespace isoquant {
namespace emulator {
namespace {

std::mutex g_mutex;  // of Add() and Remove(); handlers take none

}  // namespace

void Chain::Add() {
  const std::lock_guard<std::mutex> lock(g_mutex);
  ++users_;
  if (is_installed_) return;
  struct sigaction action = {};
  action.sa_sigaction = handler_;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  // No other handler runs meanwhile, which could emulate too; but the emulated access to memory may fault.
  sigfillset(&action.sa_mask);
  for (const int synchronous : {SIGSEGV, SIGBUS, SIGFPE}) sigdelset(&action.sa_mask, synchronous);
  if (sigaction(signal_, nullptr, &previous_) != 0) std::abort();
  if (sigaction(signal_, &action, nullptr) != 0) std::abort();
  is_installed_ = true;
}

void Chain::Remove() {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (--users_ != 0) return;
  struct sigaction current;
  if (sigaction(signal_, nullptr, &current) != 0) std::abort();
  const bool is_ours = (current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == handler_;
  if (!is_ours) return;  // whoever came later stays, and may hand signals on to ours, which hands them on
  if (sigaction(signal_, &previous_, nullptr) != 0) std::abort();
  is_installed_ = false;
}

void Chain::PassOn(siginfo_t* info, void* context) const {
  if ((previous_.sa_flags & SA_SIGINFO) != 0) return previous_.sa_sigaction(signal_, info, context);
  if (previous_.sa_handler != SIG_DFL && previous_.sa_handler != SIG_IGN) return previous_.sa_handler(signal_);
  if (previous_.sa_handler == SIG_IGN && !IsFromCpu(*info)) return;
  ResetHandler(signal_);
  raise(signal_);
}

bool IsFromCpu(const siginfo_t& info) { return info.si_code > 0; }

void ResetHandler(int signal) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
