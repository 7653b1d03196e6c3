# Cross build for 64-bit Arm Linux, by Debian's g++-aarch64-linux-gnu or by another compiler that CMAKE_CXX_COMPILER
# names: clang++ finds that one's headers and libraries.
#
# If there is a qemu-aarch64 (in PATH, or named by QEMU_AARCH64, a variable of CMake or of the environment), CTest runs
# the programs by it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

set(triple aarch64-linux-gnu)
foreach(language C CXX)
  set(CMAKE_${language}_COMPILER_TARGET ${triple})  # for Clang
endforeach()
if(NOT CMAKE_C_COMPILER)
  set(CMAKE_C_COMPILER ${triple}-gcc)
endif()
if(NOT CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_COMPILER ${triple}-g++)
endif()

# Libraries and headers of the target alone, programs of this machine.
set(CMAKE_FIND_ROOT_PATH /usr/${triple})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()

find_program(QEMU_AARCH64 NAMES $ENV{QEMU_AARCH64} qemu-aarch64)
if(QEMU_AARCH64 AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${QEMU_AARCH64} -L /usr/${triple})
endif()
