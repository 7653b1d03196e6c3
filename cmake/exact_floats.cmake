# isoquant_exact_floats(TARGET): floats as IEEE-754 has them in the files of that target, whatever CMAKE_CXX_FLAGS or a
# project around this one say. Call it in the folder that made the target, when it has all its files.
#
# The options stand last in the compiler's command: those of files come after those of the target, of its folder, and of
# what it is linked to. -fno-fast-math takes back every part of -ffast-math, by whatever name it was asked for; what it
# leaves is taken back by name. (util/ieee754.h would refuse most of them.)
include(CheckCXXCompilerFlag)

function(isoquant_exact_floats target)
  if(MSVC)
    set(options /fp:precise)
  else()
    set(options -fno-fast-math -ffp-contract=off)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      list(APPEND options -fno-single-precision-constant)
      if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|i[3-6]86)$")
        list(APPEND options -msse2 -mfpmath=sse)
      endif()
    endif()
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      list(APPEND options -fdenormal-fp-math=ieee)  # of -Ofast
      # Up to version 17 it warns that these options take back others.
      check_cxx_compiler_flag(-Wno-overriding-t-option ISOQUANT_WARNS_OF_OVERRIDING)
      if(ISOQUANT_WARNS_OF_OVERRIDING)
        list(APPEND options -Wno-overriding-t-option)
      endif()
    endif()
  endif()
  get_target_property(sources ${target} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS ${options})
endfunction()
