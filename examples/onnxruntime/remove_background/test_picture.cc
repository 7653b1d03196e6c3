// Draws a mug: the shapes are formulas, each pixel is the mean of 3 x 3 points.
#include <algorithm>
#include <cmath>

#include "remove_background/picture.h"

namespace remove_background {
namespace {

struct Colour {
  double red, green, blue;
};

Colour Mix(const Colour& a, const Colour& b, double part) {
  return {a.red + (b.red - a.red) * part, a.green + (b.green - a.green) * part, a.blue + (b.blue - a.blue) * part};
}

Colour Shade(const Colour& colour, double light) {
  return {colour.red * light, colour.green * light, colour.blue * light};
}

// Distance from the centre of an ellipse: 1 on its edge.
double Ellipse(double x, double y, double centre_x, double centre_y, double radius_x, double radius_y) {
  return std::hypot((x - centre_x) / radius_x, (y - centre_y) / radius_y);
}

// A wall with soft stripes, and a table with grain and the mug's shadow.
Colour Background(double x, double y) {
  if (y < 0.62) {
    const Colour wall = Mix({0.62, 0.70, 0.70}, {0.80, 0.84, 0.80}, y / 0.62);
    return Shade(wall, 1 + 0.02 * std::sin(40 * x));
  }
  const double grain = std::sin(90 * y + 3 * std::sin(5 * x)) * 0.5 + std::sin(260 * y + 8 * x) * 0.5;
  const double shadow = std::min(1.0, std::max(0.0, Ellipse(x, y, 0.56, 0.815, 0.34, 0.06) - 0.6) / 0.5);
  return Shade(Shade({0.62, 0.42, 0.26}, 1 + 0.06 * grain), 0.55 + 0.45 * shadow);
}

// A camera's noise, in steps of a pixel: without it the network takes flat ground for more than it is.
double Grain(size_t x, size_t y, size_t channel) {
  uint64_t hash = (uint64_t{x} * 3 + channel) * 0x9e3779b97f4a7c15u ^ uint64_t { y } * 0xc2b2ae3d27d4eb4fu;
  hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
  return static_cast<double>(hash >> 40) / (1 << 24) * 12 - 6;
}

// The mug's colour at a point, if it is there: handle, body with its bands, inside with coffee.
bool Mug(double x, double y, Colour& colour) {
  constexpr double kLeft = 0.30, kRight = 0.66, kTop = 0.30, kBottom = 0.78, kMiddle = (kLeft + kRight) / 2;
  constexpr double kRadius = (kRight - kLeft) / 2, kRim = 0.055;
  const Colour glaze = {0.80, 0.16, 0.13};
  if (Ellipse(x, y, kMiddle, kTop, kRadius, kRim) < 1) {
    const double inside = Ellipse(x, y, kMiddle, kTop, kRadius * 0.93, kRim * 0.85);
    if (inside >= 1) {
      colour = {0.95, 0.90, 0.86};
    } else if (Ellipse(x, y, kMiddle, kTop + 0.02, kRadius * 0.86, kRim * 0.66) < 1) {
      colour = Mix({0.20, 0.10, 0.05}, {0.36, 0.20, 0.10}, (x - kLeft) / (kRight - kLeft));
    } else {
      colour = Shade({0.90, 0.85, 0.80}, 0.75 + 0.25 * inside);
    }
    return true;
  }
  const double narrow = kRadius * (1 - 0.10 * (y - kTop) / (kBottom - kTop));
  const double side = (x - kMiddle) / narrow;
  const double bottom = kBottom + kRim * std::sqrt(std::max(0.0, 1 - side * side)) * 0.9;
  if (std::fabs(side) < 1 && y >= kTop && y < bottom) {
    const double light = 0.35 + 0.65 * std::max(0.0, std::cos(1.2 * (side + 0.35)));
    const double glint = std::exp(-200 * (side + 0.5) * (side + 0.5));
    const double down = y - kRim * std::sqrt(1 - side * side);  // bands follow the round of the mug
    const bool is_band = down > 0.42 && down < 0.50;
    colour = Mix(Shade(is_band ? Colour{0.96, 0.90, 0.78} : glaze, light), {1, 1, 1}, 0.5 * glint);
    return true;
  }
  const double handle = Ellipse(x, y, kRight - 0.02, 0.53, 0.15, 0.165);
  if (x > kMiddle && handle < 1 && handle > 0.66) {
    colour = Shade(glaze, 0.45 + 0.5 * (1 - std::fabs(handle - 0.83) / 0.17));
    return true;
  }
  return false;
}

}  // namespace

Picture DrawTestPicture(size_t width, size_t height) {
  constexpr size_t kPoints = 3;
  Picture picture(width, height, 4);
  const double side = static_cast<double>(std::min(width, height));
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x) {
      Colour sum = {0, 0, 0};
      for (size_t point = 0; point < kPoints * kPoints; ++point) {
        const double dx = (static_cast<double>(point % kPoints) + 0.5) / kPoints;
        const double dy = (static_cast<double>(point / kPoints) + 0.5) / kPoints;
        // A square in the middle of the picture has coordinates from 0 to 1.
        const double u = (static_cast<double>(x) + dx - static_cast<double>(width) / 2) / side + 0.5;
        const double v = (static_cast<double>(y) + dy - static_cast<double>(height) / 2) / side + 0.5;
        Colour colour;
        if (!Mug(u, v, colour)) colour = Background(u, v);
        sum = {sum.red + colour.red, sum.green + colour.green, sum.blue + colour.blue};
      }
      const double values[] = {sum.red, sum.green, sum.blue};
      for (size_t c = 0; c < 3; ++c) {
        const double value = values[c] / (kPoints * kPoints) * 255 + Grain(x, y, c);
        picture.at(x, y)[c] = static_cast<uint8_t>(std::min(255.0, std::max(0.0, std::floor(value + 0.5))));
      }
      picture.at(x, y)[3] = 255;
    }
  }
  return picture;
}

}  // namespace remove_background
