set(kernel_toml_folder ${PROJECT_SOURCE_DIR}/plugins/kernel_toml)
target_sources(${HONE_FUZZ_TARGET} PRIVATE
  ${kernel_toml_folder}/description.cpp ${kernel_toml_folder}/t1.cpp)
target_include_directories(${HONE_FUZZ_TARGET} PRIVATE ${kernel_toml_folder})
target_link_libraries(${HONE_FUZZ_TARGET} PRIVATE
  tomlplusplus::tomlplusplus PkgConfig::muparser nlohmann_json::nlohmann_json fmt::fmt)
