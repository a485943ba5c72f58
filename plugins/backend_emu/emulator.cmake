# The emulator is a library of its own, which the tests and the fuzz target link without the plugin.
include_guard(GLOBAL)
set(emulator_folder ${CMAKE_CURRENT_LIST_DIR})
set(emulator_parts ptx decode ops exec mem check cost report)
list(TRANSFORM emulator_parts PREPEND ${emulator_folder}/ OUTPUT_VARIABLE emulator_globs)
list(TRANSFORM emulator_globs APPEND /*.cpp)
file(GLOB emulator_sources CONFIGURE_DEPENDS ${emulator_globs})
add_library(hone_emulator STATIC ${emulator_sources})
set_target_properties(hone_emulator PROPERTIES
  C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
# Operations of several types are called alike.
file(GLOB operations ${emulator_folder}/ops/*.cpp)
set_source_files_properties(${operations} TARGET_DIRECTORY hone_emulator
                            PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
target_include_directories(hone_emulator PUBLIC ${emulator_folder})
target_link_libraries(hone_emulator PUBLIC hone PRIVATE fmt::fmt)
# A register is read as whatever type the instruction names.
target_compile_options(hone_emulator PRIVATE -fno-strict-aliasing)
# Lanes are loops: the vectoriser makes them what they are meant to be.
if(HONE_SANITIZE OR HONE_FUZZ)
  target_compile_options(hone_emulator PRIVATE -O1)
else()
  target_compile_options(hone_emulator PRIVATE -O3)
endif()
# Files that change the rounding mode.
set_source_files_properties(${emulator_folder}/ops/floating.cpp ${emulator_folder}/ops/convert.cpp
  TARGET_DIRECTORY hone_emulator PROPERTIES COMPILE_OPTIONS "-frounding-math")
# No contraction of a * b + c, no assumptions about NaN: PTX says what is rounded.
target_compile_options(hone_emulator PRIVATE -ffp-contract=off)
