# Spaces are walked point by point in tests: worth optimising in builds that otherwise do not.
if(HONE_SANITIZE)
  file(GLOB hone_space_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/space/*.cpp)
  set_source_files_properties(${hone_space_sources} PROPERTIES COMPILE_OPTIONS -O1)
endif()
