# Third parties of libhone and the tool. Those of a plugin are found in that plugin's plugin.cmake,
# those of the tests in tests.cmake.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED CONFIG)
find_package(spdlog REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(ZLIB REQUIRED)

find_package(tomlplusplus QUIET CONFIG)
if(NOT TARGET tomlplusplus::tomlplusplus)
  pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)
  add_library(tomlplusplus::tomlplusplus ALIAS PkgConfig::tomlplusplus)
endif()

pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(hwloc REQUIRED IMPORTED_TARGET hwloc)
pkg_check_modules(muparser REQUIRED IMPORTED_TARGET muparser)

# Headers only. find_package(Boost) is not used: it differs between CMake and Boost versions.
find_path(HONE_BOOST_INCLUDE boost/dll/shared_library.hpp REQUIRED)
add_library(hone_boost INTERFACE)
target_include_directories(hone_boost SYSTEM INTERFACE ${HONE_BOOST_INCLUDE})
