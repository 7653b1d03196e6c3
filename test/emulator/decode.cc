// Emulator: the table of instructions; prefixes, VEX, EVEX, ModRM, SIB. (Intel SDM, volume 2, chapters 2 and 3.)
#include "test/emulator/decode.h"

#if ISOQUANT_HAVE_EMULATOR

#include <cstring>

namespace isoquant {
namespace emulator {
namespace {

constexpr uint8_t kNp = 0, k66 = 1, kF3 = 2, kF2 = 3;

constexpr Encoding kEncodings[] = {
    {Op::kLdtilecfg, 0x49, kNp, Form::kConfig, {}, false},
    {Op::kSttilecfg, 0x49, k66, Form::kConfig, {}, false},
    {Op::kTilerelease, 0x49, kNp, Form::kRelease, {}, false},
    {Op::kTilezero, 0x49, kF2, Form::kTile, {}, false},
    {Op::kTileloadd, 0x4b, kF2, Form::kTileMemory, {}, false},
    {Op::kTileloaddt1, 0x4b, k66, Form::kTileMemory, {}, false},
    {Op::kTilestored, 0x4b, kF3, Form::kTileMemory, {}, false},
    {Op::kTdpbssd, 0x5e, kF2, Form::kTileDot, {true, true}, false},
    {Op::kTdpbsud, 0x5e, kF3, Form::kTileDot, {true, false}, false},
    {Op::kTdpbusd, 0x5e, k66, Form::kTileDot, {false, true}, false},
    {Op::kTdpbuud, 0x5e, kNp, Form::kTileDot, {false, false}, false},
    {Op::kTdpbf16ps, 0x5c, kF3, Form::kTileDot, {}, false},
    {Op::kVpdpbusd, 0x50, k66, Form::kVectorDot, {false, true}, false},
    {Op::kVpdpbusds, 0x51, k66, Form::kVectorDot, {false, true}, true},
    {Op::kVpdpbssd, 0x50, kF2, Form::kVectorDot, {true, true}, false},
    {Op::kVpdpbssds, 0x51, kF2, Form::kVectorDot, {true, true}, true},
    {Op::kVpdpbsud, 0x50, kF3, Form::kVectorDot, {true, false}, false},
    {Op::kVpdpbsuds, 0x51, kF3, Form::kVectorDot, {true, false}, true},
    {Op::kVpdpbuud, 0x50, kNp, Form::kVectorDot, {false, false}, false},
    {Op::kVpdpbuuds, 0x51, kNp, Form::kVectorDot, {false, false}, true},
    {Op::kVdpbf16ps, 0x52, kF3, Form::kLongDot, {}, false},
};
static_assert(sizeof(kEncodings) / sizeof(kEncodings[0]) == kNumOps, "one for each");

constexpr size_t kMaxLength = 15;

// Whether the fields are those of the form. Those that name no operand must be as an assembler leaves them, except that
// VEX.R and VEX.B are ignored there (as on Granite Rapids). Tiles are 0 to 7.
bool Fits(const Instruction& i, Form form, bool has_sib, unsigned vector_length) {
  const bool no_vvvv = i.vvvv == 0;
  if (form != Form::kVectorDot && vector_length != 0) return false;
  switch (form) {
    case Form::kConfig:
      return i.has_memory && (i.reg & 7) == 0 && no_vvvv;
    case Form::kRelease:
      return !i.has_memory && (i.reg & 7) == 0 && (i.rm & 7) == 0 && no_vvvv;
    case Form::kTile:
      return !i.has_memory && i.reg < 8 && (i.rm & 7) == 0 && no_vvvv;
    case Form::kTileMemory:
      return has_sib && i.reg < 8 && no_vvvv;
    case Form::kTileDot:
      return !i.has_memory && i.reg < 8 && i.rm < 8 && i.vvvv < 8;
    case Form::kVectorDot:
      return true;
    case Form::kLongDot:
      return false;  // not with VEX
  }
  return false;
}

// SIB and displacement. Returns the byte behind them.
const uint8_t* DecodeMemory(const uint8_t* p, unsigned mod, unsigned rm, unsigned x, unsigned b, Instruction& i) {
  unsigned base = rm;
  i.index = kNone;
  i.scale = 0;
  if (rm == 4) {
    const unsigned sib = *p++;
    const unsigned index = (sib >> 3 & 7) | x << 3;
    if (index != 4) i.index = static_cast<int8_t>(index);
    i.scale = static_cast<uint8_t>(sib >> 6);
    base = sib & 7;
  }
  i.base = static_cast<int8_t>(base | b << 3);
  i.displacement = 0;
  size_t bytes = mod == 1 ? 1 : mod == 2 ? 4 : 0;
  if (mod == 0 && base == 5) {  // rbp and r13 as base need a displacement; without one, they mean:
    i.base = rm == 4 ? kNone : kRip;
    bytes = 4;
  }
  if (bytes == 1) i.displacement = static_cast<int8_t>(*p);
  if (bytes == 4) std::memcpy(&i.displacement, p, 4);
  return p + bytes;
}

// EVEX: 62, then R X B R' 0 m m m, W v v v v 1 p p, z L' L b V' a a a; names of registers are stored inverted.
bool DecodeLong(const uint8_t* code, const uint8_t* p, Instruction& i) {
  constexpr unsigned kMap0F38 = 2, k512 = 2;
  if ((p[1] & 0xf) != kMap0F38) return false;
  const unsigned fields = ~static_cast<unsigned>(p[1]), v = ~static_cast<unsigned>(p[2]);
  if (p[2] >> 7 != 0 || (p[2] >> 2 & 1) == 0) return false;  // W, and the bit that is 1
  // No zeroing, no mask.
  if ((p[3] & 0x87) != 0 || (p[3] >> 5 & 3) != k512) return false;
  for (const Encoding& encoding : kEncodings) {
    if (encoding.form != Form::kLongDot || encoding.opcode != p[4] || encoding.prefix != (p[2] & 3)) continue;
    const unsigned mod = p[5] >> 6, b = fields >> 5 & 1, x = fields >> 6 & 1;
    i.has_memory = mod != 3;
    // Memory is four bytes for all lanes: EVEX.b, which with registers would be a rounding.
    if (i.has_memory != ((p[3] & 0x10) != 0)) return false;
    i.reg = static_cast<uint8_t>((p[5] >> 3 & 7) | (fields >> 7 & 1) << 3 | (fields >> 4 & 1) << 4);
    i.rm = static_cast<uint8_t>((p[5] & 7) | b << 3 | x << 4);
    i.vvvv = static_cast<uint8_t>((v >> 3 & 15) | (~static_cast<unsigned>(p[3]) >> 3 & 1) << 4);
    i.vector_bytes = 64;
    p += 6;
    if (i.has_memory) p = DecodeMemory(p, mod, i.rm & 7, x, b, i);
    if (mod == 1) i.displacement *= 4;  // one byte counts elements
    if (p > code + kMaxLength) return false;
    i.length = static_cast<uint8_t>(p - code);
    i.encoding = &encoding;
    return true;
  }
  return false;
}

}  // namespace

bool Decode(const uint8_t* code, Instruction& i) {
  const uint8_t* p = code;
  // Segment overrides that mean nothing in 64-bit mode: ES, CS, SS, DS.
  while (*p == 0x26 || *p == 0x2e || *p == 0x36 || *p == 0x3e) {
    if (++p == code + kMaxLength) return false;
  }
  if (p[0] == 0x62) return DecodeLong(code, p, i);
  if (p[0] != 0xc4) return false;
  const unsigned rxb = ~static_cast<unsigned>(p[1]) >> 5;  // stored inverted
  if ((p[1] & 0x1f) != 2) return false;                    // the map 0F38
  const unsigned w = p[2] >> 7, prefix = p[2] & 3, vector_length = p[2] >> 2 & 1;
  if (w != 0) return false;
  const unsigned r = rxb >> 2 & 1, x = rxb >> 1 & 1, b = rxb & 1;
  i.vvvv = static_cast<uint8_t>(~static_cast<unsigned>(p[2]) >> 3 & 15);
  i.vector_bytes = vector_length != 0 ? 32 : 16;
  const unsigned opcode = p[3];
  // No ModRM before the opcode is known: the next byte may be another page's.
  bool is_known = false;
  for (const Encoding& encoding : kEncodings) is_known |= encoding.opcode == opcode && encoding.prefix == prefix;
  if (!is_known) return false;

  const unsigned mod = p[4] >> 6, rm = p[4] & 7;
  i.reg = static_cast<uint8_t>((p[4] >> 3 & 7) | r << 3);
  i.rm = static_cast<uint8_t>(rm | b << 3);
  i.has_memory = mod != 3;
  p += 5;
  if (i.has_memory) p = DecodeMemory(p, mod, rm, x, b, i);
  if (p > code + kMaxLength) return false;
  i.length = static_cast<uint8_t>(p - code);
  for (const Encoding& encoding : kEncodings) {
    if (encoding.opcode != opcode || encoding.prefix != prefix) continue;
    if (!Fits(i, encoding.form, i.has_memory && rm == 4, vector_length)) continue;
    i.encoding = &encoding;
    return true;
  }
  return false;
}

const char* Name(Op op) {
  static constexpr const char* kNames[] = {
      "ldtilecfg", "sttilecfg", "tilerelease", "tilezero",  "tileloadd", "tileloaddt1", "tilestored",
      "tdpbssd",   "tdpbsud",   "tdpbusd",     "tdpbuud",   "tdpbf16ps", "vpdpbusd",    "vpdpbusds",
      "vpdpbssd",  "vpdpbssds", "vpdpbsud",    "vpdpbsuds", "vpdpbuud",  "vpdpbuuds",   "vdpbf16ps"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kNumOps, "one for each");
  return op < Op::kNumOps ? kNames[static_cast<size_t>(op)] : "none";
}

}  // namespace emulator
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
