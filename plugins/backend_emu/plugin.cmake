include(${folder}/emulator.cmake)
hone_plugin_link(hone_emulator fmt::fmt ${CMAKE_DL_LIBS})
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
