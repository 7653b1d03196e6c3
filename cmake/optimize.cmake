# isoquant_optimize(TARGET): -O3 where nobody has said how to optimise, as in a project without a build type. At -O0 kernels
# take about forty times as long.
function(isoquant_optimize target)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  get_directory_property(folder_options COMPILE_OPTIONS)
  set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}} ${folder_options}")
  get_property(is_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(is_multi_config OR build_type STREQUAL "DEBUG" OR flags MATCHES "(^|[ ;])[-/]O")
    return()
  endif()
  if(ISOQUANT_OPTIMIZE)
    message(STATUS "Isoquant: CMAKE_BUILD_TYPE is '${CMAKE_BUILD_TYPE}', which does not optimise. Its kernels are compiled "
      "with optimisation all the same; ISOQUANT_OPTIMIZE=OFF takes that back")
    target_compile_options(${target} PRIVATE $<IF:$<BOOL:${MSVC}>,/O2,-O3>)
  else()
    message(STATUS "Isoquant: CMAKE_BUILD_TYPE is '${CMAKE_BUILD_TYPE}', and ISOQUANT_OPTIMIZE is OFF: its kernels are "
      "compiled without optimisation, and take about forty times as long")
  endif()
endfunction()
