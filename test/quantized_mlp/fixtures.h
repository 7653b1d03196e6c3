// Test support: small data, a folder that goes away, and bytes in every format of the example.
#ifndef ISOQUANT_TEST_QUANTIZED_MLP_FIXTURES_H_
#define ISOQUANT_TEST_QUANTIZED_MLP_FIXTURES_H_

#include <filesystem>
#include <string>

#include "data/dataset.h"
#include "f32/mlp.h"
#include "support/random.h"
#include "with_isoquant/int8_model.h"

namespace quantized_mlp {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  size_t num_files() const;

 private:
  std::filesystem::path path_;
};

// Pictures of 6 x 6 noisy pixels of which those of a class are brighter in the same places.
Dataset MakeImages(size_t count, size_t classes, uint64_t seed);

// A network 36-20-12-4 with random weights.
Mlp MakeNetwork();

// Its int8 twin; static or dynamic.
Int8Model MakeInt8Network(bool is_static, Activations activations = Activations::kS8);

std::string MakeIdxImages(const Dataset& images);
std::string MakeIdxLabels(const Dataset& images);
std::string MakeCsv(const Dataset& images);
std::string MakePgm(const Dataset& images);
std::string Gzip(const std::string& bytes);

// A PNG file, by its specification (https://www.w3.org/TR/png-3). `colour`: 0 grey, 2 RGB, 3 palette, 4 grey and alpha,
// 6 RGB and alpha. `samples`: row by row, each row from a byte of its own on. `chunks`: PngChunks before the samples.
struct Png {
  size_t width, height, depth, colour;
  std::string samples;
  std::string chunks = {};
  bool interlaced = false;  // only where a pixel takes whole bytes
};
std::string PngChunk(const std::string& type, const std::string& data);
std::string MakePng(const Png& png);

// The message of the exception that the call ends in, or "".
template <class Call>
std::string ErrorOf(const Call& call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace quantized_mlp

#endif  // ISOQUANT_TEST_QUANTIZED_MLP_FIXTURES_H_
