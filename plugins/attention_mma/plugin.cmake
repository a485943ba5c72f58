include(${PROJECT_SOURCE_DIR}/plugins/cuda_family/use.cmake)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/attention.cuh attention_source)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/forward.cu forward_source)
hone_embed(${HONE_PLUGIN} ${folder}/kernel/backward.cu backward_source)
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
