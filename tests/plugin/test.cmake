# Plugins in order, and plugins wrong in one way each. Every one is NAME.so in a folder of its own
# kind below tests/plugins.

set(plugins ${HONE_TEST_DIR}/plugins)
target_compile_definitions(${HONE_TEST} PRIVATE HONE_TEST_PLUGINS="${plugins}")

function(test_plugin group name source)
  set(target plugin_${group}_${name})
  add_library(${target} MODULE ${folder}/plugins/${source}.cpp)
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${plugins}/${group}
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_definitions(${target} PRIVATE ${ARGN})
  target_link_libraries(${target} PRIVATE hone)
  add_dependencies(${HONE_TEST} ${target})
endfunction()

test_plugin(good good good "FAMILY=\"test_good\"")
test_plugin(twin twin good "FAMILY=\"test_good\"")

test_plugin(refused no_symbol symbol)
test_plugin(refused unresolved symbol UNRESOLVED)
test_plugin(refused one_byte symbol BYTE)
test_plugin(refused function symbol FUNCTION)
test_plugin(refused other_size symbol SMALLER=24)
test_plugin(refused lying_size symbol SMALLER=48)
# Their sizes are the test: a sanitizer would pad them.
foreach(name one_byte other_size lying_size)
  target_compile_options(plugin_refused_${name} PRIVATE -fno-sanitize=all)
endforeach()

test_plugin(refused other_abi info ABI=7)
test_plugin(refused other_toolchain info "TOOLCHAIN=\"gcc 4\"")
test_plugin(refused null_toolchain info TOOLCHAIN=nullptr)
test_plugin(refused kind_zero info KIND=0)
test_plugin(refused kind_above info KIND=99)
test_plugin(refused null_name info NAME=nullptr)
test_plugin(refused spaced_name info "NAME=\"two words\"")
test_plugin(refused null_version info VERSION=nullptr)
test_plugin(refused null_factory info FACTORY=nullptr)

test_plugin(refused throws_exception contents "BRINGS=throw std::runtime_error(\"no licence found\")")
test_plugin(refused throws_error contents "BRINGS=throw hone::Error(hone::Errc::usage, \"a hone error\")")
test_plugin(refused throws_int contents "BRINGS=throw 42")
test_plugin(refused null_family contents "BRINGS=return null_family()")
test_plugin(refused bad_family_name contents "BRINGS=return family_named(\"a=b\")")
test_plugin(refused unnameable contents "BRINGS=return unnameable()")
test_plugin(refused other_kind contents KIND=search "BRINGS=return family_named(\"hidden\")")
test_plugin(refused no_maker contents KIND=search "BRINGS=return search_without_maker()")
