hone_plugin_use_search_rooms()
target_sources(${HONE_PLUGIN} PRIVATE
  ${PROJECT_SOURCE_DIR}/search/local/local.cpp
  ${PROJECT_SOURCE_DIR}/search/annealing/annealing.cpp
  ${PROJECT_SOURCE_DIR}/search/genetic/genetic.cpp)

# Without Eigen the portfolio is of the others.
find_package(Eigen3 3.3 QUIET NO_MODULE)
if(TARGET Eigen3::Eigen)
  file(GLOB surrogate CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/search/surrogate/*.cpp)
  list(FILTER surrogate EXCLUDE REGEX "/plugin\\.cpp$")
  target_sources(${HONE_PLUGIN} PRIVATE ${surrogate})
  target_compile_definitions(${HONE_PLUGIN} PRIVATE HONE_SEARCH_SURROGATE)
  hone_plugin_link(Eigen3::Eigen)
endif()
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
