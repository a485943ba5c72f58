foreach(part elements exponential attention tiles rows combine)
  hone_embed(${HONE_PLUGIN} ${folder}/kernel/${part}.cc ${part}_source)
endforeach()
