// Damaged files of every format that the example reads: each ends in an error that names the file, or, where the format
// has no checksum and the damage is in the values, in other values. Under ASan no byte outside is read.
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "data/csv.h"
#include "data/idx.h"
#include "data/picture.h"
#include "doctest/doctest.h"
#include "fixtures.h"
#include "model_files/network_tensors.h"
#include "model_files/packed_file.h"
#include "model_files/safetensors.h"
#include "support/file.h"

namespace quantized_mlp {
namespace {

constexpr size_t kMutations = 400;  // of each format

// Returns the bytes cut, flipped, with a huge size, or with bytes lost, doubled or added. They are never as they were.
std::string Mutate(const std::string& bytes, size_t number, Random& random) {
  std::string mutant = bytes;
  // Most of a file's structure is in front.
  const size_t front = std::min<size_t>(bytes.size(), 64);
  const size_t at = random.Below(number % 2 == 0 ? bytes.size() : front);
  switch (number % 8) {
    case 0:
      mutant.resize(at);
      break;
    case 1:
    case 2:
      mutant[at] = static_cast<char>(mutant[at] ^ 1 << random.Below(8));
      break;
    case 3: {  // a size of 2 to 8 bytes, huge in either byte order
      const size_t length = std::min<size_t>(2 + random.Below(7), bytes.size() - at);
      mutant.replace(at, length, length, random.Below(2) == 0 ? '\xff' : '\x7f');
      break;
    }
    case 4:
      mutant.erase(at, 1 + random.Below(8));
      break;
    case 5:
      mutant.insert(at, bytes, random.Below(bytes.size()), 1 + random.Below(16));
      break;
    case 6:
      mutant.append(1 + random.Below(100), static_cast<char>(random.Below(256)));
      break;
    default:
      for (size_t i = 0; i < 4; ++i) mutant[random.Below(front)] = static_cast<char>(random.Below(256));
  }
  if (mutant == bytes) mutant.pop_back();
  mutant.shrink_to_fit();  // so that ASan sees its end
  return mutant;
}

struct Outcome {
  size_t errors = 0, cuts_accepted = 0, others_accepted = 0;
};

// Calls `read(bytes, path)`, which throws or returns what it read. `valid` judges that.
template <class Read, class Valid>
Outcome MutateAndRead(const std::string& bytes, const Read& read, const Valid& valid) {
  REQUIRE(valid(read(bytes, "the/file")));
  Outcome outcome;
  Random random(bytes.size());
  for (size_t i = 0; i < kMutations; ++i) {
    const std::string mutant = Mutate(bytes, i, random);
    try {
      const auto result = read(mutant, "the/file");
      CHECK(valid(result));
      ++(i % 8 == 0 ? outcome.cuts_accepted : outcome.others_accepted);
    } catch (const std::runtime_error& error) {
      const std::string message = error.what();
      INFO(message);
      CHECK(message.find("the/file") != message.npos);
      CHECK(message.find('\n') == message.npos);
      CHECK(message.size() > 12);
      ++outcome.errors;
    }
  }
  return outcome;
}

bool IsValid(const Dataset& images) {
  for (const float pixel : images.pixels) {
    if (!(pixel >= 0 && pixel <= 1)) return false;
  }
  return images.size() > 0 && images.pixels.size() == images.size() * images.num_pixels() &&
         (images.labels.empty() || images.labels.size() == images.size());
}

template <class Model>
bool IsValidModel(const Model& model) {
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const auto& layer = model.layers[i];
    if (layer.weight.size() != layer.inputs * layer.outputs) return false;
    if (!layer.bias.empty() && layer.bias.size() != layer.outputs) return false;
    if (i > 0 && layer.inputs != model.layers[i - 1].outputs) return false;
  }
  return !model.layers.empty();
}

TEST_CASE("Damaged files: safetensors") {
  const auto read_f32 = [](const std::string& bytes, const std::string& path) {
    return FromTensors(ParseSafetensors(bytes, path), path);
  };
  const auto read_int8 = [](const std::string& bytes, const std::string& path) {
    return Int8FromTensors(ParseSafetensors(bytes, path), path);
  };
  const Outcome f32 = MutateAndRead(FormatSafetensors(ToTensors(MakeNetwork())), read_f32, IsValidModel<Mlp>);
  const Outcome int8 = MutateAndRead(FormatSafetensors(ToTensors(MakeInt8Network(true)), {{"format", "pt"}}), read_int8,
                                     IsValidModel<Int8Model>);
  CHECK(f32.cuts_accepted == 0);
  CHECK(int8.cuts_accepted == 0);
  // There is no checksum: a bit that is flipped in the data gives another network. No other damage may be accepted.
  CHECK(f32.errors >= kMutations * 3 / 4);
  CHECK(int8.errors >= kMutations * 3 / 4);
}

TEST_CASE("Damaged files: packed networks") {
  isoquant::Context context;
  const QuantizedMlp model(context, MakeInt8Network(true));
  const std::string bytes = FormatPacked(model);
  const auto read = [](const std::string& file, const std::string& path) {
    // As aligned as a mapped file, and not a byte larger.
    const auto free = [](uint8_t* memory) { ::operator delete[](memory, std::align_val_t{64}); };
    const std::unique_ptr<uint8_t[], decltype(free)> memory(
        static_cast<uint8_t*>(::operator new[](file.size(), std::align_val_t{64})), free);
    std::memcpy(memory.get(), file.data(), file.size());
    return ViewPacked({memory.get(), file.size()}, path).size();
  };
  const Outcome outcome = MutateAndRead(bytes, read, [](size_t layers) { return layers == 3; });
  CHECK(outcome.errors == kMutations);

  // Every bit of a small file is covered by a checksum, or must have one value.
  const QuantizedMlp small(context, QuantizeMlp(context, Mlp{{DenseLayer{3, 2, {1, 2, 3, 4, 5, 6}, {0, 1}}}}));
  std::string file = FormatPacked(small);
  size_t accepted = 0;
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    const char flip = static_cast<char>(1 << bit % 8);
    file[bit / 8] = static_cast<char>(file[bit / 8] ^ flip);
    if (ErrorOf([&] { read(file, "the/file"); }).find("the/file: ") != 0) ++accepted;
    file[bit / 8] = static_cast<char>(file[bit / 8] ^ flip);
  }
  CHECK(accepted == 0);
  for (size_t size = 0; size < file.size(); ++size) {
    CHECK(!ErrorOf([&] { read(file.substr(0, size), "the/file"); }).empty());
  }
}

TEST_CASE("Damaged files: IDX, plain and gzip") {
  const Dataset images = MakeImages(23, 4, 1);
  const Outcome plain = MutateAndRead(MakeIdxImages(images), ParseIdxImages, IsValid);
  CHECK(plain.cuts_accepted == 0);
  CHECK(plain.errors >= kMutations / 2);
  const Outcome labels = MutateAndRead(MakeIdxLabels(images), ParseIdxLabels,
                                       [](const std::vector<size_t>& values) { return !values.empty(); });
  CHECK(labels.cuts_accepted == 0);

  const TemporaryFolder folder;
  const std::string path = folder / "the";
  std::filesystem::create_directory(path);
  const auto read = [&path](const std::string& bytes, const std::string& name) {
    WriteFile(path + "/file", bytes);
    const Dataset read_images = ParseIdxImages(ReadMaybeGzip(path + "/file"), name);
    return read_images.pixels;
  };
  // A checksum covers all values. Damage that is accepted is in a name or a time of gzip's header: the values are as
  // they were.
  const Outcome gzip = MutateAndRead(Gzip(MakeIdxImages(images)), read,
                                     [&](const std::vector<float>& pixels) { return pixels == images.pixels; });
  CHECK(gzip.cuts_accepted == 0);
  CHECK(gzip.errors >= kMutations / 2);
}

TEST_CASE("Damaged files: CSV") {
  const auto read = [](const std::string& text, const std::string& path) { return ParseCsv(text, path, {}); };
  const Outcome outcome = MutateAndRead(MakeCsv(MakeImages(23, 4, 1)), read, IsValid);
  CHECK(outcome.errors >= kMutations / 4);
}

TEST_CASE("Damaged files: PGM") {
  const auto read = [](const std::string& bytes, const std::string& path) { return ParsePicture(bytes, path); };
  const Outcome outcome = MutateAndRead(MakePgm(MakeImages(1, 4, 1)), read, IsValid);
  CHECK(outcome.cuts_accepted == 0);
  CHECK(outcome.errors >= kMutations / 3);
}

#ifdef QUANTIZED_MLP_HAVE_PNG

TEST_CASE("Damaged files: PNG") {
  const std::string pgm = MakePgm(MakeImages(1, 4, 1));
  const std::string png = MakePng({6, 6, 8, 0, pgm.substr(pgm.size() - 36)});
  CHECK(ParsePicture(png, "png").pixels == ParsePicture(pgm, "pgm").pixels);
  const auto read = [](const std::string& bytes, const std::string& path) { return ParsePicture(bytes, path); };
  const Outcome outcome = MutateAndRead(png, read, IsValid);
  CHECK(outcome.errors >= kMutations / 2);
}

#endif

}  // namespace
}  // namespace quantized_mlp
