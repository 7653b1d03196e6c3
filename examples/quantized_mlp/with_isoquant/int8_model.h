// The network in int8, as files hold it, and how it is made of the network in float.
#ifndef QUANTIZED_MLP_WITH_ISOQUANT_INT8_MODEL_H_
#define QUANTIZED_MLP_WITH_ISOQUANT_INT8_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "f32/mlp.h"
#include "isoquant/context.h"

namespace quantized_mlp {

struct Int8Layer {
  size_t inputs = 0, outputs = 0;
  std::vector<int8_t> weight;  // outputs x inputs
  std::vector<float> scales;   // outputs: in float a weight is scales[n] * weight(n, k)
  std::vector<float> bias;     // outputs, or empty
  float input_scale = 0;       // static: x is about input_scale * (q - input_zero_point), q in s8; 0: dynamic, a scale
                               // for each row of x
  int8_t input_zero_point = 0;
};

struct Int8Model {
  std::vector<Int8Layer> layers;

  size_t inputs() const { return layers.front().inputs; }
  size_t outputs() const { return layers.back().outputs; }
};

// How the inputs of a layer are quantised, if it is known before.
struct InputScale {
  float scale;
  int8_t zero_point = 0;
};

// Gives each output channel its own scale. `inputs` holds one scale for each layer, as Calibrate finds them. If it is
// empty, activations get their scales while the network runs.
Int8Model QuantizeMlp(isoquant::Context& context, const Mlp& mlp, const std::vector<InputScale>& inputs = {});

// kS8: 127 steps on either side of zero. kU8: 255 steps from the smallest to the largest value, and a zero point. After
// ReLU no value is negative, and steps are half as wide.
enum class Activations { kS8, kU8 };

// Finds a static scale for each layer, from the smallest and the largest of 0 and its inputs over these images.
std::vector<InputScale> Calibrate(isoquant::Context& context, const Mlp& mlp, isoquant::MatrixView<const float> images,
                                  Activations activations = Activations::kS8);

// Whether the scale is positive and normal, and its reciprocal is normal too.
bool IsUsableScale(float scale);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_WITH_ISOQUANT_INT8_MODEL_H_
