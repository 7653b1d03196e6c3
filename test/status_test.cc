// Tests of Status: the text for each code; and for each operation every argument error that its header documents, with
// its code, its argument and both values, and with all outputs as they were.
#include "isoquant/status.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/refusal.h"
#include "test/support.h"

namespace isoquant {
namespace {

TEST_CASE("Status: ok") {
  const Status status;
  CHECK(status.ok());
  CHECK(status.code() == StatusCode::kOk);
  CHECK(status.ToString() == "ok");
  CHECK(std::string(status.argument()).empty());
}

TEST_CASE("Status: the text for each code") {
  struct Case {
    StatusCode code;
    const char* argument;
    uint64_t actual;
    const char* expected_name;
    uint64_t expected;
    const char* text;
  };
  const Case cases[] = {
      {StatusCode::kMismatch, "b.rows", 63, "a.cols", 64, "b.rows is 63, expected a.cols = 64"},
      {StatusCode::kTooSmall, "c.row_stride", 7, "c.cols", 8, "c.row_stride is 7, expected at least c.cols = 8"},
      {StatusCode::kTooLarge, "a.rows", 5, "limit", 4, "a.rows is 5, expected at most limit = 4"},
      {StatusCode::kNull, "a.data", 0, "a.rows * a.cols", 6, "a.data is null, expected a.rows * a.cols = 6 elements"},
      {StatusCode::kMisaligned, "blob.data", 3, "alignment", 64, "blob.data is 3 modulo 64, expected alignment = 64"},
      {StatusCode::kOverlap, "c", 0, "a", 0, "c overlaps a"},
      {StatusCode::kInvalidValue, "zero_point", BitsOfDouble(128.0), "the largest", BitsOfDouble(127.0),
       "zero_point is 128, expected at most the largest = 127"},
      {StatusCode::kCorrupt, "blob checksum", 12, "stored checksum", 13,
       "blob checksum is 12, expected stored checksum = 13"},
      {StatusCode::kOutOfMemory, "scratch", 4096, "", 0, "scratch needs 4096 bytes, which could not be allocated"},
      {StatusCode::kWrongType, "b", 6, "", 1, "b is f32, expected s8"},
      {StatusCode::kWrongType, "b", 3, "an even number", 0, "b is s4, expected an even number"},
      {StatusCode::kWrongType, "b", 0, "", 7, "b is 0, expected 7"},
      {StatusCode::kWrongType, "b", 256 + 6, "", ~uint64_t{0}, "b is 262, expected 18446744073709551615"},
      {StatusCode::kMismatch, "a", ~uint64_t{0}, "b", ~uint64_t{0} - 1,
       "a is 18446744073709551615, expected b = 18446744073709551614"},
  };
  for (const Case& c : cases) {
    const Status status(c.code, c.argument, c.actual, c.expected_name, c.expected);
    CHECK(!status.ok());
    CHECK(status.code() == c.code);
    CHECK(std::string(status.argument()) == std::string(c.argument));
    CHECK(status.actual() == c.actual);
    CHECK(status.expected() == c.expected);
    CHECK(status.ToString() == std::string(c.text));
  }

  const Status invalid = Status::InvalidValue("scale", 0.25, "one half", 0.5);
  CHECK(invalid.code() == StatusCode::kInvalidValue);
  CHECK(invalid.ToString() == "scale is 0.25, expected at least one half = 0.5");

  const Status unknown = Status::UnknownTier("ISOQUANT_MAX_TIER", "avx9,sse2", 4);
  CHECK(unknown.code() == StatusCode::kUnknownTier);
  CHECK(unknown.ToString() == "ISOQUANT_MAX_TIER names 'avx9', which is no tier of this library");
}

// ---- Argument errors

// Memory in which operands lie, all of it compared with what it was: a refused call writes nothing, and nothing beside
// what it may write either.
class Memory {
 public:
  Memory() : bytes_(kFloats) {
    for (size_t i = 0; i < kFloats; ++i) bytes_[i] = 0.5f + static_cast<float>(i % 7);
    before_ = bytes_;
  }
  // Element `at` of the memory as an array of T.
  template <class T>
  T* At(size_t at) {
    return reinterpret_cast<T*>(bytes_.data()) + at;
  }
  bool IsUntouched() const { return std::memcmp(bytes_.data(), before_.data(), bytes_.size() * sizeof(float)) == 0; }

 private:
  static constexpr size_t kFloats = 4096;
  std::vector<float> bytes_, before_;
};

template <class A>
void MatMulErrors(const WeightsRef& b, Store store, const std::string& b_name) {
  // 2 x 3 times 3 x 5.
  CAPTURE(b_name);
  Context context;
  Memory memory;
  A* a = memory.At<A>(0);
  int32_t* c = memory.At<int32_t>(100);
  using In = MatrixView<const A>;
  using Out = MatrixView<int32_t>;
  const In good_a(a, 2, 3);
  const Out good_c(c, 2, 5);

  const auto check = [&](const In& a_in, const Out& c_in, const Refusal& refusal) {
    CheckRefused(MatMul(context, a_in, b, c_in, store), refusal);
  };
  check(In(a, 2, 4), good_c, Mismatch("a.cols", 4, "b's K", 3));
  check(good_a, Out(c, 3, 5), Mismatch("c.rows", 3, "a.rows", 2));
  check(In(a, 0, 3), good_c, Mismatch("c.rows", 2, "a.rows", 0));
  check(good_a, Out(c, 2, 6), Mismatch("c.cols", 6, "b's N", 5));
  check(good_a, Out(c, 2, 5, 0), StrideTooSmall("c", 0, 5));
  check(In(a, 2, 3, kHugeStride), good_c, StrideTooLarge("a", 2, 3, 1));
  check(good_a, Out(c, 2, 5, kHugeStride), StrideTooLarge("c", 2, 5, 4));
  check(In(nullptr, 2, 3), good_c, NullMatrix("a", 6));
  check(good_a, Out(nullptr, 2, 5), NullMatrix("c", 10));

  // The last byte of a is the first of c, and the other way round.
  const Refusal overlap = Overlap("c", "a");
  const A* last_at_c = reinterpret_cast<const A*>(c) - 5;
  check(In(last_at_c, 2, 3), good_c, overlap);
  check(In(last_at_c - 100, 2, 3, 103), good_c, overlap);
  const A* first_at_end_of_c = reinterpret_cast<const A*>(c + 10) - 1;
  check(In(first_at_end_of_c, 2, 3), good_c, overlap);
  CHECK(memory.IsUntouched());

  // Right beside each other is legal, and so is any stride of a single row.
  ISOQUANT_CHECK_OK(MatMul(context, In(last_at_c - 1, 2, 3), b, good_c, store));
  ISOQUANT_CHECK_OK(MatMul(context, In(first_at_end_of_c + 1, 2, 3), b, good_c, store));
  ISOQUANT_CHECK_OK(MatMul(context, In(a, 1, 3, 0), b, Out(c, 1, 5, kHugeStride), store));
  ISOQUANT_CHECK_OK(MatMul(context, In(nullptr, 0, 3), b, Out(nullptr, 0, 5), store));
}

TEST_CASE("Status: MatMul's argument errors") {
  const std::vector<int8_t> values(15, 1);
  const KxN kxn{{values.data(), 3, 5}};
  const NxK nxk{{values.data(), 5, 3}};
  Context context;
  const PackedWeights packed = Packed(context, kxn);
  for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
    MatMulErrors<int8_t>(packed, store, "packed");
    MatMulErrors<int8_t>(kxn, store, "K x N");
    MatMulErrors<int8_t>(nxk, store, "N x K");
    MatMulErrors<uint8_t>(packed, store, "packed");
    MatMulErrors<uint8_t>(kxn, store, "K x N");
    MatMulErrors<uint8_t>(nxk, store, "N x K");
  }
}

template <class A>
void MatMulPlainErrors() {
  Context context;
  Memory memory;
  const MatrixView<const A> a(memory.At<A>(0), 2, 3);
  int32_t* c = memory.At<int32_t>(100);
  const MatrixView<int32_t> good_c(c, 2, 5);
  const int8_t* b = memory.At<int8_t>(100);
  const Refusal null = NullMatrix("b", 15);
  const Refusal overlap = Overlap("c", "b");
  const int8_t* end_of_c = reinterpret_cast<const int8_t*>(c + 10);

  CheckRefused(MatMul(context, a, KxN{{b, 3, 5, 4}}, good_c), StrideTooSmall("b", 4, 5));
  CheckRefused(MatMul(context, a, NxK{{b, 5, 3, 2}}, good_c), StrideTooSmall("b", 2, 3));
  CheckRefused(MatMul(context, a, KxN{{b, 3, 5, kHugeStride}}, good_c), StrideTooLarge("b", 3, 5, 1));
  CheckRefused(MatMul(context, a, KxN{{nullptr, 3, 5}}, good_c), null);
  CheckRefused(MatMul(context, a, NxK{{nullptr, 5, 3}}, good_c), null);
  CheckRefused(MatMul(context, a, KxN{{end_of_c - 1, 3, 5}}, good_c), overlap);
  CheckRefused(MatMul(context, a, NxK{{end_of_c - 1, 5, 3}}, good_c), overlap);
  CHECK(memory.IsUntouched());
  ISOQUANT_CHECK_OK(MatMul(context, a, KxN{{end_of_c, 3, 5}}, good_c));
  ISOQUANT_CHECK_OK(MatMul(context, a, NxK{{end_of_c, 5, 3}}, good_c));
}

// A View whose blob lies in memory that an output may overlap: at `panels` or at `sums`.
struct ViewInMemory {
  ViewInMemory(size_t k, size_t n) : memory(16384, 0) {
    const std::vector<int8_t> values(k * n, 3);
    Context context;
    const PackedWeights packed = Packed(context, KxN{{values.data(), k, n}});
    uint8_t* blob = memory.data() + 64 - reinterpret_cast<uintptr_t>(memory.data()) % 64;
    REQUIRE(packed.SerializedBytes() + 4096 < memory.size());
    ISOQUANT_CHECK_OK(packed.Serialize({blob, packed.SerializedBytes()}));
    ISOQUANT_CHECK_OK(PackedWeights::View({blob, packed.SerializedBytes()}, view));
    const size_t panels_bytes = PackedPanels::NumPanels(n) * PackedPanels::PanelBytes(k);
    panels = blob + 64;
    sums = panels + panels_bytes;
    end = sums + n * sizeof(int32_t);
    before = memory;
  }
  std::vector<uint8_t> memory, before;
  PackedWeights view;
  uint8_t *panels, *sums, *end;
};

TEST_CASE("Status: MatMul's argument errors in b") {
  MatMulPlainErrors<int8_t>();
  MatMulPlainErrors<uint8_t>();

  Context context;
  ViewInMemory b(3, 16);
  const int8_t s8[6] = {};
  const uint8_t u8[6] = {};
  for (uint8_t* at : {b.panels, b.sums - 4, b.sums, b.end - 4}) {
    const MatrixView<int32_t> c(reinterpret_cast<int32_t*>(at), 2, 16);
    CheckRefused(MatMul(context, MatrixView<const int8_t>(s8, 2, 3), b.view, c), Overlap("c", "b"));
    CheckRefused(MatMul(context, MatrixView<const uint8_t>(u8, 2, 3), b.view, c), Overlap("c", "b"));
  }
  CHECK(b.memory == b.before);
  const MatrixView<int32_t> behind(reinterpret_cast<int32_t*>(b.end), 2, 16);
  ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(s8, 2, 3), b.view, behind));
}

// Errors of a pair of matrices that all functions in quantize.h share. call(context, from, to): 2 x 3 elements, of
// these names.
template <class From, class To, class Call>
void PairErrors(const std::string& from_name, const std::string& to_name, const Call& call) {
  CAPTURE(from_name);
  Context context;
  Memory memory;
  using In = MatrixView<const From>;
  using Out = MatrixView<To>;
  From* from = memory.At<From>(0);
  To* to = memory.At<To>(1000 / sizeof(To));
  const In good_from(from, 2, 3);
  const Out good_to(to, 2, 3);

  CheckRefused(call(context, good_from, Out(to, 3, 3)), Mismatch(to_name + ".rows", 3, from_name + ".rows", 2));
  CheckRefused(call(context, good_from, Out(to, 2, 2)), Mismatch(to_name + ".cols", 2, from_name + ".cols", 3));
  CheckRefused(call(context, good_from, Out(to, 2, 3, 2)), StrideTooSmall(to_name, 2, 3));
  CheckRefused(call(context, In(from, 2, 3, kHugeStride), good_to), StrideTooLarge(from_name, 2, 3, sizeof(From)));
  CheckRefused(call(context, good_from, Out(to, 2, 3, kHugeStride)), StrideTooLarge(to_name, 2, 3, sizeof(To)));
  CheckRefused(call(context, In(nullptr, 2, 3), good_to), NullMatrix(from_name, 6));
  CheckRefused(call(context, good_from, Out(nullptr, 2, 3)), NullMatrix(to_name, 6));

  const Refusal overlaps = Overlap(to_name, from_name);
  CheckRefused(call(context, In(reinterpret_cast<const From*>(to), 2, 3), good_to), overlaps);
  // The last element of the one within the first of the other.
  CheckRefused(call(context, In(reinterpret_cast<const From*>(to) - 5, 2, 3), good_to), overlaps);
  CHECK(memory.IsUntouched());

  ISOQUANT_CHECK_OK(call(context, In(nullptr, 2, 0), Out(nullptr, 2, 0)));
  ISOQUANT_CHECK_OK(call(context, In(reinterpret_cast<const From*>(to) - 6, 2, 3), good_to));
}

// Scales and zero points, of the calls in quantize.h and linear.h. call(context, vector): `size` elements are right.
template <class T, class Call>
void VectorErrors(const std::string& name, const std::string& expected_name, size_t size, const Call& call) {
  CAPTURE(name);
  Context context;
  std::vector<std::remove_const_t<T>> values(size + 1);
  for (const size_t wrong : {size - 1, size + 1}) {
    CheckRefused(call(context, VectorView<T>(values.data(), wrong)),
                 Mismatch(name + ".size", wrong, expected_name, size));
  }
  CheckRefused(call(context, VectorView<T>(nullptr, size)), Null(name, expected_name, size));
  ISOQUANT_CHECK_OK(call(context, VectorView<T>(values.data(), size)));
}

template <class Q>
void StaticErrors() {
  PairErrors<float, Q>("x", "q", [](Context& context, MatrixView<const float> x, MatrixView<Q> q) {
    return Quantize(context, x, 0.5f, 0, q);
  });
  PairErrors<Q, float>("q", "x", [](Context& context, MatrixView<const Q> q, MatrixView<float> x) {
    return Dequantize(context, q, 0.5f, 0, x);
  });

  Context context;
  Memory memory;
  const MatrixView<const float> x(memory.At<float>(0), 2, 3);
  const MatrixView<Q> q(memory.At<Q>(1000), 2, 3);
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  struct Scale {
    float scale;
    const char* text;
  };
  const Scale scales[] = {{0.0f, "0"},
                          {-0.0f, "-0"},
                          {-1.0f, "-1"},
                          {0x1p-127f, "5.877471754e-39"},
                          {0x1p-149f, "1.401298464e-45"},
                          {0x1.000002p126f, "8.507060187e+37"},
                          {0x1p127f, "1.701411835e+38"},
                          {infinity, "inf"},
                          {-infinity, "-inf"},
                          {nan, "nan"}};
  for (const Scale& s : scales) {
    const bool too_large = s.scale > 1.0f;
    CheckRefused(
        Quantize(context, x, s.scale, 0, q),
        {StatusCode::kInvalidValue, "scale", BitsOfDouble(s.scale), BitsOfDouble(too_large ? 0x1p126 : 0x1p-126),
         std::string("scale is ") + s.text +
             (too_large ? ", expected at most 2^126 = 8.507059173e+37"
                        : ", expected at least 2^-126 = 1.175494351e-38")});
  }
  const int32_t lo = std::numeric_limits<Q>::min(), hi = std::numeric_limits<Q>::max();
  for (const int32_t zero_point : {lo - 1, INT32_MIN}) {
    CheckRefused(Quantize(context, x, 1.0f, zero_point, q),
                 InvalidInteger("zero_point", zero_point, "at least the smallest value of q's type", lo));
  }
  for (const int32_t zero_point : {hi + 1, INT32_MAX}) {
    CheckRefused(Quantize(context, x, 1.0f, zero_point, q),
                 InvalidInteger("zero_point", zero_point, "at most the largest value of q's type", hi));
  }
  CHECK(memory.IsUntouched());
  for (const float scale : {0x1p-126f, 1.0f, 0x1p126f}) {
    for (const int32_t zero_point : {lo, 0, hi}) ISOQUANT_CHECK_OK(Quantize(context, x, scale, zero_point, q));
  }
}

TEST_CASE("Status: argument errors of Quantize and Dequantize") {
  StaticErrors<int8_t>();
  StaticErrors<uint8_t>();
}

TEST_CASE("Status: argument errors of QuantizeRows and QuantizeColumns") {
  PairErrors<float, int8_t>("x", "q", [](Context& context, MatrixView<const float> x, MatrixView<int8_t> q) {
    float scales[2];
    return QuantizeRows(context, x, q, {scales, x.rows});
  });
  PairErrors<float, uint8_t>("x", "q", [](Context& context, MatrixView<const float> x, MatrixView<uint8_t> q) {
    float scales[2];
    int32_t zero_points[2];
    return QuantizeRows(context, x, q, {scales, x.rows}, {zero_points, x.rows});
  });
  PairErrors<float, int8_t>("x", "q", [](Context& context, MatrixView<const float> x, MatrixView<int8_t> q) {
    float scales[4];
    return QuantizeColumns(context, x, q, {scales, x.cols});
  });

  float values[6] = {}, scales[3] = {};
  int8_t s8[6];
  uint8_t u8[6];
  int32_t zero_points[2];
  const MatrixView<const float> x(values, 2, 3);
  const MatrixView<int8_t> q_s8(s8, 2, 3);
  const MatrixView<uint8_t> q_u8(u8, 2, 3);
  VectorErrors<float>("scales", "x.rows", 2,
                      [&](Context& context, VectorView<float> v) { return QuantizeRows(context, x, q_s8, v); });
  VectorErrors<float>("scales", "x.rows", 2, [&](Context& context, VectorView<float> v) {
    return QuantizeRows(context, x, q_u8, v, {zero_points, 2});
  });
  VectorErrors<int32_t>("zero_points", "x.rows", 2, [&](Context& context, VectorView<int32_t> v) {
    return QuantizeRows(context, x, q_u8, {scales, 2}, v);
  });
  VectorErrors<float>("scales", "x.cols", 3,
                      [&](Context& context, VectorView<float> v) { return QuantizeColumns(context, x, q_s8, v); });

  Context context;
  Memory memory;
  const MatrixView<const float> from(memory.At<float>(0), 2, 3);
  const MatrixView<int8_t> to_s8(memory.At<int8_t>(1000), 2, 3);
  const MatrixView<uint8_t> to_u8(memory.At<uint8_t>(1000), 2, 3);
  const Refusal scales_overlap = Overlap("scales", "x");
  float* in_x = memory.At<float>(5);
  CheckRefused(QuantizeRows(context, from, to_s8, {in_x, 2}), scales_overlap);
  CheckRefused(QuantizeRows(context, from, to_u8, {in_x, 2}, {memory.At<int32_t>(500), 2}), scales_overlap);
  CheckRefused(QuantizeRows(context, from, to_u8, {memory.At<float>(500), 2}, {memory.At<int32_t>(5), 2}),
               Overlap("zero_points", "x"));
  CheckRefused(QuantizeColumns(context, from, to_s8, {in_x, 3}), scales_overlap);
  CheckRefused(QuantizeRows(context, from, to_s8, {memory.At<float>(500), 3}), Mismatch("scales.size", 3, "x.rows", 2));
  CheckRefused(QuantizeRows(context, from, to_u8, {memory.At<float>(500), 2}, {memory.At<int32_t>(600), 1}),
               Mismatch("zero_points.size", 1, "x.rows", 2));
  CHECK(memory.IsUntouched());
  ISOQUANT_CHECK_OK(QuantizeRows(context, from, to_s8, {memory.At<float>(6), 2}));
}

TEST_CASE("Status: argument errors of DequantizeRows and DequantizeColumns") {
  const float scales[3] = {1.0f, 1.0f, 1.0f};
  const int32_t zero_points[2] = {};
  PairErrors<int8_t, float>("q", "x", [&](Context& context, MatrixView<const int8_t> q, MatrixView<float> x) {
    return DequantizeRows(context, q, {scales, q.rows}, x);
  });
  PairErrors<uint8_t, float>("q", "x", [&](Context& context, MatrixView<const uint8_t> q, MatrixView<float> x) {
    return DequantizeRows(context, q, {scales, q.rows}, {zero_points, q.rows}, x);
  });
  PairErrors<int8_t, float>("q", "x", [&](Context& context, MatrixView<const int8_t> q, MatrixView<float> x) {
    return DequantizeColumns(context, q, {scales, q.cols}, x);
  });

  float values[6];
  const int8_t s8[6] = {};
  const uint8_t u8[6] = {};
  const MatrixView<float> x(values, 2, 3);
  const MatrixView<const int8_t> q_s8(s8, 2, 3);
  const MatrixView<const uint8_t> q_u8(u8, 2, 3);
  VectorErrors<const float>("scales", "q.rows", 2, [&](Context& context, VectorView<const float> v) {
    return DequantizeRows(context, q_s8, v, x);
  });
  VectorErrors<const float>("scales", "q.rows", 2, [&](Context& context, VectorView<const float> v) {
    return DequantizeRows(context, q_u8, v, {zero_points, 2}, x);
  });
  VectorErrors<const int32_t>("zero_points", "q.rows", 2, [&](Context& context, VectorView<const int32_t> v) {
    return DequantizeRows(context, q_u8, {scales, 2}, v, x);
  });
  VectorErrors<const float>("scales", "q.cols", 3, [&](Context& context, VectorView<const float> v) {
    return DequantizeColumns(context, q_s8, v, x);
  });

  Context context;
  Memory memory;
  const MatrixView<float> to(memory.At<float>(100), 2, 3);
  const Refusal scales_overlap = Overlap("x", "scales");
  CheckRefused(DequantizeRows(context, q_s8, {memory.At<float>(105), 2}, to), scales_overlap);
  CheckRefused(DequantizeRows(context, q_u8, {memory.At<float>(99), 2}, {zero_points, 2}, to), scales_overlap);
  CheckRefused(DequantizeRows(context, q_u8, {scales, 2}, {memory.At<int32_t>(99), 2}, to),
               Overlap("x", "zero_points"));
  CheckRefused(DequantizeColumns(context, q_s8, {memory.At<float>(98), 3}, to), scales_overlap);
  CHECK(memory.IsUntouched());
}

TEST_CASE("Status: Linear's argument errors") {
  // 2 x 3 times 3 x 5.
  const std::vector<int8_t> values(15, 1);
  Context context;
  const PackedWeights packed = Packed(context, KxN{{values.data(), 3, 5}});
  Memory memory;
  const std::vector<float> scales(6, 1.0f), bias(6, 1.0f);
  using In = MatrixView<const float>;
  using Out = MatrixView<float>;
  float* x = memory.At<float>(0);
  float* y = memory.At<float>(100);
  const In good_x(x, 2, 3);
  const Out good_y(y, 2, 5);
  LinearLayer good;
  good.weights = &packed;
  good.column_scales = {scales.data(), 5};
  good.bias = {bias.data(), 5};

  LinearLayer layer = good;
  layer.weights = nullptr;
  const Status no_weights = Linear(context, good_x, layer, good_y);
  CHECK(no_weights.code() == StatusCode::kNull);
  CHECK(std::string(no_weights.argument()) == "layer.weights");

  for (const RowQuantization quantization : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
    good.quantization = quantization;
    const auto check = [&](const In& in, const Out& out, const Refusal& refusal) {
      CheckRefused(Linear(context, in, good, out), refusal);
    };
    check(In(x, 2, 4), good_y, Mismatch("x.cols", 4, "layer.weights' K", 3));
    check(good_x, Out(y, 1, 5), Mismatch("y.rows", 1, "x.rows", 2));
    check(good_x, Out(y, 2, 4), Mismatch("y.cols", 4, "layer.weights' N", 5));
    check(good_x, Out(y, 2, 5, 4), StrideTooSmall("y", 4, 5));
    check(In(x, 2, 3, kHugeStride), good_y, StrideTooLarge("x", 2, 3, 4));
    check(good_x, Out(y, 2, 5, kHugeStride), StrideTooLarge("y", 2, 5, 4));
    check(In(nullptr, 2, 3), good_y, NullMatrix("x", 6));
    check(good_x, Out(nullptr, 2, 5), NullMatrix("y", 10));
    check(In(y + 9, 2, 3), good_y, Overlap("y", "x"));
    check(In(y - 5, 2, 3), good_y, Overlap("y", "x"));

    const auto check_scales = [&](const float* data, size_t size, const Refusal& refusal) {
      layer = good;
      layer.column_scales = {data, size};
      CheckRefused(Linear(context, good_x, layer, good_y), refusal);
    };
    for (const size_t wrong : {size_t{0}, size_t{4}, size_t{6}}) {
      check_scales(scales.data(), wrong, Mismatch("layer.column_scales.size", wrong, "layer.weights' N", 5));
    }
    check_scales(nullptr, 5, Null("layer.column_scales", "layer.weights' N", 5));
    check_scales(y + 9, 5, Overlap("y", "layer.column_scales"));

    const auto check_bias = [&](const float* data, size_t size, const Refusal& refusal) {
      layer = good;
      layer.bias = {data, size};
      CheckRefused(Linear(context, good_x, layer, good_y), refusal);
    };
    for (const size_t wrong : {size_t{4}, size_t{6}}) {  // none is legal
      check_bias(bias.data(), wrong, Mismatch("layer.bias.size", wrong, "layer.weights' N", 5));
    }
    check_bias(nullptr, 5, Null("layer.bias", "layer.weights' N", 5));
    check_bias(y - 4, 5, Overlap("y", "layer.bias"));
    CHECK(memory.IsUntouched());

    ViewInMemory view(3, 16);
    const std::vector<float> view_scales(16, 1.0f);
    layer = good;
    layer.weights = &view.view;
    layer.column_scales = {view_scales.data(), 16};
    layer.bias = {};
    for (uint8_t* at : {view.panels, view.sums - 4, view.sums, view.end - 4}) {
      CheckRefused(Linear(context, good_x, layer, Out(reinterpret_cast<float*>(at), 2, 16)),
                   Overlap("y", "layer.weights"));
    }
    CHECK(view.memory == view.before);
    ISOQUANT_CHECK_OK(Linear(context, good_x, layer, Out(reinterpret_cast<float*>(view.end), 2, 16)));
    ISOQUANT_CHECK_OK(Linear(context, In(nullptr, 0, 3), good, Out(nullptr, 0, 5)));
  }
}

}  // namespace
}  // namespace isoquant
