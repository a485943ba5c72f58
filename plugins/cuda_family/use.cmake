# Included by the plugin.cmake of a family that emits CUDA C++: its sources may include
# "cuda_family/host/*.hpp" and the texts of cuda_family/device as "elements_source.embed.hpp" etc.
file(GLOB host_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/host/*.cpp)
target_sources(${HONE_PLUGIN} PRIVATE ${host_sources})
target_include_directories(${HONE_PLUGIN} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/..)
file(GLOB device_headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/device/*.cuh)
foreach(header IN LISTS device_headers)
  cmake_path(GET header STEM part)
  hone_embed(${HONE_PLUGIN} ${header} ${part}_source)
endforeach()
