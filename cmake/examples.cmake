# examples/NAME: a folder with plugin.cpp is a plugin, any other with *.cpp or *.c a program. Both see
# what a user of hone sees: the public headers. They are built with the tests, so that what the
# documentation quotes compiles; an optional test.cmake (HONE_EXAMPLE is the target) can run them.

if(NOT HONE_TESTS_ON)
  return()
endif()

set(HONE_EXAMPLE_DIR ${PROJECT_BINARY_DIR}/examples)

function(hone_add_example folder)
  cmake_path(GET folder FILENAME name)
  set(HONE_EXAMPLE example_${name})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp ${folder}/*.c)
  if(EXISTS ${folder}/plugin.cpp)
    add_library(${HONE_EXAMPLE} MODULE ${sources})
    set_target_properties(${HONE_EXAMPLE} PROPERTIES
      PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${HONE_EXAMPLE_DIR}
      C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  else()
    add_executable(${HONE_EXAMPLE} ${sources})
    set_target_properties(${HONE_EXAMPLE} PROPERTIES
      OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${HONE_EXAMPLE_DIR})
  endif()
  target_link_libraries(${HONE_EXAMPLE} PRIVATE hone)
  include(${folder}/test.cmake OPTIONAL)
endfunction()

file(GLOB example_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*/*.cpp
     ${PROJECT_SOURCE_DIR}/examples/*/*.c)
file(GLOB example_hooks CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/examples/*/test.cmake)
set(example_folders "")
foreach(source IN LISTS example_sources)
  cmake_path(GET source PARENT_PATH folder)
  list(APPEND example_folders ${folder})
endforeach()
list(REMOVE_DUPLICATES example_folders)
foreach(folder IN LISTS example_folders)
  hone_add_example(${folder})
endforeach()
