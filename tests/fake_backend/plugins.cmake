# The fake backend and its families, as plugins that every test room may load:
# Options::plugin_folders = {HONE_FAKE_PLUGIN_DIR}. Read before the rooms.

set(HONE_FAKE_PLUGIN_DIR ${HONE_TEST_DIR}/plugins/fake)
add_custom_target(hone_fake_plugins)

function(hone_fake_plugin name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  set(target fake_${name})
  add_library(${target} MODULE ${sources})
  set_target_properties(${target} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${HONE_FAKE_PLUGIN_DIR}
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PRIVATE hone)
  add_dependencies(hone_fake_plugins ${target})
  if(HONE_SANITIZE)  # it multiplies matrices, and tests wait for it
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

hone_compile_alone(backend/kernel.cpp backend/tensor_map.cpp)
hone_fake_plugin(backend)
hone_fake_plugin(gemm)
hone_fake_plugin(vendor)

# The library that the vendor family stands for lies beside its plugin.
configure_file(${PROJECT_SOURCE_DIR}/tests/fake_backend/vendor/vendor.fake
               ${HONE_FAKE_PLUGIN_DIR}/vendor.fake COPYONLY)
