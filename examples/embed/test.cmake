# Where the CPU backend is left out there is nothing to run it on.
if(TARGET hone_cpu_compiler)
  add_dependencies(${HONE_EXAMPLE} hone_all_runtime)
  add_test(NAME ${HONE_EXAMPLE} COMMAND ${HONE_EXAMPLE})
  set_tests_properties(${HONE_EXAMPLE} PROPERTIES
    LABELS dispatch TIMEOUT 300 PASS_REGULAR_EXPRESSION "d\\[0\\] = 64"
    ENVIRONMENT "XDG_CACHE_HOME=${HONE_TEST_DIR}/cache-home/${HONE_EXAMPLE}")
endif()
