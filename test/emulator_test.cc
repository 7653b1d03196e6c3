// Tests of the emulator: vector instructions, operands and refused encodings, with bytes as an assembler writes them
// and results computed by hand.
#include "test/emulator/emulator.h"

#include "doctest/doctest.h"

#if ISOQUANT_HAVE_EMULATOR

#include <sys/mman.h>

#include <string>

#include "test/emulator/fixed_machine.h"

namespace isoquant {
namespace emulator {
namespace {

// Four bytes or one dword, repeated.
Bytes Repeat(std::initializer_list<uint8_t> group, size_t bytes = 64) {
  Bytes result;
  while (result.size() < bytes) result.insert(result.end(), group);
  return result;
}
Bytes Dwords(uint32_t value, size_t bytes) {
  const auto byte = [=](int i) { return static_cast<uint8_t>(value >> 8 * i); };
  return Repeat({byte(0), byte(1), byte(2), byte(3)}, bytes);
}
Bytes ThenZeros(Bytes bytes) {
  bytes.resize(64);
  return bytes;
}

// 255 or -1, 128 or -128, 127, 144 or -112; and 2, 255 or -1, 128 or -128, 3: each choice of signs gives another sum.
const std::initializer_list<uint8_t> kA = {0xff, 0x80, 0x7f, 0x90}, kB = {0x02, 0xff, 0x80, 0x03};
constexpr int32_t kUU = 510 + 32640 + 16256 + 432;  // 49838
constexpr int32_t kUS = 510 - 128 - 16256 + 432;    // -15442
constexpr int32_t kSU = -2 - 32640 + 16256 - 336;   // -16722
constexpr int32_t kSS = -2 + 128 - 16256 - 336;     // -16466

TEST_CASE("Emulator: VPDP* of bytes: signs, saturation, width, what is zeroed") {
  struct Case {
    Op op;
    uint8_t prefix, opcode;  // prefix: the byte of xmm1 as second source
    int32_t sum;
    uint32_t above, below;  // what INT32_MAX - 100 or INT32_MIN + 100 become; of UUDS, UINT32_MAX - 100
  };
  const uint32_t high = 0x7fffffff - 100, low = 0x80000000 + 100;
  const auto wrapped = [](uint32_t acc, int32_t sum) { return acc + static_cast<uint32_t>(sum); };
  const Case cases[] = {
      {Op::kVpdpbusd, 0x71, 0x50, kUS, wrapped(high, kUS), wrapped(low, kUS)},
      {Op::kVpdpbusds, 0x71, 0x51, kUS, wrapped(high, kUS), 0x80000000},
      {Op::kVpdpbssd, 0x73, 0x50, kSS, wrapped(high, kSS), wrapped(low, kSS)},
      {Op::kVpdpbssds, 0x73, 0x51, kSS, wrapped(high, kSS), 0x80000000},
      {Op::kVpdpbsud, 0x72, 0x50, kSU, wrapped(high, kSU), wrapped(low, kSU)},
      {Op::kVpdpbsuds, 0x72, 0x51, kSU, wrapped(high, kSU), 0x80000000},
      {Op::kVpdpbuud, 0x70, 0x50, kUU, wrapped(high, kUU), wrapped(low, kUU)},
      {Op::kVpdpbuuds, 0x70, 0x51, kUU, wrapped(high, kUU), wrapped(low, kUU)},
  };
  for (const Case& c : cases) {
    INFO(Name(c.op));
    for (const bool is_wide : {false, true}) {
      const size_t bytes = is_wide ? 32 : 16;
      const auto prefix = static_cast<uint8_t>(c.prefix | (is_wide ? 4 : 0));
      struct {
        uint32_t acc, expected;
      } const sums[] = {{1000, static_cast<uint32_t>(1000 + c.sum)}, {high, c.above}, {low, c.below}};
      for (const auto& s : sums) {
        FixedMachine m;
        m.SetVector(0, Dwords(s.acc, 64));
        m.SetVector(1, Repeat(kA));
        m.SetVector(2, Repeat(kB));
        REQUIRE(m.Run({0xc4, 0xe2, prefix, c.opcode, 0xc2}) == Outcome::kExecuted);
        CHECK(m.op == c.op);
        CHECK(m.length == 5);
        CHECK(m.Vector(0) == ThenZeros(Dwords(s.expected, bytes)));
        CHECK(m.Vector(1) == Repeat(kA));
        CHECK(m.Vector(2) == Repeat(kB));
        for (unsigned reg = 3; reg < 16; ++reg) CHECK(m.Vector(reg) == Bytes(64, 0xee));
      }
    }
  }
}

TEST_CASE("Emulator: VPDP* of bytes: clamped sums, and lanes of their own") {
  FixedMachine m;
  m.SetVector(1, Bytes(64, 0xff));
  m.SetVector(2, Bytes(64, 0x7f));
  // 4 * 255 * 127 = 129540
  m.SetVector(0, Dwords(0x7fffffff - 129540, 64));
  CHECK(m.Run({0xc4, 0xe2, 0x75, 0x51, 0xc2}) == Outcome::kExecuted);  // vpdpbusds
  CHECK(m.Vector(0) == ThenZeros(Dwords(0x7fffffff, 32)));
  m.SetVector(0, Dwords(0x7fffffff - 129539, 64));
  CHECK(m.Run({0xc4, 0xe2, 0x75, 0x51, 0xc2}) == Outcome::kExecuted);
  CHECK(m.Vector(0) == ThenZeros(Dwords(0x7fffffff, 32)));
  m.SetVector(0, Dwords(0x7fffffff - 129539, 64));
  CHECK(m.Run({0xc4, 0xe2, 0x75, 0x50, 0xc2}) == Outcome::kExecuted);  // vpdpbusd
  CHECK(m.Vector(0) == ThenZeros(Dwords(0x80000000, 32)));
  // Of unsigned sources the sum is unsigned.
  m.SetVector(0, Dwords(0xffffffff - 129539, 64));
  CHECK(m.Run({0xc4, 0xe2, 0x74, 0x51, 0xc2}) == Outcome::kExecuted);  // vpdpbuuds
  CHECK(m.Vector(0) == ThenZeros(Dwords(0xffffffff, 32)));
  m.SetVector(0, Dwords(0xffffffff - 129539, 64));
  CHECK(m.Run({0xc4, 0xe2, 0x74, 0x50, 0xc2}) == Outcome::kExecuted);  // vpdpbuud
  CHECK(m.Vector(0) == ThenZeros(Dwords(0, 32)));

  // One product in each lane: lane i has byte i % 4 of the group, 10 * i times 2.
  Bytes a(64), expected(64);
  for (size_t lane = 0; lane < 8; ++lane) {
    a[4 * lane + lane % 4] = static_cast<uint8_t>(10 * lane);
    expected[4 * lane] = static_cast<uint8_t>(20 * lane + 1);
  }
  m.SetVector(0, Dwords(1, 64));
  m.SetVector(1, a);
  m.SetVector(2, Bytes(64, 2));
  CHECK(m.Run({0xc4, 0xe2, 0x75, 0x50, 0xc2}) == Outcome::kExecuted);
  CHECK(m.Vector(0) == expected);
}

TEST_CASE("Emulator: vector registers 8 to 15") {
  struct Case {
    unsigned acc, a, b;
    std::initializer_list<uint8_t> code;
    int32_t sum;
  };
  const Case cases[] = {
      {9, 10, 11, {0xc4, 0x42, 0x2d, 0x50, 0xcb}, 7 + kUS},  // vpdpbusd ymm9, ymm10, ymm11
      {8, 15, 3, {0xc4, 0x62, 0x07, 0x50, 0xc3}, 7 + kSS},   // vpdpbssd ymm8, ymm15, ymm3
      {5, 2, 14, {0xc4, 0xc2, 0x6c, 0x50, 0xee}, 7 + kUU},   // vpdpbuud ymm5, ymm2, ymm14
  };
  for (const Case& c : cases) {
    FixedMachine m;
    m.SetVector(c.acc, Dwords(7, 64));
    m.SetVector(c.a, Repeat(kA));
    m.SetVector(c.b, Repeat(kB));
    CHECK(m.Run(c.code) == Outcome::kExecuted);
    for (unsigned reg = 0; reg < 16; ++reg) {
      INFO("register ", reg);
      CHECK(m.Vector(reg) == (reg == c.acc ? ThenZeros(Dwords(static_cast<uint32_t>(c.sum), 32))
                              : reg == c.a ? Repeat(kA)
                              : reg == c.b ? Repeat(kB)
                                           : Bytes(64, 0xee)));
    }
  }
}

TEST_CASE("Emulator: vector registers that are not in use are zero, whatever the area holds") {
  SUBCASE("none is in use") {
    FixedMachine m;
    SetInUse(m.machine.xsave, 0);
    CHECK(m.Run({0xc4, 0xe2, 0x71, 0x50, 0xc2}) == Outcome::kExecuted);  // vpdpbusd xmm0, xmm1, xmm2
    CHECK(InUse(m.machine.xsave) == 1u << kSse);
    for (unsigned reg = 0; reg < 16; ++reg) CHECK(m.Vector(reg) == Bytes(64));
  }
  SUBCASE("the lowest 128 bits are") {
    FixedMachine m;
    SetInUse(m.machine.xsave, 1u << kSse);
    m.SetVector(0, Dwords(5, 64));
    m.SetVector(1, Repeat(kA));
    m.SetVector(2, Repeat(kB));
    CHECK(m.Run({0xc4, 0xe2, 0x75, 0x50, 0xc2}) == Outcome::kExecuted);  // ymm
    CHECK(InUse(m.machine.xsave) == (1u << kSse | 1u << kAvx));
    CHECK(m.Vector(0) == ThenZeros(Dwords(static_cast<uint32_t>(5 + kUS), 16)));
    CHECK(m.Vector(1) == ThenZeros(Repeat(kA, 16)));
    CHECK(m.Vector(15) == ThenZeros(Bytes(16, 0xee)));
  }
  SUBCASE("the others are") {
    FixedMachine m;
    SetInUse(m.machine.xsave, 1u << kAvx | 1u << kZmmHigh256);
    CHECK(m.Run({0xc4, 0xe2, 0x71, 0x50, 0xc2}) == Outcome::kExecuted);  // xmm
    CHECK(m.Vector(0) == Bytes(64));
    Bytes upper(64, 0xee);
    std::fill_n(upper.begin(), 16, uint8_t{0});
    CHECK(m.Vector(1) == upper);
  }
  SUBCASE("a CPU without AVX has nowhere to put the result") {
    FixedMachine m;
    m.machine.features = 1u << kSse;
    CHECK(m.Run({0xc4, 0xe2, 0x71, 0x50, 0xc2}) == Outcome::kUnknown);
    CHECK(m.Vector(0) == Bytes(64, 0xee));
  }
}

// vpdpbusd ymm0, ymm1, memory.
class MemoryOperand {
 public:
  MemoryOperand() : data_(32) {
    std::copy_n(Repeat(kB).data(), 32, data_.data());
    m.SetVector(0, Dwords(0, 64));
    m.SetVector(1, Repeat(kA));
    for (uint64_t& reg : m.machine.gpr) reg = 0xdead0000dead0000;
  }
  uint64_t address(int64_t minus = 0) const {
    return reinterpret_cast<uint64_t>(data_.data()) - static_cast<uint64_t>(minus);
  }
  void Check(std::initializer_list<uint8_t> code) {
    CHECK(m.Run(code) == Outcome::kExecuted);
    CHECK(m.length == code.size());
    CHECK(m.Vector(0) == ThenZeros(Dwords(static_cast<uint32_t>(kUS), 32)));
  }
  FixedMachine m;

 private:
  Guarded<uint8_t> data_;  // not one byte more than the operand is read
};

TEST_CASE("Emulator: memory operands") {
  SUBCASE("(rax)") {
    MemoryOperand o;
    o.m[kRax] = o.address();
    o.Check({0xc4, 0xe2, 0x75, 0x50, 0x00});
  }
  SUBCASE("xmm, -8(rbp)") {
    MemoryOperand o;
    o.m[kRbp] = o.address(-8 - 16);  // 16 bytes before the page that cannot be read
    CHECK(o.m.Run({0xc4, 0xe2, 0x71, 0x50, 0x45, 0xf8}) == Outcome::kExecuted);
    CHECK(o.m.length == 6);
    CHECK(o.m.Vector(0) == ThenZeros(Dwords(static_cast<uint32_t>(kUS), 16)));
  }
  SUBCASE("0x12345678(r13)") {
    MemoryOperand o;
    o.m[kR13] = o.address(0x12345678);
    o.Check({0xc4, 0xc2, 0x75, 0x50, 0x85, 0x78, 0x56, 0x34, 0x12});
  }
  SUBCASE("(rsp)") {
    MemoryOperand o;
    o.m[kRsp] = o.address();
    o.Check({0xc4, 0xe2, 0x75, 0x50, 0x04, 0x24});
  }
  SUBCASE("(r12)") {
    MemoryOperand o;
    o.m[kR12] = o.address();
    o.Check({0xc4, 0xc2, 0x75, 0x50, 0x04, 0x24});
  }
  SUBCASE("0x40(rbx, r12, 8)") {
    MemoryOperand o;
    o.m[kRbx] = o.address(0x40 + 8 * 3);
    o.m[kR12] = 3;
    o.Check({0xc4, 0xa2, 0x75, 0x50, 0x44, 0xe3, 0x40});
  }
  SUBCASE("0x0(r13, r14, 2), a negative index") {
    MemoryOperand o;
    o.m[kR13] = o.address(-2 * 1000);
    o.m[kR14] = static_cast<uint64_t>(int64_t{-1000});
    o.Check({0xc4, 0x82, 0x75, 0x50, 0x44, 0x75, 0x00});
  }
  SUBCASE("0x100(, r9, 4): no base") {
    MemoryOperand o;
    const uint64_t address = o.address(0x100);  // a multiple of 4, as the data end with their page
    REQUIRE(address % 4 == 0);
    o.m[kR9] = address / 4;
    o.Check({0xc4, 0xa2, 0x75, 0x50, 0x04, 0x8d, 0x00, 0x01, 0x00, 0x00});
  }
  SUBCASE("0x100(, r9, 4), with a VEX.B that means nothing") {
    MemoryOperand o;
    o.m[kR9] = o.address(0x100) / 4;
    o.Check({0xc4, 0x82, 0x75, 0x50, 0x04, 0x8d, 0x00, 0x01, 0x00, 0x00});
  }
  SUBCASE("-0x100(r8, r15)") {
    MemoryOperand o;
    o.m[kR8] = o.address(-0x100 + 77);
    o.m[kR15] = 77;
    o.Check({0xc4, 0x82, 0x75, 0x50, 0x84, 0x38, 0x00, 0xff, 0xff, 0xff});
  }
  SUBCASE("a DS prefix means nothing") {
    MemoryOperand o;
    o.m[kRax] = o.address();
    o.Check({0x3e, 0xc4, 0xe2, 0x75, 0x50, 0x00});
  }
}

TEST_CASE("Emulator: memory operand relative to the next instruction, and at an absolute address") {
  for (const uint8_t rxb : {uint8_t{0xe2}, uint8_t{0xc2}}) {  // VEX.B means nothing
    MemoryOperand o;
    const Bytes code = {0xc4, rxb, 0x75, 0x50, 0x05, 0xd7, 0xff, 0xff, 0xff};  // -41(rip): 32 bytes before the code
    Bytes memory = Repeat(kB, 32);
    memory.insert(memory.end(), code.begin(), code.end());
    o.m.machine.rip = reinterpret_cast<uint64_t>(memory.data() + 32);
    CHECK(Execute(o.m.machine).outcome == Outcome::kExecuted);
    CHECK(o.m.machine.rip == reinterpret_cast<uint64_t>(memory.data() + 41));
    CHECK(o.m.Vector(0) == ThenZeros(Dwords(static_cast<uint32_t>(kUS), 32)));
  }

  void* low = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  REQUIRE(low != MAP_FAILED);
  std::memcpy(low, Repeat(kB).data(), 32);
  const auto address = static_cast<uint32_t>(reinterpret_cast<uint64_t>(low));
  const auto byte = [=](int i) { return static_cast<uint8_t>(address >> 8 * i); };
  MemoryOperand absolute;
  absolute.Check({0xc4, 0xe2, 0x75, 0x50, 0x04, 0x25, byte(0), byte(1), byte(2), byte(3)});
  munmap(low, 4096);
}

TEST_CASE("Emulator: refuses what it does not emulate, and reads no byte behind it") {
  const std::initializer_list<uint8_t> refused[] = {
      {0x0f, 0x0b},                                      // ud2
      {0x90},                                            // nop
      {0x64, 0xc4},                                      // fs:
      {0x65, 0xc4},                                      // gs:
      {0x67, 0xc4},                                      // address size
      {0x66, 0xc4},                                      // operand size before VEX
      {0xf2, 0xc4},                                      // repne before VEX
      {0xf0, 0xc4},                                      // lock before VEX
      {0x48, 0xc4},                                      // REX before VEX
      {0x62, 0xf1},                                      // EVEX of another map
      {0x62, 0xf2, 0xf6, 0x48, 0x52, 0xc2},              // vdpbf16ps with EVEX.W1
      {0x62, 0xf2, 0x76, 0x28, 0x52, 0xc2},              // vdpbf16ps of 256 bits
      {0x62, 0xf2, 0x76, 0x49, 0x52, 0xc2},              // vdpbf16ps with a mask
      {0x62, 0xf2, 0x76, 0x48, 0x52, 0x00},              // vdpbf16ps of memory, 64 bytes of it
      {0x62, 0xf2, 0x76, 0x58, 0x52, 0xc2},              // vdpbf16ps with a rounding
      {0x62, 0xf2, 0x75, 0x48, 0x52, 0xc2},              // vpdpwssd
      {0xc5, 0xf1},                                      // two-byte VEX
      {0xc4, 0xe1},                                      // another map
      {0xc4, 0xe2, 0xf5},                                // VEX.W1 vpdpbusd
      {0xc4, 0xe2, 0x75, 0x52},                          // vpdpwssd
      {0xc4, 0xe2, 0x7b, 0x5c},                          // tdpfp16ps
      {0xc4, 0xe2, 0x7f, 0x49, 0xc0},                    // tilezero with VEX.L1
      {0xc4, 0xe2, 0x73, 0x49, 0xc0},                    // tilezero with a VEX.vvvv
      {0xc4, 0x62, 0x7b, 0x49, 0xc0},                    // tilezero tmm8
      {0xc4, 0xe2, 0x7b, 0x49, 0xc1},                    // tilezero with ModRM.rm
      {0xc4, 0xe2, 0x78, 0x49, 0xc1},                    // tilerelease with ModRM.rm
      {0xc4, 0xe2, 0x78, 0x49, 0xc8},                    // tilerelease with ModRM.reg
      {0xc4, 0xe2, 0x78, 0x49, 0x08},                    // ldtilecfg with ModRM.reg
      {0xc4, 0xe2, 0x79, 0x49, 0xc0},                    // sttilecfg of a register
      {0xc4, 0xe2, 0x7b, 0x4b, 0x00},                    // tileloadd without SIB
      {0xc4, 0xe2, 0x7b, 0x4b, 0x05, 0, 0, 0, 0},        // tileloadd relative to rip
      {0xc4, 0x62, 0x7b, 0x4b, 0x04, 0x18},              // tileloadd tmm8
      {0xc4, 0xe2, 0x7b, 0x4b, 0xc4},                    // tileloadd of a register
      {0xc4, 0x62, 0x63, 0x5e, 0xca},                    // tdpbssd tmm9, tmm2, tmm3
      {0xc4, 0xc2, 0x63, 0x5e, 0xca},                    // tdpbssd tmm1, tmm10, tmm3
      {0xc4, 0xe2, 0x23, 0x5e, 0xca},                    // tdpbssd tmm1, tmm2, tmm11
      {0xc4, 0xe2, 0x63, 0x5e, 0x0a},                    // tdpbssd of memory
      {0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e,   // 16 bytes: one too many
       0x3e, 0x3e, 0x3e, 0xc4, 0xe2, 0x75, 0x50, 0xc2},  //
      {0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e,   //
       0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e},
  };
  for (const auto& code : refused) {
    FixedMachine m;
    for (unsigned tile = 0; tile < 8; ++tile) m.Shape(tile, 16, 64);
    const Tiles before = m.tiles;
    INFO("code of ", code.size(), " bytes, ", int{*code.begin()});
    CHECK(m.Run(code) == Outcome::kUnknown);
    CHECK(m.length == 0);
    CHECK(std::memcmp(&before, &m.tiles, sizeof(before)) == 0);
    for (unsigned reg = 0; reg < 16; ++reg) CHECK(m.Vector(reg) == Bytes(64, 0xee));
  }
  // The longest that is allowed.
  FixedMachine m;
  CHECK(m.Run({0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0x3e, 0xc4, 0xe2, 0x75, 0x50, 0xc2}) ==
        Outcome::kExecuted);
  CHECK(m.length == 15);
}

TEST_CASE("Emulator: names") {
  CHECK(std::string(Name(Op::kLdtilecfg)) == "ldtilecfg");
  CHECK(std::string(Name(Op::kTdpbf16ps)) == "tdpbf16ps");
  CHECK(std::string(Name(Op::kVpdpbusd)) == "vpdpbusd");
  CHECK(std::string(Name(Op::kVpdpbuuds)) == "vpdpbuuds");
  CHECK(std::string(Name(Op::kVdpbf16ps)) == "vdpbf16ps");
}

}  // namespace
}  // namespace emulator
}  // namespace isoquant

#else

TEST_CASE("Emulator: x86-64 Linux only") { MESSAGE("skipped: not x86-64 Linux"); }

#endif  // ISOQUANT_HAVE_EMULATOR
