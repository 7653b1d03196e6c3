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

# Configures the project in `source`, builds it and runs its tests.
function(try_project source)
  run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${source}" -B "${build}" -G "${CMAKE_GENERATOR}"
      "-DCMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}" "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}"
      "-DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}" --no-warn-unused-cli ${found} ${ARGN})
  run("${CMAKE_COMMAND}" --build "${build}" --config "${CMAKE_BUILD_TYPE}" --parallel)
  run("${CMAKE_CTEST_COMMAND}" --test-dir "${build}" --build-config "${CMAKE_BUILD_TYPE}" --output-on-failure
      --no-tests=error)
endfunction()

# The whole library is compiled again for the ways that take its source: for one target only, to save time.
set(one_target "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS} -DHWY_COMPILE_ONLY_STATIC")

if(WAY STREQUAL "install")
  # Installed in one place and moved to another, because an installed tree must not depend on where it was.
  file(REMOVE_RECURSE "${prefix}")
  run("${CMAKE_COMMAND}" --install "${ISOQUANT_BUILD_DIR}" --config "${CMAKE_BUILD_TYPE}" --prefix "${build}")
  file(RENAME "${build}" "${prefix}")

elseif(WAY STREQUAL "find_package")
  try_project(consumer -DWAY=find_package "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}"
              "-DEXPECT_THREAD_POOL=${ISOQUANT_HAVE_THREAD_POOL}")

elseif(WAY STREQUAL "pkg_config")
  set(ENV{PKG_CONFIG_PATH} "${prefix}/${CMAKE_INSTALL_LIBDIR}/pkgconfig:$ENV{PKG_CONFIG_PATH}")
  execute_process(
    COMMAND "${PKG_CONFIG_EXECUTABLE}" --cflags --libs "isoquant >= 0.1" COMMAND_ERROR_IS_FATAL ANY
    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE)
  message("pkg-config: ${flags}")
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${flags}")
  file(MAKE_DIRECTORY "${build}")
  run("${CMAKE_CXX_COMPILER}" -std=c++17 "${CMAKE_CURRENT_LIST_DIR}/consumer/main.cc" -o "${build}/consumer" ${flags})
  run("${build}/consumer")

elseif(WAY STREQUAL "add_subdirectory")
  # Takes the Highway that was installed.
  try_project(consumer -DWAY=add_subdirectory "-DCMAKE_PREFIX_PATH=${prefix}" "${one_target}")

elseif(WAY STREQUAL "fetch_content")
  # Compiles Highway too, unless the system has it.
  set(highway "${HIGHWAY_SOURCE_DIR}")
  if(NOT highway AND IS_DIRECTORY "${ISOQUANT_BUILD_DIR}/_deps/highway-src")
    set(highway "${ISOQUANT_BUILD_DIR}/_deps/highway-src")
  endif()
  try_project(consumer -DWAY=fetch_content "-DFETCHCONTENT_SOURCE_DIR_HIGHWAY=${highway}" "${one_target}")

elseif(WAY STREQUAL "templates")
  try_project(templates "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}")

else()
  message(FATAL_ERROR "unknown WAY: ${WAY}")
endif()
