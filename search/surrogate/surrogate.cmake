# The strategy without its plugin: compiled once, for the plugin, the portfolio and the tests. Sets
# HONE_SURROGATE to its target, or to nothing where there is no Eigen.
set(HONE_SURROGATE "")
find_package(Eigen3 3.3 QUIET NO_MODULE)
if(NOT TARGET Eigen3::Eigen)
  return()
endif()
set(HONE_SURROGATE hone_surrogate)
if(NOT TARGET hone_surrogate)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/plugin\\.cpp$")
  add_library(hone_surrogate STATIC ${sources})
  set_target_properties(hone_surrogate PROPERTIES
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_include_directories(hone_surrogate PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(hone_surrogate PUBLIC hone Eigen3::Eigen)
  if(HONE_SANITIZE)  # Eigen, which tests would wait for
    target_compile_options(hone_surrogate PRIVATE -O1)
  endif()
  target_compile_definitions(hone_surrogate INTERFACE HONE_SEARCH_SURROGATE)
endif()
