// Bench support: figures of a run, and the charts of the report.
#ifndef ISOQUANT_BENCH_REPORT_H_
#define ISOQUANT_BENCH_REPORT_H_

#include <string>
#include <vector>

namespace isoquant {

// One benchmark. A counter that it does not have is 0.
struct Figure {
  std::string group;  // "MatMul", "MatMulCold", "MatMulSweep", "MatMulThreads", "Limit"
  std::string types;  // "s8s8s32"; for a limit its name
  std::string label;
  double m = 0, k = 0, n = 0, threads = 1;
  double gops = 0, pct_peak = 0, vs_fma = 0, pct_limit = 0, weights_gbps = 0, read_gbps = 0, scaling = 0, gbps = 0;
  double capacity = 0;
  double onednn_gops = 0, vs_onednn = 0;

  std::string Name() const;  // "64 x 4096 x 4096 u8, cold"
};

// Of one process, and so of one tier.
struct Run {
  std::string cpu, date, tier, onednn;
  std::vector<Figure> figures;

  std::vector<const Figure*> Group(const std::string& group) const;
  // The yardstick is the peak of the tier's instruction; else it is f32 FMA.
  bool HasPeak() const { return tier == "avx512_vnni" || tier == "amx_int8"; }
};

// Below 0.995: what would be printed as 1.00 is no loss.
inline bool IsLoss(double ratio) { return ratio != 0 && ratio < 0.995; }

// Each is SVG; empty where the run has no such figures.
std::string DrawShareOfLimit(const Run& run);
std::string DrawRatios(const Run& run);
std::string DrawSweep(const Run& run);
std::string DrawRoofline(const Run& run);
std::string DrawThreads(const Run& run);

}  // namespace isoquant

#endif  // ISOQUANT_BENCH_REPORT_H_
