# Finds the headers of ONNX Runtime's C API, 1.23 or later: those that examples/onnxruntime/setup.sh has fetched, or the
# system's. ISOQUANT_ONNXRUNTIME_INCLUDE is their folder. They are headers alone, so a cross build takes them too.
find_path(ISOQUANT_ONNXRUNTIME_INCLUDE onnxruntime_ep_c_api.h
  HINTS "${ISOQUANT_DEPENDENCY_CACHE}/onnxruntime/include"
  PATH_SUFFIXES onnxruntime
  NO_CMAKE_FIND_ROOT_PATH)
if(NOT ISOQUANT_ONNXRUNTIME_INCLUDE)
  message(FATAL_ERROR "ISOQUANT_BUILD_ONNXRUNTIME is on, but there is no onnxruntime_ep_c_api.h. Run "
    "examples/onnxruntime/setup.sh, or set ISOQUANT_ONNXRUNTIME_INCLUDE to the folder of ONNX Runtime's headers.")
endif()
message(STATUS "ONNX Runtime's headers: ${ISOQUANT_ONNXRUNTIME_INCLUDE}")
if(CMAKE_SIZEOF_VOID_P LESS 8 OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  message(WARNING "The provider for ONNX Runtime was only tried on 64-bit Linux")
endif()

# Here, so that the tests see them, too.
isoquant_find_headers(CLI11 CLI)
isoquant_find_headers(nlohmann_json nlohmann)
