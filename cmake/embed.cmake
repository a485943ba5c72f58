# hone_embed(TARGET FILE SYMBOL)
#
# Makes the text of FILE available to TARGET's sources: #include "SYMBOL.embed.hpp" declares
# `inline constexpr std::string_view SYMBOL`. FILE is relative to the calling list file. The header
# is made again when FILE changes. A kernel's source thereby stays a real file with its own syntax.
function(hone_embed target file symbol)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_LIST_DIR} NORMALIZE)
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_text.cmake)
  set(folder ${PROJECT_BINARY_DIR}/embed/${target})
  set(header ${folder}/${symbol}.embed.hpp)
  cmake_path(RELATIVE_PATH file BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE shown)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${header} -DSYMBOL=${symbol} -DSHOWN=${shown} -P ${script}
    DEPENDS ${file} ${script}
    COMMENT "Embedding ${shown}"
    VERBATIM)
  target_sources(${target} PRIVATE ${header})
  target_include_directories(${target} PRIVATE ${folder})
endfunction()
