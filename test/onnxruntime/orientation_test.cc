// Photos of turned cameras: what Exif says, and the eight ways a picture may lie.
#include "remove_background/orientation.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace remove_background {
namespace {

// An APP1 segment with one entry more before the orientation.
std::string Exif(bool is_little, int orientation) {
  const auto number = [is_little](size_t value, size_t count) {
    std::string bytes(count, '\0');
    for (size_t i = 0; i < count; ++i) bytes[is_little ? i : count - 1 - i] = static_cast<char>(value >> (8 * i) & 255);
    return bytes;
  };
  std::string text =
      std::string("Exif\0\0", 6) + (is_little ? "II" : "MM") + number(42, 2) + number(8, 4) + number(2, 2);
  text += number(0x10f, 2) + number(2, 2) + number(4, 4) + "ACME";
  text += number(0x112, 2) + number(3, 2) + number(1, 4) + number(static_cast<size_t>(orientation), 2) + number(0, 2);
  return text + number(0, 4);
}

int Read(const std::string& bytes) {
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());  // of its size, for sanitizers
  return ExifOrientation(copy.data(), copy.size());
}

TEST_CASE("the orientation is read from Exif of either order of bytes") {
  for (const bool is_little : {false, true}) {
    for (int orientation = 1; orientation <= 8; ++orientation) CHECK(Read(Exif(is_little, orientation)) == orientation);
    CHECK(Read(Exif(is_little, 0)) == 1);
    CHECK(Read(Exif(is_little, 9)) == 1);
    const std::string whole = Exif(is_little, 6);
    // The value ends 6 bytes before the end.
    for (size_t size = 0; size < whole.size(); ++size)
      CHECK(Read(whole.substr(0, size)) == (size < whole.size() - 6 ? 1 : 6));
  }
  CHECK(Read("") == 1);
  CHECK(Read("http://ns.adobe.com/xap/1.0/") == 1);
}

TEST_CASE("a picture is turned upright") {
  // Stored 3 x 2:  abc  The letters' places where row 0 is the scene's top, right side, ...: Exif 2.3, 4.6.4.
  //                def
  Picture stored(3, 2, 1);
  stored.pixels = {'a', 'b', 'c', 'd', 'e', 'f'};
  const char* expected[] = {"abcdef", "cbafed", "fedcba", "defabc", "adbecf", "daebfc", "fcebda", "cfbead"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Picture upright = Upright(stored, orientation);
    CHECK(upright.width == (orientation < 5 ? 3 : 2));
    CHECK(std::string(upright.pixels.begin(), upright.pixels.end()) == expected[orientation - 1]);
  }
}

}  // namespace
}  // namespace remove_background
