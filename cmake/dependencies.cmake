# Where the other projects come from: what the system has, else a pinned tarball. Every tarball is looked for in a cache
# directory first (cmake/setup.sh puts Highway there, and what else a cross build needs), because a machine may have no
# way to its home.
include(CheckCXXSourceCompiles)
include(FetchContent)

if(DEFINED ENV{ISOQUANT_DEPENDENCY_CACHE})
  set(default_cache "$ENV{ISOQUANT_DEPENDENCY_CACHE}")
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(default_cache "$ENV{XDG_CACHE_HOME}/isoquant")
else()
  set(default_cache "$ENV{HOME}/.cache/isoquant")
endif()
set(ISOQUANT_DEPENDENCY_CACHE "${default_cache}" CACHE PATH "Directory with tarballs of dependencies")

# The system's packages, where it has them, are tried before these.
set(ISOQUANT_HIGHWAY_1_3_0 07b3c1ba2c1096878a85a31a5b9b3757427af963b1141ca904db2f9f4afe0bc2)
set(ISOQUANT_HIGHWAY_1_2_0 7e0be78b8318e8bdbf6fa545d2ecb4c90f947df03f7aadc42c1967f019e63343)
set(ISOQUANT_DOCTEST_2_4_11 632ed2c05a7f53fa961381497bf8069093f0d6628c5f26286161fbd32a560186)
set(ISOQUANT_BENCHMARK_1_9_1 32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981)
set(ISOQUANT_ZLIB_1_3_1 9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23)
set(ISOQUANT_ZLIB_1_2_13_DFSG 71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1)  # Debian's

# Declares the content `name` (see FetchContent): the first of these tarballs that the cache has, else the first one of
# all, from its URL. Several, because Debian's archive has several. OPTIONS are for FetchContent_Declare.
#
# It is downloaded here and not by FetchContent, which without a network tries for more than a minute, and then says
# neither where the file may lie nor how to do without.
function(isoquant_declare name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "URL" "TARBALLS;OPTIONS")  # TARBALLS: file, SHA256, file, SHA256, ...
  list(GET arg_TARBALLS 0 first)
  list(GET arg_TARBALLS 1 sha256)
  set(tarball "${FETCHCONTENT_BASE_DIR}/${first}")
  list(LENGTH arg_TARBALLS size)
  math(EXPR last "${size} - 2")
  foreach(i RANGE 0 ${last} 2)
    list(GET arg_TARBALLS ${i} file)
    if(EXISTS "${ISOQUANT_DEPENDENCY_CACHE}/${file}")
      set(tarball "${ISOQUANT_DEPENDENCY_CACHE}/${file}")
      math(EXPR i "${i} + 1")
      list(GET arg_TARBALLS ${i} sha256)
      break()
    endif()
  endforeach()

  string(TOUPPER ${name} upper)
  string(TOLOWER ${name} lower)
  # The last: a project around this one has said where to get it. (The name is FetchContent's own. If it should change, a
  # file is downloaded that nobody needs.)
  get_property(is_declared GLOBAL PROPERTY _FetchContent_${lower}_savedDetails DEFINED)
  if(NOT EXISTS "${tarball}" AND NOT FETCHCONTENT_SOURCE_DIR_${upper} AND NOT is_declared)
    if(NOT FETCHCONTENT_FULLY_DISCONNECTED)
      isoquant_download("${arg_URL}" ${sha256} "${tarball}" problem)
    elseif(NOT EXISTS "${FETCHCONTENT_BASE_DIR}/${lower}-src")
      set(problem "FETCHCONTENT_FULLY_DISCONNECTED is set")
    endif()
    if(problem)
      message(FATAL_ERROR "${name}: neither on this machine nor to be had from ${arg_URL}: ${problem}.\n"
        "Without a network, either\n"
        "* get that file by other means, and put it into ${ISOQUANT_DEPENDENCY_CACHE} as ${first} (the folder is that of "
        "the variable ISOQUANT_DEPENDENCY_CACHE, of CMake or of the environment), or\n"
        "* unpack it anywhere, and set FETCHCONTENT_SOURCE_DIR_${upper} to that folder.")
    endif()
  endif()
  message(STATUS "${name}: ${tarball}")
  FetchContent_Declare(${name} URL "${tarball}" URL_HASH SHA256=${sha256} ${arg_OPTIONS})
endfunction()

# Sets `problem` to what went wrong, or to nothing.
function(isoquant_download url sha256 file problem)
  set(${problem} "" PARENT_SCOPE)
  message(STATUS "Downloading ${url}")
  # Given up after ten seconds without a byte; but a slow one may take its time. (INACTIVITY_TIMEOUT alone does not see
  # a proxy or a firewall that never answers.)
  file(DOWNLOAD "${url}" "${file}.part" TIMEOUT 10 STATUS status)
  if(EXISTS "${file}.part" AND status MATCHES "^28;")
    file(SIZE "${file}.part" size)
    if(size GREATER 0)
      file(DOWNLOAD "${url}" "${file}.part" INACTIVITY_TIMEOUT 10 STATUS status)
    endif()
  endif()
  list(GET status 0 code)
  list(GET status 1 text)
  if(NOT code EQUAL 0)
    file(REMOVE "${file}.part")
    set(${problem} "${text}" PARENT_SCOPE)
    return()
  endif()
  file(SHA256 "${file}.part" found)
  if(NOT found STREQUAL sha256)
    set(${problem} "the file has SHA256 ${found}, not ${sha256}" PARENT_SCOPE)
    return()
  endif()
  file(RENAME "${file}.part" "${file}")
endfunction()

# Makes the target hwy::hwy, and sets ISOQUANT_HIGHWAY_DEFINITIONS, which files with kernels are compiled with.
function(isoquant_find_highway)
  set(ISOQUANT_HIGHWAY_DEFINITIONS
      # Keep the scalar target, which is the reference for all others.
      HWY_COMPILE_ALL_ATTAINABLE
      # Highway 1.2 leaves this target out unless asked.
      HWY_WANT_AVX3_DL=1
      PARENT_SCOPE)
  if(TARGET hwy::hwy)
    return()
  endif()
  if(NOT TARGET hwy)  # else a project around this one has brought its own
    if(NOT FETCHCONTENT_SOURCE_DIR_HIGHWAY)
      # A project around this one links to it through isoquant.
      set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
      find_package(hwy 1.2 CONFIG QUIET)
      if(hwy_FOUND)
        message(STATUS "Highway ${hwy_VERSION}: ${hwy_DIR}")
        return()
      endif()
    endif()

    isoquant_declare(highway
      URL https://github.com/google/highway/archive/refs/tags/1.3.0.tar.gz
      TARBALLS
        highway_1.3.0.orig.tar.gz ${ISOQUANT_HIGHWAY_1_3_0}
        highway_1.2.0.orig.tar.gz ${ISOQUANT_HIGHWAY_1_2_0})

    # Variables of this function, not cache entries, so that the choice stays ours alone.
    set(CMAKE_POLICY_DEFAULT_CMP0126 NEW)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
    set(HWY_ENABLE_CONTRIB OFF)
    set(HWY_ENABLE_EXAMPLES OFF)
    set(HWY_ENABLE_TESTS OFF)
    set(HWY_ENABLE_INSTALL ${ISOQUANT_INSTALL})
    # A shared library of ours contains what it needs of Highway, and nobody else's. Code that includes the templates
    # links its own.
    set(HWY_FORCE_STATIC_LIBS ON)
    set(BUILD_TESTING OFF)
    FetchContent_MakeAvailable(highway)
    foreach(needless hwy_list_targets hwy_test)
      if(TARGET ${needless})
        set_target_properties(${needless} PROPERTIES EXCLUDE_FROM_ALL ON)
      endif()
    endforeach()
    if(NOT ISOQUANT_OPERATIONS STREQUAL "all")
      # Nor does the library call all of Highway's own files. per_target.cc takes as long as a file with kernels.
      get_target_property(sources hwy SOURCES)
      list(FILTER sources EXCLUDE REGEX "/(nanobenchmark|per_target|perf_counters|print)\\.cc$")
      set_property(TARGET hwy PROPERTY SOURCES "${sources}")
    endif()
    # System headers: their warnings are not ours.
    get_target_property(directories hwy INTERFACE_INCLUDE_DIRECTORIES)
    set_target_properties(hwy PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${directories}")
  endif()
  add_library(hwy::hwy ALIAS hwy)
endfunction()

# Makes the target doctest::doctest.
function(isoquant_find_doctest)
  find_package(doctest 2.4 CONFIG QUIET)
  if(doctest_FOUND)
    return()
  endif()
  isoquant_declare(doctest
    URL https://github.com/doctest/doctest/archive/refs/tags/v2.4.11.tar.gz
    TARBALLS doctest_2.4.11.orig.tar.gz ${ISOQUANT_DOCTEST_2_4_11})
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  set(CMAKE_POLICY_VERSION_MINIMUM 3.5)  # it asks for an older CMake than CMake 4 supports
  set(DOCTEST_WITH_TESTS OFF)
  set(DOCTEST_NO_INSTALL ON)
  FetchContent_MakeAvailable(doctest)
  get_target_property(directories doctest INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(doctest PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${directories}")
endfunction()

# Makes the target benchmark::benchmark, and sets ISOQUANT_BENCHMARK_LINKS to whether programs can be linked to it: a
# system's package is there for one of the standard libraries, and this build may use the other (clang -stdlib=libc++).
function(isoquant_find_benchmark)
  set(ISOQUANT_BENCHMARK_LINKS ON PARENT_SCOPE)
  find_package(benchmark 1.7 CONFIG QUIET)
  if(benchmark_FOUND)
    set(CMAKE_REQUIRED_LIBRARIES benchmark::benchmark)
    check_cxx_source_compiles("#include <benchmark/benchmark.h>
      int main() { benchmark::RegisterBenchmark(\"b\", [](benchmark::State&) {})->Args({1}); }"
      ISOQUANT_BENCHMARK_PACKAGE_LINKS)
    set(ISOQUANT_BENCHMARK_LINKS ${ISOQUANT_BENCHMARK_PACKAGE_LINKS} PARENT_SCOPE)
    return()
  endif()
  isoquant_declare(benchmark
    URL https://github.com/google/benchmark/archive/refs/tags/v1.9.1.tar.gz
    TARBALLS benchmark_1.9.1.orig.tar.gz ${ISOQUANT_BENCHMARK_1_9_1})
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  set(BENCHMARK_ENABLE_WERROR OFF)
  FetchContent_MakeAvailable(benchmark)
endfunction()

# Makes the target `package`::`package` of a project that is headers alone, FOLDER/... In a cross build it is this
# machine's package: its folder is linked to by another one, because beside it lie headers for another CPU.
function(isoquant_find_headers package folder)
  if(TARGET ${package}::${package})
    return()
  endif()
  if(NOT CMAKE_CROSSCOMPILING)
    find_package(${package} CONFIG REQUIRED)
    return()
  endif()
  find_path(ISOQUANT_${package}_PARENT "${folder}" NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  mark_as_advanced(ISOQUANT_${package}_PARENT)
  set(parent "${PROJECT_BINARY_DIR}/headers/${package}")
  file(MAKE_DIRECTORY "${parent}")
  file(CREATE_LINK "${ISOQUANT_${package}_PARENT}/${folder}" "${parent}/${folder}" SYMBOLIC)
  add_library(${package}::${package} INTERFACE IMPORTED)
  target_include_directories(${package}::${package} SYSTEM INTERFACE "${parent}")
endfunction()
