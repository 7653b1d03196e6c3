// Golden digests: the bits that every tier, thread count and machine must give. A change here is a defect of the
// library until it is shown why the old bits were wrong. ISOQUANT_PRINT_GOLDEN=1 build/test/isoquant_test prints these
// lines.
#ifndef ISOQUANT_TEST_GOLDEN_H_
#define ISOQUANT_TEST_GOLDEN_H_

#include <cstdint>

namespace isoquant {

struct Golden {
  const char* name;
  uint64_t digest;
};

// clang-format off
constexpr Golden kGolden[] = {
    {"matmul/s8/1x300x100", 0xabd1bee09e47694d},
    {"matmul/s8/33x257x129", 0x3f84215188d94ded},
    {"matmul/s8/70x4500x96", 0x04a6b4261ea96d32},
    {"matmul/s8/130x515x200", 0xf8d777c10e7781de},
    {"matmul/u8/1x300x100", 0xd9e11b2e18dd8215},
    {"matmul/u8/33x257x129", 0xaa43f60223882087},
    {"matmul/u8/70x4500x96", 0xf43b6b43a8690001},
    {"matmul/u8/130x515x200", 0x7597882d414b24ff},
    {"dequantize/columns/s8", 0x2cf98c1ef979db57},
    {"dequantize/rows/s8", 0xbccb1321a146a94f},
    {"dequantize/rows/special", 0xe9f76e1908e31752},
    {"dequantize/rows/u8", 0x3bb5fc9c25b45b1d},
    {"dequantize/static/s8", 0x245c3b0129946a0f},
    {"dequantize/static/u8", 0xf6831409345451c1},
    {"quantize/columns/s8", 0x89693aa004a04e6d},
    {"quantize/rows/s8", 0x1e42352f6c15fcab},
    {"quantize/rows/u8", 0x74247e617dc7cf9d},
    {"quantize/static/s8", 0x0ba35193d166bcef},
    {"quantize/static/u8", 0xf3fe18c051ef6a13},
    {"weights/blob/kxn/37x19", 0xcf63878fbb908fd7},
    {"weights/blob/nxk/37x19", 0xdd2e58d1f269a610},
    {"linear/s8/bias", 0x06a2b89f421959b7},
    {"linear/s8/bias_relu", 0x267a8d31ed3af2ce},
    {"linear/s8/plain", 0x6e9b8fed6cb16072},
    {"linear/s8/relu", 0xc0588258f20924aa},
    {"linear/u8/bias", 0x718076443ba63976},
    {"linear/u8/bias_relu", 0x45ebb62bcb225b21},
    {"linear/u8/plain", 0x5489642f8646f0d1},
    {"linear/u8/relu", 0x6c3ebe1158db0fac},
};
// clang-format on

}  // namespace isoquant

#endif  // ISOQUANT_TEST_GOLDEN_H_
