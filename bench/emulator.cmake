include(${PROJECT_SOURCE_DIR}/plugins/backend_emu/emulator.cmake)
target_link_libraries(bench_emulator PRIVATE hone_emulator)
target_compile_definitions(bench_emulator PRIVATE HONE_EMU_TESTS="${PROJECT_SOURCE_DIR}/tests/emu")
