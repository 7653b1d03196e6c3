// ISNet: from a photo to a mask.
#ifndef ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_NETWORK_H_
#define ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_NETWORK_H_

#include <map>
#include <string>
#include <vector>

#include "remove_background/picture.h"

namespace remove_background {

struct NetworkSettings {
  std::string model, runtime;
  std::string provider;  // libisoquant_ep.so; empty: ONNX Runtime alone
  std::map<std::string, std::string> options;
  int threads = 1, runs = 1;
};

struct NetworkResult {
  std::vector<float> mask;  // side x side: 1 belongs to the subject, 0 to the background
  size_t side = 0;
  double load_seconds = 0;    // to read the model and prepare weights
  double seconds = 0;         // of a run: the median
  double peak_mebibytes = 0;  // of the process that ran it
  std::string digest;         // of the mask's floats
  size_t groups = 0;          // parts that the provider runs
  std::string tier, version;  // of the provider; of ONNX Runtime
};

// Runs the network in a process of its own, so that its peak memory is its own, and draws a bar on a terminal (stderr)
// meanwhile, behind `label`. Throws std::runtime_error.
NetworkResult RunNetwork(const NetworkSettings& settings, const Picture& photo, const std::string& label);

// The mask, resized to the photo's size, as grey.
Picture MakeMask(const NetworkResult& result, const Picture& photo);

}  // namespace remove_background

#endif  // ISOQUANT_EXAMPLES_ONNXRUNTIME_REMOVE_BACKGROUND_NETWORK_H_
