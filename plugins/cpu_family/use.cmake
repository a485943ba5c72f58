# Included by the plugin.cmake of a family that emits C++ for CPUs: its sources may include
# "cpu_family/host/*.hpp".
file(GLOB host_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/host/*.cpp)
target_sources(${HONE_PLUGIN} PRIVATE ${host_sources})
target_include_directories(${HONE_PLUGIN} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/..)
