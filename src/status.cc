// Support: the text of a Status, composed on demand.
#include "isoquant/status.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>

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

}  // namespace

Status Status::UnknownTier(const char* argument, const char* name, size_t name_length) {
  uint64_t words[2] = {};
  std::memcpy(words, name, std::min(name_length, sizeof(words)));
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
      std::snprintf(text, sizeof(text), "%s is null, expected %s = %" PRIu64 " elements", argument_, expected_name_,
                    expected_);
      return text;
    case StatusCode::kOverlap:
      return std::string(argument_) + " overlaps " + expected_name_;
    case StatusCode::kOutOfMemory:
      std::snprintf(text, sizeof(text), "%s needs %" PRIu64 " bytes, which could not be allocated", argument_, actual_);
      return text;
    case StatusCode::kInvalidValue: {  // ten digits: all of an int32, more than enough for a float
      const double actual = DoubleOf(actual_), bound = DoubleOf(expected_);
      std::snprintf(text, sizeof(text), "%s is %.10g, expected at %s %s = %.10g", argument_, actual,
                    actual > bound ? "most" : "least", expected_name_, bound);
      return text;
    }
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
