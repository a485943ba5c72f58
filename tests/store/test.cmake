# The SQLite store is tested as the plugin it is; what only its own parts can show (a network file
# system, two connections in one process) with its sources.
pkg_check_modules(sqlite3 QUIET IMPORTED_TARGET sqlite3)
file(GLOB sqlite_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/cache/stores/sqlite/*.cpp)
list(FILTER sqlite_sources EXCLUDE REGEX "/plugin\\.cpp$")
target_sources(${HONE_TEST} PRIVATE ${sqlite_sources})
target_include_directories(${HONE_TEST} PRIVATE ${PROJECT_SOURCE_DIR}/cache/stores/sqlite)
target_link_libraries(${HONE_TEST} PRIVATE PkgConfig::sqlite3)
add_dependencies(${HONE_TEST} hone_store_sqlite hone_store_directory)
