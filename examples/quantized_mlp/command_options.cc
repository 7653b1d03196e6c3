// Options that several commands have, and checks.
#include <iostream>
#include <map>

#include "commands.h"

namespace quantized_mlp {

void AddDataOptions(CLI::App& app, DataOptions& data) {
  const std::map<std::string, LabelColumn> columns = {
      {"first", LabelColumn::kFirst}, {"last", LabelColumn::kLast}, {"none", LabelColumn::kNone}};
  data.path = ISOQUANT_EXAMPLE_DATA_DIR "/digits.csv.gz";
  app.add_option(
         "--data", data.path,
         "Folder with MNIST's four IDX files or with train.csv and test.csv, or one CSV file (80 % of it are to "
         "train on); each plain or gzip. \"fashion-mnist\": as Debian's dataset-fashion-mnist installs it")
      ->default_str("the shipped digits");
  app.add_option("--label-column", data.csv.label, "Where the label of a CSV line is: first, last or none")
      ->transform(CLI::CheckedTransformer(columns))
      ->default_str("last, or as a first line with names says");
  app.add_option("--max-pixel", data.csv.max_pixel, "White in a CSV file")
      ->check(CLI::Range(1e-6, 65535.0))
      ->default_str("1, 16 or 255, as the largest pixel says");
}

void AddThreadsOption(CLI::App& app, size_t& threads) {
  app.add_option("--threads", threads, "Threads; 0: one for each core")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
}

void AddJsonOption(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "Print the answer as JSON, and nothing else");
}

void ReportEnvironment(const isoquant::Context& context) {
  if (context.environment_status().ok()) return;
  std::cerr << "quantized_mlp: ignored: " << context.environment_status().ToString() << "\n";
}

void CheckFit(const std::string& model_path, size_t inputs, size_t outputs, const Dataset& images, size_t classes) {
  if (images.num_pixels() != inputs) {
    throw std::runtime_error(model_path + " takes " + std::to_string(inputs) + " values, an image has " +
                             std::to_string(images.width) + " x " + std::to_string(images.height) + " = " +
                             std::to_string(images.num_pixels()));
  }
  if (classes > outputs) {
    throw std::runtime_error(model_path + " tells " + std::to_string(outputs) + " classes apart, the labels are of " +
                             std::to_string(classes));
  }
}

}  // namespace quantized_mlp
