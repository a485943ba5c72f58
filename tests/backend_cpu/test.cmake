# The backend's own parts, without the plugin around them: they need no LLVM, so they are tested in
# builds that leave the plugin out as well.
set(backend_folder ${PROJECT_SOURCE_DIR}/plugins/backend_cpu)
file(GLOB backend_sources CONFIGURE_DEPENDS ${backend_folder}/*.cpp)
list(FILTER backend_sources EXCLUDE REGEX "/plugin\\.cpp$")
target_sources(${HONE_TEST} PRIVATE ${backend_sources})
target_include_directories(${HONE_TEST} PRIVATE ${backend_folder})
target_link_libraries(${HONE_TEST} PRIVATE PkgConfig::hwloc)
target_compile_definitions(${HONE_TEST} PRIVATE HONE_CPU_PARTS="${HONE_LIB_DIR}/hone")
if(TARGET hone_cpu_compiler)
  get_target_property(backend_definitions hone_backend_cpu COMPILE_DEFINITIONS)
  list(FILTER backend_definitions INCLUDE REGEX "^HONE_CLANG_VERSION")
  target_compile_definitions(${HONE_TEST} PRIVATE ${backend_definitions})
  add_dependencies(${HONE_TEST} hone_cpu_compiler hone_cpu_loader)
else()
  target_compile_definitions(${HONE_TEST} PRIVATE HONE_CLANG_VERSION="")
endif()

# A library module, as a vendor library is one.
add_library(hone_test_cpu_library MODULE ${CMAKE_CURRENT_LIST_DIR}/library.c)
set_target_properties(hone_test_cpu_library PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${HONE_TEST_DIR})
target_include_directories(hone_test_cpu_library PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(${HONE_TEST} PRIVATE
  HONE_TEST_LIBRARY="$<TARGET_FILE:hone_test_cpu_library>")
add_dependencies(${HONE_TEST} hone_test_cpu_library)
