// Bench support: the charts of the report.
#include <algorithm>
#include <cmath>

#include "bench/report.h"
#include "bench/svg.h"

namespace isoquant {
namespace {

constexpr double kWidth = 1000;
constexpr double kLabelWidth = 230;  // left of bars and dots
constexpr double kRow = 17;

std::string Tip(const Figure& figure) {
  std::string tip = figure.Name() + ": " + Number(figure.gops) + " GOP/s";
  if (figure.pct_peak != 0) tip += ", " + Number(figure.pct_peak, 1) + " % of peak";
  if (figure.pct_limit != 0) tip += ", " + Number(figure.pct_limit, 1) + " % of the limit";
  if (figure.onednn_gops != 0) {
    tip += "; oneDNN " + Number(figure.onednn_gops) + " GOP/s, ratio " + Number(figure.vs_onednn, 2);
  }
  return tip;
}

const char* Verdict(const Figure& figure) { return IsLoss(figure.vs_onednn) ? "loss" : "ours"; }

// Ticks of a logarithmic axis: 1, 2 and 5 times powers of ten, or all that are given.
void DrawGrid(Svg& svg, const Axis& x, const std::vector<double>& ticks, double top, double bottom, const char* unit) {
  for (const double tick : ticks) {
    if (tick < x.low || tick > x.high) continue;
    svg.Line(x.At(tick), top, x.At(tick), bottom, "grid");
    svg.Text(x.At(tick), bottom + 14, Number(tick) + unit, "tick", "middle");
  }
}

}  // namespace

std::string DrawShareOfLimit(const Run& run) {
  std::vector<const Figure*> rows = run.Group("MatMul");
  const std::vector<const Figure*> cold = run.Group("MatMulCold");
  rows.insert(rows.end(), cold.begin(), cold.end());
  if (rows.empty()) return {};
  // Below AVX-512 VNNI the yardstick is f32 FMA, of which more than all can be reached.
  const bool vnni = run.HasPeak();
  const double bottom = 14 + kRow * static_cast<double>(rows.size());
  Svg svg(kWidth, bottom + 22);
  const Axis x{0, vnni ? 105.0 : 200.0, kLabelWidth, kWidth - 60, false};
  DrawGrid(svg, x, {0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200}, 8, bottom, " %");
  double y = 12;
  for (const Figure* row : rows) {
    const double share = row->pct_limit != 0 ? row->pct_limit : vnni ? row->pct_peak : 100 * row->vs_fma;
    svg.Text(kLabelWidth - 8, y + 11, row->Name(), "label", "end");
    svg.Rect(x.from, y + 2, x.At(share) - x.from, kRow - 5, row->pct_limit != 0 ? "cold" : "ours", Tip(*row));
    if (row->onednn_gops != 0) {
      const double peer = x.At(share * row->onednn_gops / row->gops);
      svg.Line(peer, y, peer, y + kRow - 1, "peer");
    }
    svg.Text(x.At(share) + 7, y + 11, Number(share, 0), "value");
    y += kRow;
  }
  return svg.ToString();
}

std::string DrawRatios(const Run& run) {
  std::vector<const Figure*> rows;
  for (const Figure& figure : run.figures) {
    if (figure.vs_onednn != 0 && figure.group != "MatMulSweep" &&
        !(figure.group == "MatMulThreads" && figure.threads == 1)) {
      rows.push_back(&figure);
    }
  }
  if (rows.empty()) return {};
  std::sort(rows.begin(), rows.end(), [](const Figure* a, const Figure* b) { return a->vs_onednn < b->vs_onednn; });
  const double bottom = 14 + kRow * static_cast<double>(rows.size());
  Svg svg(kWidth, bottom + 22);
  const double low = std::min(0.7, rows.front()->vs_onednn * 0.95), high = std::max(2.0, rows.back()->vs_onednn * 1.1);
  const Axis x{low, high, kLabelWidth, kWidth - 60, true};
  DrawGrid(svg, x, {0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20}, 8, bottom, "x");
  svg.Line(x.At(1), 8, x.At(1), bottom, "one");
  double y = 12;
  for (const Figure* row : rows) {
    const std::string verdict = Verdict(*row);
    svg.Text(kLabelWidth - 8, y + 11, row->Name(), "label" + (verdict == "loss" ? " " + verdict : ""), "end");
    const double from = x.At(1), to = x.At(row->vs_onednn);
    svg.Rect(std::min(from, to), y + 6, std::abs(to - from), 4, verdict, Tip(*row));
    svg.Circle(to, y + 8, 4.5, verdict, Tip(*row));
    svg.Text(verdict == "loss" ? to - 9 : to + 9, y + 12, Number(row->vs_onednn, 2), "value " + verdict,
             verdict == "loss" ? "end" : "start");
    y += kRow;
  }
  return svg.ToString();
}

std::string DrawSweep(const Run& run) {
  const std::vector<const Figure*> rows = run.Group("MatMulSweep");
  if (rows.empty() || rows.front()->vs_onednn == 0) return {};
  double low = 0.8, high = 2;
  for (const Figure* row : rows) {
    low = std::min(low, row->vs_onednn * 0.95);
    high = std::max(high, row->vs_onednn * 1.05);
  }
  Svg svg(kWidth, 300);
  const Axis x{1, 130, 60, kWidth - 20, false}, y{low, high, 260, 10, true};
  for (const double tick : {0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0}) {
    if (tick < low || tick > high) continue;
    svg.Line(x.from, y.At(tick), x.to, y.At(tick), tick == 1 ? "one" : "grid");
    svg.Text(x.from - 8, y.At(tick) + 4, Number(tick) + "x", "tick", "end");
  }
  for (int m = 1; m <= 129; m += 16) svg.Text(x.At(m), 278, Number(m), "tick", "middle");
  svg.Text(0.5 * (x.from + x.to), 295, "M (K = N = 515)", "tick", "middle");
  for (const Figure* row : rows) svg.Circle(x.At(row->m), y.At(row->vs_onednn), 3.5, Verdict(*row), Tip(*row));
  return svg.ToString();
}

std::string DrawThreads(const Run& run) {
  std::vector<const Figure*> rows;
  for (const Figure* row : run.Group("MatMulThreads")) {
    if (row->scaling != 0) rows.push_back(row);
  }
  if (rows.empty()) return {};
  const double bottom = 14 + (kRow + 4) * static_cast<double>(rows.size());
  Svg svg(kWidth, bottom + 22);
  double high = 2;
  for (const Figure* row : rows) high = std::max(high, row->threads);
  const Axis x{0, high * 1.1, kLabelWidth, kWidth - 60, false};
  DrawGrid(svg, x, {0, 0.5, 1, 1.5, 2, 3, 4, 6, 8}, 8, bottom, "x");
  svg.Line(x.At(1), 8, x.At(1), bottom, "one");
  double y = 12;
  for (const Figure* row : rows) {
    svg.Text(kLabelWidth - 8, y + 13, row->Name(), "label", "end");
    svg.Rect(x.from, y + 2, x.At(row->scaling) - x.from, kRow - 3, row->scaling < 1 ? "loss" : "ours", Tip(*row));
    if (row->onednn_gops != 0) {  // on the same scale: over our one thread
      const double peer = x.At(row->scaling * row->onednn_gops / row->gops);
      svg.Line(peer, y, peer, y + kRow + 1, "peer");
    }
    if (row->capacity != 0) svg.Line(x.At(row->capacity), y, x.At(row->capacity), y + kRow + 1, "capacity");
    svg.Text(x.At(row->scaling) + 7, y + 13, Number(row->scaling, 2), "value");
    y += kRow + 4;
  }
  return svg.ToString();
}

}  // namespace isoquant
