# The plain algorithm must round the same way on every machine: products are never fused with sums.
# References in fp64 are most of what a build that does not optimise (sanitizers) would wait for.
file(GLOB hone_op_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/op/*.cpp)
set(hone_op_options -ffp-contract=off)
if(HONE_SANITIZE)
  list(APPEND hone_op_options -O1)
endif()
set_source_files_properties(${hone_op_sources} PROPERTIES COMPILE_OPTIONS "${hone_op_options}")
# Loops over runs of elements, worth vectorising whatever the build type.
set_source_files_properties(
  ${PROJECT_SOURCE_DIR}/lib/op/convert.cpp ${PROJECT_SOURCE_DIR}/lib/op/values.cpp
  PROPERTIES COMPILE_OPTIONS "-O3;-ffp-contract=off")
