// Tests of the library's memory: how much of it becomes resident, how it is given back, and that an operation that
// cannot get it has written nothing.
#include "src/memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "isoquant/isoquant.h"
#include "test/sanitized.h"
#include "test/scoped_detection.h"
#include "test/support.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace isoquant {
namespace {

#if defined(__GLIBC__) && !ISOQUANT_TEST_SANITIZED
// Memory of this process that is its own (code is not), without what malloc keeps for later; 0 if the system does not
// tell. (Other counters of Linux are not exact: they may lag by 64 pages.)
size_t ResidentBytes() {
  malloc_trim(0);
  std::FILE* file = std::fopen("/proc/self/smaps_rollup", "r");
  if (file == nullptr) return 0;
  char line[128];
  size_t kib = 0;
  while (kib == 0 && std::fgets(line, sizeof(line), file) != nullptr) {
    if (std::sscanf(line, "Anonymous: %zu kB", &kib) != 1) kib = 0;
  }
  std::fclose(file);
  return kib * 1024;
}

// Where a CPU is emulated, the emulator's own memory counts; and what becomes resident does not depend on the CPU.
bool CanSeeResidentMemory() {
  if (std::getenv("ISOQUANT_TEST_FEWER_WORKERS") != nullptr) return false;
  const size_t before = ResidentBytes();
  constexpr size_t kBytes = size_t{8} << 20;
  std::vector<char> memory(kBytes, 1);
  const size_t after = ResidentBytes();
  return before != 0 && memory[kBytes / 2] == 1 && after >= before + kBytes * 7 / 8 && after <= before + kBytes * 9 / 8;
}

TEST_CASE("Memory: at most 3 % more than what is packed becomes resident") {
  if (!CanSeeResidentMemory()) {
    MESSAGE("skipped: resident memory cannot be seen here");
    return;
  }
  struct Size {
    size_t k, n, count;
  };
  const Size sizes[] = {{256, 252, 400}, {512, 256, 200}, {640, 512, 100}, {1024, 1024, 40}, {1448, 1440, 12},
                        {1448, 1450, 8}, {3072, 768, 8},  {2048, 2048, 6}, {2048, 3000, 4},  {4096, 1030, 4}};
  const std::vector<int8_t> values(4096 * 2048, 3);
  for (const Size& size : sizes) {
    CAPTURE(size.k);
    CAPTURE(size.n);
    Context context;
    std::vector<PackedWeights> weights(size.count);
    size_t packed_bytes = 0;
    const size_t before = ResidentBytes();
    for (PackedWeights& w : weights) {
      w = Packed(context, NxK{{values.data(), size.n, size.k}});
      packed_bytes += w.SerializedBytes() - 64;
    }
    const double ratio = static_cast<double>(ResidentBytes() - before) / static_cast<double>(packed_bytes);
    CAPTURE(ratio);
    CHECK(ratio <= 1.03);
    CHECK(ratio >= 0.75);  // else something else was measured: memory that was resident before, say
  }
}

TEST_CASE("Memory: scratch is no larger than what is asked for, and is given back") {
  if (!CanSeeResidentMemory()) {
    MESSAGE("skipped: resident memory cannot be seen here");
    return;
  }
  for (const size_t bytes : {(size_t{2} << 20) + 5000, (size_t{5} << 20) + (size_t{1} << 19)}) {
    CAPTURE(bytes);
    Context context;
    const size_t before = ResidentBytes();
    uint8_t* scratch = context.Scratch(Context::ScratchOwner::kDriver, bytes);
    REQUIRE(scratch != nullptr);
    CHECK(reinterpret_cast<uintptr_t>(scratch) % 64 == 0);
    std::memset(scratch, 1, bytes);
    const size_t resident = ResidentBytes() - before;
    CHECK(resident <= bytes + bytes / 100 * 3);
    CHECK(resident >= bytes / 4 * 3);
    context.ReleaseScratch();
    CHECK(ResidentBytes() <= before + bytes / 8);
  }
}
#endif  // resident memory

TEST_CASE("Memory: every block is whole and aligned") {
  std::vector<uint8_t*> blocks;
  std::vector<size_t> sizes;
  for (size_t shift = 0; shift <= 23; ++shift) {
    for (const size_t more : std::initializer_list<size_t>{0, 1, 63, 64}) sizes.push_back((size_t{1} << shift) + more);
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    blocks.push_back(AllocateBytes(sizes[i]));
    REQUIRE(blocks[i] != nullptr);
    CHECK(reinterpret_cast<uintptr_t>(blocks[i]) % 64 == 0);
    std::memset(blocks[i], static_cast<int>(i), sizes[i]);
  }
  for (size_t i = 0; i < sizes.size(); ++i) {
    CHECK(std::all_of(blocks[i], blocks[i] + sizes[i], [&](uint8_t v) { return v == static_cast<uint8_t>(i); }));
    FreeBytes(blocks[i]);
  }
  FreeBytes(nullptr);
  CHECK(AllocateBytes(SIZE_MAX) == nullptr);
  CHECK(AllocateBytes(SIZE_MAX / 8) == nullptr);
}

TEST_CASE("Memory: a Context works on after ReleaseScratch") {
  Context context;
  const std::vector<int8_t> a(64 * 64, 2), b(64 * 64, 3);
  std::vector<int32_t> c(64 * 64);
  context.ReleaseScratch();
  for (int i = 0; i < 2; ++i) {
    std::fill(c.begin(), c.end(), 0);
    ISOQUANT_CHECK_OK(MatMul(context, MatrixView<const int8_t>(a.data(), 64, 64), KxN{{b.data(), 64, 64}},
                             MatrixView<int32_t>(c.data(), 64, 64)));
    CHECK(std::count(c.begin(), c.end(), 2 * 3 * 64) == 64 * 64);
    context.ReleaseScratch();
    context.ReleaseScratch();
  }
}

// ---- Allocations that fail, each in turn.

size_t g_allocations = 0;  // since the call began
size_t g_failing = 0;      // number of the one that fails

class FailingAllocation {
 public:
  explicit FailingAllocation(size_t number) {
    g_allocations = 0;
    g_failing = number;
    OverrideAllocation([](size_t) { return g_allocations++ != g_failing; });
  }
  ~FailingAllocation() { OverrideAllocation(nullptr); }
};

// An operation, and where it writes.
struct Operation {
  std::string name;
  std::function<Status(Context&)> run;
  uint8_t* output;
  size_t bytes;
};

// Fails each allocation in turn, on a Context that has no memory yet. Returns how many there are.
size_t FailEach(const Operation& operation, Executor& executor, const char* tier) {
  CAPTURE(operation.name);
  const std::vector<uint8_t> before(operation.bytes, 0x5a);
  for (size_t failing = 0;; ++failing) {
    CAPTURE(failing);
    Context context(executor);
    UseOnly(context, tier);
    std::memset(operation.output, 0x5a, operation.bytes);
    const FailingAllocation fails(failing);
    const Status status = operation.run(context);
    if (status.ok()) {
      CHECK(g_allocations <= failing);  // none was ignored
      return failing;
    }
    CHECK(status.code() == StatusCode::kOutOfMemory);
    CHECK(status.actual() != 0);
    CHECK(std::memcmp(operation.output, before.data(), operation.bytes) == 0);
    if (failing == 16) return failing;
  }
}

// Linear takes these rows in two blocks.
constexpr size_t kM = 187, kK = 4096, kN = 17;
constexpr size_t kFewRows = 20;

struct Operands {
  Operands() : x(kM * kK, 0.25f), s8(kFewRows * kK, 3), u8(kFewRows * kK, 200), b(kK * kN, -2), scales(kM, 1.0f) {
    weights = Packed(context, KxN{{b.data(), kK, kN}});
    layer.weights = &weights;
    layer.column_scales = {scales.data(), kN};
    requantization.scales = {scales.data(), kN};
    dequantization.row_scales = {scales.data(), kFewRows};
    dequantization.column_scales = {scales.data(), kN};
  }

  Context context;
  std::vector<float> x;
  std::vector<int8_t> s8;
  std::vector<uint8_t> u8;
  std::vector<int8_t> b;
  std::vector<float> scales;
  PackedWeights weights;
  LinearLayer layer;
  Requantization requantization;
  Dequantization dequantization;
};

TEST_CASE("Memory: where an allocation fails, nothing has been written") {
  // The last block of Linear's rows takes more scratch than those before it with such an L2.
  Cpu cpu = DetectCpu();
  cpu.l2_bytes = size_t{2} << 20;
  const ScopedDetection detection(cpu, false);

  Operands o;
  const MatrixView<const float> x(o.x.data(), kM, kK);
  const MatrixView<const int8_t> s8(o.s8.data(), kFewRows, kK);
  const MatrixView<const uint8_t> u8(o.u8.data(), kFewRows, kK);
  std::vector<uint8_t> memory(kM * kN * sizeof(float));
  uint8_t* const out = memory.data();
  const MatrixView<float> y(reinterpret_cast<float*>(out), kM, kN), f32_out = y.Rows(0, kFewRows);
  const MatrixView<int32_t> s32_out(reinterpret_cast<int32_t*>(out), kFewRows, kN);
  const MatrixView<int8_t> s8_out(reinterpret_cast<int8_t*>(out), kFewRows, kN);
  const MatrixView<uint8_t> u8_out(out, kFewRows, kN);
  const KxN k_by_n{{o.b.data(), kK, kN}};
  const NxK n_by_k{{o.b.data(), kN, kK}};
  LinearLayer unsigned_layer = o.layer;
  unsigned_layer.quantization = RowQuantization::kAsymmetricU8;

  LinearLayer with_zero_point = o.layer;
  const int32_t zero_point = 5;
  with_zero_point.column_zero_points = {&zero_point, 1};
  Dequantization both = o.dequantization;
  both.row_zero_points = both.column_zero_points = with_zero_point.column_zero_points;
  Requantization of_b = o.requantization;
  of_b.b_zero_points = with_zero_point.column_zero_points;
  const ZeroPoints zeros{with_zero_point.column_zero_points, with_zero_point.column_zero_points};
  // As u8.
  const KxN unsigned_b{{reinterpret_cast<const uint8_t*>(o.b.data()), kK, kN}};

  // Products with rows of one each.
  const MatrixBatch<const int8_t> batch(o.s8.data(), kFewRows, 1, kK);
  const MatrixBatch<int32_t> s32_batch(s32_out.data, kFewRows, 1, kN);
  const MatrixBatch<float> f32_batch(f32_out.data, kFewRows, 1, kN);
  const WeightsBatch same_plain(n_by_k, kFewRows, 0);
  const std::vector<int8_t> many(kK * kN + kFewRows, 1);
  const WeightsBatch each_plain(NxK{{many.data(), kN, kK}}, kFewRows, 1);
  Dequantization of_one = both;
  of_one.row_scales = {o.scales.data(), 1};

  const auto operation = [&](const char* name, auto run) { return Operation{name, run, out, memory.size()}; };
  const Operation operations[] = {
      operation("Linear, s8", [&](Context& c) { return Linear(c, x, o.layer, y); }),
      operation("Linear, u8", [&](Context& c) { return Linear(c, x, unsigned_layer, y); }),
      operation("MatMul to s32", [&](Context& c) { return MatMul(c, s8, o.weights, s32_out); }),
      operation("MatMul to s32, plain", [&](Context& c) { return MatMul(c, u8, k_by_n, s32_out); }),
      operation("MatMul to s32, transposed", [&](Context& c) { return MatMul(c, s8, n_by_k, s32_out); }),
      operation("MatMul to f32", [&](Context& c) { return MatMul(c, s8, o.weights, o.dequantization, f32_out); }),
      operation("MatMul to f32, plain", [&](Context& c) { return MatMul(c, u8, n_by_k, o.dequantization, f32_out); }),
      operation("MatMul to s8", [&](Context& c) { return MatMul(c, u8, o.weights, o.requantization, s8_out); }),
      operation("Linear, zero points", [&](Context& c) { return Linear(c, x, with_zero_point, y); }),
      operation("MatMul to s32, zero points", [&](Context& c) { return MatMul(c, s8, o.weights, zeros, s32_out); }),
      operation("MatMul to s32, u8 weights", [&](Context& c) { return MatMul(c, u8, unsigned_b, s32_out); }),
      operation("MatMul to f32, zero points", [&](Context& c) { return MatMul(c, u8, n_by_k, both, f32_out); }),
      operation("MatMul to s8, zero points", [&](Context& c) { return MatMul(c, s8, unsigned_b, of_b, s8_out); }),
      operation("MatMulBatch to s32", [&](Context& c) { return MatMulBatch(c, batch, o.weights, s32_batch); }),
      operation("MatMulBatch to s32, plain", [&](Context& c) { return MatMulBatch(c, batch, each_plain, s32_batch); }),
      operation("MatMulBatch, shared", [&](Context& c) { return MatMulBatch(c, batch, same_plain, s32_batch); }),
      operation("MatMulBatch to f32", [&](Context& c) { return MatMulBatch(c, batch, each_plain, of_one, f32_batch); }),
      operation("MatMul to u8, plain", [&](Context& c) { return MatMul(c, s8, k_by_n, o.requantization, u8_out); }),
  };
  ForEachTier([&](Context& tier) {
    for (const size_t workers : WorkerCounts({1, 3})) {
      CAPTURE(workers);
      ThreadExecutor executor(workers);
      for (const Operation& each : operations) {
        const size_t allocations = FailEach(each, executor, tier.tier());
        CHECK(allocations >= 1);
        CHECK(allocations <= 4);  // one for each owner of scratch
      }
    }
  });
}

TEST_CASE("Memory: operations on elements allocate nothing") {
  Context context;
  std::vector<float> x(300, 0.5f), scales(300);
  std::vector<uint8_t> q(300);
  std::vector<int32_t> zero_points(300, 1), sums(300, 5);
  int8_t* const s8 = reinterpret_cast<int8_t*>(q.data());
  const MatrixView<float> floats(x.data(), 30, 10);
  Requantization r;
  r.scales = {scales.data(), 1};
  const FailingAllocation fails(0);
  ISOQUANT_CHECK_OK(Quantize(context, floats, 0.5f, 1, MatrixView<uint8_t>(q.data(), 30, 10)));
  ISOQUANT_CHECK_OK(QuantizeRows(context, floats, MatrixView<int8_t>(s8, 30, 10), {scales.data(), 30}));
  ISOQUANT_CHECK_OK(QuantizeColumns(context, floats, MatrixView<int8_t>(s8, 30, 10), {scales.data(), 10}));
  ISOQUANT_CHECK_OK(DequantizeRows(context, MatrixView<const uint8_t>(q.data(), 30, 10), {scales.data(), 30},
                                   {zero_points.data(), 30}, floats));
  ISOQUANT_CHECK_OK(
      Requantize(context, MatrixView<const int32_t>(sums.data(), 30, 10), r, MatrixView<int8_t>(s8, 30, 10)));
}

TEST_CASE("Memory: where an allocation fails, weights are as they were") {
  Context context;
  const std::vector<int8_t> values(6, 1), others(20, 2);
  PackedWeights weights = Packed(context, KxN{{values.data(), 2, 3}});
  std::vector<uint8_t> blob(weights.SerializedBytes());
  ISOQUANT_CHECK_OK(weights.Serialize({blob.data(), blob.size()}));
  const int8_t* const panels = weights.panels().panels;
  for (const bool loads : {false, true}) {
    const FailingAllocation fails(0);
    const Status status = loads ? PackedWeights::Load({blob.data(), blob.size()}, weights)
                                : PackedWeights::Pack(context, KxN{{others.data(), 4, 5}}, weights);
    CHECK(status.code() == StatusCode::kOutOfMemory);
    CHECK(status.actual() >= 64);
    CHECK(weights.k() == 2);
    CHECK(weights.n() == 3);
    CHECK(weights.panels().panels == panels);
  }
  ISOQUANT_CHECK_OK(weights.Verify());
}

TEST_CASE("Memory: sizes that overflow are no small need") {
  // Panels of 16 columns of such a K do not fit the address space. Nothing is read: there is no memory to pack into.
  Context context;
  const auto at = [](uintptr_t address) { return reinterpret_cast<void*>(address); };
  constexpr size_t kHuge = SIZE_MAX >> 4;
  const MatrixView<const int8_t> a(static_cast<const int8_t*>(at(SIZE_MAX / 4)), 1, kHuge);
  const KxN b{{static_cast<const int8_t*>(at(SIZE_MAX / 2)), kHuge, 1}};
  float c = 1.0f;
  const float one = 1.0f;
  Dequantization d;
  d.row_scales = d.column_scales = {&one, 1};
  const Status status = MatMul(context, a, b, d, MatrixView<float>(&c, 1, 1));
  CHECK(status.code() == StatusCode::kOutOfMemory);
  CHECK(status.actual() == SIZE_MAX);
  CHECK(c == 1.0f);
  PackedWeights weights;
  CHECK(PackedWeights::Pack(context, b, weights).actual() == SIZE_MAX);
}

}  // namespace
}  // namespace isoquant
