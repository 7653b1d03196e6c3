# Tests of the headers that are installed: cmake -DWHAT=... -P run.cmake, with the variables that CMakeLists.txt passes.
cmake_minimum_required(VERSION 3.21)

set(root "${INCLUDE_DIR}/isoquant")
file(GLOB public RELATIVE "${INCLUDE_DIR}" "${root}/*.h")
file(GLOB_RECURSE templates RELATIVE "${INCLUDE_DIR}" "${root}/inl/*.h")
if(NOT HAVE_THREAD_POOL)
  list(REMOVE_ITEM public isoquant/thread_pool.h)
endif()
separate_arguments(flags UNIX_COMMAND "${CXX_FLAGS}")
foreach(folder ${INCLUDE_DIR} ${HIGHWAY_INCLUDE_DIRS})
  list(APPEND flags "-I${folder}")
endforeach()
list(APPEND flags -std=c++17 -DHWY_COMPILE_ONLY_STATIC)
file(MAKE_DIRECTORY "${WORK_DIR}")

# Sets `accepted` and `said`.
macro(compile text)
  file(WRITE "${WORK_DIR}/${WHAT}.cc" "${text}")
  execute_process(COMMAND "${CXX}" ${flags} ${ARGN} "${WORK_DIR}/${WHAT}.cc" RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE said)
  set(accepted OFF)
  if(result EQUAL 0)
    set(accepted ON)
  endif()
endmacro()

if(WHAT STREQUAL "macros")
  # After what the headers include themselves, because that is others'; for CPUs whose targets have parts of their own.
  set(others "#include \"isoquant/inl/isa/int8_targets.h\"\n")
  foreach(header ${public} ${templates})
    file(STRINGS "${INCLUDE_DIR}/${header}" lines REGEX "^#include [<\"][^i]|^#include <")
    foreach(line ${lines})
      if(NOT line MATCHES "arm_|cfenv" AND NOT (line MATCHES "contrib" AND NOT HAVE_THREAD_POOL))
        string(APPEND others "${line}\n")
      endif()
    endforeach()
  endforeach()
  string(APPEND others "#include \"${CMAKE_CURRENT_LIST_DIR}/macros.h\"\n")
  set(text "${others}")
  foreach(header ${public} ${templates})
    string(APPEND text "#include \"${header}\"\n")
  endforeach()
  set(cpus "")
  if(IS_X86_64)
    set(cpus -march=haswell -march=skylake-avx512)
  endif()
  foreach(cpu "" ${cpus})
    compile("${text}" -fsyntax-only ${cpu})
    if(NOT accepted)
      message(SEND_ERROR "${cpu}: ${said}")
    endif()
  endforeach()

elseif(WHAT STREQUAL "float_flags")
  # Every part of -ffast-math that this compiler tells of is refused, and by name; by every template that may compute
  # floats.
  set(parts "-ffast-math@-ffast-math" "-Ofast@-Ofast" "-ffinite-math-only@-ffinite-math-only")
  if(IS_GNU)
    list(APPEND parts "-ffast-math -fno-finite-math-only@-freciprocal-math"
      "-funsafe-math-optimizations@-funsafe-math-optimizations" "-freciprocal-math@-freciprocal-math"
      "-fassociative-math -fno-signed-zeros -fno-trapping-math@-fassociative-math"
      "-fno-signed-zeros@-fno-signed-zeros" "-fsingle-precision-constant@-fsingle-precision-constant")
    if(IS_X86_64)
      list(APPEND parts "-mfpmath=387@-mfpmath=387")
    endif()
  endif()
  foreach(part ${parts})
    string(REGEX MATCH "(.*)@(.*)" match "${part}")
    set(name "${CMAKE_MATCH_2}")
    separate_arguments(options UNIX_COMMAND "${CMAKE_MATCH_1}")
    compile("#include \"isoquant/inl/util/ieee754.h\"\n" -E ${options})
    string(REGEX MATCH "compile without[^\n]*${name}" is_named "${said}")
    if(accepted OR NOT is_named)
      message(SEND_ERROR "${part}: accepted, or refused for another reason: ${said}")
    endif()
  endforeach()
  # Harmless.
  foreach(option "" -fno-trapping-math -frounding-math -ffp-contract=fast -fno-math-errno)
    compile("#include \"isoquant/inl/util/ieee754.h\"\n" -E ${option})
    if(NOT accepted)
      message(SEND_ERROR "${option}: ${said}")
    endif()
  endforeach()

  # These know integers alone.
  set(integers amx-inl.h arm.h arrange_broadcast-inl.h between_steps.h column_sums.h dispatch.h fixed_multiply-inl.h
    image_windows.h int8_targets.h layout-inl.h operands_in_place-inl.h pack-inl.h parts-inl.h plain_b.h
    plain_kxn-inl.h plain_nxk-inl.h plain_vectors-inl.h plan-inl.h problem.h products.h reduce-inl.h row_parameters.h
    row_scales.h row_source.h row_sums-inl.h row_writer-inl.h rows-inl.h segmented_rows-inl.h stage_ref.h
    target_tier-inl.h tile-inl.h tile_amx-inl.h tile_amx_int8-inl.h tile_amx_windows-inl.h tile_dot-inl.h
    tile_finish.h tile_madd_pairs-inl.h tile_madd_s16-inl.h tile_mmla-inl.h tile_scalar-inl.h transpose-inl.h tuning.h
    window_plan-inl.h window_rows-inl.h zero_points.h)
  foreach(header ${templates})
    get_filename_component(name "${header}" NAME)
    # A header may be empty unless Highway is there.
    compile("#include \"hwy/highway.h\"\n#include \"${header}\"\n" -E -ffinite-math-only)
    if(name IN_LIST integers)
      continue()
    endif()
    if(accepted OR NOT said MATCHES "compile without -ffinite-math-only")
      message(SEND_ERROR "${header} is accepted with -ffinite-math-only")
    endif()
  endforeach()

elseif(WHAT STREQUAL "names")
  # What a header gives to programs that include it alone: names that have moved to other headers since are among them.
  set(names_cpu Cpu DetectCpu FeatureNames TierReport TargetReport CompiledTargets)
  set(names_context Context Cpu DetectCpu Executor TaskRef Status TierReport TierIndex ExplainTiers Explain)
  set(names_linear Activation Dequantization MatMul Linear LinearLayer RowQuantization PackedWeights)
  set(names_quantize Quantize QuantizeRows QuantizeColumns Dequantize DequantizeRows DequantizeColumns)
  foreach(header cpu context linear quantize)
    set(text "#include \"isoquant/${header}.h\"\n")
    foreach(name ${names_${header}})
      string(APPEND text "using isoquant::${name};\n")
    endforeach()
    if(header STREQUAL "context")
      string(APPEND text "using Owner = isoquant::Context::ScratchOwner;\n"
        "unsigned char* Get(isoquant::Context& context) { return context.Scratch(Owner::kDriver, 1); }\n")
    endif()
    compile("${text}" -fsyntax-only)
    if(NOT accepted)
      message(SEND_ERROR "${header}.h: ${said}")
    endif()
  endforeach()

else()
  message(FATAL_ERROR "unknown WHAT: ${WHAT}")
endif()
