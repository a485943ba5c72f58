include(${PROJECT_SOURCE_DIR}/plugins/cuda_family/use.cmake)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/gemm_simt.cu gemm_simt_source)
