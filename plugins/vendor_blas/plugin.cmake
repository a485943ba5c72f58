file(GLOB common_sources CONFIGURE_DEPENDS ${folder}/common/*.cpp)
target_sources(${HONE_PLUGIN} PRIVATE ${common_sources})
hone_plugin_link(${CMAKE_DL_LIBS})
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
