// Test support: the paths of a tier through MatMul, see tier_paths.h.
#include "test/tier_paths.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "test/golden.h"
#include "test/support.h"

namespace isoquant {

std::string PlainestTier() {
  std::string name;
  for (const TierReport& report : ExplainTiers(Context())) {
    if (report.usable) name = report.name;
  }
  return name;
}

template <class A>
bool IsRight(Context& context, Shape shape, size_t a_pad, size_t c_pad) {
  Random random(shape.m * 1000 + shape.k);
  Case<A> test(random, shape, a_pad, c_pad);
  PackedWeights packed;
  if (!PackedWeights::Pack(context, KxN{test.b.const_view()}, packed).ok()) return false;
  return test.Holds(context, packed, Store::kOverwrite) && test.Holds(context, packed, Store::kAccumulate);
}
template bool IsRight<int8_t>(Context&, Shape, size_t, size_t);
template bool IsRight<uint8_t>(Context&, Shape, size_t, size_t);

bool AreRight(Context& context, std::initializer_list<Shape> shapes, size_t a_pad, size_t c_pad) {
  bool right = true;
  for (const Shape& shape : shapes) {
    right = IsRight<int8_t>(context, shape, a_pad, c_pad) && IsRight<uint8_t>(context, shape, a_pad, c_pad) && right;
  }
  return right;
}

namespace {

bool SingleRow(Context& context) { return AreRight(context, {{1, 1, 1}, {1, 64, 16}, {1, 200, 100}, {1, 131, 33}}); }
bool RowTails(Context& context) {
  bool right = true;
  for (size_t m = 2; m <= 34; ++m) right = AreRight(context, {{m, 70, 32}}) && right;
  return AreRight(context, {{47, 64, 40}, {63, 64, 32}, {65, 65, 33}, {100, 64, 32}}) && right;
}
bool ColumnTails(Context& context) {
  bool right = true;
  for (size_t n : std::initializer_list<size_t>{1, 15, 16, 17, 31, 32, 33, 47, 49, 65})
    right = AreRight(context, {{20, 66, n}}) && right;
  return right;
}
bool DepthTails(Context& context) {
  bool right = true;
  for (size_t k = 1; k <= 9; ++k) right = AreRight(context, {{17, k, 32}, {5, 64 + k, 48}}) && right;
  for (size_t k : std::initializer_list<size_t>{31, 32, 33, 59, 60, 61, 62, 63, 64, 127, 128, 129, 191}) {
    right = AreRight(context, {{18, k, 33}, {33, k, 16}}) && right;
  }
  return right;
}
// At most 16 columns: tiles are tall.
bool TallTiles(Context& context) {
  return AreRight(context, {{33, 64, 16}, {40, 65, 16}, {48, 7, 1}, {49, 128, 9}, {64, 64, 16}, {150, 70, 16}});
}
bool Strides(Context& context) {
  return AreRight(context, {{33, 100, 40}, {9, 65, 17}}, 7, 5) && AreRight(context, {{20, 70, 32}}, 4096 - 70, 32);
}
// A vector instruction that is emulated costs about as much as a tile, and does a 500th: smaller shapes for those
// tiers.
bool HasTiles(const Context& context) { return std::strcmp(context.tier(), "amx_int8") == 0; }

// So many columns that rows which do not begin lines are arranged; or, with rows on lines, are not.
bool ManyColumns(Context& context) {
  const bool right = AreRight(context, {{33, 65, 129}, {17, 62, 131}, {64, 64, 144}}, 3, 0);
  if (HasTiles(context) && !AreRight(context, {{40, 4161, 130}})) return false;
  return AreRight(context, {{20, 67, 130}, {33, 128, 130}}) && right;
}
bool LongRows(Context& context) {
  if (!HasTiles(context)) return AreRight(context, {{7, 4097, 16}});
  Random random(5);
  Case<int8_t> plain(random, {20, 4200, 70}, 0, 0);  // with plain B, one tile of rows
  if (!plain.Holds(context, KxN{plain.b.const_view()}, Store::kAccumulate)) return false;
  return AreRight(context, {{13, 4097, 16}, {40, 8193, 17}, {33, 4160, 48}});
}

bool Extremes(Context& context) {
  Random random(1);
  bool right = true;
  for (int8_t b : {int8_t{-128}, int8_t{127}}) {
    Case<uint8_t> u8(random, {17, 130, 33}, 0, 0);
    Case<int8_t> s8(random, {17, 130, 33}, 0, 0);
    for (uint8_t& value : u8.a.buffer()) value = 255;
    for (int8_t& value : s8.a.buffer()) value = -128;
    for (int8_t& value : u8.b.buffer()) value = b;
    for (int8_t& value : s8.b.buffer()) value = b;
    u8.Expect();
    s8.Expect();
    right = u8.Holds(context, KxN{u8.b.const_view()}, Store::kOverwrite) &&
            s8.Holds(context, KxN{s8.b.const_view()}, Store::kOverwrite) && right;
  }
  return right;
}

// Outputs through a stage: Linear, compared with the plainest tier.
bool Stages(Context& context) {
  constexpr size_t kM = 37, kK = 150, kN = 45;
  Random random(7);
  std::vector<float> x(kM * kK), scales(kN, 0.25f), bias(kN);
  std::vector<int8_t> b(kK * kN);
  for (float& value : x) value = random.Signed();
  for (float& value : bias) value = random.Signed();
  FillIntegers(random, b.data(), b.size());
  Context plain;
  UseOnly(plain, PlainestTier());
  PackedWeights packed;
  bool right = PackedWeights::Pack(plain, KxN{{b.data(), kK, kN}}, packed).ok();
  for (const RowQuantization quantization : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
    for (const size_t rows : {size_t{1}, size_t{8}, kM}) {
      LinearLayer layer;
      layer.weights = &packed;
      layer.column_scales = {scales.data(), kN};
      layer.bias = {bias.data(), kN};
      layer.quantization = quantization;
      layer.activation = Activation::kRelu;
      GuardedMatrix<float> y(rows, kN), expected(rows, kN);
      const MatrixView<const float> some(x.data(), rows, kK);
      right = Linear(context, some, layer, y.view()).ok() && Linear(plain, some, layer, expected.view()).ok() && right;
      right = std::memcmp(y.buffer().data(), expected.buffer().data(), rows * kN * sizeof(float)) == 0 && right;
    }
  }
  return right;
}

// The same bytes as from the plainest tier, whose outputs stage tests compare with the reference.
template <class Output, class Y>
bool IsAsPlainest(Context& context, const Shape& shape, const Output& output) {
  Context plain;
  UseOnly(plain, PlainestTier());
  Random random(shape.m);
  Case<int8_t> test(random, shape, 0, 0);
  PackedWeights packed;
  bool right = PackedWeights::Pack(plain, KxN{test.b.const_view()}, packed).ok();
  GuardedMatrix<Y> y(shape.m, shape.n, shape.n + 3), expected(shape.m, shape.n, shape.n + 3);
  const size_t bytes = y.buffer().size() * sizeof(Y);  // with what lies between rows
  std::memset(expected.buffer().data(), 0, bytes);
  right = MatMul(plain, test.a.const_view(), packed, output, expected.view()).ok() && right;
  for (const bool is_packed : {true, false}) {
    std::memset(y.buffer().data(), 0, bytes);
    const WeightsRef b = is_packed ? WeightsRef(packed) : WeightsRef(KxN{test.b.const_view()});
    right = MatMul(context, test.a.const_view(), b, output, y.view()).ok() && right;
    right = std::memcmp(y.buffer().data(), expected.buffer().data(), bytes) == 0 && right;
  }
  return right;
}

// Outputs of several tiles, so that each one's stage may run beside the products of the next: whole groups of columns
// and others, even and odd numbers of rows, stages in numbers (TileFinish) and by a call.
bool FusedOutputs(Context& context) {
  std::vector<float> row_scales(100), scales(100), bias(100);
  std::vector<int32_t> offsets(100);
  for (size_t i = 0; i < 100; ++i) {
    row_scales[i] = 0.125f + static_cast<float>(i);
    scales[i] = 0.001f * static_cast<float>(i + 1);
    bias[i] = 0.75f - static_cast<float>(i);
    offsets[i] = static_cast<int32_t>(i * 37) - 1000;
  }
  bool right = true;
  for (const Shape& shape : {Shape{100, 192, 96}, Shape{67, 130, 45}, Shape{65, 320, 64}, Shape{33, 64, 32}}) {
    if (shape.m > 67 && !HasTiles(context)) continue;
    Dequantization to_floats;
    to_floats.row_scales = {row_scales.data(), shape.m};
    to_floats.column_scales = {scales.data(), shape.n};
    right = IsAsPlainest<Dequantization, float>(context, shape, to_floats) && right;
    to_floats.bias = {bias.data(), shape.n};
    right = IsAsPlainest<Dequantization, float>(context, shape, to_floats) && right;
    to_floats.activation = Activation::kRelu;
    right = IsAsPlainest<Dequantization, float>(context, shape, to_floats) && right;
    Requantization to_bytes;
    to_bytes.scales = {scales.data(), shape.n};
    to_bytes.bias = {offsets.data(), shape.n};
    right = IsAsPlainest<Requantization, int8_t>(context, shape, to_bytes) && right;
    right = IsAsPlainest<Requantization, uint8_t>(context, shape, to_bytes) && right;
  }
  return right;
}

// Sums of rows, which come out of the arranging of rows: in place, arranged, and quantised on the way.
template <class A, class B>
bool IsRightWithZeroPoints(Context& context, const Shape& shape) {
  Random random(shape.m + shape.k);
  GuardedMatrix<A> a(shape.m, shape.k, shape.k + shape.gap);
  GuardedMatrix<B> b(shape.k, shape.n);
  GuardedMatrix<int32_t> c(shape.m, shape.n);
  std::vector<int32_t> za(shape.m), zb(shape.n);
  FillIntegers(random, a.buffer().data(), a.buffer().size());
  FillIntegers(random, b.buffer().data(), b.buffer().size());
  FillIntegers(random, za.data(), za.size());
  FillIntegers(random, zb.data(), zb.size());
  const ZeroPoints z{{za.data(), za.size()}, {zb.data(), zb.size()}};
  const std::vector<int32_t> expected = ReferenceCorrectedSums(a.const_view(), b.const_view(), z.a, z.b);
  return MatMul(context, a.const_view(), KxN{b.const_view()}, z, c.view()).ok() &&
         std::equal(expected.begin(), expected.end(), c.buffer().begin());
}
template <class B>
bool IsRightLinear(Context& context, RowQuantization quantization) {
  constexpr size_t kM = 19, kK = 70, kN = 37;
  Random random(9);
  std::vector<float> x(kM * kK), scales(kN, 0.25f);
  std::vector<B> b(kK * kN);
  for (float& value : x) value = random.Signed();
  FillIntegers(random, b.data(), b.size());
  const int32_t zero_point = 77;
  PackedWeights packed;
  if (!PackedWeights::Pack(context, KxN{{b.data(), kK, kN}}, packed).ok()) return false;
  LinearLayer layer;
  layer.weights = &packed;
  layer.column_scales = {scales.data(), kN};
  layer.quantization = quantization;
  layer.column_zero_points = {&zero_point, 1};
  GuardedMatrix<float> y(kM, kN), expected(kM, kN);
  const MatrixView<const float> rows(x.data(), kM, kK);
  ReferenceLinear(rows, MatrixView<const B>(b.data(), kK, kN), layer, expected.view());
  return Linear(context, rows, layer, y.view()).ok() &&
         std::memcmp(y.buffer().data(), expected.buffer().data(), kM * kN * sizeof(float)) == 0;
}
bool ZeroPointsOfBoth(Context& context) {
  bool right = true;
  for (const Shape& shape : {Shape{1, 131, 40}, Shape{6, 64, 33}, Shape{33, 67, 16}, Shape{35, 130, 49, 3}}) {
    right = IsRightWithZeroPoints<int8_t, int8_t>(context, shape) && right;
    right = IsRightWithZeroPoints<int8_t, uint8_t>(context, shape) && right;
    right = IsRightWithZeroPoints<uint8_t, int8_t>(context, shape) && right;
    right = IsRightWithZeroPoints<uint8_t, uint8_t>(context, shape) && right;
  }
  for (const RowQuantization quantization : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
    right = IsRightLinear<int8_t>(context, quantization) && IsRightLinear<uint8_t>(context, quantization) && right;
  }
  return right;
}

bool Workers(Context& context) {
  ThreadExecutor executor(3);
  Context threaded(executor);
  UseOnly(threaded, context.tier());
  if (!HasTiles(context)) return AreRight(threaded, {{40, 515, 70}});
  return AreRight(threaded, {{130, 515, 400}, {13, 700, 2000}});
}

// Digests of C, the same as in matmul_test.cc.
template <class A>
bool MatchesGolden(Context& context, const std::string& type, Shape shape) {
  Random random(shape.m);
  Case<A> test(random, shape, 3, 2);
  if (!MatMul(context, test.a.const_view(), KxN{test.b.const_view()}, test.c.view()).ok()) return false;
  Digest digest;
  digest.Add(test.c.view());
  const std::string name =
      "matmul/" + type + "/" + std::to_string(shape.m) + "x" + std::to_string(shape.k) + "x" + std::to_string(shape.n);
  for (const Golden& golden : kGolden) {
    if (name == golden.name) return golden.digest == digest.value();
  }
  return false;
}

}  // namespace

bool GoldenDigests(Context& context) {
  bool right = true;
  for (const Shape& shape : {Shape{1, 300, 100}, Shape{33, 257, 129}, Shape{70, 4500, 96}, Shape{130, 515, 200}}) {
    if (shape.m > 33 && !HasTiles(context)) continue;
    right = MatchesGolden<int8_t>(context, "s8", shape) && MatchesGolden<uint8_t>(context, "u8", shape) && right;
  }
  return right;
}

const std::vector<Path>& TierPaths() {
  static const std::vector<Path> paths = {
      {"single row", SingleRow},     {"tails of M", RowTails},        {"tails of N", ColumnTails},
      {"tails of K", DepthTails},    {"tall tiles", TallTiles},       {"strides", Strides},
      {"many columns", ManyColumns}, {"chunks of K", LongRows},       {"extremes", Extremes},
      {"output stages", Stages},     {"fused outputs", FusedOutputs}, {"zero points", ZeroPointsOfBoth},
      {"three workers", Workers},    {"golden", GoldenDigests}};
  return paths;
}

bool RunPath(const Path& path, const std::string& tier) {
  Context context;
  UseOnly(context, tier);
  return context.tier() == tier && path.is_right(context);
}

void PrintCoverage(const char* tier, const char* path, const char* how, bool right) {
  if (std::getenv("ISOQUANT_PRINT_COVERAGE") == nullptr) return;
  for (const TierReport& report : ExplainTiers(Context())) {
    if (report.name != tier) continue;
    std::printf("%-14s %-7s %-14s %-9s %s\n", tier, report.target.c_str(), path, how, right ? "right" : "WRONG");
  }
}

}  // namespace isoquant
