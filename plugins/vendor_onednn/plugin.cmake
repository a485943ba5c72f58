# What families of vendor libraries have in common lies with the BLAS ones.
cmake_path(GET folder PARENT_PATH plugins)
set(vendor_blas ${plugins}/vendor_blas)
file(GLOB common_sources CONFIGURE_DEPENDS ${vendor_blas}/common/*.cpp)
target_sources(${HONE_PLUGIN} PRIVATE ${common_sources})
target_include_directories(${HONE_PLUGIN} PRIVATE ${vendor_blas})
hone_plugin_link(${CMAKE_DL_LIBS})
