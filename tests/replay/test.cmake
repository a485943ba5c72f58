# The tests load the search plugins as the tool does, so they must be there.
get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER targets INCLUDE REGEX "^hone_search_")
if(targets)
  add_dependencies(${HONE_TEST} ${targets})
endif()
