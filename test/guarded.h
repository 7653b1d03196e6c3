// Test support: memory that ends where a page that cannot be touched begins. (ASan does not see what asm reads.)
#ifndef ISOQUANT_TEST_GUARDED_H_
#define ISOQUANT_TEST_GUARDED_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "isoquant/matrix_view.h"

namespace isoquant {

// `size` elements between two guard pages. They end at the second one, or begin at the first: a read or a write one
// byte outside is a SIGSEGV there.
template <class T>
class Guarded {
 public:
  enum class At { kEnd, kBegin };

  explicit Guarded(size_t size, At at = At::kEnd) : size_(size) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t payload = (size * sizeof(T) + page - 1) / page * page;
    bytes_ = payload + 2 * page;
    void* memory = mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    memory_ = static_cast<uint8_t*>(memory);
    if (payload != 0 && mprotect(memory_ + page, payload, PROT_READ | PROT_WRITE) != 0) std::abort();
    uint8_t* begin = memory_ + page;
    data_ = reinterpret_cast<T*>(at == At::kBegin ? begin : begin + payload - size * sizeof(T));
  }
  ~Guarded() { munmap(memory_, bytes_); }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t i) const { return data_[i]; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }

 private:
  size_t size_, bytes_;
  uint8_t* memory_;
  T* data_;
};

// A guarded matrix: the last row ends at the guard page, without the rest of its stride.
template <class T>
class GuardedMatrix {
 public:
  GuardedMatrix(size_t rows, size_t cols, size_t row_stride)
      : buffer_(rows == 0 ? 0 : (rows - 1) * row_stride + cols), view_(buffer_.data(), rows, cols, row_stride) {}
  GuardedMatrix(size_t rows, size_t cols) : GuardedMatrix(rows, cols, cols) {}

  const MatrixView<T>& view() const { return view_; }
  MatrixView<const T> const_view() const { return view_; }
  const Guarded<T>& buffer() const { return buffer_; }
  T& at(size_t r, size_t c) const { return view_.Row(r)[c]; }

 private:
  Guarded<T> buffer_;
  MatrixView<T> view_;
};

}  // namespace isoquant

#endif  // ISOQUANT_TEST_GUARDED_H_
