# The emulator without the plugin around it.
include(${PROJECT_SOURCE_DIR}/plugins/backend_emu/emulator.cmake)
target_link_libraries(${HONE_TEST} PRIVATE hone_emulator)
target_compile_definitions(${HONE_TEST} PRIVATE HONE_EMU_TESTS="${CMAKE_CURRENT_LIST_DIR}")

# The backend around it, and NVRTC where there is one.
include(${CMAKE_CURRENT_LIST_DIR}/backend.cmake)
target_link_libraries(${HONE_TEST} PRIVATE hone_emu_backend)
# Files whose local names are alike.
set_target_properties(${HONE_TEST} PROPERTIES UNITY_BUILD OFF)

hone_nightly()
