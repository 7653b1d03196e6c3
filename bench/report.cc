// Bench: draws the JSON files of the benches as one HTML page.
//
// Usage: report OUTPUT.html RUN.json...
#include "bench/report.h"

#include <cmath>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/report_style.h"
#include "bench/svg.h"

namespace isoquant {
namespace {

// "MatMulCold/s8s8s32/1/4096/4096/iterations:61/manual_time" and its counters.
Figure ReadFigure(const nlohmann::json& benchmark) {
  Figure figure;
  std::vector<double> sizes;
  std::istringstream name(benchmark.at("name").get<std::string>());
  std::getline(name, figure.group, '/');
  for (std::string part; std::getline(name, part, '/');) {
    if (part.find(':') != std::string::npos || part == "manual_time") continue;
    if (part.find_first_not_of("0123456789") == std::string::npos) {
      sizes.push_back(std::stod(part));
    } else {
      figure.types = part;
    }
  }
  if (figure.group == "MatMulSweep") {
    sizes.resize(3, 515);
    figure.types = "s8s8s32";
  }
  sizes.resize(4, sizes.size() < 4 ? 1 : 0);
  figure.m = sizes[0];
  figure.k = sizes[1];
  figure.n = sizes[2];
  figure.threads = sizes[3];
  figure.label = benchmark.value("label", "");
  const auto counter = [&](const char* key) { return benchmark.value(key, 0.0); };
  figure.gops = counter("gops");
  figure.pct_peak = counter("pct_peak");
  figure.vs_fma = counter("vs_fma");
  figure.pct_limit = counter("pct_limit");
  figure.weights_gbps = counter("weights_gbps");
  figure.read_gbps = counter("read_gbps");
  figure.scaling = counter("scaling");
  figure.gbps = counter("gbps");
  figure.capacity = counter("capacity");
  figure.onednn_gops = counter("onednn_gops");
  figure.vs_onednn = counter("vs_onednn");
  return figure;
}

Run ReadRun(const char* path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  const nlohmann::json json = nlohmann::json::parse(file);
  const nlohmann::json& context = json.at("context");
  Run run{
      context.value("cpu", ""), context.value("date", ""), context.value("tier", ""), context.value("onednn", ""), {}};
  for (const nlohmann::json& benchmark : json.at("benchmarks")) run.figures.push_back(ReadFigure(benchmark));
  return run;
}

void WriteChart(std::ostream& out, const char* title, const std::string& text, const std::string& chart) {
  if (!chart.empty()) out << "<h3>" << title << "</h3>\n<p>" << text << "</p>\n" << chart;
}

struct Summary {
  size_t count = 0, losses = 0;
  bool disturbed = false;  // threads shared their cores with other programs
  double log_sum = 0, worst = 0;
  std::string worst_name;
  double Mean() const { return std::exp(log_sum / static_cast<double>(count)); }
};

// With one thread, or with more.
Summary Summarize(const Run& run, const char* group) {
  Summary summary;
  for (const Figure* figure : run.Group(group)) {
    if (figure->vs_onednn == 0 || (figure->group == "MatMulThreads" && figure->threads == 1)) continue;
    ++summary.count;
    summary.losses += IsLoss(figure->vs_onednn);
    summary.disturbed |= figure->capacity != 0 && figure->capacity < 0.9 * figure->threads;
    summary.log_sum += std::log(figure->vs_onednn);
    if (summary.worst_name.empty() || figure->vs_onednn < summary.worst) {
      summary.worst = figure->vs_onednn;
      summary.worst_name = figure->Name();
    }
  }
  return summary;
}

void WriteTiles(std::ostream& out, const Run& run) {
  constexpr const char* kGroups[][2] = {{"MatMul", "shapes, one thread"},
                                        {"MatMulCold", "shapes, cold weights"},
                                        {"MatMulSweep", "row counts of the sweep"},
                                        {"MatMulThreads", "shapes, threads"}};
  out << "<div class=tiles>\n";
  for (const auto& [group, words] : kGroups) {
    const Summary summary = Summarize(run, group);
    if (summary.count == 0) continue;
    out << "<div class='tile" << (summary.losses != 0 ? " bad" : "") << "'>" << words << "<b>" << summary.losses
        << " of " << summary.count << " lost</b>mean " << Number(summary.Mean(), 2) << "x of oneDNN<br>worst "
        << Number(summary.worst, 2) << "x: " << summary.worst_name
        << (summary.disturbed ? "<br>other programs held cores" : "") << "</div>\n";
  }
  out << "</div>\n";
}

void WriteTable(std::ostream& out, const Run& run) {
  out << "<details open><summary>All figures</summary>\n<table><tr><th>M x K x N<th>GOP/s<th>% of peak<th>% of limit"
         "<th>over FMA<th>weights GB/s<th>scaling<th>oneDNN GOP/s<th>ratio<th>peer</tr>\n";
  const auto cell = [&](double value, int digits) {
    out << "<td>" << (value == 0 ? std::string() : Number(value, digits));
  };
  for (const Figure& figure : run.figures) {
    if (figure.group == "Limit") continue;
    out << "<tr><td>" << figure.Name();
    cell(figure.gops, 1);
    cell(figure.pct_peak, 1);
    cell(figure.pct_limit, 1);
    cell(figure.vs_fma, 2);
    cell(figure.weights_gbps, 1);
    cell(figure.scaling, 2);
    cell(figure.onednn_gops, 1);
    out << "<td" << (IsLoss(figure.vs_onednn) ? " class=bad>" : ">");
    if (figure.vs_onednn != 0) out << Number(figure.vs_onednn, 2);
    // The tier is in the heading.
    const size_t peer = figure.label.find("; ");
    out << "<td>" << (peer == std::string::npos ? std::string() : figure.label.substr(peer + 2)) << "</tr>\n";
  }
  out << "</table></details>\n";
}

void WriteRun(std::ostream& out, const Run& run) {
  out << "<h2>" << run.tier << "</h2>\n<p>" << run.cpu << ", " << run.date
      << (run.onednn.empty() ? ", without peers" : ", peer: oneDNN " + run.onednn + " with the same instructions")
      << "</p>\n";
  WriteTiles(out, run);
  WriteChart(out, "Ratio to oneDNN",
             "Ours over the peer's, sample by sample, median; worst first, logarithmic. Left of the line, in red: we "
             "lose.",
             DrawRatios(run));
  WriteChart(out, "Every number of rows", "Ratio to oneDNN, s8, one thread.", DrawSweep(run));
  WriteChart(out, run.HasPeak() ? "Percent of peak" : "Percent of the f32 FMA rate",
             "One thread. <i class='ours' style='background:#1f6f9f'></i> caches as they are; <i "
             "style='background:#5aa9a3'></i> cold weights, percent of what the peak or the read bandwidth allow; <i "
             "style='background:#e08a1e;width:3px'></i> oneDNN.",
             DrawShareOfLimit(run));
  WriteChart(out, "Roofline",
             "Filled: ours; rings: oneDNN. The slopes are read bandwidths of one core, measured over buffers of these "
             "sizes; the top is the peak.",
             DrawRoofline(run));
  WriteChart(
      out, "Threads",
      "Over our own speed with one thread; orange: oneDNN with as many threads, on this scale; dashed: the cores that "
      "the threads got. Where other programs held a core, nothing else here means much.",
      DrawThreads(run));
  WriteTable(out, run);
}

}  // namespace

std::string Figure::Name() const {
  std::string name = Number(m, 0) + " x " + Number(k, 0) + " x " + Number(n, 0) + " " + types.substr(0, 2);
  if (group == "MatMulCold") name += ", cold";
  if (group == "MatMulThreads") name += ", " + Number(threads, 0) + (threads == 1 ? " thread" : " threads");
  return name;
}

std::vector<const Figure*> Run::Group(const std::string& group) const {
  std::vector<const Figure*> result;
  for (const Figure& figure : figures) {
    if (figure.group == group) result.push_back(&figure);
  }
  return result;
}

}  // namespace isoquant

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "Usage: report OUTPUT.html RUN.json...\n";
    return 2;
  }
  try {
    std::ofstream out(argv[1]);
    out << isoquant::kReportHead << "<h1>Isoquant: MatMul, beside the limits and the peer</h1>\n";
    for (int i = 2; i < argc; ++i) isoquant::WriteRun(out, isoquant::ReadRun(argv[i]));
    out << "</body></html>\n";
    out.close();
    if (!out) throw std::runtime_error(std::string("cannot write ") + argv[1]);
  } catch (const std::exception& error) {
    std::cerr << "report: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
