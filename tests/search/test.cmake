# The tests load the search plugins as the tool does, so they must be there.
get_property(targets DIRECTORY ${PROJECT_SOURCE_DIR} PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER targets INCLUDE REGEX "^hone_search_")
if(targets)
  add_dependencies(${HONE_TEST} ${targets})
endif()

# Parts of strategies are tested by themselves.
target_sources(${HONE_TEST} PRIVATE ${PROJECT_SOURCE_DIR}/search/portfolio/bandit.cpp)
find_package(Eigen3 3.3 QUIET NO_MODULE)
if(TARGET Eigen3::Eigen)
  foreach(part encoding kernel posterior model)
    target_sources(${HONE_TEST} PRIVATE ${PROJECT_SOURCE_DIR}/search/surrogate/${part}.cpp)
  endforeach()
  target_compile_definitions(${HONE_TEST} PRIVATE HONE_SEARCH_SURROGATE)
  target_link_libraries(${HONE_TEST} PRIVATE Eigen3::Eigen)
endif()
# Files whose local names are alike.
set_target_properties(${HONE_TEST} PROPERTIES UNITY_BUILD OFF)
