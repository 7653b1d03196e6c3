#include "ep/report.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "ep/options.h"

namespace isoquant_provider {
namespace {

std::string Quote(const std::string& text) {
  std::ostringstream out;
  out << '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out << '\\' << c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << static_cast<int>(c) << std::dec;
    } else {
      out << c;
    }
  }
  out << '"';
  return out.str();
}

double SecondsOf(const Step& step) { return static_cast<double>(step.nanoseconds.load()) * 1e-9; }

}  // namespace

std::string ToJson(const ReportContents& contents) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << "{\"provider\": " << Quote(kProviderName) << ", \"tier\": " << Quote(contents.tier)
      << ", \"memory_bytes\": " << contents.memory_bytes << ", \"regions\": " << contents.programs.size()
      << ",\n \"groups\": [";
  const char* separator = "\n  ";
  for (size_t region = 0; region < contents.programs.size(); ++region) {
    for (const auto& step : contents.programs[region]->steps()) {
      out << separator << "{\"name\": " << Quote(step->name) << ", \"operator\": " << Quote(step->op)
          << ", \"nodes\": " << step->num_nodes << ", \"region\": " << region << ", \"runs\": " << step->runs.load()
          << ", \"seconds\": " << SecondsOf(*step) << "}";
      separator = ",\n  ";
    }
  }
  out << "],\n \"left\": [";
  separator = "";
  for (const std::string& name : contents.left) {
    out << separator << Quote(name);
    separator = ", ";
  }
  out << "]}\n";
  return out.str();
}

std::string ToText(const ReportContents& contents) {
  std::vector<const Step*> steps;
  size_t nodes = 0;
  double seconds = 0.0;
  for (const Program* program : contents.programs) {
    for (const auto& step : program->steps()) {
      steps.push_back(step.get());
      nodes += step->num_nodes;
      seconds += SecondsOf(*step);
    }
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step* a, const Step* b) { return a->nanoseconds.load() > b->nanoseconds.load(); });
  std::ostringstream out;
  out << kProviderName << " on tier " << contents.tier << ": " << nodes << " nodes in " << steps.size()
      << " groups and " << contents.programs.size() << " regions, " << contents.memory_bytes / 1048576
      << " MiB of memory, " << std::fixed << std::setprecision(3) << seconds << " s\n";
  for (const Step* step : steps) {
    out << std::setw(10) << SecondsOf(*step) << " s " << std::setw(6) << step->runs.load() << " runs  " << std::left
        << std::setw(22) << step->op << std::right << step->name << '\n';
  }
  for (const std::string& name : contents.left) out << "  left to ONNX Runtime: " << name << '\n';
  return out.str();
}

void WriteReport(const std::string& where, const ReportContents& contents) {
  if (where == "stderr") {
    std::fputs(ToText(contents).c_str(), stderr);
    return;
  }
  std::ofstream file(where, std::ios::binary | std::ios::trunc);
  file << ToJson(contents);
  file.close();
  if (!file) std::fprintf(stderr, "%s: the report '%s' cannot be written\n", kProviderName, where.c_str());
}

}  // namespace isoquant_provider
