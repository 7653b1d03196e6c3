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
#include "test/support.h"

namespace isoquant {
namespace {

constexpr size_t kHuge = std::numeric_limits<size_t>::max();

// How many elements of a size the address space has.
constexpr uint64_t MaxElements(size_t element_bytes) {
  return static_cast<uint64_t>(std::numeric_limits<ptrdiff_t>::max()) / element_bytes;
}

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
      {StatusCode::kInvalidValue, "scale", 0, "a positive normal number", 0, "scale is not a positive normal number"},
      {StatusCode::kCorrupt, "blob checksum", 12, "stored checksum", 13,
       "blob checksum is 12, expected stored checksum = 13"},
      {StatusCode::kOutOfMemory, "scratch", 4096, "", 0, "scratch needs 4096 bytes, which could not be allocated"},
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

  const Status unknown = Status::UnknownTier("ISOQUANT_MAX_TIER", "avx9,sse2", 4);
  CHECK(unknown.code() == StatusCode::kUnknownTier);
  CHECK(unknown.ToString() == "ISOQUANT_MAX_TIER names 'avx9', which is no tier of this library");
}

// ---- Argument errors

// What a call must refuse.
struct Refusal {
  StatusCode code;
  std::string argument;
  uint64_t actual, expected;
  std::string text;  // with the name of what was expected
};

void CheckRefused(const Status& status, const Refusal& refusal) {
  CAPTURE(refusal.text);
  CHECK(status.code() == refusal.code);
  CHECK(std::string(status.argument()) == refusal.argument);
  CHECK(status.actual() == refusal.actual);
  CHECK(status.expected() == refusal.expected);
  CHECK(status.ToString() == refusal.text);
}

std::string TooLargeText(const std::string& argument, uint64_t actual, uint64_t expected) {
  return argument + " is " + std::to_string(actual) +
         ", expected at most what the address space leaves = " + std::to_string(expected);
}

// A row stride that is larger than the address space allows, for two rows.
void CheckStrideTooLarge(const Status& status, const std::string& argument, size_t cols, size_t element_bytes) {
  const uint64_t limit = MaxElements(element_bytes) - cols;
  CheckRefused(status, {StatusCode::kTooLarge, argument, kHuge, limit, TooLargeText(argument, kHuge, limit)});
}

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

  CheckRefused(MatMul(context, In(a, 2, 4), b, good_c, store),
               {StatusCode::kMismatch, "a.cols", 4, 3, "a.cols is 4, expected b's K = 3"});
  CheckRefused(MatMul(context, good_a, b, Out(c, 3, 5), store),
               {StatusCode::kMismatch, "c.rows", 3, 2, "c.rows is 3, expected a.rows = 2"});
  CheckRefused(MatMul(context, In(a, 0, 3), b, good_c, store),
               {StatusCode::kMismatch, "c.rows", 2, 0, "c.rows is 2, expected a.rows = 0"});
  CheckRefused(MatMul(context, good_a, b, Out(c, 2, 6), store),
               {StatusCode::kMismatch, "c.cols", 6, 5, "c.cols is 6, expected b's N = 5"});
  CheckRefused(MatMul(context, In(a, 2, 3, 2), b, good_c, store),
               {StatusCode::kTooSmall, "a.row_stride", 2, 3, "a.row_stride is 2, expected at least a.cols = 3"});
  CheckRefused(MatMul(context, good_a, b, Out(c, 2, 5, 0), store),
               {StatusCode::kTooSmall, "c.row_stride", 0, 5, "c.row_stride is 0, expected at least c.cols = 5"});
  CheckStrideTooLarge(MatMul(context, In(a, 2, 3, kHuge), b, good_c, store), "a.row_stride", 3, 1);
  CheckStrideTooLarge(MatMul(context, good_a, b, Out(c, 2, 5, kHuge), store), "c.row_stride", 5, 4);
  CheckRefused(MatMul(context, In(nullptr, 2, 3), b, good_c, store),
               {StatusCode::kNull, "a.data", 0, 6, "a.data is null, expected a.rows * a.cols = 6 elements"});
  CheckRefused(MatMul(context, good_a, b, Out(nullptr, 2, 5), store),
               {StatusCode::kNull, "c.data", 0, 10, "c.data is null, expected c.rows * c.cols = 10 elements"});

  // The last byte of a is the first of c, and the other way round.
  const Refusal overlap = {StatusCode::kOverlap, "c", 0, 0, "c overlaps a"};
  const A* last_at_c = reinterpret_cast<const A*>(c) - 5;
  CheckRefused(MatMul(context, In(last_at_c, 2, 3), b, good_c, store), overlap);
  CheckRefused(MatMul(context, In(last_at_c - 100, 2, 3, 103), b, good_c, store), overlap);
  const A* first_at_end_of_c = reinterpret_cast<const A*>(c + 10) - 1;
  CheckRefused(MatMul(context, In(first_at_end_of_c, 2, 3), b, good_c, store), overlap);
  CHECK(memory.IsUntouched());

  // Right beside each other is legal, and so is any stride of a single row.
  ISOQUANT_CHECK_OK(MatMul(context, In(last_at_c - 1, 2, 3), b, good_c, store));
  ISOQUANT_CHECK_OK(MatMul(context, In(first_at_end_of_c + 1, 2, 3), b, good_c, store));
  ISOQUANT_CHECK_OK(MatMul(context, In(a, 1, 3, 0), b, Out(c, 1, 5, kHuge), store));
  ISOQUANT_CHECK_OK(MatMul(context, In(nullptr, 0, 3), b, Out(nullptr, 0, 5), store));
}

TEST_CASE("Status: MatMul's argument errors") {
  const std::vector<int8_t> values(15, 1);
  const KxN kxn{{values.data(), 3, 5}};
  const NxK nxk{{values.data(), 5, 3}};
  Context context;
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, kxn, packed));
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
  const Refusal null = {StatusCode::kNull, "b.data", 0, 15, "b.data is null, expected b.rows * b.cols = 15 elements"};
  const Refusal overlap = {StatusCode::kOverlap, "c", 0, 0, "c overlaps b"};
  const int8_t* end_of_c = reinterpret_cast<const int8_t*>(c + 10);

  CheckRefused(MatMul(context, a, KxN{{b, 3, 5, 4}}, good_c),
               {StatusCode::kTooSmall, "b.row_stride", 4, 5, "b.row_stride is 4, expected at least b.cols = 5"});
  CheckRefused(MatMul(context, a, NxK{{b, 5, 3, 2}}, good_c),
               {StatusCode::kTooSmall, "b.row_stride", 2, 3, "b.row_stride is 2, expected at least b.cols = 3"});
  const uint64_t limit = (MaxElements(1) - 5) / 2;
  CheckRefused(MatMul(context, a, KxN{{b, 3, 5, kHuge}}, good_c),
               {StatusCode::kTooLarge, "b.row_stride", kHuge, limit, TooLargeText("b.row_stride", kHuge, limit)});
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
    PackedWeights packed;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{values.data(), k, n}}, packed));
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
    CheckRefused(MatMul(context, MatrixView<const int8_t>(s8, 2, 3), b.view, c),
                 {StatusCode::kOverlap, "c", 0, 0, "c overlaps b"});
    CheckRefused(MatMul(context, MatrixView<const uint8_t>(u8, 2, 3), b.view, c),
                 {StatusCode::kOverlap, "c", 0, 0, "c overlaps b"});
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
  const auto refused = [&](const Status& status, StatusCode code, const std::string& argument, uint64_t actual,
                           const std::string& words, const std::string& expected_name, uint64_t expected,
                           const std::string& unit = "") {
    const std::string text = argument + " is " + (code == StatusCode::kNull ? "null" : std::to_string(actual)) +
                             ", expected " + words + expected_name + " = " + std::to_string(expected) + unit;
    CheckRefused(status, {code, argument, actual, expected, text});
  };

  refused(call(context, good_from, Out(to, 3, 3)), StatusCode::kMismatch, to_name + ".rows", 3, "", from_name + ".rows",
          2);
  refused(call(context, good_from, Out(to, 2, 2)), StatusCode::kMismatch, to_name + ".cols", 2, "", from_name + ".cols",
          3);
  refused(call(context, In(from, 2, 3, 1), good_to), StatusCode::kTooSmall, from_name + ".row_stride", 1, "at least ",
          from_name + ".cols", 3);
  refused(call(context, good_from, Out(to, 2, 3, 2)), StatusCode::kTooSmall, to_name + ".row_stride", 2, "at least ",
          to_name + ".cols", 3);
  refused(call(context, In(from, 2, 3, kHuge), good_to), StatusCode::kTooLarge, from_name + ".row_stride", kHuge,
          "at most ", "what the address space leaves", MaxElements(sizeof(From)) - 3);
  refused(call(context, good_from, Out(to, 2, 3, kHuge)), StatusCode::kTooLarge, to_name + ".row_stride", kHuge,
          "at most ", "what the address space leaves", MaxElements(sizeof(To)) - 3);
  refused(call(context, In(nullptr, 2, 3), good_to), StatusCode::kNull, from_name + ".data", 0, "",
          from_name + ".rows * " + from_name + ".cols", 6, " elements");
  refused(call(context, good_from, Out(nullptr, 2, 3)), StatusCode::kNull, to_name + ".data", 0, "",
          to_name + ".rows * " + to_name + ".cols", 6, " elements");

  const std::string overlap = to_name + " overlaps " + from_name;
  const Refusal overlaps = {StatusCode::kOverlap, to_name, 0, 0, overlap};
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
    const std::string text =
        name + ".size is " + std::to_string(wrong) + ", expected " + expected_name + " = " + std::to_string(size);
    CheckRefused(call(context, VectorView<T>(values.data(), wrong)),
                 {StatusCode::kMismatch, (name + ".size"), wrong, size, text});
  }
  const std::string text =
      name + ".data is null, expected " + expected_name + " = " + std::to_string(size) + " elements";
  CheckRefused(call(context, VectorView<T>(nullptr, size)), {StatusCode::kNull, (name + ".data"), 0, size, text});
  ISOQUANT_CHECK_OK(call(context, VectorView<T>(values.data(), size)));
}

Refusal Overlap(const std::string& output, const std::string& text) {
  return {StatusCode::kOverlap, output, 0, 0, text};
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
  for (const float scale :
       {0.0f, -0.0f, -1.0f, 0x1p-127f, 0x1p-149f, 0x1.000002p126f, 0x1p127f, infinity, -infinity, nan}) {
    CAPTURE(scale);
    CheckRefused(
        Quantize(context, x, scale, 0, q),
        {StatusCode::kInvalidValue, "scale", 0, 0, "scale is not a positive number, normal together with its inverse"});
  }
  const int32_t lo = std::numeric_limits<Q>::min(), hi = std::numeric_limits<Q>::max();
  for (const int32_t zero_point : {lo - 1, hi + 1, INT32_MIN, INT32_MAX}) {
    CAPTURE(zero_point);
    CheckRefused(Quantize(context, x, 1.0f, zero_point, q),
                 {StatusCode::kInvalidValue, "zero_point", 0, 0, "zero_point is not a value of the quantised type"});
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
  const Refusal scales_overlap = Overlap("scales", "scales overlaps x");
  float* in_x = memory.At<float>(5);
  CheckRefused(QuantizeRows(context, from, to_s8, {in_x, 2}), scales_overlap);
  CheckRefused(QuantizeRows(context, from, to_u8, {in_x, 2}, {memory.At<int32_t>(500), 2}), scales_overlap);
  CheckRefused(QuantizeRows(context, from, to_u8, {memory.At<float>(500), 2}, {memory.At<int32_t>(5), 2}),
               Overlap("zero_points", "zero_points overlaps x"));
  CheckRefused(QuantizeColumns(context, from, to_s8, {in_x, 3}), scales_overlap);
  CheckRefused(QuantizeRows(context, from, to_s8, {memory.At<float>(500), 3}),
               {StatusCode::kMismatch, "scales.size", 3, 2, "scales.size is 3, expected x.rows = 2"});
  CheckRefused(QuantizeRows(context, from, to_u8, {memory.At<float>(500), 2}, {memory.At<int32_t>(600), 1}),
               {StatusCode::kMismatch, "zero_points.size", 1, 2, "zero_points.size is 1, expected x.rows = 2"});
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
  const Refusal scales_overlap = Overlap("x", "x overlaps scales");
  CheckRefused(DequantizeRows(context, q_s8, {memory.At<float>(105), 2}, to), scales_overlap);
  CheckRefused(DequantizeRows(context, q_u8, {memory.At<float>(99), 2}, {zero_points, 2}, to), scales_overlap);
  CheckRefused(DequantizeRows(context, q_u8, {scales, 2}, {memory.At<int32_t>(99), 2}, to),
               Overlap("x", "x overlaps zero_points"));
  CheckRefused(DequantizeColumns(context, q_s8, {memory.At<float>(98), 3}, to), scales_overlap);
  CHECK(memory.IsUntouched());
}

TEST_CASE("Status: Linear's argument errors") {
  // 2 x 3 times 3 x 5.
  const std::vector<int8_t> values(15, 1);
  Context context;
  PackedWeights packed;
  ISOQUANT_CHECK_OK(PackedWeights::Pack(context, KxN{{values.data(), 3, 5}}, packed));
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
    layer = good;
    CheckRefused(Linear(context, In(x, 2, 4), layer, good_y),
                 {StatusCode::kMismatch, "x.cols", 4, 3, "x.cols is 4, expected layer.weights' K = 3"});
    CheckRefused(Linear(context, good_x, layer, Out(y, 1, 5)),
                 {StatusCode::kMismatch, "y.rows", 1, 2, "y.rows is 1, expected x.rows = 2"});
    CheckRefused(Linear(context, good_x, layer, Out(y, 2, 4)),
                 {StatusCode::kMismatch, "y.cols", 4, 5, "y.cols is 4, expected layer.weights' N = 5"});
    CheckRefused(Linear(context, In(x, 2, 3, 2), layer, good_y),
                 {StatusCode::kTooSmall, "x.row_stride", 2, 3, "x.row_stride is 2, expected at least x.cols = 3"});
    CheckRefused(Linear(context, good_x, layer, Out(y, 2, 5, 4)),
                 {StatusCode::kTooSmall, "y.row_stride", 4, 5, "y.row_stride is 4, expected at least y.cols = 5"});
    CheckStrideTooLarge(Linear(context, In(x, 2, 3, kHuge), layer, good_y), "x.row_stride", 3, 4);
    CheckStrideTooLarge(Linear(context, good_x, layer, Out(y, 2, 5, kHuge)), "y.row_stride", 5, 4);
    CheckRefused(Linear(context, In(nullptr, 2, 3), layer, good_y),
                 {StatusCode::kNull, "x.data", 0, 6, "x.data is null, expected x.rows * x.cols = 6 elements"});
    CheckRefused(Linear(context, good_x, layer, Out(nullptr, 2, 5)),
                 {StatusCode::kNull, "y.data", 0, 10, "y.data is null, expected y.rows * y.cols = 10 elements"});

    for (const size_t wrong : {size_t{0}, size_t{4}, size_t{6}}) {
      layer = good;
      layer.column_scales = {scales.data(), wrong};
      const std::string size = std::to_string(wrong);
      CheckRefused(Linear(context, good_x, layer, good_y),
                   {StatusCode::kMismatch, "layer.column_scales.size", wrong, 5,
                    ("layer.column_scales.size is " + size + ", expected layer.weights' N = 5")});
      if (wrong == 0) continue;  // no bias is legal
      layer = good;
      layer.bias = {bias.data(), wrong};
      CheckRefused(Linear(context, good_x, layer, good_y),
                   {StatusCode::kMismatch, "layer.bias.size", wrong, 5,
                    ("layer.bias.size is " + size + ", expected layer.weights' N = 5")});
    }
    layer = good;
    layer.column_scales = {nullptr, 5};
    CheckRefused(Linear(context, good_x, layer, good_y),
                 {StatusCode::kNull, "layer.column_scales.data", 0, 5,
                  "layer.column_scales.data is null, expected layer.weights' N = 5 elements"});
    layer = good;
    layer.bias = {nullptr, 5};
    CheckRefused(Linear(context, good_x, layer, good_y),
                 {StatusCode::kNull, "layer.bias.data", 0, 5,
                  "layer.bias.data is null, expected layer.weights' N = 5 elements"});

    CheckRefused(Linear(context, In(y + 9, 2, 3), good, good_y), Overlap("y", "y overlaps x"));
    CheckRefused(Linear(context, In(y - 5, 2, 3), good, good_y), Overlap("y", "y overlaps x"));
    layer = good;
    layer.column_scales = {y + 9, 5};
    CheckRefused(Linear(context, good_x, layer, good_y), Overlap("y", "y overlaps layer.column_scales"));
    layer = good;
    layer.bias = {y - 4, 5};
    CheckRefused(Linear(context, good_x, layer, good_y), Overlap("y", "y overlaps layer.bias"));
    CHECK(memory.IsUntouched());

    ViewInMemory view(3, 16);
    const std::vector<float> view_scales(16, 1.0f);
    layer = good;
    layer.weights = &view.view;
    layer.column_scales = {view_scales.data(), 16};
    layer.bias = {};
    for (uint8_t* at : {view.panels, view.sums - 4, view.sums, view.end - 4}) {
      CheckRefused(Linear(context, good_x, layer, Out(reinterpret_cast<float*>(at), 2, 16)),
                   Overlap("y", "y overlaps layer.weights"));
    }
    CHECK(view.memory == view.before);
    ISOQUANT_CHECK_OK(Linear(context, good_x, layer, Out(reinterpret_cast<float*>(view.end), 2, 16)));
    ISOQUANT_CHECK_OK(Linear(context, In(nullptr, 0, 3), good, Out(nullptr, 0, 5)));
  }
}

}  // namespace
}  // namespace isoquant
