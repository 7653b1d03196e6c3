// Whether MatMul and oneDNN's matmul with the same attributes agree: 300 random products of u8 or s8 with s8, with zero
// points of a, b and c, a scale for each column, and a bias, to s32, f32, s8 and u8. Sums must be equal; other outputs
// may be one unit in the last place apart, and how many are is printed.
//
// Usage: onednn_agreement [PRODUCTS [SEED]]
//
// What oneDNN 2 does otherwise:
//   * Below AVX-512 with VNNI its instructions saturate pairs of products. So weights have seven bits there.
//   * It adds the zero point of c in f32, before it rounds to an integer: the sum is rounded as well, and where it is a
//     tie, the zero point may turn even into odd. This explains all outputs of 8 bits that differ: the program computes
//     them so, too, and what is different still is "unexplained".
//   * A bias of its own is added before the scale. That is what Requantization does. For f32 outputs the bias is a
//     "binary" operation behind the scale, as in Dequantization.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include "isoquant/isoquant.h"

namespace isoquant {
namespace {

using dnnl::memory;

uint64_t random_state = 1;
uint64_t NextRandom() {  // SplitMix64
  uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
int32_t Between(int32_t lo, int32_t hi) {
  return lo + static_cast<int32_t>(NextRandom() % static_cast<uint64_t>(hi - lo + 1));
}

void Require(const Status& status) {
  if (status.ok()) return;
  std::printf("%s\n", status.ToString().c_str());
  std::exit(1);
}

template <class T>
constexpr memory::data_type kType = std::is_same_v<T, float>     ? memory::data_type::f32
                                    : std::is_same_v<T, int32_t> ? memory::data_type::s32
                                    : std::is_same_v<T, int8_t>  ? memory::data_type::s8
                                                                 : memory::data_type::u8;

bool IsExact() { return dnnl::get_effective_cpu_isa() >= dnnl::cpu_isa::avx512_core_vnni; }

struct Operands {
  size_t m, k, n;
  int32_t a_zero_point, b_zero_point, c_zero_point;
  std::vector<int8_t> b;
  std::vector<float> scales, bias;
  std::vector<int32_t> integer_bias;
};

// ---- The same product, by either.

template <class A, class C>
std::vector<C> ByIsoquant(Context& context, const Operands& o, const std::vector<A>& a) {
  std::vector<C> c(o.m * o.n);
  const MatrixView<const A> rows(a.data(), o.m, o.k);
  const KxN b{{o.b.data(), o.k, o.n}};
  const MatrixView<C> out(c.data(), o.m, o.n);
  const VectorView<const int32_t> za(&o.a_zero_point, 1), zb(&o.b_zero_point, 1);
  if constexpr (std::is_same_v<C, int32_t>) {
    Require(MatMul(context, rows, b, ZeroPoints{za, zb}, out));
  } else if constexpr (std::is_same_v<C, float>) {
    const float one = 1.0f;
    Dequantization d;
    d.row_scales = {&one, 1};
    d.row_zero_points = za;
    d.column_scales = {o.scales.data(), o.n};
    d.bias = {o.bias.data(), o.n};
    d.column_zero_points = zb;
    Require(MatMul(context, rows, b, d, out));
  } else {
    Requantization r;
    r.scales = {o.scales.data(), o.n};
    r.bias = {o.integer_bias.data(), o.n};
    r.a_zero_points = za;
    r.b_zero_points = zb;
    r.zero_point = o.c_zero_point;
    Require(MatMul(context, rows, b, r, out));
  }
  return c;
}

template <class A, class C>
std::vector<C> ByOneDnn(const dnnl::engine& engine, const Operands& o, const std::vector<A>& a) {
  const auto m = static_cast<memory::dim>(o.m), k = static_cast<memory::dim>(o.k), n = static_cast<memory::dim>(o.n);
  using Tag = memory::format_tag;
  const memory::desc a_desc({m, k}, kType<A>, Tag::ab), b_desc({k, n}, memory::data_type::s8, Tag::ab),
      c_desc({m, n}, kType<C>, Tag::ab), f32_row({1, n}, memory::data_type::f32, Tag::ab),
      s32_row({1, n}, memory::data_type::s32, Tag::ab);
  dnnl::primitive_attr attributes;
  attributes.set_zero_points(DNNL_ARG_SRC, 0, {o.a_zero_point});
  attributes.set_zero_points(DNNL_ARG_WEIGHTS, 0, {o.b_zero_point});
  if (sizeof(C) == 1) attributes.set_zero_points(DNNL_ARG_DST, 0, {o.c_zero_point});
  if (!std::is_same_v<C, int32_t>) attributes.set_output_scales(1 << 1, o.scales);
  dnnl::post_ops post_ops;
  if (std::is_same_v<C, float>) post_ops.append_binary(dnnl::algorithm::binary_add, f32_row);
  attributes.set_post_ops(post_ops);
  const dnnl::matmul::primitive_desc description(
      sizeof(C) == 1 ? dnnl::matmul::desc(a_desc, b_desc, s32_row, c_desc) : dnnl::matmul::desc(a_desc, b_desc, c_desc),
      attributes, engine);

  std::vector<C> c(o.m * o.n);
  // The library neither changes what it reads, nor has a type that says so.
  const auto reads = [&](const memory::desc& desc, const void* data) {
    return memory(desc, engine, const_cast<void*>(data));
  };
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, reads(a_desc, a.data())},
                                               {DNNL_ARG_WEIGHTS, reads(b_desc, o.b.data())},
                                               {DNNL_ARG_DST, memory(c_desc, engine, c.data())}};
  if (sizeof(C) == 1) arguments.insert({DNNL_ARG_BIAS, reads(s32_row, o.integer_bias.data())});
  if (std::is_same_v<C, float>) {
    arguments.insert({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, reads(f32_row, o.bias.data())});
  }
  dnnl::stream stream(engine);
  dnnl::matmul(description).execute(stream, arguments);
  stream.wait();
  return c;
}

// ---- How far apart two outputs are, in units of the last place.

int64_t OrderOf(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits < 0 ? -int64_t{bits & 0x7fffffff} : int64_t{bits};
}
int64_t OrderOf(int32_t x) { return x; }

// An output of 8 bits with the zero point added before rounding.
template <class C>
C RoundedLast(int32_t sum, int32_t bias, float scale, int32_t zero_point) {
  volatile float scaled = static_cast<float>(sum + bias) * scale;  // in memory: not fused into the addition
  const float v = scaled + static_cast<float>(zero_point);
  const float limited =
      std::min(std::max(v, float{std::numeric_limits<C>::min()}), float{std::numeric_limits<C>::max()});
  return static_cast<C>(std::nearbyint(limited));
}

struct Tally {
  size_t products = 0, outputs = 0, apart = 0, unexplained = 0;
  int64_t most = 0;
};

template <class A, class C>
void Compare(Context& context, const dnnl::engine& engine, const Operands& o, Tally& tally) {
  std::vector<A> a(o.m * o.k);
  for (A& value : a) value = static_cast<A>(NextRandom());
  const std::vector<C> ours = ByIsoquant<A, C>(context, o, a), theirs = ByOneDnn<A, C>(engine, o, a);
  std::vector<int32_t> sums;
  if (sizeof(C) == 1) sums = ByIsoquant<A, int32_t>(context, o, a);
  ++tally.products;
  for (size_t i = 0; i < ours.size(); ++i) {
    const int64_t distance = std::abs(OrderOf(ours[i]) - OrderOf(theirs[i]));
    ++tally.outputs;
    if (distance != 0) ++tally.apart;
    if constexpr (sizeof(C) == 1) {
      const size_t n = i % o.n;
      if (theirs[i] != RoundedLast<C>(sums[i], o.integer_bias[n], o.scales[n], o.c_zero_point)) ++tally.unexplained;
    }
    tally.most = std::max(tally.most, distance);
  }
}

template <class A>
void CompareAll(Context& context, const dnnl::engine& engine, size_t kind, const Operands& o, Tally& tally) {
  switch (kind) {
    case 0:
      return Compare<A, int32_t>(context, engine, o, tally);
    case 1:
      return Compare<A, float>(context, engine, o, tally);
    case 2:
      return Compare<A, int8_t>(context, engine, o, tally);
    default:
      return Compare<A, uint8_t>(context, engine, o, tally);
  }
}

Operands RandomOperands(bool a_is_signed, size_t kind) {
  Operands o;
  o.m = static_cast<size_t>(Between(1, 40));
  o.k = static_cast<size_t>(Between(1, 300));
  o.n = static_cast<size_t>(Between(1, 100));
  o.a_zero_point = a_is_signed ? Between(-128, 127) : Between(0, 255);
  o.b_zero_point = Between(-128, 127);
  o.c_zero_point = kind == 3 ? Between(0, 255) : Between(-128, 127);
  o.b.resize(o.k * o.n);
  const int32_t end = IsExact() ? 128 : 64;
  for (int8_t& value : o.b) value = static_cast<int8_t>(Between(-end, end - 1));
  // Sums are about 100 * 100 * sqrt(k).
  const float usual = 1.0f / (150.0f * std::sqrt(static_cast<float>(o.k)));
  for (size_t i = 0; i < o.n; ++i) {
    o.scales.push_back(usual * static_cast<float>(Between(1, 1 << 20)) * 0x1p-20f);
    o.bias.push_back(static_cast<float>(Between(-(1 << 20), 1 << 20)) * 0x1p-14f);
    o.integer_bias.push_back(Between(-20000, 20000));
  }
  return o;
}

int Main(int argc, char** argv) {
  const size_t products = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 300;
  if (argc > 2) random_state = std::strtoul(argv[2], nullptr, 10);
  const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  Context context;
  const dnnl_version_t& version = *dnnl_version();
  std::printf("Isoquant: %s; oneDNN %d.%d.%d, %s\n", context.tier(), version.major, version.minor, version.patch,
              IsExact() ? "exact: any weights" : "saturates: weights of seven bits");
  static const char* const kNames[] = {"s32", "f32", "s8", "u8"};
  static constexpr int64_t kMost[] = {0, 1, 1, 1};
  Tally tallies[2][4];
  for (size_t i = 0; i < products; ++i) {
    const size_t kind = i % 4;
    const bool a_is_signed = i / 4 % 2 != 0;
    const Operands o = RandomOperands(a_is_signed, kind);
    if (a_is_signed) {
      CompareAll<int8_t>(context, engine, kind, o, tallies[1][kind]);
    } else {
      CompareAll<uint8_t>(context, engine, kind, o, tallies[0][kind]);
    }
  }
  bool agree = true;
  std::printf("a   c    products  outputs  differ  by at most  unexplained\n");
  for (size_t a = 0; a < 2; ++a) {
    for (size_t kind = 0; kind < 4; ++kind) {
      const Tally& t = tallies[a][kind];
      agree = agree && t.most <= kMost[kind] && t.unexplained == 0;
      std::printf("%s  %-4s %8zu %8zu %7zu %11lld %12zu%s\n", a == 0 ? "u8" : "s8", kNames[kind], t.products, t.outputs,
                  t.apart, static_cast<long long>(t.most), t.unexplained, t.most <= kMost[kind] ? "" : "  TOO FAR");
    }
  }
  return agree ? 0 : 1;
}

}  // namespace
}  // namespace isoquant

int main(int argc, char** argv) { return isoquant::Main(argc, argv); }
