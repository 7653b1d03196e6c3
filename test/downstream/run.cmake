# Runs one downstream test: cmake -DWAY=... -P run.cmake, with the variables that CMakeLists.txt passes.
cmake_minimum_required(VERSION 3.21)

set(prefix "${WORK_DIR}/installed")
set(build "${WORK_DIR}/${WAY}")
file(REMOVE_RECURSE "${build}")

# A Highway of the system may lie where only this build was told to look.
if(DEFINED hwy_DIR)
  set(found "-Dhwy_DIR=${hwy_DIR}")
endif()

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Configures the project in `source`; sets `status`, and `output` to what was said.
macro(configure source output)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${source}" -B "${build}" -G "${CMAKE_GENERATOR}"
      "-DCMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}" "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}"
      "-DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}" --no-warn-unused-cli ${found} ${ARGN}
    COMMAND_ECHO STDOUT RESULT_VARIABLE status OUTPUT_VARIABLE ${output} ERROR_VARIABLE ${output})
endmacro()

# Configures the project in `source`, builds it and runs its tests.
function(try_project source)
  configure(${source} output ${ARGN})
  message("${output}")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "cannot be configured")
  endif()
  run("${CMAKE_COMMAND}" --build "${build}" --config "${CMAKE_BUILD_TYPE}" --parallel)
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${build}" --build-config "${CMAKE_BUILD_TYPE}" --output-on-failure
      --no-tests=error)
endfunction()

# Builds and runs the consumer by what pkg-config says of the library in `where`.
function(try_pkg_config where)
  set(libraries "${where}/${CMAKE_INSTALL_LIBDIR}")
  set(ENV{PKG_CONFIG_PATH} "${libraries}/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  execute_process(
    COMMAND "${PKG_CONFIG_EXECUTABLE}" --cflags --libs "isoquant >= 0.1" COMMAND_ERROR_IS_FATAL ANY
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE)
  message("pkg-config: ${flags}")
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${flags}")
  file(MAKE_DIRECTORY "${build}")
  run("${CMAKE_CXX_COMPILER}" -std=c++17 "${CMAKE_CURRENT_LIST_DIR}/consumer/main.cc" -o "${build}/consumer" ${flags})
  set(ENV{LD_LIBRARY_PATH} "${libraries}:$ENV{LD_LIBRARY_PATH}")
  run("${build}/consumer")
endfunction()

include("${CMAKE_CURRENT_LIST_DIR}/exports.cmake")

# The whole library is compiled again for the ways that take its source: for one target only, to save time.
set(one_target "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS} -DHWY_COMPILE_ONLY_STATIC")

set(highway "${HIGHWAY_SOURCE_DIR}")
if(NOT highway AND IS_DIRECTORY "${ISOQUANT_BUILD_DIR}/_deps/highway-src")
  set(highway "${ISOQUANT_BUILD_DIR}/_deps/highway-src")
endif()

if(WAY STREQUAL "install")
  # Installed in one place and moved to another, because an installed tree must not depend on where it was.
  file(REMOVE_RECURSE "${prefix}")
  run("${CMAKE_COMMAND}" --install "${ISOQUANT_BUILD_DIR}" --config "${CMAKE_BUILD_TYPE}" --prefix "${build}")
  file(RENAME "${build}" "${prefix}")

elseif(WAY STREQUAL "find_package")
  try_project(consumer -DWAY=find_package "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}"
              "-DEXPECT_THREAD_POOL=${ISOQUANT_HAVE_THREAD_POOL}")

elseif(WAY STREQUAL "pkg_config")
  try_pkg_config("${prefix}")

elseif(WAY STREQUAL "add_subdirectory")
  # Takes the Highway that was installed.
  try_project(consumer -DWAY=add_subdirectory "-DCMAKE_PREFIX_PATH=${prefix}" "${one_target}")

elseif(WAY STREQUAL "shared")
  # A consumer gets the source by FetchContent, asks for unity builds (which the library leaves off), builds the library as a
  # shared one and installs it; two others find that. Compiles Highway too, unless the system has it.
  set(shared_prefix "${WORK_DIR}/shared_installed")
  try_project(consumer -DWAY=fetch_content "-DFETCHCONTENT_SOURCE_DIR_HIGHWAY=${highway}" "${one_target}"
              -DCMAKE_UNITY_BUILD=ON -DBUILD_SHARED_LIBS=ON -DISOQUANT_INSTALL=ON
              "-DCMAKE_INSTALL_LIBDIR=${CMAKE_INSTALL_LIBDIR}")
  file(REMOVE_RECURSE "${shared_prefix}")
  run("${CMAKE_COMMAND}" --install "${build}" --config "${CMAKE_BUILD_TYPE}" --prefix "${shared_prefix}")
  set(library "${shared_prefix}/${CMAKE_INSTALL_LIBDIR}/libisoquant.so")
  check_exports("${library}")
  file(REMOVE_RECURSE "${build}")
  try_project(templates "-DCMAKE_PREFIX_PATH=${shared_prefix}" "${one_target}")
  if(PKG_CONFIG_EXECUTABLE)
    try_pkg_config("${shared_prefix}")
  endif()

elseif(WAY STREQUAL "plugins")
  # The other library is that of the test add_subdirectory.
  try_project(plugins "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}"
              "-DOTHER_LIBRARY=${WORK_DIR}/add_subdirectory/isoquant/libisoquant.a")

elseif(WAY STREQUAL "no_build_type")
  foreach(setting "" -DISOQUANT_OPTIMIZE=OFF -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_BUILD_TYPE=Debug)
    file(REMOVE_RECURSE "${build}")
    configure(consumer output -DWAY=add_subdirectory "-DCMAKE_PREFIX_PATH=${prefix}" -DCMAKE_BUILD_TYPE=
              -DCMAKE_CXX_FLAGS= ${setting} -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "${output}")
    endif()
    file(READ "${build}/compile_commands.json" commands)
    string(REGEX MATCH "[^\n]* -o isoquant/[^\n]*/linear.cc.o" command "${commands}")
    string(REGEX MATCHALL " -O[^ ]*" optimisation "${command}")
    message("'${setting}': '${optimisation}'")
    if(command STREQUAL "")
      message(FATAL_ERROR "linear.cc is not compiled: ${commands}")
    elseif(setting STREQUAL "")
      if(NOT optimisation STREQUAL " -O3" OR NOT output MATCHES "CMAKE_BUILD_TYPE is ''.*ISOQUANT_OPTIMIZE=OFF")
        message(FATAL_ERROR "not optimised, or not said: ${command}, ${output}")
      endif()
    elseif(optimisation MATCHES "-O3" OR output MATCHES "with optimisation")
      message(FATAL_ERROR "optimised against the wish of ${setting}: ${command}, ${output}")
    elseif(setting MATCHES "OPTIMIZE=OFF" AND NOT output MATCHES "without optimisation")
      message(FATAL_ERROR "not said: ${output}")
    endif()
  endforeach()

elseif(WAY STREQUAL "offline")
  # No Highway, nothing in the cache, and a proxy that refuses: this must be said at once, with the ways out.
  foreach(variable http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY)
    set(ENV{${variable}} "http://127.0.0.1:9")
  endforeach()
  set(ENV{no_proxy} "")
  set(ENV{NO_PROXY} "")
  string(TIMESTAMP begin "%s")
  foreach(setting "" -DFETCHCONTENT_FULLY_DISCONNECTED=ON)
    file(REMOVE_RECURSE "${build}")
    configure(consumer output -DWAY=add_subdirectory -DCMAKE_DISABLE_FIND_PACKAGE_hwy=ON
              "-DISOQUANT_DEPENDENCY_CACHE=${build}/no_cache" ${setting})
    message("${output}")
    foreach(wanted "${build}/no_cache as highway_1.3.0.orig.tar.gz" "ISOQUANT_DEPENDENCY_CACHE"
            "FETCHCONTENT_SOURCE_DIR_HIGHWAY")
      string(REGEX REPLACE "[ \n]+" " " words "${output}")
      string(FIND "${words}" "${wanted}" at)
      if(status EQUAL 0 OR at LESS 0)
        message(FATAL_ERROR "configured, or it was not said: ${wanted}")
      endif()
    endforeach()
  endforeach()
  string(TIMESTAMP end "%s")
  math(EXPR seconds "${end} - ${begin}")
  if(seconds GREATER 30)
    message(FATAL_ERROR "that took ${seconds} s")
  endif()

elseif(WAY STREQUAL "templates")
  try_project(templates "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}")

else()
  message(FATAL_ERROR "unknown WAY: ${WAY}")
endif()
