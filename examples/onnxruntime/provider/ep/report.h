// Layer 7: what was claimed, what it ran on, how long it took.
#ifndef ISOQUANT_PROVIDER_EP_REPORT_H_
#define ISOQUANT_PROVIDER_EP_REPORT_H_

#include <string>
#include <vector>

#include "program/program.h"

namespace isoquant_provider {

struct ReportContents {
  std::string tier;
  size_t memory_bytes = 0;               // that runs have left for the next ones
  std::vector<const Program*> programs;  // one for each region
  std::vector<std::string> left;         // integer operators that are ONNX Runtime's
};

// JSON: {"provider", "tier", "memory_bytes", "regions", "groups": [{"name", "operator", "nodes", "region", "runs",
// "seconds"}], "left": [name]}. `seconds` is the sum over all runs.
std::string ToJson(const ReportContents& contents);
// A table for people: groups, the longest first.
std::string ToText(const ReportContents& contents);

// Writes JSON to the file `where`, or text to stderr if that is its name. A file that cannot be written is a line on
// stderr: a report must not end a program.
void WriteReport(const std::string& where, const ReportContents& contents);

}  // namespace isoquant_provider

#endif  // ISOQUANT_PROVIDER_EP_REPORT_H_
