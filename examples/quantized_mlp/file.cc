// Reads with stdio and zlib, writes with POSIX.
#include "file.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace quantized_mlp {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void Fail(const std::string& what, const std::string& path, const std::string& why) {
  throw std::runtime_error("cannot " + what + " " + path + ": " + why);
}

void CheckSize(const std::string& path, size_t bytes) {
  if (bytes > kMaxFileBytes) throw std::runtime_error(path + " holds more than 1 GiB");
}

// An errno, or 0.
int WriteAll(int file, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = write(file, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    done += static_cast<size_t>(count);
  }
  return 0;
}

// Opens, writes, closes: an errno, or 0. Some file systems report a full disk only when a file is closed.
int WriteNew(const std::string& path, int flags, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
  if (file < 0) return errno;
  const int error = WriteAll(file, bytes);
  const int close_error = close(file) == 0 ? 0 : errno;
  return error != 0 ? error : close_error;
}

bool IsDevice(const std::string& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status);
}

// Where a link points to a file, the file is replaced, not the link.
std::string Resolve(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  return error ? path : target.string();
}

std::string Beside(const std::string& target) { return target + "." + std::to_string(getpid()) + ".tmp"; }

}  // namespace

std::string ReadFile(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (file == nullptr) Fail("open", path, std::strerror(errno));
  std::string bytes;
  char buffer[1 << 16];
  size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof(buffer), file.get())) != 0) {
    bytes.append(buffer, count);
    CheckSize(path, bytes.size());
  }
  if (std::ferror(file.get()) != 0) Fail("read", path, std::strerror(errno));
  return bytes;
}

std::string ReadMaybeGzip(const std::string& path) {
  errno = 0;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) Fail("open", path, errno != 0 ? std::strerror(errno) : "no memory");
  std::string bytes;
  char buffer[1 << 16];
  int count = 0;
  while ((count = gzread(file.get(), buffer, sizeof(buffer))) > 0) {
    bytes.append(buffer, static_cast<size_t>(count));
    CheckSize(path, bytes.size());
  }
  // A file that was cut ends without a word from gzread: only gzerror tells.
  int error = Z_OK;
  const char* const message = gzerror(file.get(), &error);
  if (error == Z_ERRNO) Fail("read", path, std::strerror(errno));
  if (count < 0 || error != Z_OK) Fail("read", path, message);
  return bytes;
}

void WriteFile(const std::string& path, const std::string& bytes) {
  // A rename would replace a device by a file.
  const bool in_place = IsDevice(path);
  const std::string target = Resolve(path), beside = in_place ? path : Beside(target);
  int error = WriteNew(beside, in_place ? 0 : O_CREAT | O_EXCL, bytes);
  if (error == EEXIST) Fail("write", path, beside + " exists");  // it is not ours: stays
  if (!in_place) {
    if (error == 0 && std::rename(beside.c_str(), target.c_str()) != 0) error = errno;
    if (error != 0) unlink(beside.c_str());
  }
  if (error != 0) Fail("write", path, std::strerror(error));
}

void CheckWritable(const std::string& path) {
  if (IsDevice(path)) return;
  const std::string beside = Beside(Resolve(path));
  const int error = fs::is_directory(path) ? EISDIR : WriteNew(beside, O_CREAT | O_EXCL, "");
  if (error != 0) Fail("write", path, std::strerror(error));
  unlink(beside.c_str());
}

uint64_t LoadLittleEndian(const char* from, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value |= uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
  return value;
}

void AppendLittleEndian(uint64_t value, size_t bytes, std::string& to) {
  for (size_t i = 0; i < bytes; ++i) to.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

float LoadFloat(const char* from) {
  const uint32_t bits = static_cast<uint32_t>(LoadLittleEndian(from, sizeof(float)));
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

void AppendFloat(float value, std::string& to) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  AppendLittleEndian(bits, sizeof(bits), to);
}

}  // namespace quantized_mlp
