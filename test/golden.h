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
    {"matmul/f32/1x300x100", 0x859d2ef03f9aa88a},
    {"matmul/f32/33x257x129", 0xe372f0aa0d818560},
    {"matmul/f32/5x4200x48", 0x186917985555d9fa},
    {"matmul/f32/130x515x200", 0x046da015f7a70e1d},
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
    {"weights/blob2/f32/kxn/37x19", 0x9d15e549886a2f59},
    {"weights/blob2/f32/nxk/37x19", 0x72eb7e9aee8ee2bc},
    {"weights/blob2/kxn/37x19", 0x1b988a002169563a},
    {"weights/blob2/nxk/37x19", 0xe4467d96c0d2700e},
    {"weights/blob/kxn/37x19", 0xcf63878fbb908fd7},
    {"weights/blob/nxk/37x19", 0xdd2e58d1f269a610},
    {"linear/bf16_bf16", 0x6fd12a3dfa735c64},
    {"linear/bf16_f16", 0x139b8b78519ac41b},
    {"linear/bf16_f32", 0xb52812653954e130},
    {"linear/f16_bf16", 0x547f8b9226fabe17},
    {"linear/f16_f16", 0x4cb50eeedfa03095},
    {"linear/f16_f32", 0x62a2e62f49d6c282},
    {"linear/f32_bf16", 0x8b869aa3137d0303},
    {"linear/f32_f16", 0x0f5255caaaf3a683},
    {"linear/f32_f32", 0x1bcef5f494d3f253},
    {"linear/s8/bias", 0x06a2b89f421959b7},
    {"linear/s8/bias_relu", 0x267a8d31ed3af2ce},
    {"linear/s8/plain", 0x6e9b8fed6cb16072},
    {"linear/s8/relu", 0xc0588258f20924aa},
    {"linear/u8/bias", 0x718076443ba63976},
    {"linear/u8/bias_relu", 0x45ebb62bcb225b21},
    {"linear/u8/plain", 0x5489642f8646f0d1},
    {"linear/u8/relu", 0x6c3ebe1158db0fac},
    {"dequantization/bf16", 0x7a623144f142395b},
    {"dequantization/f16", 0x5e41afe8af946644},
    {"dequantization/f32", 0x7a511882da481c70},
    {"dequantization/s8/0", 0xcadfef7ae1b76300},
    {"dequantization/s8/11", 0x639183bf56607e89},
    {"dequantization/s8/22", 0xa9266f7d5c247955},
    {"dequantization/s8/33", 0x3ef684191c495796},
    {"dequantization/s8/44", 0x07ff6bd5a5d44ab4},
    {"dequantization/s8/55", 0x47b817b4547141f9},
    {"dequantization/s8/66", 0xe12ca71944bfbddb},
    {"dequantization/s8/77", 0xb0978d70a30e66ae},
    {"dequantization/s8/88", 0xb9a9f49a6889bf85},
    {"dequantization/u8/0", 0xf5a11b0884bf669e},
    {"dequantization/u8/11", 0x1e5016c180441038},
    {"dequantization/u8/22", 0x13be2909f40a4ad5},
    {"dequantization/u8/33", 0x97c39ed609fcf7e7},
    {"dequantization/u8/44", 0x3b314637b73d1ff8},
    {"dequantization/u8/55", 0x7b5b26cb977db6b2},
    {"dequantization/u8/66", 0x902bdd18ff8609e6},
    {"dequantization/u8/77", 0xc3e6986eb2edf454},
    {"dequantization/u8/88", 0x8e37dc68deea0918},
    {"requantize/s8s8/0", 0xe4c333e6a63464e1},
    {"requantize/s8s8/1", 0xe5fad4f99fe8b7ae},
    {"requantize/s8s8/2", 0xd6c9cecae47af9f6},
    {"requantize/s8s8/3", 0x03fa2a8db74b31d9},
    {"requantize/s8s8/4", 0xc9d6792637d505df},
    {"requantize/s8s8/5", 0x3e8577032ee1b475},
    {"requantize/s8s8/6", 0x2518ffcf6c113070},
    {"requantize/s8u8/0", 0x50df9d39b3963ee1},
    {"requantize/s8u8/1", 0xeee9ac64b9cb50ae},
    {"requantize/s8u8/2", 0x22a487fcbb1ca5f6},
    {"requantize/s8u8/3", 0x675f9c3eed086fd9},
    {"requantize/s8u8/4", 0xcbae54d11e03c6df},
    {"requantize/s8u8/5", 0xe0bc9063c115fc75},
    {"requantize/s8u8/6", 0xbcf481068acbda70},
    {"requantize/u8s8/0", 0x458e7c4e2675dbb3},
    {"requantize/u8s8/1", 0x133e2835b74af25a},
    {"requantize/u8s8/2", 0x7e66276e578507f0},
    {"requantize/u8s8/3", 0xd1f1011cd85d9ea2},
    {"requantize/u8s8/4", 0xb21734ba564be6b6},
    {"requantize/u8s8/5", 0xc92265c46a148dd5},
    {"requantize/u8s8/6", 0x27b8cc76c46625c1},
    {"requantize/u8u8/0", 0x8568926b3b9d28b3},
    {"requantize/u8u8/1", 0xc1fbd8c33adb415a},
    {"requantize/u8u8/2", 0x8f756c1fd4e869f0},
    {"requantize/u8u8/3", 0x27169f2fd52c0ba2},
    {"requantize/u8u8/4", 0xf7d4b560603591b6},
    {"requantize/u8u8/5", 0x04eb7dbbfb9f40d5},
    {"requantize/u8u8/6", 0xcf45bd53d15405c1},
};
// clang-format on

}  // namespace isoquant

#endif  // ISOQUANT_TEST_GOLDEN_H_
