// Bench support: the roofline chart of the report.
#include <algorithm>
#include <cmath>

#include "bench/report.h"
#include "bench/svg.h"

namespace isoquant {
namespace {

// Operations per byte of operands: each byte of A, B and C counted once.
double Intensity(const Figure& figure) {
  const double bytes = figure.m * figure.k + figure.k * figure.n + 4 * figure.m * figure.n;
  return 2 * figure.m * figure.k * figure.n / bytes;
}

constexpr double kRooflineWidth = 1000;

struct Roof {
  std::string name;
  double gbps;
};

// From the nearest memory to the farthest.
std::vector<Roof> Roofs(const Run& run) {
  std::vector<Roof> roofs;
  double cold = 0;
  for (const Figure& figure : run.figures) {
    cold = std::max(cold, figure.read_gbps);
    if (figure.gbps == 0) continue;
    const double kib = figure.m / 1024;
    roofs.push_back({(kib < 1024 ? Number(kib, 0) + " KiB" : Number(kib / 1024, 0) + " MiB"), figure.gbps});
  }
  // What the cold benches saw beside their samples is nearer to the truth than one pass before them.
  if (cold != 0 && !roofs.empty()) roofs.back().gbps = std::max(roofs.back().gbps, cold);
  return roofs;
}

}  // namespace

std::string DrawRoofline(const Run& run) {
  const bool tiles = run.tier == "amx_int8";
  double peak = 0;
  for (const Figure* limit : run.Group("Limit")) {
    if (limit->types == (tiles ? "amx" : "vnni")) peak = limit->gops;
  }
  std::vector<const Figure*> points = run.Group("MatMul");
  const std::vector<const Figure*> cold = run.Group("MatMulCold");
  points.insert(points.end(), cold.begin(), cold.end());
  if (peak == 0 || points.empty()) return {};

  Svg svg(kRooflineWidth, 430);
  const Axis x{1, 2000, 60, kRooflineWidth - 20, true}, y{10, peak * 1.4, 380, 10, true};
  for (const double tick : {1., 2., 5., 10., 20., 50., 100., 200., 500., 1000., 2000., 5000.}) {
    svg.Line(x.At(tick), y.to, x.At(tick), y.from, "grid");
    svg.Text(x.At(tick), 396, Number(tick, 0), "tick", "middle");
    if (tick < y.low || tick > y.high) continue;
    svg.Line(x.from, y.At(tick), x.to, y.At(tick), "grid");
    svg.Text(x.from - 8, y.At(tick) + 4, Number(tick, 0), "tick", "end");
  }
  svg.Text(0.5 * (x.from + x.to), 416, "operations per byte of A, B and C", "tick", "middle");
  svg.Text(x.from + 6, y.to + 10, "GOP/s", "tick");

  svg.Line(x.from, y.At(peak), x.to, y.At(peak), "roof");
  svg.Text(x.to - 4, y.At(peak) - 6, (tiles ? "TDPBUSD " : "VPDPBUSD ") + Number(peak, 0) + " GOP/s", "tick", "end");
  for (const Roof& roof : Roofs(run)) {
    const double start = std::max(x.low, y.low / roof.gbps), knee = peak / roof.gbps;
    svg.Line(x.At(start), y.At(start * roof.gbps), x.At(knee), y.At(peak), "roof");
    const double name_at = std::max(start, x.low) * 1.12;
    svg.Text(x.At(name_at) - 4, y.At(name_at * roof.gbps) - 8, roof.name + " " + Number(roof.gbps, 0) + " GB/s",
             "tick");
  }
  for (const Figure* point : points) {
    const double at = x.At(Intensity(*point));
    const std::string tip = point->Name() + ": " + Number(point->gops) + " GOP/s";
    if (point->onednn_gops != 0) {
      svg.Line(at, y.At(point->onednn_gops), at, y.At(point->gops), "link");
      svg.Circle(at, y.At(point->onednn_gops), 3, "hollow", tip + "; oneDNN " + Number(point->onednn_gops));
    }
    svg.Circle(at, y.At(point->gops), 4, point->group == "MatMulCold" ? "cold" : "ours", tip);
  }
  return svg.ToString();
}

}  // namespace isoquant
