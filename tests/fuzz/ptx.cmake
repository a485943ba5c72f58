include(${PROJECT_SOURCE_DIR}/plugins/backend_emu/emulator.cmake)
target_link_libraries(${HONE_FUZZ_TARGET} PRIVATE hone_emulator)
