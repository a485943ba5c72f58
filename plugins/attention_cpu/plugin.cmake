include(${PROJECT_SOURCE_DIR}/plugins/cpu_family/use.cmake)
foreach(part elements exponential attention strips tiles rows combine backward)
  hone_embed(${HONE_PLUGIN} ${folder}/kernel/${part}.cc ${part}_source)
endforeach()
