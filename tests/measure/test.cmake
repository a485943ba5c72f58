# Candidates run in worker processes.
add_dependencies(${HONE_TEST} hone_worker)
target_compile_definitions(${HONE_TEST} PRIVATE HONE_WORKER_PROGRAM="$<TARGET_FILE:hone_worker>")
if(TARGET hone_backend_cpu)
  add_dependencies(${HONE_TEST} hone_backend_cpu)
endif()
