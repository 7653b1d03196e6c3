// Bench support: the layers whose convolutions are measured.
#ifndef ISOQUANT_BENCH_CONV_LAYERS_H_
#define ISOQUANT_BENCH_CONV_LAYERS_H_

#include <cstddef>

#include "isoquant/filter.h"

namespace isoquant {

// An image of size x size pixels of `in` channels, to `out`.
struct Layer {
  const char* name;
  size_t size, in, out;
  Conv2dGeometry geometry;
};

constexpr Conv2dGeometry Square(size_t kernel, size_t stride = 1, size_t dilation_h = 1, size_t dilation_w = 1) {
  const size_t h = (kernel - 1) * dilation_h / 2, w = (kernel - 1) * dilation_w / 2;
  return {kernel, kernel, stride, stride, dilation_h, dilation_w, h, h, w, w, 1};
}

constexpr Conv2dGeometry Depthwise(size_t kernel, size_t stride, size_t channels) {
  Conv2dGeometry g = Square(kernel, stride);
  g.groups = channels;
  return g;
}

inline constexpr Layer kLayers[] = {
    {"resnet50", 224, 3, 64, Square(7, 2)},
    {"resnet50", 56, 64, 64, Square(1)},
    {"resnet50", 56, 64, 64, Square(3)},
    {"resnet50", 56, 64, 256, Square(1)},
    {"resnet50", 56, 256, 64, Square(1)},
    {"resnet50", 56, 128, 128, Square(3, 2)},
    {"resnet50", 28, 128, 128, Square(3)},
    {"resnet50", 28, 128, 512, Square(1)},
    {"resnet50", 56, 256, 512, Square(1, 2)},
    {"resnet50", 14, 256, 256, Square(3)},
    {"resnet50", 7, 512, 512, Square(3)},
    {"mobilenet_v2", 224, 3, 32, Square(3, 2)},
    {"mobilenet_v2", 112, 16, 96, Square(1)},
    {"mobilenet_v2", 56, 24, 144, Square(1)},
    {"mobilenet_v2", 28, 32, 192, Square(1)},
    {"mobilenet_v2", 14, 96, 576, Square(1)},
    {"mobilenet_v2", 7, 320, 1280, Square(1)},
    {"mobilenet_v2", 112, 32, 32, Depthwise(3, 1, 32)},
    {"mobilenet_v2", 56, 144, 144, Depthwise(3, 2, 144)},
    {"mobilenet_v2", 28, 192, 192, Depthwise(3, 1, 192)},
    {"mobilenet_v2", 14, 576, 576, Depthwise(3, 1, 576)},
    {"mobilenet_v2", 7, 960, 960, Depthwise(3, 1, 960)},
    {"depthwise", 14, 480, 480, Depthwise(5, 1, 480)},
    {"inception_v1", 28, 16, 32, Square(5)},
    {"inception_v1", 28, 32, 96, Square(5)},
    {"inception_v1", 28, 96, 128, Square(3)},
    {"inception_v1", 14, 160, 320, Square(3)},
    {"unet", 128, 64, 64, Square(3)},
    {"unet", 64, 128, 128, Square(3)},
    {"unet", 32, 512, 256, Square(3)},
    {"unet", 16, 512, 512, Square(3)},
    {"unet", 128, 64, 2, Square(1)},
    {"square", 28, 256, 256, Square(1)},
    {"dilated", 56, 64, 64, Square(3, 1, 4, 8)},
    {"dilated", 28, 128, 128, Square(3, 1, 4, 8)},
};

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_CONV_LAYERS_H_
