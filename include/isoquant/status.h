// Public layer: what every call returns.
#ifndef ISOQUANT_STATUS_H_
#define ISOQUANT_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "isoquant/api.h"

namespace isoquant {

enum class StatusCode : uint8_t {
  kOk,
  kMismatch,      // "b.rows is 63, expected a.cols = 64"
  kTooSmall,      // "c.row_stride is 7, expected at least c.cols = 8"
  kTooLarge,      // "a.rows is 5, expected at most ... = 4"
  kNull,          // "a.data is null, expected a.rows * a.cols = 6 elements"
  kMisaligned,    // "blob.data is 3 modulo 64, expected alignment = 64"
  kOverlap,       // "c overlaps a"
  kInvalidValue,  // "zero_point is 128, expected at most the largest value of q's type = 127"
  kCorrupt,       // "blob checksum is 12, expected stored checksum = 13"
  kUnknownTier,   // "ISOQUANT_MAX_TIER names 'avx9', which is no tier of this library"
  kOutOfMemory,   // "scratch needs 4096 bytes, which could not be allocated"
  kWrongType,     // "b is f32, expected s8 or u8"
};

// The outcome of a call. A failed call has written nothing to the caller's outputs. A Status owns no memory and is made
// without allocation; the text is composed only on demand.
class [[nodiscard]] ISOQUANT_API Status {
 public:
  constexpr Status() = default;

  // `argument` and `expected_name` must be string literals; null is the same as "".
  constexpr Status(StatusCode code, const char* argument, uint64_t actual, const char* expected_name, uint64_t expected)
      : code_(code),
        argument_(argument != nullptr ? argument : ""),
        expected_name_(expected_name != nullptr ? expected_name : ""),
        actual_(actual),
        expected_(expected) {}

  // A null `name` is an empty one.
  static Status UnknownTier(const char* argument, const char* name, size_t name_length);
  // `bound` is the allowed value that is nearest to `actual`; if `actual` is NaN, the smallest one.
  static Status InvalidValue(const char* argument, double actual, const char* bound_name, double bound);

  constexpr bool ok() const { return code_ == StatusCode::kOk; }
  constexpr StatusCode code() const { return code_; }
  constexpr const char* argument() const { return argument_; }  // for example "b.rows"
  // The value that was found, and the one that was wanted. With kInvalidValue they are the bits of doubles, with
  // kWrongType the numbers of ElementTypes.
  constexpr uint64_t actual() const { return actual_; }
  constexpr uint64_t expected() const { return expected_; }

  // One line for people, as in the comments of StatusCode; "ok" if ok(). The same in every rounding mode.
  std::string ToString() const;

 private:
  StatusCode code_ = StatusCode::kOk;
  const char* argument_ = "";
  const char* expected_name_ = "";
  // With kUnknownTier these two hold the offending name, cut to 16 bytes. (An array of its own was rejected: it would
  // keep compilers from holding a Status in registers, and calls make many.)
  uint64_t actual_ = 0;
  uint64_t expected_ = 0;
};

}  // namespace isoquant

#endif  // ISOQUANT_STATUS_H_
