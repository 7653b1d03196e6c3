// Tests that no call traps, raises a flag or clears one, whatever the caller has unmasked, raised or set, and whatever
// the numbers are; and that its outputs are the same then. Every operation, every tier, the caller's thread and others.
#include "isoquant/inl/util/float_environment.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "isoquant/inl/matmul-inl.h"
#include "isoquant/isoquant.h"
#include "src/float_bits.h"
#include "test/float_state.h"
#include "test/reference.h"
#include "test/refusal.h"
#include "test/support.h"

#if ISOQUANT_TEST_HAS_FLOAT_STATE

namespace isoquant {
namespace {

// What one run of all operations has written and returned. Compared by bytes.
struct Outputs {
  std::vector<std::vector<uint8_t>> memory;
  std::vector<std::string> texts;

  template <class T>
  T* New(size_t size) {
    memory.emplace_back(size * sizeof(T));
    return reinterpret_cast<T*>(memory.back().data());
  }
  template <class T>
  MatrixView<T> NewMatrix(size_t rows, size_t cols) {
    return {New<T>(rows * cols), rows, cols};
  }
  void Add(const Status& status) { texts.push_back(status.ToString()); }
};

// NaN, signalling too, infinities, subnormal and huge numbers in every float operand; every integer.
class Operations {
 public:
  explicit Operations(const Shape& shape)
      : m_(shape.m), k_(shape.k), n_(shape.n), s8_(m_ * k_), u8_(m_ * k_), b_(k_ * n_), sums_(m_ * n_), x_(m_ * k_) {
    Random random(m_);
    FillIntegers(random, s8_.data(), s8_.size());
    FillIntegers(random, u8_.data(), u8_.size());
    FillIntegers(random, b_.data(), b_.size());
    FillIntegers(random, sums_.data(), sums_.size());
    FillRows(random, {x_.data(), m_, k_});
    for (size_t i = 0; i < m_ + n_ + k_; ++i) {
      special_.push_back(SpecialFloat(random));
      usual_.push_back(0.001f * (random.Signed() + 1.5f));
      integers_.push_back(static_cast<int32_t>(random.Below(256)));
    }
  }

  void Run(Context& context, Outputs& out) const {
    RunProducts(context, out);
    for (const std::vector<float>* scales : {&usual_, &special_}) {
      RunStages(context, scales->data(), out);
      RunDequantize(context, scales->data(), out);
    }
    RunQuantize(context, out);
    RunRows(context, out);
    RunElements(context, out);
    RunVectors(context, out);
    RunWeights(context, out);
    RunRefusals(context, out);
  }

 private:
  template <class T>
  MatrixView<const T> Matrix(const std::vector<T>& values) const {
    return {values.data(), m_, k_};
  }
  KxN plain() const { return KxN{{b_.data(), k_, n_}}; }

  void RunProducts(Context& context, Outputs& out) const {
    PackedWeights packed;
    out.Add(PackedWeights::Pack(context, plain(), packed));
    for (const WeightsRef& b : {WeightsRef(packed), WeightsRef(plain()), WeightsRef(NxK{{b_.data(), n_, k_}})}) {
      for (const Store store : {Store::kOverwrite, Store::kAccumulate}) {
        out.Add(MatMul(context, Matrix(s8_), b, out.NewMatrix<int32_t>(m_, n_), store));
        out.Add(MatMul(context, Matrix(u8_), b, out.NewMatrix<int32_t>(m_, n_), store));
      }
    }
  }

  void RunStages(Context& context, const float* scales, Outputs& out) const {
    PackedWeights packed;
    out.Add(PackedWeights::Pack(context, plain(), packed));
    Dequantization d;
    d.row_scales = {scales, m_};
    d.row_zero_points = {integers_.data(), m_};
    d.column_scales = {scales + m_, n_};
    d.bias = {scales + 1, n_};
    Requantization r;
    r.scales = {scales, n_};
    r.bias = {integers_.data(), n_};
    LinearLayer layer;
    layer.weights = &packed;
    layer.column_scales = {scales, n_};
    for (const Activation activation : {Activation::kNone, Activation::kRelu}) {
      d.activation = layer.activation = activation;
      out.Add(MatMul(context, Matrix(s8_), packed, d, out.NewMatrix<float>(m_, n_)));
      out.Add(MatMul(context, Matrix(u8_), plain(), d, out.NewMatrix<float>(m_, n_)));
      d.row_scales.size = 1;
      d.row_zero_points = {};
      d.bias = {};
      for (const RowQuantization q : {RowQuantization::kSymmetricS8, RowQuantization::kAsymmetricU8}) {
        layer.quantization = q;
        out.Add(Linear(context, Matrix(x_), layer, out.NewMatrix<float>(m_, n_)));
      }
      layer.bias = {scales + m_, n_};

      out.Add(Requantize(context, {sums_.data(), m_, n_}, Without(r), out.NewMatrix<int8_t>(m_, n_)));
      out.Add(Requantize(context, {sums_.data(), m_, n_}, Without(r), out.NewMatrix<uint8_t>(m_, n_)));
      out.Add(MatMul(context, Matrix(s8_), packed, r, out.NewMatrix<int8_t>(m_, n_)));
      out.Add(MatMul(context, Matrix(s8_), plain(), r, out.NewMatrix<uint8_t>(m_, n_)));
      out.Add(MatMul(context, Matrix(u8_), packed, r, out.NewMatrix<int8_t>(m_, n_)));
      out.Add(MatMul(context, Matrix(u8_), plain(), r, out.NewMatrix<uint8_t>(m_, n_)));
      r.a_zero_points = {integers_.data(), m_};
      r.scales.size = 1;
    }
  }
  static Requantization Without(Requantization r) {
    r.a_zero_points = {};
    return r;
  }

  void RunQuantize(Context& context, Outputs& out) const {
    for (const float scale : {usual_[0], 0x1p-126f, 0x1p126f}) {
      out.Add(Quantize(context, Matrix(x_), scale, -7, out.NewMatrix<int8_t>(m_, k_)));
      out.Add(Quantize(context, Matrix(x_), scale, 200, out.NewMatrix<uint8_t>(m_, k_)));
    }
    out.Add(QuantizeRows(context, Matrix(x_), out.NewMatrix<int8_t>(m_, k_), {out.New<float>(m_), m_}));
    out.Add(QuantizeRows(context, Matrix(x_), out.NewMatrix<uint8_t>(m_, k_), {out.New<float>(m_), m_},
                         {out.New<int32_t>(m_), m_}));
    out.Add(QuantizeColumns(context, Matrix(x_), out.NewMatrix<int8_t>(m_, k_), {out.New<float>(k_), k_}));
  }

  void RunRows(Context& context, Outputs& out) const {
    for (const float* weight : {usual_.data(), special_.data()}) {
      for (const float epsilon : {0.0f, 1e-5f}) {
        out.Add(RmsNorm(context, Matrix(x_), {weight, k_}, epsilon, out.NewMatrix<float>(m_, k_)));
        out.Add(LayerNorm(context, Matrix(x_), {weight, k_}, {weight, k_}, epsilon, out.NewMatrix<float>(m_, k_)));
        out.Add(RmsNormQuantize(context, Matrix(x_), {weight, k_}, epsilon, out.NewMatrix<int8_t>(m_, k_),
                                {out.New<float>(m_), m_}));
        out.Add(Softmax(context, Matrix(x_), epsilon, out.NewMatrix<float>(m_, k_)));
      }
    }
  }

  void RunElements(Context& context, Outputs& out) const {
    for (int kind = 0; kind <= static_cast<int>(Activation::kExp); ++kind) {
      for (const std::vector<float>* x : {&x_, &special_}) {
        const MatrixView<const float> row(x->data(), 1, x->size());
        out.Add(Activate(context, static_cast<Activation>(kind), 0.1f, row, out.NewMatrix<float>(1, x->size())));
      }
    }
    const MatrixView<BFloat16> bf16 = out.NewMatrix<BFloat16>(m_, k_);
    const MatrixView<Float16> f16 = out.NewMatrix<Float16>(m_, k_);
    out.Add(Convert(context, Matrix(x_), bf16));
    out.Add(Convert(context, bf16, f16));
    out.Add(Convert(context, Matrix(x_), f16));
    out.Add(Convert(context, f16, out.NewMatrix<float>(m_, k_)));
    out.Add(Activate(context, Activation::kGelu, 0.0f, f16, f16));
  }

  void RunVectors(Context& context, Outputs& out) const {
    const size_t size = m_ * k_;
    const VectorView<const float> x(x_.data(), size);
    float* const result = out.New<float>(4);
    out.Add(Add(context, x, x, {out.New<float>(size), size}));
    out.Add(Min(context, x, x, {out.New<float>(size), size}));
    out.Add(AddMul(context, x, x, {out.New<float>(size), size}));
    out.Add(Dot(context, x, x, result[0]));
    out.Add(ReduceMin(context, x, result[1]));
    out.Add(ReduceMax(context, x, result[2]));
    out.Add(ReduceSum(context, x, result[3]));
    out.Add(Add(context, Matrix(x_), Matrix(x_), out.NewMatrix<float>(m_, k_)));
    out.Add(Multiply(context, Matrix(x_), Matrix(x_), out.NewMatrix<float>(m_, k_)));
  }

  void RunDequantize(Context& context, const float* scales, Outputs& out) const {
    for (size_t i = 0; i < 4; ++i) {
      out.Add(Dequantize(context, Matrix(s8_), scales[i], 3, out.NewMatrix<float>(m_, k_)));
      out.Add(Dequantize(context, Matrix(u8_), scales[i], 128, out.NewMatrix<float>(m_, k_)));
    }
    out.Add(DequantizeRows(context, Matrix(s8_), {scales, m_}, out.NewMatrix<float>(m_, k_)));
    out.Add(DequantizeRows(context, Matrix(u8_), {scales, m_}, {integers_.data(), m_}, out.NewMatrix<float>(m_, k_)));
    out.Add(DequantizeColumns(context, Matrix(s8_), {scales, k_}, out.NewMatrix<float>(m_, k_)));
  }

  void RunWeights(Context& context, Outputs& out) const {
    PackedWeights packed, view;
    out.Add(PackedWeights::Pack(context, NxK{{b_.data(), n_, k_}}, packed));
    const size_t bytes = packed.SerializedBytes();
    uint8_t* blob = out.New<uint8_t>(bytes + 63);
    blob += (64 - reinterpret_cast<uintptr_t>(blob) % 64) % 64;
    out.Add(packed.Serialize({blob, bytes}));
    out.Add(PackedWeights::View({blob, bytes}, view));
    out.Add(view.Verify());
    out.Add(MatMul(context, Matrix(s8_), view, out.NewMatrix<int32_t>(m_, n_)));
    blob[bytes - 1] ^= 1;
    out.Add(view.Verify());
    out.memory.erase(out.memory.end() - 2);  // where its 64 bytes begin is chance
  }

  // Errors, and what is made of them and of tiers for people.
  void RunRefusals(Context& context, Outputs& out) const {
    for (const uint32_t bits : kSpecialBits) {
      out.Add(Quantize(context, Matrix(x_), FromBits(bits), 0, out.NewMatrix<int8_t>(m_, k_)));
      out.Add(Quantize(context, Matrix(x_), FromBits(bits), 0, out.NewMatrix<uint8_t>(m_, k_)));
      for (const uint64_t wide : {DoubleBits(bits), uint64_t{bits} << 32, uint64_t{0x7ff0000000000001}}) {
        double value;
        std::memcpy(&value, &wide, sizeof(value));
        out.Add(Status::InvalidValue("scale", value, "a third", 1.0 / 3.0));
        out.Add(Status::InvalidValue("scale", 0x1.23456789abcdep-1030, "bound", value));
      }
    }
    out.Add(Quantize(context, Matrix(x_), 1.0f, 128, out.NewMatrix<int8_t>(m_, k_)));
    out.Add(Linear(context, Matrix(x_), LinearLayer(), out.NewMatrix<float>(m_, n_)));
    Context other;
    out.Add(other.SetMaxTier("avx9"));
    out.Add(other.Disable("avx2, sse9"));
    out.texts.push_back(Explain(other));
    out.texts.push_back(Explain(context));
    for (const std::string& name : FeatureNames(DetectCpu())) out.texts.push_back(name);
    for (const TargetReport& target : CompiledTargets()) out.texts.push_back(target.name);
  }

  const size_t m_, k_, n_;
  std::vector<int8_t> s8_;
  std::vector<uint8_t> u8_;
  std::vector<int8_t> b_;
  std::vector<int32_t> sums_, integers_;
  std::vector<float> x_, special_, usual_;
};

void CheckSame(const Outputs& actual, const Outputs& expected) {
  CHECK(actual.texts == expected.texts);
  REQUIRE(actual.memory.size() == expected.memory.size());
  for (size_t i = 0; i < actual.memory.size(); ++i) {
    CAPTURE(i);
    const bool same = actual.memory[i] == expected.memory[i];
    CHECK(same);
  }
}

TEST_CASE("Float environment: no call traps, raises or clears a flag, and outputs stay the same") {
  ForEachTier([](Context& context) {
    for (const Shape& shape : {Shape{1, 16, 16}, Shape{5, 37, 19}, Shape{43, 131, 70}}) {
      const Operations operations(shape);
      Outputs expected;
      operations.Run(context, expected);
      for (size_t state = 0; state < kFloatStates; ++state) {
        CAPTURE(state);
        Outputs actual;
        const bool kept = KeepsFloatState(MakeFloatState(state), [&] { operations.Run(context, actual); });
        CHECK(kept);
        CheckSame(actual, expected);
      }
    }
  });
}

TEST_CASE("Float environment: nor in the threads of an executor") {
  const Operations operations({150, 500, 240});  // worth several tasks, with a matrix unit too
  Context alone;
  Outputs expected;
  operations.Run(alone, expected);
  ForEachTierOn<FloatStateExecutor>({3, 8}, [&](Context& context, const FloatStateExecutor& executor) {
    Outputs actual;
    const bool kept = KeepsFloatState(MakeFloatState(true, false, false), [&] { operations.Run(context, actual); });
    CHECK(kept);
    CHECK(executor.kept());
    CHECK(executor.runs() > 20);
    // Which tiers there are is said of each Context.
    actual.texts.resize(expected.texts.size());
    for (size_t i = 0; i < actual.texts.size(); ++i) {
      if (actual.texts[i].find(" runs") != std::string::npos) actual.texts[i] = expected.texts[i];
    }
    CheckSame(actual, expected);
  });
}

TEST_CASE("Float environment: the test sees a trap, a flag that is raised, and one that is cleared") {
  volatile float third = 3.0f;
  const auto divide = [&] { third = 1.0f / third; };
  const auto clear = [] { SetFloatState(MakeFloatState(false, false, false)); };
  CHECK(!KeepsFloatState(MakeFloatState(false, false, false), divide));
  CHECK(KeepsFloatState(MakeFloatState(false, true, false), divide));
  CHECK(!KeepsFloatState(MakeFloatState(false, true, false), clear));
  CHECK(KeepsFloatState(MakeFloatState(true, false, false), [] {}));
#if defined(__x86_64__)
  CHECK(!KeepsFloatState(MakeFloatState(true, false, false), clear));
#endif
}

// ---- A stage of a user's, inlined into the driver

namespace target {
using HWY_NAMESPACE::MatMulStage;
using HWY_NAMESPACE::Part;
namespace hn = hwy::HWY_NAMESPACE;
}  // namespace target

// A quotient that does not depend on the sums: compilers compute it as early as they can.
struct StoreScaled {
  float divisor;
  MatrixView<float> y;

  template <class D>
  HWY_INLINE void operator()(D d, target::Part rows, size_t col, size_t n, const int32_t* sums, size_t stride) const {
    const target::hn::RebindToFloat<D> df32;
    const auto factor = target::hn::Set(df32, 1.0f / divisor);
    for (size_t i = 0; i < rows.size; ++i) {
      const auto sum = target::hn::ConvertTo(df32, target::hn::LoadN(d, sums + i * stride, n));
      target::hn::StoreN(target::hn::Mul(sum, factor), df32, y.Row(rows.begin + i) + col, n);
    }
  }
};

TEST_CASE("Float environment: a user's stage runs under it as a whole") {
  const std::vector<int8_t> a(80 * 40, 3), b(40 * 33, 5);
  volatile float divisor = 3.0f;  // compilers must not know it
  Context context;
  const PackedWeights packed = Packed(context, KxN{{b.data(), 40, 33}});
  for (const size_t rows : {size_t{1}, size_t{4}, size_t{80}}) {
    for (size_t state = 0; state < kFloatStates; ++state) {
      std::vector<float> y(rows * 33);
      Status status;
      const bool kept = KeepsFloatState(MakeFloatState(state), [&] {
        const StoreScaled stage{divisor, {y.data(), rows, 33}};
        status = target::MatMulStage(context, MatrixView<const int8_t>(a.data(), rows, 40), packed.panels(), stage);
      });
      ISOQUANT_CHECK_OK(status);
      CHECK(kept);
      for (const float value : y) CHECK(value == 600.0f * (1.0f / 3.0f));
    }
  }
}

// ---- The conversion that is done by bits

TEST_CASE("Float environment: the bits of a double, from those of a float") {
  const auto check = [](uint32_t bits) {
    volatile double converted = FromBits(bits);
    CHECK(DoubleBits(bits) == BitsOfDouble(converted));
  };
  for (const uint32_t bits : kSpecialBits) check(bits);
  Random random(5);
  for (int i = 0; i < 10000; ++i) check(static_cast<uint32_t>(random()) & (i % 2 == 0 ? ~0u : 0x807fffffu));
  static_assert(DoubleBits(0x3f800000) == uint64_t{0x3ff0000000000000}, "1");
}

}  // namespace
}  // namespace isoquant

#endif  // ISOQUANT_TEST_HAS_FLOAT_STATE
