// The commands of the program. Each AddX declares a subcommand and its options. Command::run does the work and writes
// the answer to stdout. If something is wrong, it throws a std::runtime_error whose text is one line for people.
#ifndef QUANTIZED_MLP_COMMANDS_COMMANDS_H_
#define QUANTIZED_MLP_COMMANDS_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace quantized_mlp {

struct Command {
  CLI::App* app;
  std::function<int()> run;  // the exit status
};

Command AddDemo(CLI::App& app);  // the program itself, without a subcommand
Command AddTrain(CLI::App& app);
Command AddQuantize(CLI::App& app);
Command AddEval(CLI::App& app);
Command AddPredict(CLI::App& app);
Command AddPack(CLI::App& app);

// Options that several commands share.
struct DataOptions {
  std::string path;
  CsvOptions csv;
};
void AddDataOptions(CLI::App& app, DataOptions& data);
// The options for a network's data: its own table format stands for what the user leaves open.
CsvOptions CsvFor(const DataOptions& data, const TableFormat& format, size_t inputs);
void AddThreadsOption(CLI::App& app, size_t& threads);
void AddJsonOption(CLI::App& app, bool& json);

// Warns on stderr if the table's format had to be guessed because the network does not know it, and if the images are
// so dark that white is hardly right.
void ReportGuesses(const std::string& model_path, const std::string& data_path, const Dataset& images);

// Throws unless an image has as many pixels as the network has inputs, and the network has an output for each class.
void CheckFit(const std::string& model_path, size_t inputs, size_t outputs, const Dataset& images, size_t classes);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_COMMANDS_COMMANDS_H_
