# Tests. Every folder tests/ROOM with a *.cpp is one Catch2 program test_ROOM and one ctest, labelled
# ROOM. A folder's optional test.cmake is read after its target exists and may use HONE_TEST (the
# target) and any command, e.g. hone_embed or add_test.

set(HONE_TESTS_ON OFF)
if(HONE_TESTS STREQUAL OFF)
  return()
endif()

find_package(Catch2 QUIET CONFIG)
find_package(rapidcheck QUIET CONFIG)
foreach(package Catch2 rapidcheck)
  if(NOT ${package}_FOUND)
    if(HONE_TESTS STREQUAL AUTO)
      message(STATUS "hone: tests skipped: ${package} not found")
      return()
    endif()
    message(FATAL_ERROR "HONE_TESTS needs ${package}")
  endif()
endforeach()

set(HONE_TESTS_ON ON)
set(HONE_TEST_DIR ${PROJECT_BINARY_DIR}/tests)
enable_testing()

# --- one program per room -------------------------------------------------------------------------
add_library(hone_test_main OBJECT ${PROJECT_SOURCE_DIR}/tests/main.cpp
            ${PROJECT_SOURCE_DIR}/tests/paths.cpp)
target_link_libraries(hone_test_main PUBLIC Catch2::Catch2)
target_include_directories(hone_test_main PUBLIC ${PROJECT_SOURCE_DIR})
# Test code is compiled far more often than it is run, and what it tests is optimised anyway.
target_compile_options(hone_test_main PUBLIC -O0)

include(${PROJECT_SOURCE_DIR}/tests/fake_backend/plugins.cmake)
set_source_files_properties(${PROJECT_SOURCE_DIR}/tests/paths.cpp PROPERTIES COMPILE_DEFINITIONS
  "HONE_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\";HONE_BINARY_DIR=\"${PROJECT_BINARY_DIR}\";\
HONE_PLUGIN_DIR=\"${HONE_PLUGIN_DIR}\";HONE_FAKE_PLUGIN_DIR=\"${HONE_FAKE_PLUGIN_DIR}\";\
HONE_BIN=\"${HONE_BIN_DIR}/hone\"")

# The long versions of tests, tagged [.nightly], which no other run includes: hone_nightly() in a
# room's test.cmake adds its own.
add_custom_target(nightly)
function(hone_nightly)
  add_custom_target(nightly_${room} COMMAND ${HONE_TEST} "[.nightly]" USES_TERMINAL
                    COMMENT "nightly tests of ${room}")
  add_dependencies(nightly nightly_${room})
endfunction()

function(hone_add_test_room folder)
  cmake_path(GET folder FILENAME room)
  set(HONE_TEST test_${room})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  add_executable(${HONE_TEST} ${sources})
  set_target_properties(${HONE_TEST} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${HONE_TEST_DIR})
  target_link_libraries(${HONE_TEST} PRIVATE
    hone_test_main hone rapidcheck fmt::fmt nlohmann_json::nlohmann_json PkgConfig::sodium
    Threads::Threads ${CMAKE_DL_LIBS})
  add_dependencies(${HONE_TEST} hone_fake_plugins)
  add_test(NAME ${room} COMMAND ${HONE_TEST})
  # Tests run the tool: it must not meet the user's store, nor one room's tests another's.
  set_tests_properties(${room} PROPERTIES LABELS ${room} TIMEOUT 900
    ENVIRONMENT "XDG_CACHE_HOME=${HONE_TEST_DIR}/cache-home/${room}")
  include(${folder}/test.cmake OPTIONAL)
endfunction()

file(GLOB test_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*/*.cpp)
file(GLOB test_hooks CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/*/test.cmake)
set(test_folders "")
foreach(source IN LISTS test_sources)
  cmake_path(GET source PARENT_PATH folder)
  list(APPEND test_folders ${folder})
endforeach()
list(REMOVE_DUPLICATES test_folders)
list(FILTER test_folders EXCLUDE REGEX "/tests/(consumer|fuzz)$")
foreach(folder IN LISTS test_folders)
  hone_add_test_room(${folder})
endforeach()

# --- every public header compiles alone, twice; the C ones as C too --------------------------------
file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/hone/*.hpp
     ${PROJECT_SOURCE_DIR}/include/hone/*.h)
set(header_sources "")
foreach(header IN LISTS headers)
  cmake_path(GET header FILENAME name)
  set(languages cpp)
  if(name MATCHES "\\.h$")
    list(APPEND languages c)
  endif()
  foreach(language IN LISTS languages)
    set(source ${PROJECT_BINARY_DIR}/header_check/${name}.${language})
    file(CONFIGURE OUTPUT ${source} CONTENT "#include <hone/@name@>\n#include <hone/@name@>\n" @ONLY)
    list(APPEND header_sources ${source})
  endforeach()
endforeach()
if(header_sources AND NOT HONE_SANITIZE)  # once is enough
  add_library(header_check OBJECT ${header_sources})
  set_target_properties(header_check PROPERTIES UNITY_BUILD OFF)
  target_include_directories(header_check PRIVATE ${PROJECT_SOURCE_DIR}/include)
endif()

# --- includes go one way --------------------------------------------------------------------------
set(include_direction bash ${PROJECT_SOURCE_DIR}/tests/include_direction.sh)
set(include_fixture ${PROJECT_SOURCE_DIR}/tests/fixtures/include_direction)
add_test(NAME include_direction COMMAND ${include_direction} ${PROJECT_SOURCE_DIR})
add_test(NAME include_direction_refuses COMMAND ${include_direction} ${include_fixture})
set_tests_properties(include_direction_refuses PROPERTIES WILL_FAIL ON)
add_test(NAME include_direction_finds_each COMMAND ${include_direction} --check-marked ${include_fixture})
set_tests_properties(include_direction include_direction_refuses include_direction_finds_each
                     PROPERTIES LABELS structure TIMEOUT 60)

# --- hone as others use it ------------------------------------------------------------------------
# Not under sanitizers: the consumer would have to be built with the same ones.
if(EXISTS ${PROJECT_SOURCE_DIR}/include/hone/hone.hpp AND NOT HONE_SANITIZE)
  add_test(NAME consumer COMMAND bash ${PROJECT_SOURCE_DIR}/tests/consumer/run.sh
           ${PROJECT_BINARY_DIR} ${CMAKE_COMMAND} ${CMAKE_CXX_COMPILER})
  set_tests_properties(consumer PROPERTIES LABELS structure TIMEOUT 300)
endif()
