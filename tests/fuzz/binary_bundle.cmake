target_link_libraries(${HONE_FUZZ_TARGET} PRIVATE PkgConfig::zstd)
