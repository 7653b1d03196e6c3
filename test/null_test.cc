// Tests that a null pointer, wherever the types of the public API let one in, is refused by name or means "none": no
// call reads or writes through it, and nothing is written beside it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/support.h"

namespace isoquant {
namespace {

void CheckNull(const Status& status, const std::string& argument) {
  CAPTURE(argument);
  CHECK(status.code() == StatusCode::kNull);
  CHECK(status.argument() == argument);
  CHECK(status.ToString().find(argument + " is null, expected ") == 0);
}

constexpr size_t kM = 2, kK = 3, kN = 5;

// The arguments of every operation; a test makes one of them null.
struct Arguments {
  Arguments() {
    Context context;
    ISOQUANT_CHECK_OK(PackedWeights::Pack(context, kxn, packed));
    layer.weights = &packed;
    layer.column_scales = layer.bias = {floats, kN};
    dequantization.row_scales = {floats, kM};
    dequantization.row_zero_points = {integers, kM};
    dequantization.column_scales = dequantization.bias = {floats, kN};
    requantization.scales = {floats, kN};
    requantization.bias = {integers, kN};
    requantization.a_zero_points = {integers, kM};
    without = requantization;
    without.a_zero_points = {};
  }

  float floats[16] = {1.0f}, out_floats[16] = {};
  int32_t integers[16] = {}, out_integers[16] = {};
  int8_t bytes[16] = {}, out_bytes[16] = {};
  uint8_t u8_bytes[16] = {}, out_u8_bytes[16] = {};

  // M x K, in
  MatrixView<const float> x{floats, kM, kK};
  MatrixView<const int8_t> a{bytes, kM, kK};
  MatrixView<const uint8_t> a_u8{u8_bytes, kM, kK};
  // M x K, out
  MatrixView<float> x_out{out_floats, kM, kK};
  MatrixView<int8_t> q{out_bytes, kM, kK};
  MatrixView<uint8_t> q_u8{out_u8_bytes, kM, kK};
  // M x N
  MatrixView<const int32_t> sums{integers, kM, kN};
  MatrixView<int32_t> c{out_integers, kM, kN};
  MatrixView<float> y{out_floats, kM, kN};
  MatrixView<int8_t> c_s8{out_bytes, kM, kN};
  MatrixView<uint8_t> c_u8{out_u8_bytes, kM, kN};

  KxN kxn{{bytes, kK, kN}};
  NxK nxk{{bytes, kN, kK}};
  PackedWeights packed;
  LinearLayer layer;
  Dequantization dequantization;
  Requantization requantization, without;
  // In and out.
  VectorView<const float> row_scales{floats, kM}, each_scale{floats, kK};
  VectorView<const int32_t> zero_points{integers, kM};
  VectorView<float> row_scales_out{out_floats + 8, kM}, each_scale_out{out_floats + 8, kK};
  VectorView<int32_t> zero_points_out{out_integers, kM};
};

using Call = std::function<Status(Context&, Arguments&)>;
// What becomes null, and what the error calls it.
struct Position {
  std::function<void(Arguments&)> set;
  const char* name;
};

// The call is right as it is, and refuses null in each position.
void CheckPositions(const Call& call, const std::vector<Position>& positions) {
  Context context;
  Arguments right;
  ISOQUANT_CHECK_OK(call(context, right));
  for (const Position& position : positions) {
    Arguments arguments;
    position.set(arguments);
    CheckNull(call(context, arguments), position.name);
    for (size_t i = 0; i < 16; ++i) {
      CHECK(arguments.out_floats[i] == 0.0f);
      CHECK(arguments.out_integers[i] == 0);
      CHECK(arguments.out_bytes[i] == 0);
      CHECK(arguments.out_u8_bytes[i] == 0);
    }
  }
}

#define ISOQUANT_NULL(member, name)                  \
  Position {                                         \
    [](Arguments& in) { in.member = nullptr; }, name \
  }
#define ISOQUANT_CALL(expression) [](Context& context, Arguments& in) { return expression; }

TEST_CASE("Null: MatMul") {
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a, in.packed, in.c)),
                 {ISOQUANT_NULL(a.data, "a.data"), ISOQUANT_NULL(c.data, "c.data")});
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a_u8, in.packed, in.c, Store::kAccumulate)),
                 {ISOQUANT_NULL(a_u8.data, "a.data"), ISOQUANT_NULL(c.data, "c.data")});
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a, in.kxn, in.c)), {ISOQUANT_NULL(kxn.values.data, "b.data")});
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a_u8, in.nxk, in.c)), {ISOQUANT_NULL(nxk.values.data, "b.data")});
}

TEST_CASE("Null: MatMul to f32, and Linear") {
  const std::vector<Position> vectors = {
      ISOQUANT_NULL(dequantization.row_scales.data, "dequantization.row_scales.data"),
      ISOQUANT_NULL(dequantization.row_zero_points.data, "dequantization.row_zero_points.data"),
      ISOQUANT_NULL(dequantization.column_scales.data, "dequantization.column_scales.data"),
      ISOQUANT_NULL(dequantization.bias.data, "dequantization.bias.data"), ISOQUANT_NULL(y.data, "c.data")};
  std::vector<Position> s8 = vectors, u8 = vectors;
  s8.push_back(ISOQUANT_NULL(a.data, "a.data"));
  u8.push_back(ISOQUANT_NULL(a_u8.data, "a.data"));
  u8.push_back(ISOQUANT_NULL(kxn.values.data, "b.data"));
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a, in.packed, in.dequantization, in.y)), s8);
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a_u8, in.kxn, in.dequantization, in.y)), u8);
  // One for all is a size, too.
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a, in.packed, in.dequantization, in.y)),
                 {{[](Arguments& in) {
                     in.dequantization.row_scales = {nullptr, 1};
                   },
                   "dequantization.row_scales.data"},
                  {[](Arguments& in) {
                     in.dequantization.row_zero_points = {nullptr, 1};
                   },
                   "dequantization.row_zero_points.data"}});

  CheckPositions(
      ISOQUANT_CALL(Linear(context, in.x, in.layer, in.y)),
      {ISOQUANT_NULL(x.data, "x.data"), ISOQUANT_NULL(y.data, "y.data"), ISOQUANT_NULL(layer.weights, "layer.weights"),
       ISOQUANT_NULL(layer.column_scales.data, "layer.column_scales.data"),
       ISOQUANT_NULL(layer.bias.data, "layer.bias.data")});
}

TEST_CASE("Null: MatMul to 8-bit integers, and Requantize") {
  const std::vector<Position> vectors = {
      ISOQUANT_NULL(requantization.scales.data, "requantization.scales.data"),
      ISOQUANT_NULL(requantization.bias.data, "requantization.bias.data"),
      ISOQUANT_NULL(requantization.a_zero_points.data, "requantization.a_zero_points.data"),
      {[](Arguments& in) {
         in.requantization.scales = {nullptr, 1};
       },
       "requantization.scales.data"}};
  const auto with = [&](std::vector<Position> more) {
    more.insert(more.end(), vectors.begin(), vectors.end());
    return more;
  };
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a, in.packed, in.requantization, in.c_s8)),
                 with({ISOQUANT_NULL(a.data, "a.data"), ISOQUANT_NULL(c_s8.data, "c.data")}));
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a, in.nxk, in.requantization, in.c_u8)),
                 with({ISOQUANT_NULL(nxk.values.data, "b.data"), ISOQUANT_NULL(c_u8.data, "c.data")}));
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a_u8, in.kxn, in.requantization, in.c_s8)),
                 with({ISOQUANT_NULL(kxn.values.data, "b.data"), ISOQUANT_NULL(c_s8.data, "c.data")}));
  CheckPositions(ISOQUANT_CALL(MatMul(context, in.a_u8, in.packed, in.requantization, in.c_u8)),
                 with({ISOQUANT_NULL(a_u8.data, "a.data"), ISOQUANT_NULL(c_u8.data, "c.data")}));

  const std::vector<Position> rest = {ISOQUANT_NULL(sums.data, "sums.data"),
                                      ISOQUANT_NULL(without.scales.data, "requantization.scales.data"),
                                      ISOQUANT_NULL(without.bias.data, "requantization.bias.data")};
  CheckPositions(ISOQUANT_CALL(Requantize(context, in.sums, in.without, in.c_s8)), rest);
  CheckPositions(ISOQUANT_CALL(Requantize(context, in.sums, in.without, in.c_u8)), rest);
  CheckPositions(ISOQUANT_CALL(Requantize(context, in.sums, in.without, in.c_s8)),
                 {ISOQUANT_NULL(c_s8.data, "c.data")});
  CheckPositions(ISOQUANT_CALL(Requantize(context, in.sums, in.without, in.c_u8)),
                 {ISOQUANT_NULL(c_u8.data, "c.data")});
}

TEST_CASE("Null: Quantize") {
  CheckPositions(ISOQUANT_CALL(Quantize(context, in.x, 1.0f, 0, in.q)),
                 {ISOQUANT_NULL(x.data, "x.data"), ISOQUANT_NULL(q.data, "q.data")});
  CheckPositions(ISOQUANT_CALL(Quantize(context, in.x, 1.0f, 0, in.q_u8)),
                 {ISOQUANT_NULL(x.data, "x.data"), ISOQUANT_NULL(q_u8.data, "q.data")});
  CheckPositions(ISOQUANT_CALL(QuantizeRows(context, in.x, in.q, in.row_scales_out)),
                 {ISOQUANT_NULL(x.data, "x.data"), ISOQUANT_NULL(q.data, "q.data"),
                  ISOQUANT_NULL(row_scales_out.data, "scales.data")});
  CheckPositions(
      ISOQUANT_CALL(QuantizeRows(context, in.x, in.q_u8, in.row_scales_out, in.zero_points_out)),
      {ISOQUANT_NULL(x.data, "x.data"), ISOQUANT_NULL(q_u8.data, "q.data"),
       ISOQUANT_NULL(row_scales_out.data, "scales.data"), ISOQUANT_NULL(zero_points_out.data, "zero_points.data")});
  CheckPositions(ISOQUANT_CALL(QuantizeColumns(context, in.x, in.q, in.each_scale_out)),
                 {ISOQUANT_NULL(x.data, "x.data"), ISOQUANT_NULL(q.data, "q.data"),
                  ISOQUANT_NULL(each_scale_out.data, "scales.data")});
}

TEST_CASE("Null: Dequantize") {
  CheckPositions(ISOQUANT_CALL(Dequantize(context, in.a, 1.0f, 0, in.x_out)),
                 {ISOQUANT_NULL(a.data, "q.data"), ISOQUANT_NULL(x_out.data, "x.data")});
  CheckPositions(ISOQUANT_CALL(Dequantize(context, in.a_u8, 1.0f, 0, in.x_out)),
                 {ISOQUANT_NULL(a_u8.data, "q.data"), ISOQUANT_NULL(x_out.data, "x.data")});
  CheckPositions(ISOQUANT_CALL(DequantizeRows(context, in.a, in.row_scales, in.x_out)),
                 {ISOQUANT_NULL(a.data, "q.data"), ISOQUANT_NULL(x_out.data, "x.data"),
                  ISOQUANT_NULL(row_scales.data, "scales.data")});
  CheckPositions(ISOQUANT_CALL(DequantizeRows(context, in.a_u8, in.row_scales, in.zero_points, in.x_out)),
                 {ISOQUANT_NULL(a_u8.data, "q.data"), ISOQUANT_NULL(x_out.data, "x.data"),
                  ISOQUANT_NULL(row_scales.data, "scales.data"), ISOQUANT_NULL(zero_points.data, "zero_points.data")});
  CheckPositions(ISOQUANT_CALL(DequantizeColumns(context, in.a, in.each_scale, in.x_out)),
                 {ISOQUANT_NULL(a.data, "q.data"), ISOQUANT_NULL(x_out.data, "x.data"),
                  ISOQUANT_NULL(each_scale.data, "scales.data")});
}

TEST_CASE("Null: packed weights") {
  CheckPositions(ISOQUANT_CALL(PackedWeights::Pack(context, in.kxn, in.packed)),
                 {ISOQUANT_NULL(kxn.values.data, "b.data")});
  CheckPositions(ISOQUANT_CALL(PackedWeights::Pack(context, in.nxk, in.packed)),
                 {ISOQUANT_NULL(nxk.values.data, "b.data")});

  Arguments in;
  PackedWeights view;
  for (const size_t size : {size_t{0}, size_t{63}, size_t{64}, in.packed.SerializedBytes(), SIZE_MAX}) {
    CheckNull(in.packed.Serialize({nullptr, size}), "blob.data");
    CheckNull(PackedWeights().Serialize({nullptr, size}), "blob.data");
    CheckNull(PackedWeights::View({nullptr, size}, view), "blob.data");
    CheckNull(PackedWeights::Load({nullptr, size}, view), "blob.data");
  }
  CHECK(view.panels().panels == nullptr);

  // Weights that nothing was packed into are 0 x 0, and no pointer of theirs is used.
  ISOQUANT_CHECK_OK(view.Verify());
  CHECK(view.SerializedBytes() == 64);
  Context context;
  ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(nullptr, 7, 0), view, MatrixView<int32_t>(nullptr, 7, 0)));
  LinearLayer layer;
  layer.weights = &view;
  ISOQUANT_CHECK_OK(Linear(context, {nullptr, 7, 0}, layer, {nullptr, 7, 0}));
}

TEST_CASE("Null: panels") {
  Arguments in;
  Context context;
  const auto check = [&](const PackedPanels& panels, const std::string& argument) {
    const WeightsRef b(panels);
    CheckNull(MatMul(context, in.a, b, in.c), argument);
    CheckNull(MatMul(context, in.a, b, in.dequantization, in.y), argument);
    CheckNull(MatMul(context, in.a_u8, b, in.requantization, in.c_s8), argument);
  };
  PackedPanels panels = in.packed.panels();
  panels.panels = nullptr;
  check(panels, "b.panels");
  panels = in.packed.panels();
  panels.column_sums = nullptr;
  check(panels, "b.column_sums");
  // K = 0: panels of no bytes.
  panels = {nullptr, in.integers, 0, kN};
  ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(in.bytes, kM, 0), WeightsRef(panels), in.c));
}

TEST_CASE("Null: names of tiers") {
  Context context;
  const std::string before = Explain(context);
  CheckNull(context.SetMaxTier(nullptr), "name");
  CheckNull(context.Disable(nullptr), "names");
  CHECK(context.SetMaxTier(nullptr).ToString() == "name is null, expected the name of a tier");
  CHECK(Explain(context) == before);
  CHECK(TierIndex(nullptr) == SIZE_MAX);
  CHECK(!context.Allows(TierIndex(nullptr)));
}

TEST_CASE("Null: Status") {
  for (int code = 0; code <= static_cast<int>(StatusCode::kWrongType); ++code) {
    CAPTURE(code);
    for (const uint64_t value : {uint64_t{0}, uint64_t{7}}) {
      const Status neither(static_cast<StatusCode>(code), nullptr, value, nullptr, value);
      const Status empty(static_cast<StatusCode>(code), "", value, "", value);
      CHECK(std::string(neither.argument()).empty());
      CHECK(neither.ToString() == empty.ToString());
      CHECK(!neither.ToString().empty());
    }
  }
  CHECK(Status::UnknownTier(nullptr, nullptr, 100).ToString() == Status::UnknownTier("", "", 0).ToString());
  CHECK(Status::UnknownTier("a", nullptr, 0).ToString() == "a names '', which is no tier of this library");
  CHECK(Status::InvalidValue(nullptr, 1.0, nullptr, 2.0).ToString() == " is 1, expected at least  = 2");
}

}  // namespace
}  // namespace isoquant
