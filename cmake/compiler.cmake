# Language, warnings, sanitizers and the compiler cache, for every target of this project.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_compile_options(
  -Wall -Wextra -Wpedantic -Wformat=2 -Wimplicit-fallthrough -Wvla
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wshadow=local>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wduplicated-cond>)

# GCC's flow analysis reports code of its own standard library when it inlines deeply (string
# concatenation, optional, variant): worth reading, not worth a failed build.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options(-Wno-restrict -Wno-error=maybe-uninitialized -Wno-error=array-bounds
                      -Wno-error=stringop-overflow -Wno-error=free-nonheap-object)
endif()

# A unit of several sources includes them, and GCC takes what is included for a header.
if(HONE_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
endif()

# hone_compile_alone(FILE...): files whose local names are also names of others of their target. Paths are
# relative to the calling list file.
function(hone_compile_alone)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# A compiler newer than CI's may know warnings nobody has seen yet. They must not stop a user's build.
if(HONE_WERROR)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13
     OR CMAKE_CXX_COMPILER_ID STREQUAL Clang AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 20)
    add_compile_options(-Werror)
  endif()
endif()

if(HONE_SANITIZE)
  add_compile_options(-fsanitize=${HONE_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${HONE_SANITIZE})
  if(HONE_SANITIZE MATCHES undefined)
    # vptr compares type identities, which plugins with hidden symbols keep by name, not by address;
    # function compares the types of functions, and libraries loaded at run time are called through
    # prototypes of our own.
    add_compile_options(-fno-sanitize-recover=undefined -fno-sanitize=vptr)
    if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
      add_compile_options(-fno-sanitize=function)
    endif()
  endif()
endif()

find_program(HONE_CCACHE ccache)
if(HONE_CCACHE)
  foreach(language C CXX)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER ${HONE_CCACHE})
    endif()
  endforeach()
endif()
