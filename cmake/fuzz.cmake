# tests/fuzz/NAME.cpp defines LLVMFuzzerTestOneInput. With HONE_FUZZ it becomes a libFuzzer program
# fuzz_NAME; in every build with tests, also a program that replays the seeds kept in
# tests/fuzz/corpus/NAME, so that fuzz targets and old findings stay checked without clang. An optional
# NAME.cmake links more to HONE_FUZZ_TARGET.

file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/*.cpp)

if(HONE_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "HONE_FUZZ needs clang++ (use the preset asan)")
  endif()
  add_custom_target(hone_fuzzers)
  foreach(target hone hone_op)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endforeach()
  foreach(source IN LISTS fuzz_sources)
    cmake_path(GET source STEM name)
    add_executable(fuzz_${name} ${source})
    set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${name} PRIVATE hone)
    set(HONE_FUZZ_TARGET fuzz_${name})
    include(${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cmake OPTIONAL)
    add_dependencies(hone_fuzzers fuzz_${name})
  endforeach()
endif()

if(HONE_TESTS_ON)
  foreach(source IN LISTS fuzz_sources)
    cmake_path(GET source STEM name)
    add_executable(replay_${name} ${source} ${PROJECT_SOURCE_DIR}/tests/replay_main.cpp)
    set_target_properties(replay_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${HONE_TEST_DIR})
    target_include_directories(replay_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(replay_${name} PRIVATE hone)
    set(HONE_FUZZ_TARGET replay_${name})
    include(${PROJECT_SOURCE_DIR}/tests/fuzz/${name}.cmake OPTIONAL)
    add_test(NAME fuzz_corpus_${name}
             COMMAND replay_${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz_corpus_${name} PROPERTIES LABELS fuzz TIMEOUT 120)
  endforeach()
endif()
