# The loops of host references are vectorised whatever the build type, and never fuse a product with
# an addition: the plain algorithm must round the same way on every machine.
set_source_files_properties(
  ${PROJECT_SOURCE_DIR}/lib/op/panel_product.cpp ${PROJECT_SOURCE_DIR}/lib/op/convert.cpp
  ${PROJECT_SOURCE_DIR}/lib/op/values.cpp
  PROPERTIES COMPILE_OPTIONS "-O3;-ffp-contract=off")
