# Every folder of plugins/, search/ and cache/stores/ with a *.cpp is a plugin. It sees include/hone
# and its own folder, nothing else, which keeps the include direction by construction.
#
# A folder's optional plugin.cmake is read after its target exists and may use
#   HONE_PLUGIN                   the target
#   hone_plugin_link(LIBRARY...)  link libraries, privately
#   hone_plugin_skip(REASON)      leave this plugin out and stop reading, e.g. a library is missing
#   hone_plugin_use_search_rooms()  for a strategy that uses search/common or other strategies
#   hone_embed(${HONE_PLUGIN} FILE SYMBOL)
# and any target_* command. Its variables and find_package results stay its own.

macro(hone_plugin_link)
  target_link_libraries(${HONE_PLUGIN} PRIVATE ${ARGN})
endmacro()

macro(hone_plugin_use_search_rooms)
  target_include_directories(${HONE_PLUGIN} PRIVATE ${PROJECT_SOURCE_DIR})
endmacro()

# A macro, so that return() leaves the plugin.cmake that calls it.
macro(hone_plugin_skip reason)
  set(plugin_skipped "${reason}")
  return()
endmacro()

function(hone_add_plugin folder target)
  cmake_path(GET folder FILENAME name)
  set(HONE_PLUGIN ${target})
  if(name IN_LIST HONE_SKIP_PLUGINS)
    message(STATUS "hone: plugin ${target} skipped: named in HONE_SKIP_PLUGINS")
    return()
  endif()

  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  add_library(${target} MODULE ${sources})
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    LIBRARY_OUTPUT_DIRECTORY ${HONE_PLUGIN_DIR}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(${target} PRIVATE ${folder})
  target_compile_definitions(${target} PRIVATE HONE_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${target} PRIVATE hone)
  if(NOT HONE_SANITIZE AND NOT HONE_FUZZ)
    target_link_options(${target} PRIVATE -Wl,--no-undefined)
  endif()

  set(plugin_skipped "")
  include(${folder}/plugin.cmake OPTIONAL)
  if(plugin_skipped)
    message(STATUS "hone: plugin ${target} skipped: ${plugin_skipped}")
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()

  add_dependencies(hone_all_runtime ${target})
  hone_install_plugin(${target})
endfunction()

function(hone_add_plugins parent prefix)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${parent}/*/*.cpp)
  # Globbed only to be told when one appears.
  file(GLOB hooks CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${parent}/*/plugin.cmake)
  set(folders "")
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    list(APPEND folders ${folder})
  endforeach()
  list(REMOVE_DUPLICATES folders)
  foreach(folder IN LISTS folders)
    cmake_path(GET folder FILENAME name)
    hone_add_plugin(${folder} ${prefix}${name})
  endforeach()
endfunction()
