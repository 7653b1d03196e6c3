// Writes with POSIX.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "support/file.h"

namespace quantized_mlp {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Fail(const std::string& path, int error) {
  throw std::runtime_error("cannot write " + path + ": " + std::strerror(error));
}

// Writes and closes, and returns an errno, or 0. Some file systems report a full disk only when a file is closed.
int WriteAndClose(int file, const std::string& bytes) {
  int error = 0;
  for (size_t done = 0; done < bytes.size() && error == 0;) {
    const ssize_t count = write(file, bytes.data() + done, bytes.size() - done);
    if (count >= 0) {
      done += static_cast<size_t>(count);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (close(file) != 0 && error == 0) error = errno;
  return error;
}

// mkstemp makes a file that nobody else may read. This gives it the mode of the file that it replaces, or, if there is
// none, what the umask leaves. If the file system keeps no modes, nothing happens.
void SetMode(int file, const std::string& target) {
  struct stat old = {};
  mode_t mode = 0;
  if (stat(target.c_str(), &old) == 0) {
    mode = static_cast<mode_t>(old.st_mode & 0777);
    const bool same_group = fchown(file, old.st_uid, old.st_gid) == 0 || fchown(file, uid_t(-1), old.st_gid) == 0;
    if (!same_group) mode = static_cast<mode_t>(mode & 0707);  // another group does not get its rights
  } else {
    const mode_t mask = umask(0);  // can be read only by setting it
    umask(mask);
    mode = static_cast<mode_t>(0666 & ~mask);
  }
  static_cast<void>(fchmod(file, mode));
}

// The file that a link points to. It need not exist yet.
std::string Resolve(const std::string& path) {
  constexpr int kMaxLinks = 40;  // as in Linux
  fs::path target = path;
  std::error_code ignored;
  for (int i = 0; fs::is_symlink(target, ignored); ++i) {
    if (i == kMaxLinks) Fail(path, ELOOP);
    target = target.parent_path() / fs::read_symlink(target, ignored);
  }
  return target.string();
}

// Replaces `target`, or only tries whether that is possible. Returns an errno, or 0. mkstemp names the temporary file,
// so another run, or a file that a killed run left, cannot have the same name.
int Replace(const std::string& target, const std::string& bytes, bool only_try) {
  std::string beside = (fs::path(target).parent_path() / ".quantized_mlp.XXXXXX").string();
  const int file = mkstemp(&beside[0]);
  if (file < 0) return errno;
  SetMode(file, target);
  int error = WriteAndClose(file, bytes);
  if (error == 0 && !only_try && std::rename(beside.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0 || only_try) unlink(beside.c_str());
  return error;
}

}  // namespace

bool IsStream(const std::string& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

void WriteFile(const std::string& path, const std::string& bytes) {
  int error = 0;
  if (IsStream(path)) {  // a rename would replace the stream by a file
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    error = file < 0 ? errno : WriteAndClose(file, bytes);
  } else {
    error = Replace(Resolve(path), bytes, /*only_try=*/false);
  }
  if (error != 0) Fail(path, error);
}

void CheckWritable(const std::string& path) {
  if (IsStream(path)) return;
  std::error_code ignored;
  const int error = fs::is_directory(path, ignored) ? EISDIR : Replace(Resolve(path), "", /*only_try=*/true);
  if (error != 0) Fail(path, error);
}

}  // namespace quantized_mlp
