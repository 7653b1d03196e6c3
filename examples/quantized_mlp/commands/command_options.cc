// Options and checks that several commands share.
#include <algorithm>
#include <iostream>
#include <map>

#include "commands/commands.h"

namespace quantized_mlp {

void AddDataOptions(CLI::App& app, DataOptions& data) {
  const std::map<std::string, CsvHeader> headers = {{"yes", CsvHeader::kYes}, {"no", CsvHeader::kNo}};
  data.path = ISOQUANT_EXAMPLE_DATA_DIR "/digits.csv.gz";
  app.add_option(
         "--data", data.path,
         "Folder with MNIST's four IDX files or with train.csv and test.csv, or one CSV file (80 % of it are to "
         "train on); each plain or gzip. \"fashion-mnist\": as Debian's dataset-fashion-mnist installs it")
      ->default_str("the shipped digits");
  app.add_option("--label-column", data.csv.label_column,
                 "Where the label of a CSV line is: first, last, none, the column's name, or its number from 1")
      ->default_str("label, labels, class, target or y in the header; else as in training; else guessed");
  app.add_option("--header", data.csv.header, "Whether the first line of a CSV file is a header: yes or no")
      ->transform(CLI::CheckedTransformer(headers))
      ->default_str("if it holds names, or counts 0,1,2,...");
  app.add_option("--max-pixel", data.csv.max_pixel, "White in a CSV file (in an IDX file it is 255)")
      ->check(CLI::Range(1e-6, 65535.0))
      ->default_str("as in training; else 1, 16 or 255, as the largest pixel says");
}

CsvOptions CsvFor(const DataOptions& data, const TableFormat& format, size_t inputs) {
  CsvOptions csv = data.csv;
  csv.known = format;
  csv.inputs = inputs;
  return csv;
}

void AddThreadsOption(CLI::App& app, size_t& threads) {
  app.add_option("--threads", threads, "Threads; 0: one for each core")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
}

void AddJsonOption(CLI::App& app, bool& json) {
  app.add_flag("--json", json, "Print the answer as JSON, and nothing else");
}

void ReportGuesses(const std::string& model_path, const std::string& data_path, const Dataset& images) {
  const Reading& reading = images.reading;
  const float white = reading.format.max_pixel;
  const float brightest = white * *std::max_element(images.pixels.begin(), images.pixels.end());
  if (reading.guessed_white || reading.guessed_label) {
    std::cerr << "quantized_mlp: " << model_path << " does not say how tables are read; in " << data_path << " "
              << Describe(reading) << "; --max-pixel and --label-column say it\n";
  } else if (brightest < white / 16) {
    std::cerr << "quantized_mlp: " << data_path << " is nearly black: its largest pixel is " << brightest
              << ", white is " << white << " (" << reading.white_from << ")\n";
  }
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
