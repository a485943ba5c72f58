target_link_libraries(${HONE_TEST} PRIVATE PkgConfig::zstd)
hone_compile_alone(refuse_test.cpp tiers_test.cpp)
