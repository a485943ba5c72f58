# The emulator without the plugin around it.
include(${PROJECT_SOURCE_DIR}/plugins/backend_emu/emulator.cmake)
target_link_libraries(${HONE_TEST} PRIVATE hone_emulator)
target_compile_definitions(${HONE_TEST} PRIVATE HONE_EMU_TESTS="${CMAKE_CURRENT_LIST_DIR}")
