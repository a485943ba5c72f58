# The plain algorithm must round the same way on every machine: products are never fused with sums.
file(GLOB hone_op_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/op/*.cpp)
set_source_files_properties(${hone_op_sources} PROPERTIES COMPILE_OPTIONS -ffp-contract=off)
# Loops over runs of elements, worth vectorising whatever the build type.
set_source_files_properties(
  ${PROJECT_SOURCE_DIR}/lib/op/convert.cpp ${PROJECT_SOURCE_DIR}/lib/op/values.cpp
  PROPERTIES COMPILE_OPTIONS "-O3;-ffp-contract=off")
