# The tests load the search plugins as the tool does, so they must be there.
get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER targets INCLUDE REGEX "^hone_search_")
if(targets)
  add_dependencies(${HONE_TEST} ${targets})
endif()

# Parts of strategies are tested by themselves.
target_sources(${HONE_TEST} PRIVATE ${PROJECT_SOURCE_DIR}/search/portfolio/bandit.cpp)
include(${PROJECT_SOURCE_DIR}/search/surrogate/surrogate.cmake)
target_link_libraries(${HONE_TEST} PRIVATE ${HONE_SURROGATE})
hone_compile_alone(conformance_test.cpp surrogate_test.cpp)
