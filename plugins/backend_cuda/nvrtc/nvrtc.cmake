# The compiler part is a library of its own, which every backend of CUDA C++ and the tests link:
# include() it, link hone_nvrtc.
include_guard(GLOBAL)
set(nvrtc_folder ${CMAKE_CURRENT_LIST_DIR})
cmake_path(GET nvrtc_folder PARENT_PATH nvrtc_parent)
file(GLOB nvrtc_sources CONFIGURE_DEPENDS ${nvrtc_folder}/*.cpp)
add_library(hone_nvrtc STATIC ${nvrtc_sources})
set_target_properties(hone_nvrtc PROPERTIES
  UNITY_BUILD OFF  # NVRTC has a Program of its own
  C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_include_directories(hone_nvrtc PUBLIC ${nvrtc_parent})
target_link_libraries(hone_nvrtc PUBLIC hone PRIVATE ${CMAKE_DL_LIBS})
foreach(header types math mma async tma cluster)
  hone_embed(hone_nvrtc ${nvrtc_parent}/../cuda_device/${header}.cuh cuda_${header}_cuh)
endforeach()
