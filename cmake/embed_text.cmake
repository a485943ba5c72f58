# Run by hone_embed: writes OUT, a header with the text of IN as SYMBOL.

file(READ ${IN} text)
string(LENGTH "${text}" length)

# Compilers limit the length of one literal, so the text is cut, at line ends where it can be (a cut
# inside a multi-byte character would make both literals ill-formed).
set(literals "")
set(chunk_bytes 12000)
set(begin 0)
while(begin LESS length)
  string(SUBSTRING "${text}" ${begin} ${chunk_bytes} chunk)
  string(LENGTH "${chunk}" size)
  if(size EQUAL chunk_bytes)
    string(FIND "${chunk}" "\n" last_line_end REVERSE)
    if(last_line_end GREATER 0)
      math(EXPR size "${last_line_end} + 1")
      string(SUBSTRING "${chunk}" 0 ${size} chunk)
    endif()
  endif()
  string(APPEND literals "\n    R\"hone_embed(${chunk})hone_embed\"")
  math(EXPR begin "${begin} + ${size}")
endwhile()
if(NOT literals)
  set(literals " \"\"")
endif()

file(WRITE ${OUT} "// Generated from ${SHOWN}.
#pragma once

#include <string_view>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored \"-Woverlength-strings\"
inline constexpr std::string_view ${SYMBOL}{${literals},
    ${length}};
#pragma GCC diagnostic pop
")
