// Reads and writes whole files. A file is read once, and written so that nobody ever sees half of it. Every file that
// this program opens is opened here.
#ifndef QUANTIZED_MLP_SUPPORT_FILE_H_
#define QUANTIZED_MLP_SUPPORT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "isoquant/matrix_view.h"

namespace quantized_mlp {

// A limit for every file that is read, so that a wrong one (/dev/zero, say, or a gzip bomb) ends in an error.
constexpr size_t kMaxFileBytes = size_t{1} << 30;

// Returns all bytes of a file, or of a pipe up to its end. ReadMaybeGzip decompresses them if they are gzip's. Both
// throw a std::runtime_error that names the file.
std::string ReadFile(const std::string& path);
std::string ReadMaybeGzip(const std::string& path);

// The bytes of a file in place. The file is mapped if the system can map it. Else (a pipe, say) it is read once, to its
// end.
class MappedFile {
 public:
  // Throws std::runtime_error that names the file.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Aligned to a page. Valid as long as this object lives and nobody cuts the file.
  isoquant::VectorView<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(memory_), size_}; }
  std::string_view text() const { return {static_cast<const char*>(memory_), size_}; }

 private:
  void* memory_ = nullptr;
  size_t size_ = 0;
};

// Writes a new file in the same folder and renames it to `path`. So `path` holds either all of `bytes` or what it held
// before. The new file gets the mode of the one that it replaces, and its owner and group if the system allows that. If
// `path` is a link, the file that it points to is written. A stream is written to directly. Throws a std::runtime_error
// that names the file, and removes what was written by then.
void WriteFile(const std::string& path, const std::string& bytes);

// Throws if WriteFile could not write this file, and changes nothing. It is for commands that work long before they
// write.
void CheckWritable(const std::string& path);

// Whether this is a pipe, a terminal or another device. Such a file can be read or written only once.
bool IsStream(const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_FILE_H_
