// Bench support: a layer with inputs and outputs of every type, and what it is compared with.
#ifndef ISOQUANT_BENCH_LINEAR_OPERANDS_H_
#define ISOQUANT_BENCH_LINEAR_OPERANDS_H_

#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/samples.h"
#include "bench/sgemm_peer.h"
#include "hwy/aligned_allocator.h"

namespace isoquant {

inline Shape ShapeOf(const benchmark::State& state) { return {state.range(0), state.range(1), state.range(2)}; }

// Each type has the same values; those of f32 are rounded by cutting.
class LinearOperands {
 public:
  explicit LinearOperands(const Shape& shape, bool cold = false)
      : m_(static_cast<size_t>(shape.m)), k_(static_cast<size_t>(shape.k)), n_(static_cast<size_t>(shape.n)) {
    uint32_t state = 1;
    const auto random = [&state] {  // of Numerical Recipes; any values will do
      state = state * 1664525u + 1013904223u;
      return static_cast<int8_t>(state >> 24);
    };
    b_.resize(k_ * n_);
    for (int8_t& value : b_) value = random();
    weights_.resize(cold ? kColdBytes / b_.size() + 1 : 1);
    for (PackedWeights& weights : weights_) CheckOk(PackedWeights::Pack(context, KxN{{b_.data(), k_, n_}}, weights));
    q_.resize(m_ * k_);
    s32_.resize(m_ * n_);
    for (size_t i = 0; i < m_ * k_; ++i) Append(random() * 0.0625f, x_);
    for (size_t i = 0; i < m_ * n_; ++i) Append(random() * 0.0625f, y_);
    for (size_t i = 0; i < n_; ++i) {
      scales_.push_back(0x1p-10f);
      bias_.push_back(random() * 0.0625f);
    }
    layer.weights = &weights_[0];
    layer.column_scales = {scales_.data(), n_};
    layer.bias = {bias_.data(), n_};
  }

  template <class X, class Y>
  void Run(const LinearLayer& with) {
    CheckOk(Linear(context, x_.Get<X>(m_, k_), with, y_.Get<Y>(m_, n_)));
  }
  template <class X, class Y>
  void RunWithResidual(const LinearLayer& with) {
    const MatrixView<Y> y = y_.Get<Y>(m_, n_);
    CheckOk(Linear(context, x_.Get<X>(m_, k_), with, y, y));
  }
  void RunS32(const LinearLayer& with) {
    CheckOk(MatMul(context, MatrixView<const int8_t>(q_.data(), m_, k_), *with.weights,
                   MatrixView<int32_t>(s32_.data(), m_, n_)));
  }
  template <class Y>
  MatrixView<Y> y() {
    return y_.Get<Y>(m_, n_);
  }
  void RunSgemm(Sgemm sgemm) {
    if (b32_.empty()) b32_.assign(b_.begin(), b_.end());
    sgemm(m_, k_, n_, x_.f32.data(), b32_.data(), y_.f32.data());
  }

  // With the next copy of the weights.
  const LinearLayer& NextLayer() {
    copy_ = copy_ + 1 == weights_.size() ? 0 : copy_ + 1;
    layer.weights = &weights_[copy_];
    return layer;
  }

  double count() const { return static_cast<double>(m_) * static_cast<double>(k_) * static_cast<double>(n_); }

  Context context;
  LinearLayer layer;  // with a bias

 private:
  static constexpr size_t kColdBytes = size_t{256} << 20;  // more than most caches hold

  // Aligned to lines of the cache, as frameworks allocate tensors.
  struct Values {
    hwy::AlignedVector<float> f32;
    hwy::AlignedVector<uint16_t> bf16, f16;

    template <class T>
    MatrixView<T> Get(size_t rows, size_t cols) {
      if constexpr (std::is_same_v<T, float>) {
        return {f32.data(), rows, cols};
      } else {
        return {reinterpret_cast<T*>((std::is_same_v<T, BFloat16> ? bf16 : f16).data()), rows, cols};
      }
    }
  };
  // Of at most 8 bits, and no subnormal f16.
  static void Append(float value, Values& values) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    values.f32.push_back(value);
    values.bf16.push_back(static_cast<uint16_t>(bits >> 16));
    const uint32_t magnitude = bits & 0x7fffffff;
    values.f16.push_back(
        static_cast<uint16_t>((bits >> 16 & 0x8000) | (magnitude == 0 ? 0 : (magnitude - 0x38000000) >> 13)));
  }

  size_t m_, k_, n_, copy_ = 0;
  hwy::AlignedVector<int8_t> b_, q_;
  hwy::AlignedVector<float> b32_, scales_, bias_;
  hwy::AlignedVector<int32_t> s32_;
  Values x_, y_;
  std::vector<PackedWeights> weights_;
};

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_LINEAR_OPERANDS_H_
