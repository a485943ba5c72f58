# The backend's own parts, without the plugin around them, and NVIDIA's libraries as stubs.
include(${PROJECT_SOURCE_DIR}/tests/cuda_stub/stub.cmake)
set(backend_folder ${PROJECT_SOURCE_DIR}/plugins/backend_cuda)
file(GLOB backend_sources CONFIGURE_DEPENDS ${backend_folder}/*.cpp)
list(FILTER backend_sources EXCLUDE REGEX "/plugin\\.cpp$")
target_sources(${HONE_TEST} PRIVATE ${backend_sources})
target_include_directories(${HONE_TEST} PRIVATE ${backend_folder})
include(${backend_folder}/nvrtc/nvrtc.cmake)
target_link_libraries(${HONE_TEST} PRIVATE hone_nvrtc)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/stub.cpp PROPERTIES COMPILE_DEFINITIONS
  "HONE_CUDA_STUB_DIR=\"${HONE_CUDA_STUB_DIR}\";HONE_CUDA_STUB_LIBRARIES=\"${HONE_TEST_DIR}/cuda_stub\"")
add_dependencies(${HONE_TEST} hone_cuda_stub hone_all_runtime)
# Files whose local names are alike.
set_target_properties(${HONE_TEST} PROPERTIES UNITY_BUILD OFF)
