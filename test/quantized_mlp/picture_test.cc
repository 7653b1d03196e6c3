// Tests of pictures: every kind of PNG and PGM gives the values that it shows.
#include "data/picture.h"

#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "fixtures.h"

namespace quantized_mlp {
namespace {

using Pixels = std::vector<float>;

Pixels Read(const std::string& bytes, const PictureOptions& options = {}) {
  return ParsePicture(bytes, "x", options).pixels;
}

TEST_CASE("Pictures: PGM") {
  const Dataset image = MakeImages(1, 4, 1);
  CHECK(Read(MakePgm(image)) == image.pixels);
  CHECK(Read("P2 2 1 5\n0 5\n") == Pixels{0, 1});
  CHECK(Read("P2 2 1 5\n0 5\n", {true}) == Pixels{1, 0});
  CHECK(Read("P2 3 1 7\n0 1 2\n") == Pixels{0, 1 / 7.0f, 2 / 7.0f});
  CHECK(Read(std::string("P5 2 1 1023 \x03\xff\x02\0", 16)) == Pixels{1, 512 / 1023.0f});
  CHECK(Read(std::string("P5 3 1 65535 \0\0\x80\0\xff\xff", 19)) == Pixels{0, 32768 / 65535.0f, 1});
  CHECK(Read("P2 2 1 65535\n65535 257\n") == Pixels{1, 257 / 65535.0f});
  const auto error = [](const std::string& text) { return ErrorOf([&] { ParsePicture(text, "x.pgm"); }); };
  CHECK(error("P5 4097 1 255 ").find("width exceeds 4096") != std::string::npos);
  CHECK(error("P5 1 1 65536 ab").find("maximum exceeds 65535") != std::string::npos);
  CHECK(error("P5 1 1 65535 a").find("cut") != std::string::npos);
  CHECK(error("P5 2 1 255 a").find("cut") != std::string::npos);
  CHECK(error("P5 1 1 65535 abc").find("longer") != std::string::npos);
  CHECK(error("P2 2 1 5 0 5 1").find("longer") != std::string::npos);
  CHECK(error("P5 0 1 255 ").find("is 0") != std::string::npos);
  CHECK(error("P5 1 1 5 a").find("exceeds the maximum") != std::string::npos);
  CHECK(error("P5 1 1 300 aa").find("exceeds the maximum") != std::string::npos);
  CHECK(error("P2 2 1 5 0").find("no pixel") != std::string::npos);
  CHECK(error("P5").find("no width") != std::string::npos);
  CHECK(error("P5 #").find("no width") != std::string::npos);
  CHECK(error("GIF89a").find("neither a PNG nor a PGM") != std::string::npos);
}

TEST_CASE("Pictures: those of one value are seen to be flat") {
  CHECK(IsFlat(ParsePicture("P2 2 2 5\n3 3 3 3\n", "x")));
  CHECK(!IsFlat(ParsePicture("P2 2 2 5\n3 3 3 4\n", "x")));
  CHECK(!IsFlat(ParsePicture("P2 2 2 5\n4 3 3 3\n", "x")));
}

#ifdef QUANTIZED_MLP_HAVE_PNG

void CheckNear(const Pixels& actual, const Pixels& expected) {
  REQUIRE(actual.size() == expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    CHECK(actual[i] == doctest::Approx(static_cast<double>(expected[i])).epsilon(0.003));
  }
}

TEST_CASE("Pictures: PNG, grey of any depth, interlaced or not") {
  CHECK(Read(MakePng({3, 2, 8, 0, std::string("\0\x01\x80\xff\xfe\x33", 6)})) ==
        Pixels{0, 1 / 255.0f, 128 / 255.0f, 1, 254 / 255.0f, 51 / 255.0f});
  CHECK(Read(MakePng({4, 1, 1, 0, "\xa0"})) == Pixels{1, 0, 1, 0});
  CHECK(Read(MakePng({4, 1, 2, 0, "\x1b"})) == Pixels{0, 85 / 255.0f, 170 / 255.0f, 1});
  CHECK(Read(MakePng({3, 1, 4, 0, std::string("\x0f\x30", 2)})) == Pixels{0, 1, 51 / 255.0f});
  // 16 bits are no brighter than 8.
  CheckNear(Read(MakePng({3, 1, 16, 0, std::string("\x40\0\x80\0\xff\xff", 6)})), {0.25f, 0.5f, 1});
  std::string samples;
  for (int i = 0; i < 11 * 9; ++i) samples.push_back(static_cast<char>(2 * i));
  CHECK(Read(MakePng({11, 9, 8, 0, samples, "", true})) == Read(MakePng({11, 9, 8, 0, samples})));
}

TEST_CASE("Pictures: PNG, colours and palettes") {
  const std::string palette = PngChunk("PLTE", std::string("\0\0\0\x80\x80\x80\xff\xff\xff", 9));
  CheckNear(Read(MakePng({3, 1, 8, 3, std::string("\2\1\0", 3), palette})), {1, 128 / 255.0f, 0});
  CheckNear(Read(MakePng({3, 1, 2, 3, "\x90", palette})), {1, 128 / 255.0f, 0});
  CheckNear(Read(MakePng({2, 1, 8, 2, "\x33\x33\x33\xff\xff\xff"})), {0.2f, 1});
  CheckNear(Read(MakePng({1, 1, 16, 2, std::string("\x80\0\x80\0\x80\0", 6)})), {0.5f});
  // Green is brighter than red, and red than blue.
  const Pixels rgb = Read(MakePng({3, 1, 8, 2, std::string("\xff\0\0\0\xff\0\0\0\xff", 9)}));
  CHECK(rgb[1] > rgb[0]);
  CHECK(rgb[0] > rgb[2]);
  CHECK(rgb[2] > 0);
}

TEST_CASE("Pictures: PNG, black ink on transparency is on white paper, and --invert makes that white on black") {
  const std::string none("\0\0", 2), half("\0\x80", 2), ink("\0\xff", 2);
  const std::string palette = PngChunk("PLTE", std::string(6, '\0'));
  const std::string wide("\0\0\0\0\0\0\xff\xff", 8);
  const Png inks[] = {
      {2, 1, 8, 4, none + ink},
      {2, 1, 8, 4, none + ink, "", true},
      {2, 1, 16, 4, wide},
      {2, 1, 8, 6, std::string("\0\0\0\0\0\0\0\xff", 8)},
      {2, 1, 16, 6, std::string("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff", 16)},
      {2, 1, 8, 3, std::string("\0\1", 2), palette + PngChunk("tRNS", std::string(1, '\0'))},
      {2, 1, 1, 3, "\x40", palette + PngChunk("tRNS", std::string(1, '\0'))},
      {2, 1, 8, 0, std::string("\7\0", 2), PngChunk("tRNS", std::string("\0\7", 2))},
      {2, 1, 1, 0, "\x80", PngChunk("tRNS", std::string("\0\1", 2))},
      {2, 1, 8, 2, std::string("\7\7\7\0\0\0", 6), PngChunk("tRNS", std::string("\0\7\0\7\0\7", 6))},
  };
  for (const Png& png : inks) {
    INFO("colour ", png.colour, ", ", png.depth, " bits");
    const std::string bytes = MakePng(png);
    CHECK(Read(bytes) == Pixels{1, 0});
    CHECK(Read(bytes, {true, 1}) == Pixels{0, 1});
    CHECK(IsFlat(ParsePicture(bytes, "x", {false, 0})));
  }
  CheckNear(Read(MakePng({3, 1, 8, 4, none + half + ink})), {1, 127 / 255.0f, 0});
  // White ink needs the black background.
  const std::string white = MakePng({2, 1, 8, 4, std::string("\xff\0\xff\xff", 4)});
  CHECK(IsFlat(ParsePicture(white, "x")));
  CHECK(Read(white, {false, 0}) == Pixels{0, 1});
  CHECK(Read(white, {true, 0}) == Pixels{1, 0});
}

#else

TEST_CASE("Pictures: without libpng the program says so") {
  CHECK(ErrorOf([] { ParsePicture("\x89PNG\r\n", "x.png"); }).find("libpng") != std::string::npos);
}

#endif

}  // namespace
}  // namespace quantized_mlp
