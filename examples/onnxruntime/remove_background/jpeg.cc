// JPEG files by libjpeg, if CMake found it.
#include <cstdio>
#include <stdexcept>

#include "remove_background/orientation.h"
#include "remove_background/picture.h"

#ifdef REMOVE_BACKGROUND_HAVE_JPEG
#include <jpeglib.h>

#include <csetjmp>
#endif

namespace remove_background {

#ifdef REMOVE_BACKGROUND_HAVE_JPEG

namespace {

// libjpeg is C: its errors jump back to where decoding began.
struct ErrorManager {
  jpeg_error_mgr base;
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void Jump(j_common_ptr common) {
  ErrorManager* errors = reinterpret_cast<ErrorManager*>(common->err);
  common->err->format_message(common, errors->message);
  std::longjmp(errors->jump, 1);
}

// Nothing with a destructor lives between the jump and its end. `picture` is the caller's.
bool Decode(const std::string& bytes, Picture& picture, int& orientation, ErrorManager& errors) {
  jpeg_decompress_struct jpeg;
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = Jump;
  errors.base.emit_message = [](j_common_ptr common, int level) {
    if (level < 0) Jump(common);  // a damaged file
  };
  if (setjmp(errors.jump)) {
    jpeg_destroy_decompress(&jpeg);
    return false;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&jpeg, TRUE);
  for (jpeg_saved_marker_ptr marker = jpeg.marker_list; marker && orientation == 1; marker = marker->next) {
    orientation = ExifOrientation(marker->data, marker->data_length);
  }
  jpeg.out_color_space = JCS_EXT_RGBA;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&jpeg);
  if (jpeg.output_width <= kMaxSide && jpeg.output_height <= kMaxSide) {
    picture.width = jpeg.output_width;
    picture.height = jpeg.output_height;
    picture.pixels.resize(picture.width * picture.height * 4);
    while (jpeg.output_scanline < jpeg.output_height) {
      JSAMPROW row = picture.at(0, jpeg.output_scanline);
      jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
  }
  jpeg_destroy_decompress(&jpeg);
  return true;
}

}  // namespace

Picture DecodeJpeg(const std::string& bytes) {
  Picture picture;
  int orientation = 1;
  ErrorManager errors;
  if (!Decode(bytes, picture, orientation, errors)) throw std::runtime_error(std::string("JPEG: ") + errors.message);
  if (picture.pixels.empty()) throw std::runtime_error("JPEG: too large");
  return orientation == 1 ? picture : Upright(picture, orientation);
}

#else

Picture DecodeJpeg(const std::string&) { throw std::runtime_error("JPEG: this program was built without libjpeg"); }

#endif

}  // namespace remove_background
