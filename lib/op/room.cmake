# A library of objects, for two options of its own. The plain algorithm must round the same way on
# every machine: products are never fused with sums. And its references in fp64 are most of what a
# build that does not optimise (sanitizers) would wait for.
file(GLOB hone_op_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/op/*.cpp)
add_library(hone_op OBJECT ${hone_op_sources})
target_compile_features(hone_op PRIVATE cxx_std_20)
target_include_directories(hone_op PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR})
target_link_libraries(hone_op PRIVATE fmt::fmt tomlplusplus::tomlplusplus)
target_compile_options(hone_op PRIVATE -ffp-contract=off)
if(HONE_SANITIZE)
  target_compile_options(hone_op PRIVATE -O1)
endif()
target_sources(hone PRIVATE $<TARGET_OBJECTS:hone_op>)
# Loops over runs of elements, worth vectorising whatever the build type.
set_source_files_properties(
  ${PROJECT_SOURCE_DIR}/lib/op/convert.cpp ${PROJECT_SOURCE_DIR}/lib/op/values.cpp
  PROPERTIES COMPILE_OPTIONS -O3)
