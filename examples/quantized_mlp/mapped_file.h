// A file mapped into memory, to be read.
#ifndef QUANTIZED_MLP_MAPPED_FILE_H_
#define QUANTIZED_MLP_MAPPED_FILE_H_

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include "isoquant/matrix_view.h"

namespace quantized_mlp {

class MappedFile {
 public:
  // Throws std::runtime_error that names the file.
  explicit MappedFile(const std::string& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) throw std::runtime_error("cannot open " + path + ": " + std::strerror(errno));
    struct stat status = {};
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
      size_ = static_cast<size_t>(status.st_size);
      memory_ = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    }
    close(file);
    if (memory_ == MAP_FAILED) throw std::runtime_error("cannot map " + path + ": empty, or no file");
  }
  ~MappedFile() { munmap(memory_, size_); }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  isoquant::VectorView<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(memory_), size_}; }

 private:
  void* memory_ = MAP_FAILED;
  size_t size_ = 0;
};

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_MAPPED_FILE_H_
