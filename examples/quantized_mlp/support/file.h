// Files as a whole: read once, with a limit; written so that no half of one is ever seen. Every file that this program
// opens is opened here.
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

// All bytes of a file; ReadMaybeGzip decompresses if they are gzip's. A pipe is read to its end. Throw
// std::runtime_error that names the file.
std::string ReadFile(const std::string& path);
std::string ReadMaybeGzip(const std::string& path);

// The bytes of a file in place: mapped, where the system can map it; else (a pipe, say) read once, to the end.
class MappedFile {
 public:
  // Throws std::runtime_error that names the file.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Aligned to a page. Valid as long as this object, and as nobody cuts the file.
  isoquant::VectorView<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(memory_), size_}; }
  std::string_view text() const { return {static_cast<const char*>(memory_), size_}; }

 private:
  void* memory_ = nullptr;
  size_t size_ = 0;
};

// Writes a new file in the same folder and renames it to `path`, which so holds either all of `bytes` or what it held
// before. A file that is replaced hands on its mode, and its owner and group where the system allows that. Where `path`
// is a link, the file that it points to is written. A stream is written to directly. Throws std::runtime_error that
// names the file; what was written by then is removed.
void WriteFile(const std::string& path, const std::string& bytes);

// Throws as WriteFile would for an empty file, and changes nothing: for those who have long to do before they write.
void CheckWritable(const std::string& path);

// Whether this is a pipe, a terminal or another device: what can be read or written only once.
bool IsStream(const std::string& path);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_SUPPORT_FILE_H_
