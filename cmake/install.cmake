# Installation and the CMake package: find_package(hone) gives hone::hone, from a build tree as well.

include(CMakePackageConfigHelpers)

set(hone_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hone)

# hone_origin_rpath(RESULT FROM TO): the run path by which a file in FROM finds libraries in TO.
function(hone_origin_rpath result from to)
  file(RELATIVE_PATH relative /${from} /${to})
  set(${result} "$ORIGIN/${relative}" PARENT_SCOPE)
endfunction()

function(hone_install_program target folder)
  hone_origin_rpath(rpath ${folder} ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(${target} PROPERTIES INSTALL_RPATH ${rpath})
  install(TARGETS ${target} RUNTIME DESTINATION ${folder})
endfunction()

function(hone_install_plugin target)
  hone_origin_rpath(rpath ${CMAKE_INSTALL_LIBDIR}/hone/plugins ${CMAKE_INSTALL_LIBDIR})
  set_target_properties(${target} PROPERTIES INSTALL_RPATH ${rpath})
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/hone/plugins)
endfunction()

install(TARGETS hone EXPORT honeTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/hone DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} OPTIONAL
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")

write_basic_package_version_file(${PROJECT_BINARY_DIR}/honeConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/honeConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/honeConfig.cmake
                              INSTALL_DESTINATION ${hone_package_dir})
install(FILES ${PROJECT_BINARY_DIR}/honeConfig.cmake ${PROJECT_BINARY_DIR}/honeConfigVersion.cmake
        DESTINATION ${hone_package_dir})
install(EXPORT honeTargets NAMESPACE hone:: DESTINATION ${hone_package_dir})
export(EXPORT honeTargets NAMESPACE hone:: FILE ${PROJECT_BINARY_DIR}/honeTargets.cmake)
