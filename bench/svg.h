// Bench support: just enough SVG for charts.
#ifndef ISOQUANT_BENCH_SVG_H_
#define ISOQUANT_BENCH_SVG_H_

#include <string>

namespace isoquant {

// "%.3g", or "%.*f" with `digits` >= 0.
std::string Number(double value, int digits = -1);

// A drawing. Classes are those of the style sheet in report.cc; `tip` is shown when the pointer rests on the mark.
class Svg {
 public:
  Svg(double width, double height) : width_(width), height_(height) {}

  void Line(double x0, double y0, double x1, double y1, const std::string& style);
  void Rect(double x, double y, double width, double height, const std::string& style, const std::string& tip = {});
  void Circle(double x, double y, double radius, const std::string& style, const std::string& tip = {});
  // `anchor` is start, middle or end.
  void Text(double x, double y, const std::string& text, const std::string& style, const char* anchor = "start");

  std::string ToString() const;

 private:
  double width_, height_;
  std::string marks_;
};

// A linear or logarithmic axis: values to coordinates; values outside are drawn at the border.
struct Axis {
  double low, high, from, to;
  bool logarithmic;
  double At(double value) const;
};

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_SVG_H_
