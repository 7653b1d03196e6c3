// Emulator: the float steps of TDPBF16PS and VDPBF16PS, by integer operations.
#include "test/emulator/semantics.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace emulator {
namespace {

constexpr uint32_t kInfinity = 0x7f800000, kDefaultNan = 0xffc00000, kSign = 0x80000000;

// (-1)^negative * significand * 2^exponent. Zeros have a sign.
struct Number {
  bool negative;
  int exponent;
  uint64_t significand;
};

bool IsNan(uint32_t bits) { return (bits & ~kSign) > kInfinity; }
bool IsInfinity(uint32_t bits) { return (bits & ~kSign) == kInfinity; }
bool IsZero(uint32_t bits) { return (bits & kInfinity) == 0; }  // subnormals too
uint32_t Quiet(uint32_t nan) { return nan | 0x00400000; }

Number Unpack(uint32_t bits) {
  const uint32_t significand = IsZero(bits) ? 0 : (bits & 0x007fffff) | 0x00800000;
  return {(bits & kSign) != 0, static_cast<int>(bits >> 23 & 255) - 150, significand};
}

// Moves the top bit to bit 61: two bits remain for a carry.
void Normalize(Number& x) {
  const int shift = __builtin_clzll(x.significand) - 2;
  x.significand = shift >= 0 ? x.significand << shift : (x.significand >> -shift) | (x.significand & 1);
  x.exponent -= shift;
}

// Rounds to 24 bits, as if exponents had no bounds; then looks at the bounds.
uint32_t Pack(Number x) {
  const uint32_t sign = x.negative ? kSign : 0;
  if (x.significand == 0) return sign;
  Normalize(x);
  const uint64_t half = uint64_t{1} << 37;
  uint64_t rounded = x.significand >> 38;
  const uint64_t rest = x.significand & (2 * half - 1);
  rounded += (rest > half || (rest == half && (rounded & 1) != 0)) ? 1 : 0;
  int exponent = x.exponent + 38 + 150;  // biased
  if (rounded == 1u << 24) {
    rounded >>= 1;
    ++exponent;
  }
  if (exponent >= 255) return sign | kInfinity;
  if (exponent <= 0) return sign;
  return sign | static_cast<uint32_t>(exponent) << 23 | (static_cast<uint32_t>(rounded) & 0x007fffff);
}

uint32_t RoundedSum(Number x, Number y) {
  if (x.significand == 0 && y.significand == 0) return x.negative && y.negative ? kSign : 0;
  if (x.significand == 0) return Pack(y);
  if (y.significand == 0) return Pack(x);
  Normalize(x);
  Normalize(y);
  if (x.exponent < y.exponent || (x.exponent == y.exponent && x.significand < y.significand)) {
    const Number larger = y;
    y = x;
    x = larger;
  }
  // Both have at most 24 significant bits of 62. If the shift loses any, y is far below half of x's last bit.
  const int shift = x.exponent - y.exponent;
  const uint64_t aligned = shift < 62 ? y.significand >> shift : 0;
  if (x.negative == y.negative) {
    x.significand += aligned;
  } else {
    x.significand -= aligned;
    if (x.significand == 0) return 0;  // +0
  }
  return Pack(x);
}

}  // namespace

uint32_t MultiplyAddBf16(uint32_t a, uint16_t x16, uint16_t y16) {
  const uint32_t x = uint32_t{x16} << 16, y = uint32_t{y16} << 16;
  if (IsNan(x)) return Quiet(x);
  if (IsNan(y)) return Quiet(y);
  if ((IsInfinity(x) && IsZero(y)) || (IsZero(x) && IsInfinity(y))) return IsNan(a) ? Quiet(a) : kDefaultNan;
  if (IsNan(a)) return Quiet(a);
  const uint32_t sign = (x ^ y) & kSign;
  if (IsInfinity(x) || IsInfinity(y)) {
    return IsInfinity(a) && (a & kSign) != sign ? kDefaultNan : sign | kInfinity;
  }
  if (IsInfinity(a)) return a;
  const Number p = Unpack(x), q = Unpack(y);
  return RoundedSum(Unpack(a), {sign != 0, p.exponent + q.exponent, p.significand * q.significand});
}

uint32_t AddF32(uint32_t a, uint32_t b) {
  if (IsNan(a)) return Quiet(a);
  if (IsNan(b)) return Quiet(b);
  if (IsInfinity(a) && IsInfinity(b) && a != b) return kDefaultNan;
  if (IsInfinity(a)) return a;
  if (IsInfinity(b)) return b;
  return RoundedSum(Unpack(a), Unpack(b));
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
