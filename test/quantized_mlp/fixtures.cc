// Test support: makes data and files.
#include "fixtures.h"

#include <stdlib.h>
#include <zlib.h>

#include <cmath>
#include <stdexcept>

#include "isoquant/isoquant.h"
#include "training/train.h"

namespace quantized_mlp {
namespace {

constexpr size_t kSide = 6;

int Byte(float pixel) { return static_cast<int>(std::lround(pixel * 255)); }

void AppendBigEndian(size_t value, std::string& to) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift & 0xff));
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "quantized_mlp_test.XXXXXX").string();
  if (mkdtemp(&name[0]) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

size_t TemporaryFolder::num_files() const {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) count += entry.exists() ? 1 : 0;
  return count;
}

Dataset MakeImages(size_t count, size_t classes, uint64_t seed) {
  Random random(seed);
  Dataset images;
  images.width = images.height = kSide;
  for (size_t i = 0; i < count; ++i) {
    const size_t label = i % classes;
    for (size_t p = 0; p < kSide * kSide; ++p) {
      const float base = p % classes == label ? 0.7f : 0.1f;
      images.pixels.push_back(std::round(255 * (base + 0.3f * random.Uniform())) / 255);
    }
    images.labels.push_back(label);
  }
  return images;
}

Mlp MakeNetwork() {
  Mlp mlp = MakeMlp({kSide * kSide, 20, 12, 4}, 7);
  Random random(8);
  for (DenseLayer& layer : mlp.layers) {
    for (float& bias : layer.bias) bias = random.Uniform() - 0.5f;
  }
  return mlp;
}

Int8Model MakeInt8Network(bool is_static, Activations activations) {
  const Mlp mlp = MakeNetwork();
  isoquant::Context context;
  const Dataset images = MakeImages(50, 4, 3);
  return QuantizeMlp(context, mlp,
                     is_static ? Calibrate(context, mlp, images.images(), activations) : std::vector<InputScale>());
}

std::string MakeIdxImages(const Dataset& images) {
  std::string bytes = {0, 0, 8, 3};
  for (const size_t extent : {images.size(), images.height, images.width}) AppendBigEndian(extent, bytes);
  for (const float pixel : images.pixels) bytes.push_back(static_cast<char>(Byte(pixel)));
  return bytes;
}

std::string MakeIdxLabels(const Dataset& images) {
  std::string bytes = {0, 0, 8, 1};
  AppendBigEndian(images.size(), bytes);
  for (const size_t label : images.labels) bytes.push_back(static_cast<char>(label));
  return bytes;
}

std::string MakeCsv(const Dataset& images) {
  std::string text;
  for (size_t i = 0; i < images.size(); ++i) {
    for (size_t p = 0; p < images.num_pixels(); ++p) text += std::to_string(Byte(images.images().Row(i)[p])) + ",";
    text += std::to_string(images.labels[i]) + "\n";
  }
  return text;
}

std::string MakePgm(const Dataset& images) {
  std::string bytes =
      "P5\n# made by a test\n" + std::to_string(images.width) + " " + std::to_string(images.height) + "\n255\n";
  for (size_t p = 0; p < images.num_pixels(); ++p) bytes.push_back(static_cast<char>(Byte(images.pixels[p])));
  return bytes;
}

std::string Gzip(const std::string& bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("deflate");
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(&in[0]);
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(&out[0]);
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (!done) throw std::runtime_error("deflate");
  return out;
}

std::string PngChunk(const std::string& type, const std::string& data) {
  std::string chunk;
  AppendBigEndian(data.size(), chunk);
  const std::string body = type + data;
  chunk += body;
  AppendBigEndian(crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size())), chunk);
  return chunk;
}

std::string MakePng(const Png& png) {
  const size_t channels = png.colour == 2 ? 3 : png.colour == 4 ? 2 : png.colour == 6 ? 4 : 1;
  const size_t pixel_bits = channels * png.depth, row_bytes = (png.width * pixel_bits + 7) / 8;
  // First column and row of each pass, and how many it steps over.
  constexpr size_t kWhole[][4] = {{0, 0, 1, 1}};
  constexpr size_t kAdam7[][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                  {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  std::string raw;
  for (const size_t *pass = png.interlaced ? kAdam7[0] : kWhole[0], *end = pass + (png.interlaced ? 28 : 4);
       pass != end; pass += 4) {
    if (pass[0] >= png.width) continue;
    for (size_t y = pass[1]; y < png.height; y += pass[3]) {
      raw.push_back('\0');  // no filter
      if (!png.interlaced) raw.append(png.samples, y * row_bytes, row_bytes);
      for (size_t x = pass[0]; png.interlaced && x < png.width; x += pass[2]) {
        raw.append(png.samples, y * row_bytes + x * pixel_bits / 8, pixel_bits / 8);
      }
    }
  }
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(size, '\0');
  if (compress(reinterpret_cast<Bytef*>(&packed[0]), &size, reinterpret_cast<const Bytef*>(raw.data()),
               static_cast<uLong>(raw.size())) != Z_OK) {
    throw std::runtime_error("compress");
  }
  packed.resize(size);
  std::string header;
  AppendBigEndian(png.width, header);
  AppendBigEndian(png.height, header);
  for (const size_t byte : {png.depth, png.colour, size_t{0}, size_t{0}, size_t{png.interlaced ? 1u : 0u}}) {
    header.push_back(static_cast<char>(byte));
  }
  return "\x89PNG\r\n\x1a\n" + PngChunk("IHDR", header) + png.chunks + PngChunk("IDAT", packed) + PngChunk("IEND", "");
}

}  // namespace quantized_mlp
