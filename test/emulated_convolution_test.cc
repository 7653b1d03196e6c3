// Tests of Conv2d on the tier amx_int8, under the emulator: windows that its tiles read where pixels lie. (On a CPU
// that has tiles, convolution_test.cc and convolution_outputs_test.cc run them, too.)
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/emulator/emulator.h"
#include "test/images.h"
#include "test/reference.h"
#include "test/scoped_detection.h"
#include "test/support.h"

#if ISOQUANT_HAVE_EMULATOR

namespace isoquant {
namespace {

using Sizes = std::initializer_list<size_t>;

// One geometry: sums that go to y at once and through a buffer (whole panels and not), and bytes that become of them.
template <class A>
void CheckWindows(Random& random, const ImageShape& shape, const Conv2dGeometry& g, size_t outputs, bool no_zero) {
  ConvolutionCase<A, int8_t> c(random, shape, g, outputs);
  if (no_zero) c.set_zero_point(0);
  OutputImage<int32_t> sums(c.OutputShape(1, 2)), touching(c.OutputShape());
  OutputImage<int8_t> bytes(c.OutputShape());
  c.Expect(sums.expected());
  c.Expect(touching.expected());

  const std::vector<float> scales(outputs, 0.5f / static_cast<float>(g.kernel_h * g.kernel_w * shape.c));
  const int32_t zero_point = c.zero_point();
  Requantization r;
  r.scales = {scales.data(), scales.size()};
  r.a_zero_points = {&zero_point, 1};
  const ImageView<int32_t> y = touching.expected();
  const ImageView<int8_t> q = bytes.expected();
  ReferenceRequantize(MatrixView<const int32_t>(y.data, y.n * y.h * y.w, y.c), r,
                      MatrixView<int8_t>(q.data, q.n * q.h * q.w, q.c));
  for (const size_t workers : Sizes{1, 3}) {
    ThreadExecutor executor(workers);
    Context context(executor);
    ISOQUANT_CHECK_OK(context.SetMaxTier("amx_int8"));
    for (OutputImage<int32_t>* out : {&sums, &touching}) {
      out->Clear();
      ISOQUANT_CHECK_OK(Conv2d(context, c.x(), zero_point, c.packed(), out->view()));
      out->Check();
    }
    bytes.Clear();
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), c.packed(), r, bytes.view()));
    bytes.Check();
  }
}

TEST_CASE("Emulated tiers: windows of images") {
  const ScopedDetection tiles(CpuWithTiles(), true);
  const emulator::Emulation emulation;
  if (Context().tier() != std::string("amx_int8")) return;  // the target itself is not emulated
  Random random(21);
  const Conv2dGeometry same{3, 3, 1, 1, 1, 1, 1, 1, 1, 1}, far{3, 3, 1, 1, 4, 8, 4, 4, 8, 8};
  const Conv2dGeometry strided{5, 5, 2, 2, 1, 1, 2, 2, 2, 2}, pixels{1, 1, 2, 2}, inside{2, 3};
  const uint64_t before = emulator::Count(emulator::Op::kTdpbusd);
  size_t number = 0;
  for (const Conv2dGeometry& g : {same, far, strided, pixels, inside}) {
    // One part of a line, two, three with the last one again, and an odd number in all.
    for (const size_t width : Sizes{16, 29, 83}) {
      // Segments of whole steps, with a tail, and shorter than one.
      for (const size_t channels : Sizes{64, 40, 3}) {
        const size_t outputs = number % 3 == 0 ? 64 : number % 3 == 1 ? 40 : 16;
        CAPTURE(number);
        CheckWindows<uint8_t>(random, {number % 2 + 1, 7, width, channels, number % 2}, g, outputs, number % 4 == 0);
        if (number % 3 == 0) CheckWindows<int8_t>(random, {1, 6, width, channels}, g, outputs, false);
        ++number;
      }
    }
  }
  CheckWindows<uint8_t>(random, {1, 10, 14, 128}, same, 200, false);  // tile by tile, all columns of each
  CHECK(emulator::Count(emulator::Op::kTdpbusd) > before);
}

}  // namespace
}  // namespace isoquant

#endif  // ISOQUANT_HAVE_EMULATOR
