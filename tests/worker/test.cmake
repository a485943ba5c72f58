# The plugin that the workers of these tests load.
file(GLOB forking_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/forking_backend/*.cpp)
add_library(worker_test_plugin MODULE ${forking_sources})
set_target_properties(worker_test_plugin PROPERTIES
  PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${HONE_TEST_DIR}/worker_plugins
  CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_link_libraries(worker_test_plugin PRIVATE hone Threads::Threads)

add_dependencies(${HONE_TEST} worker_test_plugin hone_worker)
target_compile_definitions(${HONE_TEST} PRIVATE
  HONE_WORKER_PROGRAM="$<TARGET_FILE:hone_worker>"
  HONE_WORKER_PLUGINS="${HONE_TEST_DIR}/worker_plugins")
