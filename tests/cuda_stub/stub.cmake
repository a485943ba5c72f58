# The stub's libraries and families, in HONE_CUDA_STUB_DIR. Read by tests/backend_cuda.
set(HONE_CUDA_STUB_DIR ${HONE_TEST_DIR}/plugins/cuda_stub)
add_custom_target(hone_cuda_stub)
foreach(part driver nvrtc nvml cublaslt)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/${part}/*.cpp)
  add_library(cuda_stub_${part} SHARED ${sources})
  # Not among the plugins: they are none.
  set_target_properties(cuda_stub_${part} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${HONE_TEST_DIR}/cuda_stub UNITY_BUILD OFF)
  target_include_directories(cuda_stub_${part} PRIVATE
    ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/plugins/backend_cuda)
  target_compile_features(cuda_stub_${part} PRIVATE cxx_std_20)
  if(HONE_SANITIZE)  # the driver multiplies matrices, and tests wait for it
    target_compile_options(cuda_stub_${part} PRIVATE -O1)
  endif()
  add_dependencies(hone_cuda_stub cuda_stub_${part})
endforeach()

# Under its real name, so that a program finds the one that was loaded for it.
target_link_libraries(cuda_stub_cublaslt PRIVATE cuda_stub_driver)
# Which also knows what the kernels took.
target_link_libraries(cuda_stub_nvml PRIVATE cuda_stub_driver)
target_link_options(cuda_stub_cublaslt PRIVATE -Wl,-soname,libcublasLt.so.13)
set_target_properties(cuda_stub_cublaslt PROPERTIES NO_SONAME ON)

# Of a driver that is too old to have anything but its version.
file(CONFIGURE OUTPUT ${HONE_TEST_DIR}/cuda_stub/old.c CONTENT
"int cuInit(unsigned flags) { return (int)flags; }
int cuDriverGetVersion(int* version) { *version = 9010; return 0; }
")
add_library(cuda_stub_old SHARED ${HONE_TEST_DIR}/cuda_stub/old.c)
set_target_properties(cuda_stub_old PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${HONE_TEST_DIR}/cuda_stub)
add_dependencies(hone_cuda_stub cuda_stub_old)

add_library(cuda_stub_gemm MODULE ${CMAKE_CURRENT_LIST_DIR}/gemm/plugin.cpp)
set_target_properties(cuda_stub_gemm PROPERTIES PREFIX ""
  LIBRARY_OUTPUT_DIRECTORY ${HONE_CUDA_STUB_DIR}
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_include_directories(cuda_stub_gemm PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(cuda_stub_gemm PRIVATE hone)
add_dependencies(hone_cuda_stub cuda_stub_gemm)
