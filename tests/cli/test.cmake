# The emulator is tested through the tool.
if(TARGET hone_backend_emu)
  add_dependencies(${HONE_TEST} hone_backend_emu)
endif()
