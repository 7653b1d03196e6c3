// Bench support: implementation of svg.h.
#include "bench/svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace isoquant {
namespace {

std::string Attribute(const char* name, double value) {
  return std::string(" ") + name + "='" + Number(value, 1) + "'";
}

std::string Class(const std::string& style) { return " class='" + style + "'"; }

std::string Closed(const char* element, const std::string& tip) {
  return tip.empty() ? "/>\n" : "><title>" + tip + "</title></" + element + ">\n";
}

}  // namespace

std::string Number(double value, int digits) {
  char text[40];
  if (digits >= 0) {
    std::snprintf(text, sizeof(text), "%.*f", digits, value);
  } else {
    std::snprintf(text, sizeof(text), "%.3g", value);
  }
  return text;
}

void Svg::Line(double x0, double y0, double x1, double y1, const std::string& style) {
  marks_ += "<line" + Attribute("x1", x0) + Attribute("y1", y0) + Attribute("x2", x1) + Attribute("y2", y1) +
            Class(style) + "/>\n";
}

void Svg::Rect(double x, double y, double width, double height, const std::string& style, const std::string& tip) {
  marks_ += "<rect rx='1.5'" + Attribute("x", x) + Attribute("y", y) + Attribute("width", std::max(width, 0.0)) +
            Attribute("height", height) + Class(style) + Closed("rect", tip);
}

void Svg::Circle(double x, double y, double radius, const std::string& style, const std::string& tip) {
  marks_ += "<circle" + Attribute("cx", x) + Attribute("cy", y) + Attribute("r", radius) + Class(style) +
            Closed("circle", tip);
}

void Svg::Text(double x, double y, const std::string& text, const std::string& style, const char* anchor) {
  marks_ += "<text" + Attribute("x", x) + Attribute("y", y) + Class(style) + " text-anchor='" + anchor + "'>" + text +
            "</text>\n";
}

std::string Svg::ToString() const {
  return "<svg viewBox='0 0 " + Number(width_, 0) + " " + Number(height_, 0) + "'>\n" + marks_ + "</svg>\n";
}

double Axis::At(double value) const {
  value = std::clamp(value, low, high);
  const double part = logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
  return from + part * (to - from);
}

}  // namespace isoquant
