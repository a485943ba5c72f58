# The emulator's backend without the plugin around it, and NVRTC where there is one: what tests link
# that look inside.
include_guard(GLOBAL)
include(${PROJECT_SOURCE_DIR}/plugins/backend_emu/emulator.cmake)
include(${PROJECT_SOURCE_DIR}/plugins/backend_cuda/nvrtc/nvrtc.cmake)
file(GLOB emu_backend_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/plugins/backend_emu/*.cpp)
list(FILTER emu_backend_sources EXCLUDE REGEX "/plugin\\.cpp$")
add_library(hone_emu_backend STATIC ${emu_backend_sources})
# Files whose local names are alike.
set_target_properties(hone_emu_backend PROPERTIES UNITY_BUILD OFF)
target_link_libraries(hone_emu_backend PUBLIC hone_emulator hone_nvrtc PRIVATE fmt::fmt)
