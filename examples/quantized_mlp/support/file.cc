// Reads with POSIX, decompresses with zlib.
#include "support/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>

namespace quantized_mlp {
namespace {

[[noreturn]] void Fail(const std::string& what, const std::string& path, const std::string& why) {
  throw std::runtime_error("cannot " + what + " " + path + ": " + why);
}

void CheckSize(const std::string& path, size_t bytes) {
  if (bytes > kMaxFileBytes) throw std::runtime_error(path + " holds more than 1 GiB");
}

int OpenToRead(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) Fail("open", path, std::strerror(errno));
  return file;
}

class FileReader {
 public:
  explicit FileReader(const std::string& path) : path_(path), file_(OpenToRead(path)) {}
  ~FileReader() { close(file_); }
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  std::string ReadAll() const {
    std::string bytes;
    char buffer[1 << 16];
    for (ssize_t count = 1; count != 0;) {
      count = read(file_, buffer, sizeof(buffer));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) Fail("read", path_, std::strerror(errno));
      bytes.append(buffer, static_cast<size_t>(count));
      CheckSize(path_, bytes.size());
    }
    return bytes;
  }

  // Null if it cannot be mapped.
  void* Map(size_t& size) const {
    struct stat status = {};
    if (fstat(file_, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0) return nullptr;
    size = static_cast<size_t>(status.st_size);
    CheckSize(path_, size);
    void* const memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file_, 0);
    return memory == MAP_FAILED ? nullptr : memory;
  }

 private:
  const std::string& path_;
  const int file_;
};

}  // namespace

std::string ReadFile(const std::string& path) { return FileReader(path).ReadAll(); }

std::string ReadMaybeGzip(const std::string& path) {
  const int descriptor = OpenToRead(path);
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzdopen(descriptor, "rb"), gzclose);
  if (file == nullptr) {
    close(descriptor);
    throw std::bad_alloc();
  }
  std::string bytes;
  char buffer[1 << 16];
  int count = 0;
  while ((count = gzread(file.get(), buffer, sizeof(buffer))) > 0) {
    bytes.append(buffer, static_cast<size_t>(count));
    CheckSize(path, bytes.size());
  }
  // gzread does not report a file that was cut. gzerror does.
  int error = Z_OK;
  const char* const message = gzerror(file.get(), &error);
  if (error == Z_ERRNO) Fail("read", path, std::strerror(errno));
  if (count < 0 || error != Z_OK) Fail("read", path, message);
  return bytes;
}

MappedFile::MappedFile(const std::string& path) {
  const FileReader reader(path);
  memory_ = reader.Map(size_);
  if (memory_ != nullptr) return;
  const std::string bytes = reader.ReadAll();
  size_ = bytes.size();
  if (bytes.empty()) return;
  void* const memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = std::memcpy(memory, bytes.data(), size_);
}

MappedFile::~MappedFile() {
  if (memory_ != nullptr) munmap(memory_, size_);
}

}  // namespace quantized_mlp
