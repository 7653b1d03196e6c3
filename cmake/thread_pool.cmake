# isoquant::thread_pool: what isoquant/thread_pool.h needs beside the library: Highway's thread pool, which lies in its
# `contrib` part. A Highway that we fetch is built without that part, which takes minutes; the sources that the pool
# refers to are compiled here, in two seconds. Where none of this is at hand there is no such target.
find_package(Threads QUIET)

set(ISOQUANT_HAVE_THREAD_POOL OFF)
foreach(contrib hwy::hwy_contrib hwy_contrib)
  if(TARGET ${contrib})
    break()
  endif()
  set(contrib "")
endforeach()
set(contrib_sources "")
if(NOT contrib AND TARGET hwy)
  get_target_property(highway_source_dir hwy SOURCE_DIR)
  # What its threads may run on, and a sort of samples of time with which it tunes itself.
  foreach(file thread_pool/topology.cc sort/vqsort.cc sort/vqsort_f64a.cc)
    if(EXISTS "${highway_source_dir}/hwy/contrib/${file}")
      list(APPEND contrib_sources "${highway_source_dir}/hwy/contrib/${file}")
    endif()
  endforeach()
endif()
if(NOT Threads_FOUND OR NOT (contrib OR contrib_sources))
  message(STATUS "isoquant::thread_pool: not made, for lack of threads or of Highway's contrib part")
  return()
endif()

set(ISOQUANT_HAVE_THREAD_POOL ON)
if(contrib)
  add_library(isoquant_thread_pool INTERFACE)
  target_link_libraries(isoquant_thread_pool INTERFACE isoquant ${contrib} Threads::Threads)
else()
  add_library(isoquant_thread_pool STATIC ${contrib_sources})
  set_target_properties(isoquant_thread_pool PROPERTIES POSITION_INDEPENDENT_CODE ON)
  # Nobody waits for that sort: one target will do.
  target_compile_definitions(isoquant_thread_pool PRIVATE HWY_COMPILE_ONLY_STATIC)
  target_link_libraries(isoquant_thread_pool PUBLIC isoquant Threads::Threads)
endif()
set_target_properties(isoquant_thread_pool PROPERTIES EXPORT_NAME thread_pool)
add_library(isoquant::thread_pool ALIAS isoquant_thread_pool)

if(ISOQUANT_INSTALL)
  install(TARGETS isoquant_thread_pool EXPORT isoquant_targets)
  if(contrib_sources)
    # The pool's headers, and two of the core that Highway itself does not install.
    foreach(header bit_set.h stats.h contrib/sort/order.h contrib/sort/vqsort.h contrib/thread_pool/futex.h
            contrib/thread_pool/spin.h contrib/thread_pool/thread_pool.h contrib/thread_pool/topology.h)
      if(EXISTS "${highway_source_dir}/hwy/${header}")
        get_filename_component(folder "hwy/${header}" DIRECTORY)
        install(FILES "${highway_source_dir}/hwy/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/${folder}")
      endif()
    endforeach()
  endif()
endif()
