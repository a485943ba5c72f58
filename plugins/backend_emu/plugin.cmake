include(${folder}/emulator.cmake)
include(${folder}/../backend_cuda/nvrtc/nvrtc.cmake)
hone_plugin_link(hone_emulator hone_nvrtc fmt::fmt)
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
