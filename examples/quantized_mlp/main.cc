// A small neural network from data to service: trained in float, quantised to int8, run on every tier that the CPU has.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <vector>

#include "commands/commands.h"

namespace quantized_mlp {
namespace {

int Main(int argc, char** argv) {
  CLI::App app(
      "Trains, quantises, evaluates and runs a multi-layer perceptron on small pictures.\n"
      "Without a command: reads the shipped digits in int8 on every tier that this CPU has, with the same bits on "
      "each.");
  app.footer("Example: quantized_mlp --count 8\nquantized_mlp COMMAND --help lists what a command takes.");
  app.require_subcommand(0, 1);
  Command chosen = AddDemo(app);
  const std::vector<Command> commands = {AddTrain(app), AddQuantize(app), AddEval(app), AddPredict(app), AddPack(app)};
  CLI11_PARSE(app, argc, argv);
  for (const Command& command : commands) {
    if (command.app->parsed()) chosen = command;
  }
  try {
    const int status = chosen.run();
    std::cout.flush();
    if (!std::cout) throw std::runtime_error("cannot write to the standard output");
    return status;
  } catch (const std::bad_alloc&) {
    std::cerr << "quantized_mlp: out of memory\n";
  } catch (const std::exception& error) {
    std::cerr << "quantized_mlp: " << error.what() << "\n";
  }
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace quantized_mlp

int main(int argc, char** argv) { return quantized_mlp::Main(argc, argv); }
