# bench/NAME.cpp becomes bench_NAME, with Google Benchmark where it is found.

if(NOT HONE_BENCH)
  return()
endif()

find_package(benchmark QUIET CONFIG)
file(GLOB benches CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/bench/*.cpp)
foreach(source IN LISTS benches)
  cmake_path(GET source STEM name)
  add_executable(bench_${name} ${source})
  set_target_properties(bench_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  target_include_directories(bench_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(bench_${name} PRIVATE hone fmt::fmt CLI11::CLI11 nlohmann_json::nlohmann_json)
  if(benchmark_FOUND)
    target_link_libraries(bench_${name} PRIVATE benchmark::benchmark)
    target_compile_definitions(bench_${name} PRIVATE HONE_HAS_BENCHMARK)
  endif()
endforeach()
