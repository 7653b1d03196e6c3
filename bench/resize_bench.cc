// Bench: Resize2d. Names: Resize2d/<mode>/<type>/<images>x<h>x<w>x<channels>/<h>x<w> of y; images of one channel are
// the planes of NCHW.
//
// Counters: gelems (1e9 elements of y per second) and pct_bandwidth: percent of the rate at which memcpy moves as many
// bytes, read and written, between the same buffers, sample by sample.
#include <algorithm>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/huge_buffer.h"
#include "bench/samples.h"

namespace isoquant {
namespace {

struct ResizeShape {
  size_t n, h, w, c, out_h, out_w;
};
// Steps of decoders, up; the input of a network, down. Planes, pixels of many channels, pixels of few.
constexpr ResizeShape kShapes[] = {
    {64, 32, 32, 1, 64, 64},    {64, 128, 128, 1, 256, 256}, {1, 256, 256, 1, 1024, 1024}, {64, 16, 16, 1, 128, 128},
    {1, 32, 32, 64, 64, 64},    {1, 128, 128, 64, 256, 256}, {1, 56, 56, 512, 112, 112},   {1, 480, 640, 3, 720, 960},
    {1, 720, 960, 3, 480, 640}, {1, 1080, 1920, 3, 224, 224}};

template <class T>
void Measure(benchmark::State& state, const ResizeShape& s, ResizeMode mode) {
  const size_t from_size = s.n * s.h * s.w * s.c, to_size = s.n * s.out_h * s.out_w * s.c;
  const size_t from_bytes = from_size * sizeof(T), to_bytes = to_size * sizeof(T);
  const size_t copied = (from_bytes + to_bytes) / 2, buffer_bytes = std::max(from_bytes, to_bytes);
  const HugeBuffer from = AllocateHugeBuffer(buffer_bytes), to = AllocateHugeBuffer(buffer_bytes);
  std::memset(from.get(), 0x3f, buffer_bytes);  // ordinary floats
  const ImageView<const T> x(reinterpret_cast<const T*>(from.get()), s.n, s.h, s.w, s.c);
  const ImageView<T> y(reinterpret_cast<T*>(to.get()), s.n, s.out_h, s.out_w, s.c);
  Resizing resizing;
  resizing.mode = mode;
  Context context;
  const Repeats repeats(50.0 * static_cast<double>(to_size));
  std::vector<double> rates, limits;
  for (auto _ : state) {
    limits.push_back(repeats.Rate([&] {
      std::memcpy(to.get(), from.get(), copied);
      benchmark::ClobberMemory();
    }));
    rates.push_back(repeats.Rate([&] {
      CheckOk(Resize2d(context, x, resizing, y));
      benchmark::ClobberMemory();
    }));
    state.SetIterationTime(repeats.count / rates.back());
  }
  state.counters["gelems"] = 1e-9 * Median(rates) / 50;
  state.counters["pct_bandwidth"] = 100 * Median(Ratios(rates, limits));
  state.SetLabel(context.tier());
}

template <class T>
void RegisterType(const char* type) {
  const auto text = [](size_t number) { return std::to_string(number); };
  constexpr const char* kModes[] = {"linear", "nearest", "at_once"};
  for (const ResizeMode mode : {ResizeMode::kLinear, ResizeMode::kNearest, ResizeMode::kLinearAtOnce}) {
    if (mode == ResizeMode::kLinearAtOnce && !std::is_same<T, float>::value) continue;
    for (const ResizeShape& s : kShapes) {
      const std::string name = std::string("Resize2d/") + kModes[static_cast<size_t>(mode)] + "/" + type + "/" +
                               text(s.n) + "x" + text(s.h) + "x" + text(s.w) + "x" + text(s.c) + "/" + text(s.out_h) +
                               "x" + text(s.out_w);
      benchmark::RegisterBenchmark(name.c_str(), [s, mode](benchmark::State& state) { Measure<T>(state, s, mode); })
          ->UseManualTime()
          ->Iterations(21);
    }
  }
}

}  // namespace

void RegisterResize() {
  RegisterType<float>("f32");
  RegisterType<uint8_t>("u8");
  RegisterType<BFloat16>("bf16");
}

}  // namespace isoquant
