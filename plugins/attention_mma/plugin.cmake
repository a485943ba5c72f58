include(${PROJECT_SOURCE_DIR}/plugins/cuda_family/use.cmake)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/attention.cuh attention_source)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/forward.cu forward_source)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/backward.cu backward_source)
