// Bench: convolutions, beside the MatMul of the same M, K and N in the same process: what gathering windows costs. u8
// images, s8 filters, a zero point of x on both sides, packed weights.
//
// Names: Conv2d/<layer>/<image>x<image>/<in>-<out>/<kernel>/<stride>/<dilation h>x<dilation w>. Counters: gops (2 M K N
// per second), pct_matmul (percent of MatMul's speed). Samples of the two alternate, and ratios are medians of the
// samples' ratios. resize_bench.cc has the resizing of images.
#include <cstdint>
#include <string>
#include <vector>

#include "bench/samples.h"
#include "hwy/aligned_allocator.h"

namespace isoquant {
namespace {

template <class T>
using Aligned = hwy::AlignedVector<T>;

struct Layer {
  const char* name;
  size_t size, in, out;
  Conv2dGeometry geometry;
};

constexpr Conv2dGeometry Square(size_t kernel, size_t stride = 1, size_t dilation_h = 1, size_t dilation_w = 1) {
  const size_t h = (kernel - 1) * dilation_h / 2, w = (kernel - 1) * dilation_w / 2;
  return {kernel, kernel, stride, stride, dilation_h, dilation_w, h, h, w, w, 1};
}

constexpr Layer kLayers[] = {
    {"resnet50", 224, 3, 64, Square(7, 2)},        {"resnet50", 56, 64, 64, Square(1)},
    {"resnet50", 56, 64, 64, Square(3)},           {"resnet50", 56, 64, 256, Square(1)},
    {"resnet50", 56, 128, 128, Square(3, 2)},      {"resnet50", 28, 128, 128, Square(3)},
    {"resnet50", 56, 256, 512, Square(1, 2)},      {"resnet50", 14, 256, 256, Square(3)},
    {"resnet50", 7, 512, 512, Square(3)},          {"mobilenet_v2", 224, 3, 32, Square(3, 2)},
    {"mobilenet_v2", 112, 16, 96, Square(1)},      {"mobilenet_v2", 28, 32, 192, Square(1)},
    {"mobilenet_v2", 7, 320, 1280, Square(1)},     {"inception_v1", 28, 32, 96, Square(5)},
    {"square", 28, 256, 256, Square(1)},           {"dilated", 56, 64, 64, Square(3, 1, 4, 8)},
    {"dilated", 28, 128, 128, Square(3, 1, 4, 8)},
};

class Convolution {
 public:
  explicit Convolution(const Layer& layer) : layer_(layer) {
    const Conv2dGeometry& g = layer.geometry;
    CheckOk(Conv2dOutputSize(g, layer.size, layer.size, h_, w_));
    m_ = h_ * w_;
    k_ = g.kernel_h * g.kernel_w * layer.in;
    x_.resize(layer.size * layer.size * layer.in);
    a_.resize(m_ * k_);
    y_.resize(m_ * layer.out);
    Aligned<int8_t> filter(k_ * layer.out);
    uint32_t state = 1;
    const auto random = [&state] {  // of Numerical Recipes; any values will do
      state = state * 1664525u + 1013904223u;
      return static_cast<uint8_t>(state >> 24);
    };
    for (uint8_t& value : x_) value = random();
    for (uint8_t& value : a_) value = random();
    for (int8_t& value : filter) value = static_cast<int8_t>(random());
    CheckOk(PackedFilter::Pack(context_, Ohwi{{filter.data(), layer.out, k_}}, g, layer.in, packed_));
  }

  void RunConvolution() {
    CheckOk(Conv2d(context_, ImageView<const uint8_t>(x_.data(), 1, layer_.size, layer_.size, layer_.in), kZeroPoint,
                   packed_, ImageView<int32_t>(y_.data(), 1, h_, w_, layer_.out)));
    benchmark::ClobberMemory();
  }
  void RunMatMul() {
    CheckOk(MatMul(context_, MatrixView<const uint8_t>(a_.data(), m_, k_), packed_.weights(),
                   ZeroPoints{{&kZeroPoint, 1}, {}}, MatrixView<int32_t>(y_.data(), m_, layer_.out)));
    benchmark::ClobberMemory();
  }
  double count() const { return static_cast<double>(m_) * static_cast<double>(k_) * static_cast<double>(layer_.out); }
  const char* tier() const { return context_.tier(); }

 private:
  static constexpr int32_t kZeroPoint = 131;

  const Layer layer_;
  Context context_;
  Aligned<uint8_t> x_, a_;
  Aligned<int32_t> y_;
  PackedFilter packed_;
  size_t h_, w_, m_, k_;
};

void Run(benchmark::State& state, const Layer& layer) {
  Convolution convolution(layer);
  const Repeats repeats(convolution.count());
  std::vector<double> ours, product;
  for (auto _ : state) {
    const double begin = Seconds();
    ours.push_back(repeats.Rate([&] { convolution.RunConvolution(); }));
    product.push_back(repeats.Rate([&] { convolution.RunMatMul(); }));
    state.SetIterationTime(Seconds() - begin);
  }
  state.counters["gops"] = 2e-9 * Median(ours);
  state.counters["pct_matmul"] = 100.0 * Median(Ratios(ours, product));
  state.SetLabel(convolution.tier());
}

std::string NameOfLayer(const Layer& layer) {
  const auto text = [](size_t number) { return std::to_string(number); };
  const Conv2dGeometry& g = layer.geometry;
  return std::string("Conv2d/") + layer.name + "/" + text(layer.size) + "x" + text(layer.size) + "/" + text(layer.in) +
         "-" + text(layer.out) + "/" + text(g.kernel_h) + "/" + text(g.stride_h) + "/" + text(g.dilation_h) + "x" +
         text(g.dilation_w);
}

}  // namespace
}  // namespace isoquant

int main(int argc, char** argv) {
  for (const isoquant::Layer& layer : isoquant::kLayers) {
    benchmark::RegisterBenchmark(isoquant::NameOfLayer(layer).c_str(),
                                 [&layer](benchmark::State& state) { isoquant::Run(state, layer); })
        ->UseManualTime()
        ->Iterations(40);
  }
  isoquant::RegisterResize();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("cpu", isoquant::DetectCpu().brand);
  benchmark::AddCustomContext("tier", isoquant::Context().tier());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
