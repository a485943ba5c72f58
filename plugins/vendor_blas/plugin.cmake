file(GLOB common_sources CONFIGURE_DEPENDS ${folder}/common/*.cpp)
target_sources(${HONE_PLUGIN} PRIVATE ${common_sources})
hone_plugin_link(${CMAKE_DL_LIBS})
hone_compile_alone(openblas.cpp)
