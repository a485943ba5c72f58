hone_plugin_link(${CMAKE_DL_LIBS})
