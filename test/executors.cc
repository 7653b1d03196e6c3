// Test support: implementation of executors.h.
#include "test/executors.h"

#include <string>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/golden.h"
#include "test/guarded.h"
#include "test/support.h"

namespace isoquant {
namespace {

// Digest of what a MatMul and a Linear of this shape write, and of the weights that are packed for them, in both
// orders.
struct Digests {
  uint64_t product, linear, packed, packed_transposed;
};

class Case {
 public:
  // The operands of the products whose golden digests matmul_test.cc checks, too.
  explicit Case(const Shape& shape)
      : a_(shape.m, shape.k, shape.k + 3), b_(shape.k, shape.n), b_transposed_(shape.n, shape.k), x_(shape.m, shape.k) {
    Random random(shape.m);
    FillIntegers(random, a_.buffer().data(), a_.buffer().size());
    FillIntegers(random, b_.buffer().data(), b_.buffer().size());
    for (size_t k = 0; k < shape.k; ++k) {
      for (size_t n = 0; n < shape.n; ++n) b_transposed_.at(n, k) = b_.at(k, n);
    }
    for (float& x : x_.buffer()) x = random.Signed();
    for (size_t n = 0; n < shape.n; ++n) scales_.push_back(random.Signed());
  }

  Digests Run(Context& context) const {
    const size_t m = a_.const_view().rows, n = b_.const_view().cols;
    const PackedWeights packed = Packed(context, KxN{b_.const_view()});
    const PackedWeights transposed = Packed(context, NxK{b_transposed_.const_view()});
    const GuardedMatrix<int32_t> c(m, n);
    ISOQUANT_CHECK_OK(MatMul(context, a_.const_view(), packed, c.view()));
    const GuardedMatrix<float> y(m, n);
    LinearLayer layer;
    layer.weights = &transposed;
    layer.column_scales = {scales_.data(), scales_.size()};
    ISOQUANT_CHECK_OK(Linear(context, x_.const_view(), layer, y.view()));
    return {DigestOf(c.view()), DigestOf(y.view()), DigestOf(packed), DigestOf(transposed)};
  }

 private:
  template <class T>
  static uint64_t DigestOf(const MatrixView<T>& values) {
    Digest digest;
    digest.Add(values);
    return digest.value();
  }
  static uint64_t DigestOf(const PackedWeights& packed) {
    Digest digest;
    digest.Add(packed.panels().panels, PackedPanels::NumPanels(packed.n()) * PackedPanels::PanelBytes(packed.k()));
    digest.Add(packed.panels().column_sums, packed.n());
    return digest.value();
  }

  GuardedMatrix<int8_t> a_, b_, b_transposed_;
  GuardedMatrix<float> x_;
  std::vector<float> scales_;
};

// Returns whether the work of this shape was shared out.
bool CheckSameBits(Executor& executor, const Shape& shape, const char* golden) {
  CAPTURE(shape.m);
  CAPTURE(shape.k);
  CAPTURE(shape.n);
  const Case test(shape);
  WatchedExecutor watched(executor);
  ForEachTier([&](Context& alone) {
    Context shared(watched);
    ISOQUANT_CHECK_OK(shared.SetMaxTier(alone.tier()));
    const Digests expected = test.Run(alone), actual = test.Run(shared);
    CHECK(actual.product == expected.product);
    CHECK(actual.linear == expected.linear);
    CHECK(actual.packed == expected.packed);
    CHECK(actual.packed_transposed == expected.packed_transposed);
    CHECK(expected.packed == expected.packed_transposed);
    if (golden != nullptr) CheckGolden(golden, actual.product);
  });
  CHECK(watched.kept());
  return watched.most_tasks() > 1;
}

}  // namespace

void WatchedExecutor::Run(size_t num_tasks, TaskRef task) {
  const auto calls = std::make_unique<std::atomic<size_t>[]>(num_tasks);
  const auto watched_task = [&](size_t i, size_t worker) {
    if (i >= num_tasks || worker >= workers_ || is_busy_[worker].exchange(true)) {
      kept_ = false;
      return;
    }
    task(i, worker);
    ++calls[i];
    is_busy_[worker] = false;
  };
  executor_.Run(num_tasks, TaskRef(watched_task));
  for (size_t i = 0; i < num_tasks; ++i) {
    if (calls[i] != 1) kept_ = false;
  }
  if (executor_.NumWorkers() != workers_) kept_ = false;
  ++runs_;
  most_tasks_ = num_tasks > most_tasks_ ? num_tasks : most_tasks_;
}

void CheckRunsAllTasks(Executor& executor) {
  const size_t workers = executor.NumWorkers();
  REQUIRE(workers != 0);
  WatchedExecutor watched(executor);
  std::atomic<size_t> sum{0};
  // A pool that tunes itself does so for some hundred runs.
  for (size_t repeat = 0; repeat < 100; ++repeat) {
    for (const size_t num_tasks : {size_t{0}, size_t{1}, workers - 1, workers, workers + 1, 10 * workers + 3}) {
      sum = 0;
      const auto task = [&sum](size_t i, size_t) {
        for (volatile size_t spin = 0; spin < i % 7 * 50; spin = spin + 1) {
        }
        sum += i + 1;
      };
      watched.Run(num_tasks, TaskRef(task));
      REQUIRE(sum == num_tasks * (num_tasks + 1) / 2);
    }
  }
  CHECK(watched.kept());
}

void CheckSameBits(Executor& executor) {
  // About as many products as are worth a task, less and more of them; tall, wide, square; a row; packing worth a task.
  for (const Shape& shape : {Shape{64, 128, 127}, Shape{64, 128, 128}, Shape{64, 128, 129}, Shape{33, 257, 129},
                             Shape{1, 1024, 530}, Shape{512, 64, 70}, Shape{3, 2000, 270}, Shape{1000, 600, 20}}) {
    (void)CheckSameBits(executor, shape, nullptr);
  }
  const bool shared_out = CheckSameBits(executor, {70, 4500, 96}, "matmul/s8/70x4500x96");
  CHECK((shared_out || executor.NumWorkers() == 1));
  (void)CheckSameBits(executor, {130, 515, 200}, "matmul/s8/130x515x200");
}

}  // namespace isoquant
