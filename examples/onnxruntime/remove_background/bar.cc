#include "remove_background/bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace remove_background {

Bar::Bar(const std::string& label)
    : label_(label), is_terminal_(isatty(STDERR_FILENO) != 0), begin_(std::chrono::steady_clock::now()) {}

Bar::~Bar() {
  if (is_terminal_) std::fputs("\r\x1b[K", stderr);
}

void Bar::Draw(double part, const std::string& what) {
  if (!is_terminal_) return;
  constexpr size_t kWidth = 30, kBlock = 6;
  std::string bar(kWidth, '-');
  if (part >= 0) {
    bar.replace(0, static_cast<size_t>(kWidth * std::min(part, 1.0)), static_cast<size_t>(kWidth * std::min(part, 1.0)),
                '#');
  } else {
    const size_t turn = 2 * (kWidth - kBlock), at = drawn_ % turn;
    bar.replace(std::min(at, turn - at), kBlock, kBlock, '#');
  }
  ++drawn_;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  std::fprintf(stderr, "\r\x1b[K%-14s [%s] %5.1f s  %s", label_.c_str(), bar.c_str(), seconds, what.c_str());
}

}  // namespace remove_background
