#include "remove_background/network.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/report.h"
#include "host/session.h"
#include "remove_background/bar.h"
#include "remove_background/child.h"

namespace remove_background {
namespace {

using onnx_host::Tensor;
using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// As @imgly/background-removal has it: planes of (value - 128) / 256.
Tensor MakeInput(const Picture& photo, const onnx_host::ValueInfo& info) {
  const std::vector<int64_t>& shape = info.shape;
  if (info.type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || shape.size() != 4 || shape[0] != 1 || shape[1] != 3 ||
      shape[2] < 1 || shape[3] < 1) {
    throw std::runtime_error("the model's input is " + onnx_host::Describe(info.type, shape) +
                             ", expected float32 1 x 3 x height x width");
  }
  const Picture small = Resize(photo, static_cast<size_t>(shape[3]), static_cast<size_t>(shape[2]));
  Tensor input = onnx_host::MakeTensor(ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, shape);
  const size_t pixels = small.width * small.height;
  for (size_t i = 0; i < pixels; ++i) {
    for (size_t c = 0; c < 3; ++c) {
      input.as<float>()[c * pixels + i] = (static_cast<float>(small.pixels[4 * i + c]) - 128) / 256;
    }
  }
  return input;
}

// In the child. A line of JSON, a line end, and the floats of the mask.
std::string Run(const NetworkSettings& settings, const Picture& photo,
                const std::function<void(const std::string&)>& say) {
  nlohmann::json json;
  say("loads the model");
  onnx_host::Runtime runtime(settings.runtime);
  onnx_host::SessionSettings session_settings;
  session_settings.provider = !settings.provider.empty();
  session_settings.options = settings.options;
  session_settings.threads = settings.threads;
  onnx_host::Report report(session_settings);
  if (session_settings.provider) runtime.RegisterProvider(settings.provider);
  const Clock::time_point loading = Clock::now();
  std::vector<Tensor> outputs;
  {
    const onnx_host::Session session(runtime, settings.model, session_settings);
    json["load_seconds"] = SecondsSince(loading);
    const std::vector<Tensor> inputs = {MakeInput(photo, session.inputs().at(0))};
    std::vector<double> seconds;
    for (int run = 0; run < settings.runs; ++run) {
      say(settings.runs == 1 ? "runs it" : "run " + std::to_string(run + 1) + " of " + std::to_string(settings.runs));
      const Clock::time_point begin = Clock::now();
      outputs = session.Run(inputs, 1);  // the first output is the mask
      seconds.push_back(SecondsSince(begin));
    }
    std::sort(seconds.begin(), seconds.end());
    json["seconds"] = seconds[seconds.size() / 2];
  }
  report.Read();
  json["groups"] = report.groups();
  json["tier"] = report.tier();
  json["digest"] = onnx_host::Digest(outputs[0]);
  json["shape"] = outputs[0].shape;
  json["version"] = runtime.version();
  return json.dump() + "\n" + std::string(outputs[0].bytes.begin(), outputs[0].bytes.end());
}

}  // namespace

NetworkResult RunNetwork(const NetworkSettings& settings, const Picture& photo, const std::string& label) {
  Bar bar(label);
  std::string last;
  Clock::time_point since = Clock::now();
  double last_run = 0;  // seconds of the run before this one, which tell how far this one is
  const auto wait = [&](const std::string& said) {
    if (said != last) {
      last_run = last.compare(0, 3, "run") == 0 ? SecondsSince(since) : 0;
      since = Clock::now();
      last = said;
    }
    bar.Draw(last_run > 0 ? SecondsSince(since) / last_run : -1, said);
  };
  const ChildResult child = RunInChild([&](const auto& say) { return Run(settings, photo, say); }, wait);

  const size_t line = child.bytes.find('\n');
  const auto json = nlohmann::json::parse(child.bytes.substr(0, line));
  NetworkResult result;
  result.load_seconds = json["load_seconds"];
  result.seconds = json["seconds"];
  result.groups = json["groups"];
  result.tier = json["tier"];
  result.digest = json["digest"];
  result.version = json["version"];
  result.peak_mebibytes = child.peak_mebibytes;
  const auto shape = json["shape"].get<std::vector<size_t>>();
  if (shape.size() != 4 || shape[0] * shape[1] != 1 || shape[2] != shape[3]) {
    throw std::runtime_error("the model's first output is not a square mask");
  }
  result.side = shape[3];
  result.mask.resize(result.side * result.side);
  if ((child.bytes.size() - line - 1) != result.mask.size() * sizeof(float)) throw std::runtime_error("a cut mask");
  std::memcpy(result.mask.data(), child.bytes.data() + line + 1, result.mask.size() * sizeof(float));
  return result;
}

Picture MakeMask(const NetworkResult& result, const Picture& photo) {
  Picture mask(result.side, result.side, 1);
  for (size_t i = 0; i < result.mask.size(); ++i) {
    const float value = result.mask[i];
    mask.pixels[i] = static_cast<uint8_t>(value >= 1 ? 255 : value > 0 ? value * 255 : 0);  // cut off, as imgly does
  }
  return Resize(mask, photo.width, photo.height);
}

}  // namespace remove_background
