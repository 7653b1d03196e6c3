# The target ZLIB::ZLIB, for an example. A file of its own, because no function may enable a language: where there is no
# zlib, as in a cross build, its C sources are compiled here. (Debian's tarball lacks files that its own CMake wants.)
find_package(ZLIB QUIET)
if(ZLIB_FOUND)
  return()
endif()

enable_language(C)
isoquant_declare(zlib
  URL https://github.com/madler/zlib/releases/download/v1.3.1/zlib-1.3.1.tar.gz
  TARBALLS
    zlib-1.3.1.tar.gz ${ISOQUANT_ZLIB_1_3_1}
    zlib_1.2.13.dfsg.orig.tar.bz2 ${ISOQUANT_ZLIB_1_2_13_DFSG}
  OPTIONS SOURCE_SUBDIR without_its_cmake)
FetchContent_MakeAvailable(zlib)

file(GLOB zlib_sources "${zlib_SOURCE_DIR}/*.c")
add_library(isoquant_zlib STATIC EXCLUDE_FROM_ALL ${zlib_sources})
target_compile_definitions(isoquant_zlib PRIVATE HAVE_UNISTD_H)
target_include_directories(isoquant_zlib SYSTEM INTERFACE "${zlib_SOURCE_DIR}")
add_library(ZLIB::ZLIB ALIAS isoquant_zlib)
