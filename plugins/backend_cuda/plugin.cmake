# Nothing of CUDA is needed to build: driver, NVRTC and NVML are loaded at run time.
include(${folder}/nvrtc/nvrtc.cmake)
hone_plugin_link(hone_nvrtc Threads::Threads ${CMAKE_DL_LIBS})
hone_compile_alone(driver.cpp nvml.cpp)
