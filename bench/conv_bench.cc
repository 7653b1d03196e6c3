// Bench: convolutions, beside the MatMul of the same M, K and N in the same process: what gathering windows costs. u8
// images, s8 filters, a zero point of x on both sides, packed weights.
//
// Names: Conv2d/<layer>/<image>x<image>/<in>-<out>/<kernel>/<stride>/<dilation h>x<dilation w>. Counters: gops (2 M K N
// per second), pct_matmul (percent of MatMul's speed; of depthwise layers there is none), scratch_kib (what the Context
// keeps after the call, for any size of image). Samples of the two alternate, and ratios are medians of the samples'
// ratios. resize_bench.cc has the resizing of images.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/conv_layers.h"
#include "bench/samples.h"
#include "hwy/aligned_allocator.h"

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
#include <malloc.h>
#define ISOQUANT_BENCH_MALLINFO
#endif

namespace isoquant {
namespace {

template <class T>
using Aligned = hwy::AlignedVector<T>;

// Bytes that malloc has given and not got back, if the C library tells.
double BytesInUse() {
#ifdef ISOQUANT_BENCH_MALLINFO
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
#else
  return 0.0;
#endif
}

class Convolution {
 public:
  explicit Convolution(const Layer& layer) : layer_(layer) {
    const Conv2dGeometry& g = layer.geometry;
    CheckOk(Conv2dOutputSize(g, layer.size, layer.size, h_, w_));
    m_ = h_ * w_;
    k_ = g.kernel_h * g.kernel_w * (layer.in / g.groups);
    x_.resize(layer.size * layer.size * layer.in);
    if (has_product()) a_.resize(m_ * k_);
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
    CheckOk(PackedFilter::Pack(context_, Ohwi{{filter.data(), layer.out, k_}}, g, layer.in / g.groups, packed_));
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
  bool has_product() const { return layer_.geometry.groups == 1; }
  double ScratchBytes() {
    RunConvolution();
    const double before = BytesInUse();
    context_.ReleaseScratch();
    return before - BytesInUse();
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
  const double scratch = convolution.ScratchBytes();
  std::vector<double> ours, product;
  for (auto _ : state) {
    const double begin = Seconds();
    ours.push_back(repeats.Rate([&] { convolution.RunConvolution(); }));
    if (convolution.has_product()) product.push_back(repeats.Rate([&] { convolution.RunMatMul(); }));
    state.SetIterationTime(Seconds() - begin);
  }
  state.counters["gops"] = 2e-9 * Median(ours);
  if (!product.empty()) state.counters["pct_matmul"] = 100.0 * Median(Ratios(ours, product));
  if (scratch > 0.0) state.counters["scratch_kib"] = scratch / 1024;
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
