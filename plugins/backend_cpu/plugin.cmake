# The plugin itself needs no LLVM. Its two LLVM parts are built where LLVM and Clang are found:
# hone_cpu_compiler.so (Clang) and hone_cpu_loader.so (ORC), in lib/hone.
hone_plugin_link(PkgConfig::hwloc Threads::Threads ${CMAKE_DL_LIBS})

set(HONE_LLVM_VERSIONS "19.1;20.1" CACHE STRING "LLVM versions the CPU backend may use, in order")
foreach(version IN LISTS HONE_LLVM_VERSIONS)
  if(NOT LLVM_FOUND)
    find_package(LLVM ${version} QUIET CONFIG)
  endif()
endforeach()
# Clang is looked for by its files: its own CMake package comes with the compiler driver, which is
# not needed here. The shared pair it has to be: a static LLVM beside the shared one would register
# its options twice.
if(LLVM_FOUND)
  set(clang_cpp libclang-cpp.so.${LLVM_VERSION_MAJOR}.${LLVM_VERSION_MINOR})
  find_library(HONE_CLANG_CPP NAMES ${clang_cpp} libclang-cpp.so.${LLVM_VERSION_MAJOR} clang-cpp
               HINTS ${LLVM_LIBRARY_DIRS})
  find_path(HONE_CLANG_INCLUDE clang/Frontend/CompilerInstance.h
            HINTS ${LLVM_INCLUDE_DIRS} NO_DEFAULT_PATH)
endif()
if(NOT TARGET LLVM OR NOT HONE_CLANG_CPP OR NOT HONE_CLANG_INCLUDE)
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
  target_include_directories(${name} SYSTEM PRIVATE ${LLVM_INCLUDE_DIRS} ${HONE_CLANG_INCLUDE})
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

hone_llvm_part(hone_cpu_compiler SOURCES ${folder}/llvm/compiler.cpp LIBRARIES ${HONE_CLANG_CPP} LLVM)
hone_llvm_part(hone_cpu_loader SOURCES ${folder}/llvm/loader.cpp LIBRARIES LLVM)
