// Tests of PackedFilter: orders of plain filters, blobs, and what is refused.
#include "isoquant/filter.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "isoquant/isoquant.h"
#include "test/blobs.h"
#include "test/guarded.h"
#include "test/images.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

constexpr size_t kFilterHeader = 192, kFilterChecksumAt = 184;

std::vector<uint8_t> Serialized(const PackedFilter& packed) {
  std::vector<uint8_t> bytes(packed.SerializedBytes());
  ISOQUANT_CHECK_OK(packed.Serialize({bytes.data(), bytes.size()}));
  return bytes;
}

template <class B>
struct Filter {
  Filter(Random& random, const Conv2dGeometry& geometry_in, size_t channels_in, size_t outputs_in)
      : geometry(geometry_in),
        channels(channels_in),
        outputs(outputs_in),
        k(geometry.kernel_h * geometry.kernel_w * channels),
        ohwi(outputs, k, k + 3),
        oihw(outputs, k),
        hwio(k, outputs, outputs + 1) {
    FillIntegers(random, ohwi.buffer().data(), ohwi.buffer().size());
    const size_t positions = geometry.kernel_h * geometry.kernel_w;
    for (size_t o = 0; o < outputs; ++o) {
      for (size_t p = 0; p < positions; ++p) {
        for (size_t i = 0; i < channels; ++i) {
          hwio.at(p * channels + i, o) = oihw.at(o, i * positions + p) = ohwi.at(o, p * channels + i);
        }
      }
    }
  }

  Conv2dGeometry geometry;
  size_t channels, outputs, k;
  GuardedMatrix<B> ohwi, oihw, hwio;
};

template <class B>
void CheckOrders(Random& random, const Conv2dGeometry& geometry, size_t channels, size_t outputs) {
  CAPTURE(geometry.groups);
  CAPTURE(channels);
  CAPTURE(outputs);
  const Filter<B> f(random, geometry, channels, outputs);
  ForEachTier([&](Context& context) {
    PackedFilter ohwi, oihw, hwio;
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{f.ohwi.const_view()}, geometry, channels, ohwi));
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Oihw{f.oihw.const_view()}, geometry, channels, oihw));
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Hwio{f.hwio.const_view()}, geometry, channels, hwio));
    const std::vector<uint8_t> blob = Serialized(ohwi);
    CHECK(Serialized(oihw) == blob);
    CHECK(Serialized(hwio) == blob);
    CHECK(ohwi.group_channels() == channels);
    CHECK(ohwi.in_channels() == channels * geometry.groups);
    CHECK(ohwi.out_channels() == outputs);
    CHECK(ohwi.type() == kElementType<B>);
    CHECK(ohwi.geometry().kernel_w == geometry.kernel_w);
    ISOQUANT_CHECK_OK(ohwi.Verify());
    // The panels of each group, by their definition.
    const size_t per_group = outputs / geometry.groups;
    for (size_t group = 0; group < geometry.groups && outputs != 0; ++group) {
      const PackedPanels panels = ohwi.GroupPanels(group);
      CHECK(panels.k == f.k);
      CHECK(panels.n == per_group);
      size_t wrong = 0;
      for (size_t n = 0; n < per_group; ++n) {
        int32_t sum = 0;
        for (size_t k = 0; k < f.k; ++k) {
          const int8_t stored = panels.panels[((n / 16) * ((f.k + 3) / 4) + k / 4) * 64 + n % 16 * 4 + k % 4];
          const int32_t value = f.ohwi.at(group * per_group + n, k) - PackedPanels::OffsetOf(panels.type);
          wrong += stored != value ? 1 : 0;
          sum += value;
        }
        wrong += panels.column_sums[n] != sum ? 1 : 0;
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE("PackedFilter: the same panels of all orders") {
  Random random(21);
  for (const size_t groups : {size_t{1}, size_t{2}, size_t{3}}) {
    Conv2dGeometry g{3, 2};
    g.groups = groups;
    CheckOrders<int8_t>(random, g, 5, 6);
    CheckOrders<uint8_t>(random, g, 5, 6 * 17);
    CheckOrders<uint8_t>(random, g, 1, 48);
    CheckOrders<int8_t>(random, g, 0, 6);
    CheckOrders<int8_t>(random, g, 4, 0);
    CheckOrders<uint8_t>(random, {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, groups}, 7, 18);
  }
}

TEST_CASE("PackedFilter: blobs, viewed and loaded") {
  Random random(22);
  Conv2dGeometry g{3, 2, 2, 1, 1, 3, 1, 2, 3, 4, 2};
  const Filter<uint8_t> f(random, g, 5, 22);
  Context context;
  PackedFilter packed;
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{f.ohwi.const_view()}, g, 5, packed));
  const std::vector<uint8_t> bytes = Serialized(packed);
  Digest digest;
  digest.Add(bytes.data(), bytes.size());
  CheckGolden("filter/blob/u8", digest.value());
  const Blob blob(bytes);
  for (const bool copies : {false, true}) {
    PackedFilter read;
    ISOQUANT_CHECK_OK(copies ? PackedFilter::Load(All(blob), read) : PackedFilter::View(All(blob), read));
    ISOQUANT_CHECK_OK(read.Verify());
    CHECK(Serialized(read) == bytes);
    CHECK(read.geometry().pad_right == 4);
    CHECK(read.geometry().groups == 2);
    PackedFilter moved = std::move(read);
    CHECK(Serialized(moved) == bytes);
    // In use.
    const ConvolutionCase<int8_t, uint8_t> c(random, {1, 5, 6, 10}, g, 22);
    OutputImage<int32_t> first(c.OutputShape()), second(c.OutputShape());
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), 3, packed, first.view()));
    ISOQUANT_CHECK_OK(Conv2d(context, c.x(), 3, moved, second.view()));
    Digest a, b;
    first.AddTo(a);
    second.AddTo(b);
    CHECK(a.value() == b.value());
  }
  // Of a filter without weights.
  const std::vector<uint8_t> none = Serialized(PackedFilter());
  const Blob none_blob(none);
  PackedFilter empty;
  ISOQUANT_CHECK_OK(PackedFilter::View(All(none_blob), empty));
  CHECK(empty.out_channels() == 0);
}

template <class B>
void CheckTapSums(Random& random, const Conv2dGeometry& g, size_t channels, size_t outputs) {
  const Filter<B> f(random, g, channels, outputs);
  Context context;
  PackedFilter packed, loaded, viewed;
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Oihw{f.oihw.const_view()}, g, channels, packed));
  const Blob blob(Serialized(packed));
  ISOQUANT_CHECK_OK(PackedFilter::Load(All(blob), loaded));
  ISOQUANT_CHECK_OK(PackedFilter::View(All(blob), viewed));
  const size_t taps = g.kernel_h * g.kernel_w, per_group = outputs / g.groups, columns = (per_group + 15) / 16 * 16;
  for (size_t group = 0; group < g.groups; ++group) {
    CHECK(viewed.GroupTapSums(group) == nullptr);
    for (const PackedFilter* filter : {&packed, &loaded}) {
      const int32_t* const sums = filter->GroupTapSums(group);
      REQUIRE(sums != nullptr);
      size_t wrong = 0;
      for (size_t tap = 0; tap < taps; ++tap) {
        for (size_t n = 0; n < columns; ++n) {
          int32_t sum = 0;
          for (size_t i = 0; i < channels && n < per_group; ++i) {
            sum += f.ohwi.at(group * per_group + n, tap * channels + i) - PackedPanels::OffsetOf(filter->type());
          }
          wrong += sums[tap * columns + n] != sum ? 1 : 0;
        }
      }
      CHECK(wrong == 0);
    }
  }
  // Products of a viewed filter find them themselves.
  const ConvolutionCase<int8_t, B> c(random, {1, 12, 11, channels * g.groups}, g, outputs);
  ForEachTier([&](Context& each) {
    OutputImage<int32_t> kept(c.OutputShape()), found(c.OutputShape());
    ISOQUANT_CHECK_OK(Conv2d(each, c.x(), 3, packed, kept.view()));
    ISOQUANT_CHECK_OK(Conv2d(each, c.x(), 3, viewed, found.view()));
    Digest a, b;
    kept.AddTo(a);
    found.AddTo(b);
    CHECK(a.value() == b.value());
  });
}

TEST_CASE("PackedFilter: sums of the positions of a kernel") {
  Random random(23);
  for (const size_t groups : {size_t{1}, size_t{2}}) {
    const Conv2dGeometry g{3, 2, 1, 1, 1, 1, 1, 0, 0, 1, groups};
    CheckTapSums<int8_t>(random, g, 16, 17 * groups);
    CheckTapSums<uint8_t>(random, g, 20, 5 * groups);
    CheckTapSums<uint8_t>(random, g, 36, 32 * groups);
  }
  // Without padding, of one position, of few channels or an odd number of them.
  Context context;
  const auto has_none = [&](const Conv2dGeometry& g, size_t channels) {
    const Filter<int8_t> f(random, g, channels, 6);
    PackedFilter packed;
    ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{f.ohwi.const_view()}, g, channels, packed));
    CHECK(packed.GroupTapSums(0) == nullptr);
  };
  has_none({3, 2}, 16);
  has_none({1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 16);
  has_none({3, 2, 1, 1, 1, 1, 1, 1, 1, 1}, 12);
  has_none({3, 2, 1, 1, 1, 1, 1, 1, 1, 1}, 18);
  CHECK(PackedFilter().GroupTapSums(0) == nullptr);
}

TEST_CASE("PackedFilter: damaged and foreign blobs") {
  Random random(23);
  Conv2dGeometry g{3, 3};
  g.groups = 2;
  const Filter<int8_t> f(random, g, 2, 4);
  Context context;
  PackedFilter target;
  ISOQUANT_CHECK_OK(PackedFilter::Pack(context, Ohwi{f.ohwi.const_view()}, g, 2, target));
  const std::vector<uint8_t> bytes = Serialized(target);
  const Blob blob(bytes);
  const auto refusal = [&](const VectorView<const uint8_t>& view) {
    const Status status = PackedFilter::View(view, target);
    CHECK(!status.ok());
    CHECK(PackedFilter::Load(view, target).ToString() == status.ToString());
    CHECK(Serialized(target) == bytes);
    return status;
  };
  // Each bit of both headers.
  for (size_t bit = 0; bit < 8 * (kFilterHeader + 64); ++bit) {
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ (1u << bit % 8));
    (void)refusal(All(blob));
    blob.Restore(bytes);
  }
  // Bits of the payload are found by Verify.
  for (size_t bit = 8 * (kFilterHeader + 64); bit < 8 * bytes.size(); bit += 7) {
    blob[bit / 8] = static_cast<uint8_t>(blob[bit / 8] ^ (1u << bit % 8));
    PackedFilter view;
    ISOQUANT_CHECK_OK(PackedFilter::View(All(blob), view));
    CHECK(view.Verify().code() == StatusCode::kCorrupt);
    blob.Restore(bytes);
  }
  // Cut anywhere.
  for (size_t size = 0; size < bytes.size(); size += size < 320 ? 1 : 61) {
    CHECK(refusal({blob.data(), size}).code() == StatusCode::kTooSmall);
  }
  CheckRefused(refusal({nullptr, 64}),
               {StatusCode::kNull, "blob.data", 0, 192, "blob.data is null, expected header size = 192 elements"});
  // Headers that someone has written.
  const auto written = [&](size_t at, uint64_t value) {
    PutU64(blob.data() + at, value);
    PutU64(blob.data() + kFilterChecksumAt, WordChecksum(blob.data(), kFilterChecksumAt));
    const Status status = refusal(All(blob));
    blob.Restore(bytes);
    return status.ToString();
  };
  CHECK(written(16, 2) == "blob K is 18, expected that of the geometry = 12");
  CHECK(written(16, 0) == "geometry.kernel_h is 0, expected at least one = 1");
  CHECK(written(16, uint64_t{1} << 62).find("is ") != std::string::npos);
  CHECK(written(32, 0) == "geometry.stride_h is 0, expected at least one = 1");
  CHECK(written(96, 3) == "blob out_channels is 4, expected a multiple of groups = 3");
  CHECK(written(96, 4) == "blob N is 32, expected groups of columns of = 16");
  CHECK(written(104, 3) == "blob K is 18, expected that of the geometry = 27");
  CHECK(written(112, 40) == "blob N is 32, expected groups of columns of = 32");
  CHECK(written(112, 0) == "blob N is 32, expected groups of columns of = 0");
  CHECK(written(120, 5) ==
        "blob total size is 5, expected size of header and weights = " + std::to_string(bytes.size()));
  CHECK(written(128, 1) == "blob reserved field is 1, expected zero = 0");
  CHECK(written(8, uint64_t{192} << 32 | 2) == "blob layout version is 2, expected the latest = 1");
  CHECK(written(8, uint64_t{64} << 32 | 1) == "blob header size is 64, expected size = 192");
  // Weights of another type.
  const std::vector<float> floats(18 * 32);
  PackedWeights f32;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{floats.data(), 18, 32}}, f32));
  std::vector<uint8_t> other(bytes.begin(), bytes.begin() + kFilterHeader);
  other.resize(kFilterHeader + f32.SerializedBytes());
  ISOQUANT_CHECK_OK(f32.Serialize({other.data() + kFilterHeader, other.size() - kFilterHeader}));
  const Blob other_blob(other);
  CHECK(refusal(All(other_blob)).ToString() == "blob format is f32, expected s8 or u8");
  // Memory for a blob.
  std::vector<uint8_t> memory(bytes.size());
  CHECK(target.Serialize({memory.data(), memory.size() - 1}).code() == StatusCode::kTooSmall);
  CHECK(target.Serialize({nullptr, memory.size()}).code() == StatusCode::kNull);
}

TEST_CASE("PackedFilter: what cannot be packed") {
  Context context;
  PackedFilter packed;
  const std::vector<int8_t> values(200, 1);
  const int8_t* const data = values.data();
  Conv2dGeometry g{3, 2};
  g.groups = 2;
  const char k_name[] = "kernel_h * kernel_w * group_channels";
  CheckRefused(PackedFilter::Pack(context, Ohwi{{data, 4, 29}}, g, 5, packed), Mismatch("filter.cols", 29, k_name, 30));
  CheckRefused(PackedFilter::Pack(context, Oihw{{data, 4, 31}}, g, 5, packed), Mismatch("filter.cols", 31, k_name, 30));
  CheckRefused(PackedFilter::Pack(context, Hwio{{data, 29, 4}}, g, 5, packed), Mismatch("filter.rows", 29, k_name, 30));
  CheckRefused(PackedFilter::Pack(context, Ohwi{{data, 5, 30}}, g, 5, packed),
               Mismatch("filter.rows", 5, "a multiple of geometry.groups", 2));
  CheckRefused(PackedFilter::Pack(context, Hwio{{data, 30, 5}}, g, 5, packed),
               Mismatch("filter.cols", 5, "a multiple of geometry.groups", 2));
  CheckRefused(PackedFilter::Pack(context, Ohwi{{data, 4, 30, 29}}, g, 5, packed), StrideTooSmall("filter", 29, 30));
  CheckRefused(PackedFilter::Pack(context, Oihw{{static_cast<const int8_t*>(nullptr), 4, 30}}, g, 5, packed),
               NullMatrix("filter", 120));
  const float f32 = 0.0f;
  CHECK(PackedFilter::Pack(context, Ohwi{{&f32, 1, 1}}, {}, 1, packed).ToString() ==
        "filter is f32, expected s8 or u8");
  const size_t max = static_cast<size_t>(std::numeric_limits<ptrdiff_t>::max());
  const auto refused = [&](size_t Conv2dGeometry::*member, size_t value, size_t channels, const std::string& text) {
    Conv2dGeometry changed = g;
    changed.*member = value;
    CHECK(PackedFilter::Pack(context, Ohwi{{data, 4, 30}}, changed, channels, packed).ToString() == text);
  };
  refused(&Conv2dGeometry::groups, 0, 5, "geometry.groups is 0, expected at least one = 1");
  refused(&Conv2dGeometry::kernel_h, 0, 5, "geometry.kernel_h is 0, expected at least one = 1");
  refused(&Conv2dGeometry::groups, 2, max,
          "group_channels is " + std::to_string(max) +
              ", expected at most what the address space leaves = " + std::to_string(max / 2));
  refused(&Conv2dGeometry::kernel_h, max / 4, 5,
          "group_channels is 5, expected at most what the address space leaves = 2");
  CHECK(packed.out_channels() == 0);
}

}  // namespace
}  // namespace isoquant
