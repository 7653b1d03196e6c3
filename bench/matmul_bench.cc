// Bench: MatMul to int32 with packed weights, beside the machine's limits and beside oneDNN where that is installed.
//
// Names: MatMul/<types>/M/K/N, MatMulSweep/M, MatMulCold/<types>/M/K/N, MatMulThreads/<types>/M/K/N/threads,
// MatMulThreadsHighway/<mode>/M/K/N/threads, MatMulBatch/HEADS/M/K/N/threads (batch_bench.cc), Pack/<order>/K/N,
// MatMulPlain/<order>/M/K/N, MatMulStage/<types>/M/K/N, LinearQuantise/<type>/M/K/N (both: stages_bench.cc),
// Linear.../... (linear_bench.cc), MatMulF32/M/K/N (float_bench.cc), Limit/... Counters: gops (2 M K N per second),
// pct_peak (percent of the VPDPBUSD rate of this CPU, or of TDPBUSD where tiles run), vs_fma (multiply-adds per second
// over those of 256-bit f32 FMA), for few rows weights_gbps, for cold weights pct_limit (percent of what peak or read
// bandwidth allow) and read_gbps, for threads scaling and capacity (the cores that they got), for packing pct_copy
// (percent of the rate of a memcpy), for plain weights vs_packed; of the peer onednn_gops and vs_onednn (ours over it).
//
// Each sample is taken between measurements of the limits and beside one of the peer, and ratios are medians of the
// samples' ratios: absolute times mean little on a shared machine. The label begins with the tier; ISOQUANT_MAX_TIER
// chooses another one, and oneDNN gets the same instructions, unless DNNL_MAX_CPU_ISA says otherwise.
#include "bench/samples.h"

int main(int argc, char** argv) {
  isoquant::RegisterLimits();
  isoquant::RegisterWarm();
  isoquant::RegisterCold();
  isoquant::RegisterThreads();
  isoquant::RegisterBatch();
  isoquant::RegisterPack();
  isoquant::RegisterStages();
  isoquant::RegisterZeroPoints();
  isoquant::RegisterLinear();
  isoquant::RegisterFloat();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::AddCustomContext("cpu", isoquant::DetectCpu().brand);
  benchmark::AddCustomContext("tier", isoquant::Context().tier());
  benchmark::AddCustomContext("onednn", isoquant::OneDnnVersion());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
