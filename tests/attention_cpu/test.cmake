foreach(plugin hone_attention_cpu hone_backend_cpu)
  if(TARGET ${plugin})
    add_dependencies(${HONE_TEST} ${plugin})
  endif()
endforeach()
# Files whose local names are alike.
set_target_properties(${HONE_TEST} PROPERTIES UNITY_BUILD OFF)
