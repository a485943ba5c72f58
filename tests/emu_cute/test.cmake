# The emulator without the plugin around it, and NVRTC where there is one.
include(${PROJECT_SOURCE_DIR}/tests/emu/backend.cmake)
target_link_libraries(${HONE_TEST} PRIVATE hone_emu_backend)
# golden_ptx of tests/emu/machine.hpp
target_compile_definitions(${HONE_TEST} PRIVATE HONE_EMU_TESTS="${PROJECT_SOURCE_DIR}/tests/emu")
hone_nightly()
