# Nothing of CUDA is needed to build: driver, NVRTC and NVML are loaded at run time.
hone_plugin_link(Threads::Threads ${CMAKE_DL_LIBS})
include(${folder}/nvrtc/nvrtc.cmake)
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
