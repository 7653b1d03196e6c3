# isoquant_unit(TARGET NAME FILE...): adds files of src/ to the target, as one translation unit if ISOQUANT_UNITS.
#
# Most files are compiled once for each instruction set that Highway targets, and each of them has the compiler read
# Highway for each of these: two of the three seconds that a small file takes. In one unit they read it together.
# (CMAKE_UNITY_BUILD cannot do this: the file that Highway includes again for each target is then the unit.)
#
# Names in unnamed namespaces must differ within a unit.
function(isoquant_unit target name)
  set(files ${ARGN})
  if(NOT ISOQUANT_UNITS)
    target_sources(${target} PRIVATE ${files})
    return()
  endif()
  set(each_target "")
  set(once "")
  foreach(file IN LISTS files)
    file(STRINGS "${PROJECT_SOURCE_DIR}/${file}" repeats REGEX "hwy/foreach_target.h")
    if(repeats)
      string(APPEND each_target "#include \"${file}\"\n")
    else()
      string(APPEND once "#include \"${file}\"\n")
    endif()
  endforeach()
  set(unit "isoquant_units/${name}.cc")
  if(each_target STREQUAL "")
    set(text "${once}")
  else()
    # Each file names itself as what to include for the next target, so the unit's name is set again at the end.
    set(include_unit "#undef HWY_TARGET_INCLUDE\n#define HWY_TARGET_INCLUDE \"${unit}\"\n")
    string(CONCAT text
      "#include \"isoquant/inl/isa/int8_targets.h\"\n"
      "${include_unit}#include \"hwy/foreach_target.h\"\n${each_target}${include_unit}")
    if(NOT once STREQUAL "")
      string(APPEND text "#if HWY_ONCE\n${once}#endif\n")
    endif()
  endif()
  set(path "${PROJECT_BINARY_DIR}/${unit}")
  file(CONFIGURE OUTPUT "${path}" CONTENT "${text}" @ONLY)
  target_sources(${target} PRIVATE "${path}")
endfunction()
