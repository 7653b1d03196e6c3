// The commands of the program. Each AddX declares a subcommand and its options; its `run` does the work, writes the
// answer to stdout and throws std::runtime_error with one line for people if something is wrong.
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

// Options that several commands have.
struct DataOptions {
  std::string path;
  CsvOptions csv;
};
void AddDataOptions(CLI::App& app, DataOptions& data);
// For a network that is there already: what the options leave open, it says.
CsvOptions CsvFor(const DataOptions& data, const TableFormat& format, size_t inputs);
void AddThreadsOption(CLI::App& app, size_t& threads);
void AddJsonOption(CLI::App& app, bool& json);

// Says on stderr what had to be guessed although there is a network, and where white can hardly be right.
void ReportGuesses(const std::string& model_path, const std::string& data_path, const Dataset& images);

// Throws unless images and labels are such that the network can be run on them.
void CheckFit(const std::string& model_path, size_t inputs, size_t outputs, const Dataset& images, size_t classes);

}  // namespace quantized_mlp

#endif  // QUANTIZED_MLP_COMMANDS_COMMANDS_H_
