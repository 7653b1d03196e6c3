# Headers, library, and the files by which CMake's find_package and pkg-config find them. Everything is relative to the
# place of those files, so that an installed tree can be moved.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/isoquant")

install(TARGETS isoquant EXPORT isoquant_targets)
install(DIRECTORY include/isoquant DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(EXPORT isoquant_targets NAMESPACE isoquant:: FILE isoquant-targets.cmake DESTINATION "${package_dir}")

configure_package_config_file(cmake/isoquant-config.cmake.in isoquant-config.cmake INSTALL_DESTINATION "${package_dir}")
# Versions 0.x may break one another.
write_basic_package_version_file(isoquant-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES "${CMAKE_CURRENT_BINARY_DIR}/isoquant-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/isoquant-config-version.cmake"
  DESTINATION "${package_dir}")

# A Highway that we built is installed beside us, but its own .pc has fixed paths and, inside another project, a wrong
# version: name the library instead.
get_target_property(is_system_highway hwy::hwy IMPORTED)
if(is_system_highway)
  set(pc_requires "Requires: libhwy >= 1.2")
  set(pc_libs "")
  set(pc_cflags "")
else()
  set(pc_requires "")
  set(pc_libs "-lhwy")  # also beside a shared library, for code that includes the templates
  get_target_property(pc_definitions hwy INTERFACE_COMPILE_DEFINITIONS)
  list(TRANSFORM pc_definitions PREPEND "-D")
  list(JOIN pc_definitions " " pc_cflags)
endif()
if(ISOQUANT_IS_SHARED)
  string(APPEND pc_cflags " -DISOQUANT_SHARED")
endif()
# GNUInstallDirs allows absolute directories; those stay as they are.
set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
foreach(kind LIB INCLUDE)
  set(pc_${kind}DIR "${CMAKE_INSTALL_${kind}DIR}")
  if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_${kind}DIR}")
    set(pc_${kind}DIR "\${prefix}/${CMAKE_INSTALL_${kind}DIR}")
  endif()
endforeach()
configure_file(cmake/isoquant.pc.in isoquant.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/isoquant.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
