// Support: the text of a Status, composed on demand.
#include "isoquant/status.h"

#include <algorithm>
#include <cfenv>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "isoquant/element_type.h"

namespace isoquant {
namespace {

uint64_t BitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

double DoubleOf(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// Whether a > b, two doubles that are given by their bits. (Comparing doubles raises a flag for NaN, or traps if the
// caller has unmasked that exception.)
bool IsGreater(uint64_t a, uint64_t b) {
  constexpr uint64_t kSign = uint64_t{1} << 63, kInfinity = uint64_t{0x7ff} << 52;
  if ((a & ~kSign) > kInfinity || (b & ~kSign) > kInfinity) return false;  // NaN
  // Integers in the order of the doubles; both zeros are 0.
  const auto rank = [](uint64_t bits) {
    const int64_t magnitude = static_cast<int64_t>(bits & ~kSign);
    return (bits & kSign) != 0 ? -magnitude : magnitude;
  };
  return rank(a) > rank(b);
}

// The name of an element type; of any other number its digits.
std::string TypeText(uint64_t number) {
  const ElementType type = static_cast<ElementType>(number);
  if (number <= UINT8_MAX && BitsOf(type) != 0) return NameOf(type);
  char digits[24];  // not std::to_string: it has a unique symbol, which keeps plug-ins from being unloaded
  std::snprintf(digits, sizeof(digits), "%" PRIu64, number);
  return digits;
}

// To print a float, a C library may compute with floats. That must neither trap nor leave flags, nor depend on the
// rounding mode.
class ScopedPrinting {
 public:
  ScopedPrinting() {
    std::fegetenv(&saved_);
    std::fesetenv(FE_DFL_ENV);
  }
  ~ScopedPrinting() { std::fesetenv(&saved_); }
  ScopedPrinting(const ScopedPrinting&) = delete;
  ScopedPrinting& operator=(const ScopedPrinting&) = delete;

 private:
  std::fenv_t saved_;
};

}  // namespace

Status Status::UnknownTier(const char* argument, const char* name, size_t name_length) {
  uint64_t words[2] = {};
  if (name != nullptr) std::memcpy(words, name, std::min(name_length, sizeof(words)));
  return Status(StatusCode::kUnknownTier, argument, words[0], "", words[1]);
}

Status Status::InvalidValue(const char* argument, double actual, const char* bound_name, double bound) {
  return Status(StatusCode::kInvalidValue, argument, BitsOf(actual), bound_name, BitsOf(bound));
}

std::string Status::ToString() const {
  char text[256];
  const char* format = nullptr;  // of argument, actual, expected name, expected
  switch (code_) {
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kUnknownTier: {
      char name[17] = {};
      std::memcpy(name, &actual_, 8);
      std::memcpy(name + 8, &expected_, 8);
      std::snprintf(text, sizeof(text), "%s names '%s', which is no tier of this library", argument_, name);
      return text;
    }
    case StatusCode::kNull:
      if (expected_ == 0) return std::string(argument_) + " is null, expected " + expected_name_;
      std::snprintf(text, sizeof(text), "%s is null, expected %s = %" PRIu64 " elements", argument_, expected_name_,
                    expected_);
      return text;
    case StatusCode::kOverlap:
      return std::string(argument_) + " overlaps " + expected_name_;
    case StatusCode::kOutOfMemory:
      std::snprintf(text, sizeof(text), "%s needs %" PRIu64 " bytes, which could not be allocated", argument_, actual_);
      return text;
    case StatusCode::kInvalidValue: {  // ten digits: all of an int32, more than enough for a float
      const ScopedPrinting printing;
      std::snprintf(text, sizeof(text), "%s is %.10g, expected at %s %s = %.10g", argument_, DoubleOf(actual_),
                    IsGreater(actual_, expected_) ? "most" : "least", expected_name_, DoubleOf(expected_));
      return text;
    }
    case StatusCode::kWrongType:
      return std::string(argument_) + " is " + TypeText(actual_) + ", expected " +
             (*expected_name_ != 0 ? expected_name_ : TypeText(expected_));
    case StatusCode::kMisaligned:
      std::snprintf(text, sizeof(text), "%s is %" PRIu64 " modulo %" PRIu64 ", expected %s = %" PRIu64, argument_,
                    actual_, expected_, expected_name_, expected_);
      return text;
    case StatusCode::kMismatch:
    case StatusCode::kCorrupt:
      format = "%s is %" PRIu64 ", expected %s = %" PRIu64;
      break;
    case StatusCode::kTooSmall:
      format = "%s is %" PRIu64 ", expected at least %s = %" PRIu64;
      break;
    case StatusCode::kTooLarge:
      format = "%s is %" PRIu64 ", expected at most %s = %" PRIu64;
      break;
  }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  std::snprintf(text, sizeof(text), format, argument_, actual_, expected_name_, expected_);
#pragma GCC diagnostic pop
  return text;
}

}  // namespace isoquant
