// Emulator: a signal's handler, above whichever was there before.
#ifndef ISOQUANT_TEST_EMULATOR_CHAIN_H_
#define ISOQUANT_TEST_EMULATOR_CHAIN_H_

#include "test/emulator/emulator.h"

#if ISOQUANT_HAVE_EMULATOR

#include <signal.h>

#include <atomic>

namespace isoquant {
namespace emulator {

using Handler = void (*)(int, siginfo_t*, void*);

// Constant-initialised, for the life of the program: another handler may keep ours as the one before it.
class Chain {
 public:
  constexpr Chain(int signal, Handler handler) : signal_(signal), handler_(handler) {}

  // Handled from the first Add() to the last Remove().
  void Add();
  void Remove();
  bool has_users() const { return users_ != 0; }

  // For handlers: the signal is not for us. Without a handler before ours it stays pending until ours returns, and then
  // ends the process.
  void PassOn(siginfo_t* info, void* context) const;

 private:
  const int signal_;
  const Handler handler_;
  std::atomic<int> users_{0};
  bool is_installed_ = false;
  struct sigaction previous_ = {};
};

// The signal comes from the interrupted instruction, not from kill() and the like.
bool IsFromCpu(const siginfo_t& info);

void ResetHandler(int signal);

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
#endif  // ISOQUANT_TEST_EMULATOR_CHAIN_H_
