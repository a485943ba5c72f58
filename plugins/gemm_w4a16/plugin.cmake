include(${PROJECT_SOURCE_DIR}/plugins/cuda_family/use.cmake)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/gemm_w4a16.cu gemm_w4a16_source)
