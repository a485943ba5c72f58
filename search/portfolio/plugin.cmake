hone_plugin_use_search_rooms()
target_sources(${HONE_PLUGIN} PRIVATE
  ${PROJECT_SOURCE_DIR}/search/local/local.cpp
  ${PROJECT_SOURCE_DIR}/search/annealing/annealing.cpp
  ${PROJECT_SOURCE_DIR}/search/genetic/genetic.cpp)

# Without Eigen the portfolio is of the others.
include(${PROJECT_SOURCE_DIR}/search/surrogate/surrogate.cmake)
hone_plugin_link(${HONE_SURROGATE})
# Files whose local names are alike.
set_target_properties(${HONE_PLUGIN} PROPERTIES UNITY_BUILD OFF)
