# The plugin itself needs no LLVM. Its two LLVM parts are built where LLVM and Clang are found:
# hone_cpu_compiler.so (Clang) and hone_cpu_loader.so (ORC), in lib/hone.
hone_plugin_link(PkgConfig::hwloc Threads::Threads ${CMAKE_DL_LIBS})

set(HONE_LLVM_VERSIONS "19.1;20.1" CACHE STRING "LLVM versions the CPU backend may use, in order")
foreach(version IN LISTS HONE_LLVM_VERSIONS)
  if(NOT LLVM_FOUND)
    find_package(LLVM ${version} QUIET CONFIG)
  endif()
endforeach()
if(LLVM_FOUND)
  # The shared pair: a static LLVM beside the shared one would register its options twice.
  find_package(Clang QUIET CONFIG HINTS ${LLVM_INSTALL_PREFIX}/lib/cmake/clang NO_DEFAULT_PATH)
endif()
if(NOT TARGET clang-cpp OR NOT TARGET LLVM)
  message(STATUS "hone: the CPU backend has no compiler: no LLVM ${HONE_LLVM_VERSIONS} with clang-cpp")
  target_compile_definitions(${HONE_PLUGIN} PRIVATE HONE_CLANG_VERSION="")
  return()
endif()
target_compile_definitions(${HONE_PLUGIN} PRIVATE HONE_CLANG_VERSION="${LLVM_PACKAGE_VERSION}")

function(hone_llvm_part name)
  cmake_parse_arguments(part "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} MODULE ${part_SOURCES})
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${HONE_LIB_DIR}/hone
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(${name} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS} ${CLANG_INCLUDE_DIRS})
  # LLVM's headers do not promise to be free of warnings when inlined into other code.
  target_compile_options(${name} PRIVATE -Wno-unused-parameter -Wno-overloaded-virtual)
  if(NOT LLVM_ENABLE_RTTI)
    target_compile_options(${name} PRIVATE -fno-rtti)
  endif()
  target_link_libraries(${name} PRIVATE hone ${part_LIBRARIES})
  target_link_options(${name} PRIVATE -Wl,--no-undefined)
  hone_origin_rpath(rpath ${CMAKE_INSTALL_LIBDIR}/hone ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(${name} PROPERTIES INSTALL_RPATH ${rpath})
  install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/hone)
  add_dependencies(${HONE_PLUGIN} ${name})
endfunction()

hone_llvm_part(hone_cpu_compiler SOURCES ${folder}/llvm/compiler.cpp LIBRARIES clang-cpp LLVM)
hone_llvm_part(hone_cpu_loader SOURCES ${folder}/llvm/loader.cpp LIBRARIES LLVM)
