target_link_libraries(${HONE_TEST} PRIVATE PkgConfig::zstd)
