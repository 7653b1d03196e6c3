#include "remove_background/child.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace remove_background {
namespace {

// A message is its kind, eight bytes with its size, and its bytes.
enum Kind : char { kSaid = 's', kError = 'e', kResult = 'r' };
constexpr size_t kHeader = 9;

void Write(int file, const void* data, size_t size) {
  for (const char* at = static_cast<const char*>(data); size != 0;) {
    const ssize_t written = write(file, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(2);  // the parent is gone
    at += written;
    size -= static_cast<size_t>(written);
  }
}

void Send(int file, Kind kind, const std::string& bytes) {
  char header[kHeader] = {kind};
  const uint64_t size = bytes.size();
  std::memcpy(header + 1, &size, sizeof(size));
  Write(file, header, kHeader);
  Write(file, bytes.data(), bytes.size());
}

// Takes the first whole message out of `received`.
bool Take(std::string& received, char& kind, std::string& bytes) {
  uint64_t size = 0;
  if (received.size() < kHeader) return false;
  std::memcpy(&size, received.data() + 1, sizeof(size));
  if (received.size() - kHeader < size) return false;
  kind = received[0];
  bytes = received.substr(kHeader, size);
  received.erase(0, kHeader + size);
  return true;
}

[[noreturn]] void Fail(const char* what) { throw std::runtime_error(std::string(what) + ": " + std::strerror(errno)); }

}  // namespace

ChildResult RunInChild(const std::function<std::string(const std::function<void(const std::string&)>& say)>& work,
                       const std::function<void(const std::string& said)>& wait) {
  int files[2];
  if (pipe(files) != 0) Fail("pipe");
  const pid_t child = fork();
  if (child < 0) Fail("fork");
  if (child == 0) {
    close(files[0]);
    try {
      Send(files[1], kResult, work([&files](const std::string& line) { Send(files[1], kSaid, line); }));
    } catch (const std::exception& error) {
      Send(files[1], kError, error.what());
    }
    _exit(0);  // nothing of the parent's is flushed or destroyed a second time
  }

  close(files[1]);
  std::string received, said, bytes, error;
  bool is_done = false;
  ChildResult result;
  for (char buffer[1 << 16];;) {
    pollfd readable = {files[0], POLLIN, 0};
    if (poll(&readable, 1, 100) > 0) {
      const ssize_t size = read(files[0], buffer, sizeof(buffer));
      if (size == 0 || (size < 0 && errno != EINTR)) break;
      if (size > 0) received.append(buffer, static_cast<size_t>(size));
    }
    for (char kind; Take(received, kind, bytes);) {
      if (kind == kSaid) said = bytes;
      if (kind == kError) error = bytes;
      if (kind == kResult) result.bytes = bytes;
      is_done = is_done || kind != kSaid;
    }
    wait(said);
  }
  close(files[0]);
  int status = 0;
  rusage usage;
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) Fail("wait4");
  }
  if (!error.empty()) throw std::runtime_error(error);
  if (WIFSIGNALED(status)) throw std::runtime_error(std::string("ended by a signal: ") + strsignal(WTERMSIG(status)));
  if (!is_done) throw std::runtime_error("ended without a result");
  result.peak_mebibytes = static_cast<double>(usage.ru_maxrss) / 1024;
  return result;
}

}  // namespace remove_background
