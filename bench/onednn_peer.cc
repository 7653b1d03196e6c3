// Bench support: oneDNN's matmul primitive, version 2.6 or later.
#include "bench/onednn_peer.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bench/huge_buffer.h"

namespace isoquant {
namespace {

using dnnl::memory;

dnnl::engine& Engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

#if DNNL_VERSION_MAJOR >= 3
dnnl::matmul::primitive_desc Describe(const memory::desc& a, const memory::desc& b, const memory::desc& c) {
  return {Engine(), a, b, c};
}
#else
dnnl::matmul::primitive_desc Describe(const memory::desc& a, const memory::desc& b, const memory::desc& c) {
  return {dnnl::matmul::desc(a, b, c), Engine()};
}
#endif

class MatMulPrimitive : public OneDnnMatMul {
 public:
  explicit MatMulPrimitive(const OneDnnArguments& args) : stream_(Engine()) {
    const auto m = static_cast<memory::dim>(args.m), k = static_cast<memory::dim>(args.k),
               n = static_cast<memory::dim>(args.n);
    using Tag = memory::format_tag;
    const auto a_type = args.a_is_signed ? memory::data_type::s8 : memory::data_type::u8;
    const memory::desc a({m, k}, a_type, Tag::ab), c({m, n}, memory::data_type::s32, Tag::ab);
    const memory::desc plain_b({k, n}, memory::data_type::s8, Tag::ab);
    const auto description = Describe(a, memory::desc({k, n}, memory::data_type::s8, Tag::any), c);
    implementation_ = description.impl_info_str();
    primitive_ = dnnl::matmul(description);

    // The library neither changes what it reads, nor has a type that says so.
    memory source(plain_b, Engine(), const_cast<int8_t*>(args.b));
    const size_t bytes = description.weights_desc().get_size();
    const auto allocate = [&] {
      weights_.push_back(AllocateHugeBuffer(bytes));
      return memory(description.weights_desc(), Engine(), weights_.back().get());
    };
    const memory packed = allocate();
    memory packed_argument = packed;
    dnnl::reorder(source, packed).execute(stream_, source, packed_argument);
    stream_.wait();
    const memory a_memory(a, Engine(), const_cast<void*>(args.a)), c_memory(c, Engine(), args.c);
    for (size_t i = 0; i < args.copies; ++i) {
      const memory b = i == 0 ? packed : allocate();
      if (i != 0) std::memcpy(weights_[i].get(), weights_[0].get(), bytes);
      arguments_.push_back({{DNNL_ARG_SRC, a_memory}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c_memory}});
    }
  }

  void Run(size_t copy) override {
    primitive_.execute(stream_, arguments_[copy]);
    stream_.wait();
  }

  std::string Implementation() const override { return implementation_; }

 private:
  dnnl::stream stream_;
  dnnl::matmul primitive_;
  std::string implementation_;
  std::vector<HugeBuffer> weights_;
  std::vector<std::unordered_map<int, memory>> arguments_;
};

}  // namespace

std::string OneDnnVersion() {
  const dnnl::version_t& version = *dnnl::version();
  return std::to_string(version.major) + "." + std::to_string(version.minor) + "." + std::to_string(version.patch);
}

void LimitOneDnn(const std::string& tier) {
  if (std::getenv("DNNL_MAX_CPU_ISA") != nullptr || std::getenv("ONEDNN_MAX_CPU_ISA") != nullptr) return;
  using Isa = dnnl::cpu_isa;
  const std::pair<const char*, Isa> isas[] = {{"amx_int8", Isa::avx512_core_amx},
                                              {"avx512_vnni", Isa::avx512_core_vnni},
                                              {"avx512bw", Isa::avx512_core},
                                              {"avx_vnni", Isa::avx2_vnni},
                                              {"avx2", Isa::avx2}};
  Isa isa = Isa::sse41;
  for (const auto& [name, value] : isas) {
    if (tier == name) isa = value;
  }
  dnnl::set_max_cpu_isa(isa);
}

bool SetOneDnnThreads(size_t threads) {
  // Of the very OpenMP library that oneDNN brought, whichever compiler compiles this.
  using SetThreads = void (*)(int);
  const auto set_threads = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set_threads == nullptr) return false;
  set_threads(static_cast<int>(threads));
  return true;
}

std::unique_ptr<OneDnnMatMul> MakeOneDnnMatMul(const OneDnnArguments& arguments) {
  try {
    return std::make_unique<MatMulPrimitive>(arguments);
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace isoquant
