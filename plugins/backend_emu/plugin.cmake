include(${folder}/emulator.cmake)
hone_plugin_link(hone_emulator fmt::fmt ${CMAKE_DL_LIBS})
