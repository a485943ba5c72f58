target_link_libraries(${HONE_TEST} PRIVATE PkgConfig::zstd)
# Files whose local names are alike.
set_target_properties(${HONE_TEST} PROPERTIES UNITY_BUILD OFF)
