// Test support: argument errors: what the Status of a refused call must say.
#ifndef ISOQUANT_TEST_REFUSAL_H_
#define ISOQUANT_TEST_REFUSAL_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "doctest/doctest.h"
#include "isoquant/status.h"

namespace isoquant {

struct Refusal {
  StatusCode code;
  std::string argument;
  uint64_t actual, expected;
  std::string text;  // with the name of what was expected
};

inline void CheckRefused(const Status& status, const Refusal& refusal) {
  CAPTURE(refusal.text);
  CHECK(status.code() == refusal.code);
  CHECK(status.argument() == refusal.argument);
  CHECK(status.actual() == refusal.actual);
  CHECK(status.expected() == refusal.expected);
  CHECK(status.ToString() == refusal.text);
}

inline Refusal Mismatch(const std::string& argument, uint64_t actual, const std::string& expected_name,
                        uint64_t expected) {
  return {
      StatusCode::kMismatch, argument, actual, expected,
      argument + " is " + std::to_string(actual) + ", expected " + expected_name + " = " + std::to_string(expected)};
}

// `argument`.data, where expected_name = expected elements should be.
inline Refusal Null(const std::string& argument, const std::string& expected_name, uint64_t expected) {
  return {StatusCode::kNull, argument + ".data", 0, expected,
          argument + ".data is null, expected " + expected_name + " = " + std::to_string(expected) + " elements"};
}

inline Refusal NullMatrix(const std::string& argument, uint64_t elements) {
  return Null(argument, argument + ".rows * " + argument + ".cols", elements);
}

inline Refusal StrideTooSmall(const std::string& argument, uint64_t row_stride, uint64_t cols) {
  return {StatusCode::kTooSmall, argument + ".row_stride", row_stride, cols,
          argument + ".row_stride is " + std::to_string(row_stride) + ", expected at least " + argument +
              ".cols = " + std::to_string(cols)};
}

// The largest row stride there is, of a matrix that is larger than the address space with it.
constexpr size_t kHugeStride = std::numeric_limits<size_t>::max();
inline Refusal StrideTooLarge(const std::string& argument, uint64_t rows, uint64_t cols, size_t element_bytes) {
  const uint64_t max_elements = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) / element_bytes;
  const uint64_t limit = (max_elements - cols) / (rows - 1);
  return {StatusCode::kTooLarge, argument + ".row_stride", kHugeStride, limit,
          argument + ".row_stride is " + std::to_string(kHugeStride) +
              ", expected at most what the address space leaves = " + std::to_string(limit)};
}

// `words`: "at most the largest value of c's type".
inline uint64_t BitsOfDouble(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}
inline Refusal InvalidInteger(const std::string& argument, int32_t actual, const std::string& words, int32_t bound) {
  return {StatusCode::kInvalidValue, argument, BitsOfDouble(actual), BitsOfDouble(bound),
          argument + " is " + std::to_string(actual) + ", expected " + words + " = " + std::to_string(bound)};
}

inline Refusal Overlap(const std::string& output, const std::string& input) {
  return {StatusCode::kOverlap, output, 0, 0, output + " overlaps " + input};
}

}  // namespace isoquant

#endif  // ISOQUANT_TEST_REFUSAL_H_
