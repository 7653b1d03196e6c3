// Files as a whole: read with a limit, written so that no half of one is ever seen.
#ifndef QUANTIZED_MLP_FILE_H_
#define QUANTIZED_MLP_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace quantized_mlp {

// A limit for every file that is read, so that a wrong one (/dev/zero, say, or a gzip bomb) ends in an error.
constexpr size_t kMaxFileBytes = size_t{1} << 30;

// All bytes of a file; ReadMaybeGzip decompresses if they are gzip's. Throw std::runtime_error that names the file.
std::string ReadFile(const std::string& path);
std::string ReadMaybeGzip(const std::string& path);

// Writes beside `path` and renames, so that `path` holds either all of `bytes` or what it held before. Where it is no
// regular file (a pipe, a device) it is written to directly. Throws std::runtime_error that names the file; what was
// written by then is removed.
void WriteFile(const std::string& path, const std::string& bytes);

// Throws as WriteFile would for an empty file, and changes nothing: for those who have long to do before they write.
void CheckWritable(const std::string& path);

// Byte by byte, for hosts of either byte order.
uint64_t LoadLittleEndian(const char* from, size_t bytes);
void AppendLittleEndian(uint64_t value, size_t bytes, std::string& to);
float LoadFloat(const char* from);
void AppendFloat(float value, std::string& to);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_FILE_H_
