# The backend's own parts, so that programs run from changed PTX; families as plugins.
include(${PROJECT_SOURCE_DIR}/tests/emu/backend.cmake)
target_link_libraries(${HONE_TEST} PRIVATE hone_emu_backend)
target_sources(${HONE_TEST} PRIVATE ${PROJECT_SOURCE_DIR}/tests/emu/mutant.cpp)
# Files whose local names are alike.
set_target_properties(${HONE_TEST} PROPERTIES UNITY_BUILD OFF)
foreach(plugin hone_gemm_simt hone_gemm_mma hone_gemm_w4a16 hone_attention_mma hone_backend_emu)
  if(TARGET ${plugin})
    add_dependencies(${HONE_TEST} ${plugin})
  endif()
endforeach()

hone_nightly()
