# Nothing of CUDA is needed to build: driver, NVRTC and NVML are loaded at run time.
include(${folder}/nvrtc/nvrtc.cmake)
hone_plugin_link(hone_nvrtc Threads::Threads ${CMAKE_DL_LIBS})
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
