// Tests of Conv2d to s32: every tier and number of workers against the direct definition.
#include "isoquant/convolution.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "src/memory.h"
#include "test/guarded.h"
#include "test/images.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

// With the zero point of x alone, or of both.
template <class A, class B>
Status Convolve(Context& context, const ConvolutionCase<A, B>& c, const ImageView<int32_t>& y) {
  if (c.filter_zeros().size == 0) return Conv2d(context, c.x(), c.zero_point(), c.packed(), y);
  const int32_t zero_point = c.zero_point();
  return Conv2d(context, c.x(), ZeroPoints{{&zero_point, 1}, c.filter_zeros()}, c.packed(), y);
}

template <class A, class B>
void CheckOnEveryTier(const ConvolutionCase<A, B>& c, const ImageShape& out, std::initializer_list<size_t> workers) {
  OutputImage<int32_t> y(out);
  c.Expect(y.expected());
  ForEachTierOn<ThreadExecutor>(workers, [&](Context& context, const ThreadExecutor&) {
    y.Clear();
    ISOQUANT_CHECK_OK(Convolve(context, c, y.view()));
    y.Check();
  });
}

template <class A, class B>
void CheckOnEveryTier(Random& random, const ImageShape& shape, const Conv2dGeometry& geometry, size_t outputs,
                      size_t zeros = 0) {
  const ConvolutionCase<A, B> c(random, shape, geometry, outputs, zeros);
  CheckOnEveryTier(c, c.OutputShape(), {1});
}

std::string Text(const ImageShape& s, const Conv2dGeometry& g) {
  std::string text;
  for (const size_t number : {s.n, s.h, s.w, s.c, g.kernel_h, g.kernel_w, g.stride_h, g.stride_w, g.dilation_h,
                              g.dilation_w, g.pad_top, g.pad_bottom, g.pad_left, g.pad_right, g.groups}) {
    text += std::to_string(number) + " ";
  }
  return text;
}

template <class A, class B>
void CheckRandom(uint64_t seed, size_t cases) {
  Random random(seed);
  for (size_t i = 0; i < cases; ++i) {
    ImageShape shape{};
    size_t outputs = 0;
    const Conv2dGeometry g = RandomConvolution(random, 60000, shape, outputs);
    INFO("case ", i, ": ", Text(shape, g));
    const size_t zeros = i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : outputs;
    const auto at = i % 2 == 0 ? Guarded<A>::At::kEnd : Guarded<A>::At::kBegin;
    ConvolutionCase<A, B> c(random, shape, g, outputs, zeros, at);
    if (i % 6 == 0) c.set_zero_point(std::numeric_limits<A>::min());
    const size_t pixel_gap = random.Below(2) * random.Below(4), row_gap = random.Below(2) * random.Below(4);
    const size_t image_gap = random.Below(2) * random.Below(4);
    const ImageShape out = c.OutputShape(pixel_gap, row_gap, image_gap);
    if (i % 4 == 0) {
      CheckOnEveryTier(c, out, {1, 2, 3, 8});
    } else {
      CheckOnEveryTier(c, out, {1});
    }
  }
}

TEST_CASE("Conv2d: random geometries, s8 x s8") { CheckRandom<int8_t, int8_t>(1, 60); }
TEST_CASE("Conv2d: random geometries, u8 x s8") { CheckRandom<uint8_t, int8_t>(2, 60); }
TEST_CASE("Conv2d: random geometries, s8 x u8") { CheckRandom<int8_t, uint8_t>(3, 40); }
TEST_CASE("Conv2d: random geometries, u8 x u8") { CheckRandom<uint8_t, uint8_t>(4, 40); }

// Channels around the pieces in which policies want rows; tails of a row of the image.
TEST_CASE("Conv2d: numbers of channels") {
  Random random(5);
  Conv2dGeometry g{3, 3};
  g.pad_top = g.pad_left = g.pad_bottom = g.pad_right = 1;
  for (const size_t channels : Sizes{1, 2, 3, 4, 5, 8, 15, 16, 17, 21, 31, 32, 33, 63, 64, 65, 85, 86, 127, 128, 130}) {
    CAPTURE(channels);
    CheckOnEveryTier<uint8_t, int8_t>(random, {1, 4, 7, channels}, g, 9);
    CheckOnEveryTier<int8_t, int8_t>(random, {1, 4, 5, channels, 1}, g, 17);
  }
}

// Blocks of many rows, parts of columns, chunks of K, tall tiles; and x in place.
TEST_CASE("Conv2d: large products") {
  Random random(6);
  Conv2dGeometry g{3, 3};
  g.pad_top = g.pad_left = 1;
  for (const size_t outputs : Sizes{1, 16, 140}) {
    const ConvolutionCase<uint8_t, int8_t> c(random, {1, 14, 14, 10}, g, outputs);
    CheckOnEveryTier(c, c.OutputShape(), {1, 3, 8});
  }
  const ConvolutionCase<int8_t, int8_t> deep(random, {1, 3, 4, 470}, g, 3, 3);
  CheckOnEveryTier(deep, deep.OutputShape(), {1, 3});
  const ConvolutionCase<int8_t, int8_t> in_place(random, {2, 11, 9, 40}, {}, 33);
  CheckOnEveryTier(in_place, in_place.OutputShape(), {1, 2, 3});
  const ConvolutionCase<int8_t, uint8_t> window(random, {2, 6, 9, 40, 3}, {}, 33, 33);
  CheckOnEveryTier(window, window.OutputShape(3), {1, 2, 3});
  const ConvolutionCase<uint8_t, uint8_t> apart(random, {2, 6, 9, 20, 3, 1}, {}, 18, 1);
  CheckOnEveryTier(apart, apart.OutputShape(0, 2), {1, 3});
}

// Tiles leave out rows and columns of the kernel that see only padding. Dilations and pads make whole tiles of columns,
// at both ends of a line, at one, and where the image is narrower than the kernel; others have tiles down the lines.
// Padding adds nothing to the sums, or does: then they begin with what it adds.
template <class A>
void CheckPadding(uint64_t seed) {
  Random random(seed);
  const Conv2dGeometry all_sides{3, 3, 1, 1, 4, 8, 4, 4, 8, 8};
  const Conv2dGeometry one_side{2, 3, 1, 1, 1, 5, 1, 0, 10, 0}, other_side{3, 2, 1, 2, 2, 6, 0, 2, 0, 9};
  const Conv2dGeometry touching{1, 6, 1, 1, 1, 1, 1, 2, 5, 5}, far{2, 2, 1, 1, 9, 9, 11, 11, 11, 11};
  const Conv2dGeometry same{3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, wide{3, 5, 2, 1, 1, 1, 1, 1, 2, 3};
  const Conv2dGeometry strided{5, 5, 1, 2, 1, 1, 2, 2, 2, 2}, pairs{2, 2, 1, 1, 1, 1, 1, 0, 4, 1};
  const Conv2dGeometry inside{3, 2, 2, 2}, pixels{1, 1, 2, 3}, apart{2, 2, 1, 1, 2, 3};  // no padding at all
  for (const Conv2dGeometry& g :
       {all_sides, one_side, other_side, touching, far, same, wide, strided, pairs, inside, pixels, apart}) {
    for (const size_t width : Sizes{27, 5}) {
      for (const size_t channels : Sizes{8, 4, 3, 2}) {
        INFO("case ", width, ": ", Text({1, 13, width, channels}, g));
        ConvolutionCase<A, int8_t> c(random, {2, 13, width, channels, channels == 8 ? size_t{3} : size_t{0}}, g, 37);
        CheckOnEveryTier(c, c.OutputShape(), {1});
        c.set_zero_point(std::numeric_limits<A>::min());
        CheckOnEveryTier(c, c.OutputShape(), {1, 3});
        c.set_zero_point(0);
        CheckOnEveryTier(c, c.OutputShape(), {1});
      }
    }
  }
}
// So many channels that filters keep what padding adds, in small images, too.
template <class A, class B>
void CheckKeptSums(uint64_t seed) {
  Random random(seed);
  for (const size_t groups : Sizes{1, 2}) {
    for (const size_t size : Sizes{3, 7}) {
      const Conv2dGeometry same{3, 3, 1, 1, 1, 1, 1, 1, 1, 1, groups}, apart{3, 2, 1, 2, 2, 3, 2, 1, 2, 3, groups};
      for (const Conv2dGeometry& g : {same, apart}) {
        INFO(groups, " groups, ", size, " pixels");
        ConvolutionCase<A, B> c(random, {2, size, size, 20 * groups}, g, 37 * groups, groups == 1 ? 37 : 0);
        c.set_zero_point(5);
        CheckOnEveryTier(c, c.OutputShape(), {1, 3});
      }
    }
  }
}
TEST_CASE("Conv2d: filters that keep what padding adds") {
  CheckKeptSums<uint8_t, int8_t>(14);
  CheckKeptSums<int8_t, int8_t>(15);
  CheckKeptSums<int8_t, uint8_t>(16);
}

TEST_CASE("Conv2d: windows that see padding, u8") { CheckPadding<uint8_t>(12); }
TEST_CASE("Conv2d: windows that see padding, s8") { CheckPadding<int8_t>(13); }

// Kernels of one pixel whose windows are not the pixels of the image one by one.
TEST_CASE("Conv2d: single pixels with pads, or with a stride along one axis") {
  Random random(10);
  for (size_t i = 0; i < 6; ++i) {
    CAPTURE(i);
    Conv2dGeometry g{1, 1};
    (i == 0   ? g.pad_top
     : i == 1 ? g.pad_bottom
     : i == 2 ? g.pad_left
     : i == 3 ? g.pad_right
     : i == 4 ? g.stride_h
              : g.stride_w) = 2;
    CheckOnEveryTier<uint8_t, int8_t>(random, {2, 5, 6, 12}, g, 9);
    CheckOnEveryTier<int8_t, uint8_t>(random, {2, 6, 5, 12}, g, 9, 9);
  }
}

// Products with sums of rows are cut.
TEST_CASE("Conv2d: more pixels than a product with sums of rows has") {
  Random random(7);
  Conv2dGeometry g{2, 1};
  const ConvolutionCase<uint8_t, uint8_t> c(random, {1, 131, 129, 1}, g, 2, 2);
  CheckOnEveryTier(c, c.OutputShape(), {1, 3});
}

TEST_CASE("Conv2d: zero points of zero, in place and gathered") {
  Random random(8);
  std::vector<int8_t> filter(6 * 9 * 4), plain(6 * 4);
  FillIntegers(random, filter.data(), filter.size());
  FillIntegers(random, plain.data(), plain.size());
  const GuardedImage<uint8_t> x({1, 6, 7, 4});
  FillIntegers(random, x.buffer().data(), x.buffer().size());
  ForEachTier([&](Context& context) {
    for (const size_t kernel : Sizes{1, 3}) {
      const Conv2dGeometry g{kernel, kernel};
      const std::vector<int8_t>& values = kernel == 1 ? plain : filter;
      PackedFilter packed;
      ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{{values.data(), 6, kernel * kernel * 4}}, g, 4, packed));
      OutputImage<int32_t> y({1, 7 - kernel, 8 - kernel, 6});
      ReferenceConv2d(x.const_view(), 0, values, {}, g, y.expected());
      ISOQUANT_CHECK_OK(Conv2d(context, x.const_view(), 0, packed, y.view()));
      y.Check();
      y.Clear();
      ISOQUANT_CHECK_OK(Conv2d(context, x.const_view(), ZeroPoints(), packed, y.view()));
      y.Check();
    }
  });
}

TEST_CASE("Conv2d: nothing to do, windows of padding alone, and sums of nothing") {
  Random random(9);
  Conv2dGeometry g{3, 2};
  for (const ImageShape& shape : {ImageShape{0, 5, 5, 3}, ImageShape{2, 2, 9, 3}, ImageShape{2, 9, 1, 3},
                                  ImageShape{1, 0, 9, 3}, ImageShape{1, 5, 5, 0}}) {
    CheckOnEveryTier<uint8_t, int8_t>(random, shape, g, 5);
    CheckOnEveryTier<int8_t, uint8_t>(random, shape, g, 5, 5);
    CheckOnEveryTier<uint8_t, int8_t>(random, shape, g, 0);
  }
  // Pads larger than image and kernel: some windows, or all of them, see no pixel.
  g.pad_top = 7;
  g.pad_left = 9;
  g.pad_right = 5;
  for (const ImageShape& shape : {ImageShape{2, 2, 3, 4}, ImageShape{1, 0, 3, 4}, ImageShape{1, 3, 0, 4},
                                  ImageShape{1, 0, 0, 4}, ImageShape{1, 3, 3, 0}}) {
    CheckOnEveryTier<uint8_t, int8_t>(random, shape, g, 5);
    CheckOnEveryTier<int8_t, uint8_t>(random, shape, g, 5, 5);
    g.dilation_w = 2;
  }
  // An image of padding whose strides say nothing.
  Context context;
  PackedFilter packed;
  const std::vector<int8_t> filter(6 * 4);
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{{filter.data(), 1, 24}}, g, 4, packed));
  OutputImage<int32_t> y({1, 5, 13, 1});
  std::fill_n(y.expected().data, 5 * 13, 0);
  const ImageView<const int8_t> nowhere(nullptr, 1, 0, 1, 4, SIZE_MAX, SIZE_MAX, SIZE_MAX);
  ISOQUANT_CHECK_OK(Conv2d(context, nowhere, -5, packed, y.view()));
  y.Check();
  // No filter at all.
  ISOQUANT_CHECK_OK(
      Conv2d(context, ImageView<const int8_t>(nullptr, 1, 2, 3, 0), 0, PackedFilter(), {nullptr, 1, 2, 3, 0}));
}

// Outputs that are concatenated, and an input beside them in the same memory.
TEST_CASE("Conv2d: channel windows of one image") {
  Random random(10);
  constexpr size_t kH = 5, kW = 6, kAll = 3 + 7 + 5;
  Conv2dGeometry g{3, 3};
  g.pad_top = g.pad_bottom = g.pad_left = g.pad_right = 1;
  const ConvolutionCase<uint8_t, int8_t> first(random, {1, kH, kW, 4}, g, 3), second(random, {1, kH, kW, 9}, g, 7);
  Guarded<int32_t> memory(kH * kW * kAll);
  const ImageView<int32_t> all(memory.data(), 1, kH, kW, kAll);
  std::vector<int32_t> expected(memory.size(), 0x5a5a5a5a);
  const ImageView<int32_t> expected_all(expected.data(), 1, kH, kW, kAll);
  first.Expect(expected_all.Channels(0, 3));
  second.Expect(expected_all.Channels(3, 7));
  ForEachTier([&](Context& context) {
    std::fill(memory.begin(), memory.end(), 0x5a5a5a5a);
    ISOQUANT_CHECK_OK(Convolve(context, first, all.Channels(0, 3)));
    ISOQUANT_CHECK_OK(Convolve(context, second, all.Channels(3, 7)));
    CHECK(std::equal(memory.begin(), memory.end(), expected.begin()));

    // x is channels of the memory that y is in.
    const ImageView<const int8_t> x(reinterpret_cast<const int8_t*>(all.Channels(10, 5).data), 1, kH, kW, 20, 4 * kAll,
                                    4 * kW * kAll, 0);
    PackedFilter packed;
    const std::vector<int8_t> ones(20 * 3, 1);
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{{ones.data(), 3, 20}}, {}, 20, packed));
    ISOQUANT_CHECK_OK(Conv2d(context, x, 0, packed, all.Channels(0, 3)));
    for (size_t i = 0; i < kH * kW; ++i) CHECK(memory[i * kAll + 2] == 20 * 0x5a);
    // One more channel, and they overlap; so they do in a window of rows of unequal distance.
    PackedFilter wide;
    const std::vector<int8_t> more(20 * 11, 1);
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{{more.data(), 11, 20}}, {}, 20, wide));
    CheckRefused(Conv2d(context, x, 0, wide, all.Channels(0, 11)), Overlap("y", "x"));
    ImageView<const int8_t> part = x;
    ImageView<int32_t> part_y = all.Channels(0, 11);
    part.w = part_y.w = kW - 1;
    CheckRefused(Conv2d(context, part, 0, wide, part_y), Overlap("y", "x"));
    part_y.data += kAll;  // a pixel to the right: only the channels of other pixels are shared
    CheckRefused(Conv2d(context, part, 0, wide, part_y), Overlap("y", "x"));
    part_y.c = 3;
    ISOQUANT_CHECK_OK(Conv2d(context, part, 0, packed, part_y));
  });
}

// The greatest number of bytes that were asked for at once.
std::atomic<size_t> g_most_bytes{0};

TEST_CASE("Conv2d: scratch does not grow with the image") {
  size_t bytes[2];
  for (const size_t large : Sizes{0, 1}) {
    const size_t size = large == 0 ? 60 : 480;
    std::vector<uint8_t> x(size * size * 4);
    std::vector<int32_t> y(size * size * 2);
    const std::vector<uint8_t> filter(2 * 9 * 4, 3);
    Context context;
    Conv2dGeometry g{3, 3};
    g.pad_top = g.pad_bottom = g.pad_left = g.pad_right = 1;
    PackedFilter packed;
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{{filter.data(), 2, 36}}, g, 4, packed));
    g_most_bytes = 0;
    OverrideAllocation([](size_t n) {
      if (n > g_most_bytes) g_most_bytes = n;
      return true;
    });
    const Status status = Conv2d(context, ImageView<const uint8_t>(x.data(), 1, size, size, 4), 5, packed,
                                 ImageView<int32_t>(y.data(), 1, size, size, 2));
    OverrideAllocation(nullptr);
    ISOQUANT_CHECK_OK(status);
    bytes[large] = g_most_bytes;
  }
  CHECK(bytes[0] != 0);
  CHECK(bytes[1] <= std::max(2 * bytes[0], size_t{1} << 20));
  CHECK(bytes[1] < 480 * 480 * 4);
}

TEST_CASE("Conv2d: golden digests") {
  const auto check = [](const std::string& name, auto a, auto b) {
    Random random(11);
    Conv2dGeometry small{3, 3}, wide{5, 2, 2, 3, 3, 2, 4, 3, 2, 1, 3};
    small.pad_top = small.pad_bottom = small.pad_left = small.pad_right = 1;
    const ConvolutionCase<decltype(a), decltype(b)> first(random, {2, 9, 11, 37}, small, 21, 21);
    const ConvolutionCase<decltype(a), decltype(b)> second(random, {1, 17, 12, 24}, wide, 9);
    OutputImage<int32_t> first_y(first.OutputShape()), second_y(second.OutputShape());
    first.Expect(first_y.expected());
    second.Expect(second_y.expected());
    ForEachTierOn<ThreadExecutor>({1, 3}, [&](Context& context, const ThreadExecutor&) {
      ISOQUANT_CHECK_OK(Convolve(context, first, first_y.view()));
      ISOQUANT_CHECK_OK(Convolve(context, second, second_y.view()));
      first_y.Check();
      second_y.Check();
      Digest digest;
      first_y.AddTo(digest);
      second_y.AddTo(digest);
      CheckGolden("convolution/" + name, digest.value());
    });
  };
  check("s8s8", int8_t(), int8_t());
  check("s8u8", int8_t(), uint8_t());
  check("u8s8", uint8_t(), int8_t());
  check("u8u8", uint8_t(), uint8_t());
}

TEST_CASE("Conv2d: sizes of outputs") {
  Random random(12);
  for (size_t i = 0; i < 3000; ++i) {
    Conv2dGeometry g;
    g.kernel_h = 1 + random.Below(5);
    g.kernel_w = 1 + random.Below(5);
    g.stride_h = 1 + random.Below(4);
    g.stride_w = 1 + random.Below(4);
    g.dilation_h = 1 + random.Below(4);
    g.dilation_w = 1 + random.Below(4);
    g.pad_top = random.Below(6);
    g.pad_bottom = random.Below(6);
    g.pad_left = random.Below(6);
    g.pad_right = random.Below(6);
    const size_t h = random.Below(20), w = random.Below(20);
    size_t out_h = 99, out_w = 99;
    ISOQUANT_CHECK_OK(Conv2dOutputSize(g, h, w, out_h, out_w));
    CHECK(out_h == ReferenceOutputSize(h, g.pad_top, g.pad_bottom, g.kernel_h, g.dilation_h, g.stride_h));
    CHECK(out_w == ReferenceOutputSize(w, g.pad_left, g.pad_right, g.kernel_w, g.dilation_w, g.stride_w));
  }
}

constexpr uint64_t kMax = static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max());

Refusal TooLarge(const std::string& argument, uint64_t actual, const std::string& name, uint64_t limit) {
  return {StatusCode::kTooLarge, argument, actual, limit,
          argument + " is " + std::to_string(actual) + ", expected at most " + name + " = " + std::to_string(limit)};
}
Refusal TooSmall(const std::string& argument, uint64_t actual, const std::string& name, uint64_t limit) {
  return {StatusCode::kTooSmall, argument, actual, limit,
          argument + " is " + std::to_string(actual) + ", expected at least " + name + " = " + std::to_string(limit)};
}
const char kLeft[] = "what the address space leaves";

TEST_CASE("Conv2d: sizes that overflow") {
  size_t out_h = 7, out_w = 7;
  const auto refused = [&](size_t Conv2dGeometry::*member, size_t value, const Refusal& refusal) {
    Conv2dGeometry g{3, 3};
    g.*member = value;
    CheckRefused(Conv2dOutputSize(g, 10, 10, out_h, out_w), refusal);
    CHECK(out_h == 7);
    CHECK(out_w == 7);
  };
  refused(&Conv2dGeometry::pad_top, SIZE_MAX, TooLarge("geometry.pad_top", SIZE_MAX, kLeft, kMax - 10));
  refused(&Conv2dGeometry::pad_bottom, SIZE_MAX, TooLarge("geometry.pad_bottom", SIZE_MAX, kLeft, kMax - 10));
  refused(&Conv2dGeometry::pad_left, kMax - 9, TooLarge("geometry.pad_left", kMax - 9, kLeft, kMax - 10));
  refused(&Conv2dGeometry::pad_right, kMax, TooLarge("geometry.pad_right", kMax, kLeft, kMax - 10));
  refused(&Conv2dGeometry::dilation_h, SIZE_MAX / 2, TooLarge("geometry.dilation_h", kMax, kLeft, (kMax - 1) / 2));
  refused(&Conv2dGeometry::dilation_w, SIZE_MAX, TooLarge("geometry.dilation_w", SIZE_MAX, kLeft, (kMax - 1) / 2));
  refused(&Conv2dGeometry::kernel_h, 0, TooSmall("geometry.kernel_h", 0, "one", 1));
  refused(&Conv2dGeometry::kernel_w, 0, TooSmall("geometry.kernel_w", 0, "one", 1));
  refused(&Conv2dGeometry::stride_h, 0, TooSmall("geometry.stride_h", 0, "one", 1));
  refused(&Conv2dGeometry::stride_w, 0, TooSmall("geometry.stride_w", 0, "one", 1));
  refused(&Conv2dGeometry::dilation_h, 0, TooSmall("geometry.dilation_h", 0, "one", 1));
  refused(&Conv2dGeometry::dilation_w, 0, TooSmall("geometry.dilation_w", 0, "one", 1));
  refused(&Conv2dGeometry::groups, 0, TooSmall("geometry.groups", 0, "one", 1));
  Conv2dGeometry g;
  CheckRefused(Conv2dOutputSize(g, SIZE_MAX, 1, out_h, out_w), TooLarge("h", SIZE_MAX, "the address space", kMax));
  CheckRefused(Conv2dOutputSize(g, 1, SIZE_MAX, out_h, out_w), TooLarge("w", SIZE_MAX, "the address space", kMax));
  // Strides, dilations and sizes that are as large as can be are no error.
  g.stride_h = SIZE_MAX;
  g.dilation_h = SIZE_MAX;
  g.pad_top = kMax - 10;
  ISOQUANT_CHECK_OK(Conv2dOutputSize(g, 10, 3, out_h, out_w));
  CHECK(out_h == 1);
  CHECK(out_w == 3);
}

TEST_CASE("Conv2d: errors name the argument and write nothing") {
  Random random(13);
  Conv2dGeometry g{3, 2};
  g.groups = 2;
  const ConvolutionCase<uint8_t, int8_t> c(random, {2, 5, 6, 8}, g, 4);
  std::vector<int32_t> memory(2 * 3 * 5 * 4, 7);
  const std::vector<int32_t> before = memory;
  const ImageView<int32_t> y(memory.data(), 2, 3, 5, 4);
  const ImageView<const uint8_t> x = c.x();
  const int32_t zero = 0, large = 256;
  ForEachTier([&](Context& context) {
    using X = ImageView<const uint8_t>;
    using Y = ImageView<int32_t>;
    const auto refused = [&](const X& x_in, const Y& y_in, const Refusal& refusal) {
      CheckRefused(Conv2d(context, x_in, 5, c.packed(), y_in), refusal);
      CheckRefused(Conv2d(context, x_in, ZeroPoints(), c.packed(), y_in), refusal);
      CHECK(memory == before);
    };
    const auto with = [](auto view, auto member, auto value) {
      view.*member = static_cast<std::decay_t<decltype(view.*member)>>(value);
      return view;
    };
    refused(with(x, &X::c, 7), y, Mismatch("x.c", 7, "filter.in_channels()", 8));
    refused(x, with(y, &Y::n, 1), Mismatch("y.n", 1, "x.n", 2));
    refused(x, with(y, &Y::h, 4), Mismatch("y.h", 4, "the height of Conv2dOutputSize", 3));
    refused(x, with(y, &Y::w, 4), Mismatch("y.w", 4, "the width of Conv2dOutputSize", 5));
    refused(x, with(y, &Y::c, 3), Mismatch("y.c", 3, "filter.out_channels()", 4));
    refused(with(x, &X::h, 2), y, Mismatch("y.h", 3, "the height of Conv2dOutputSize", 0));
    refused(with(x, &X::pixel_stride, SIZE_MAX), y, TooLarge("x.pixel_stride", SIZE_MAX, kLeft, (kMax - 8) / 5));
    refused(with(x, &X::row_stride, SIZE_MAX), y, TooLarge("x.row_stride", SIZE_MAX, kLeft, (kMax - 48) / 4));
    refused(with(x, &X::image_stride, kMax), y, TooLarge("x.image_stride", kMax, kLeft, kMax - 240));
    refused(x, with(y, &Y::pixel_stride, 3), TooSmall("y.pixel_stride", 3, "y.c", 4));
    refused(x, with(y, &Y::row_stride, 19), TooSmall("y.row_stride", 19, "what a row takes", 20));
    refused(x, with(y, &Y::image_stride, 59), TooSmall("y.image_stride", 59, "what an image takes", 60));
    refused(x, with(y, &Y::image_stride, kMax / 4), TooLarge("y.image_stride", kMax / 4, kLeft, kMax / 4 - 60));
    refused(with(x, &X::data, nullptr), y, Null("x", "x.n * x.h * x.w * x.c", 480));
    refused(x, with(y, &Y::data, nullptr), Null("y", "y.n * y.h * y.w * y.c", 120));
    refused(with(x, &X::data, reinterpret_cast<const uint8_t*>(memory.data() + 100)), y, Overlap("y", "x"));
    // No x overlaps with strides of 0 that is not in y.
    refused(X(reinterpret_cast<const uint8_t*>(memory.data()) + 479, 2, 5, 6, 8, 0, 0, 0), y, Overlap("y", "x"));
    ISOQUANT_CHECK_OK(Conv2d(context, X(x.data, 2, 5, 6, 8, 0, 0, 0), 0, c.packed(), y));
    memory = before;
    int32_t* const panels = reinterpret_cast<int32_t*>(const_cast<int8_t*>(c.packed().weights().panels().panels));
    refused(x, with(y, &Y::data, panels), Overlap("y", "filter"));
    const std::string smallest = "at least the smallest value of x's type",
                      largest = "at most the largest value of x's type";
    CheckRefused(Conv2d(context, x, -1, c.packed(), y), InvalidInteger("x_zero_point", -1, smallest, 0));
    CheckRefused(Conv2d(context, x, 256, c.packed(), y), InvalidInteger("x_zero_point", 256, largest, 255));
    const auto zeros = [&](const VectorView<const int32_t>& a, const VectorView<const int32_t>& b,
                           const Refusal& refusal) {
      CheckRefused(Conv2d(context, x, ZeroPoints{a, b}, c.packed(), y), refusal);
    };
    zeros({&large, 1}, {}, InvalidInteger("z.a", 256, largest, 255));
    zeros({memory.data(), 2}, {}, Mismatch("z.a.size", 2, "1", 1));
    zeros({nullptr, 1}, {}, Null("z.a", "1", 1));
    zeros({memory.data(), 1}, {}, Overlap("y", "z.a"));
    zeros({&zero, 1}, {before.data(), 3}, Mismatch("z.b.size", 3, "filter.out_channels()", 4));
    zeros({&zero, 1}, {nullptr, 4}, Null("z.b", "filter.out_channels()", 4));
    zeros({&zero, 1}, {memory.data() + 116, 4}, Overlap("y", "z.b"));
    CHECK(memory == before);
  });
  const ConvolutionCase<int8_t, int8_t> s8(random, {1, 1, 1, 1}, {}, 1);
  Context context;
  CheckRefused(Conv2d(context, s8.x(), 128, s8.packed(), {memory.data(), 1, 1, 1, 1}),
               InvalidInteger("x_zero_point", 128, "at most the largest value of x's type", 127));
  CheckRefused(Conv2d(context, s8.x(), -129, s8.packed(), {memory.data(), 1, 1, 1, 1}),
               InvalidInteger("x_zero_point", -129, "at least the smallest value of x's type", -128));
}

}  // namespace
}  // namespace isoquant
