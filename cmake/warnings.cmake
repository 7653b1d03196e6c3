# Warnings of this project's own targets. Nothing of this reaches those who link to them.
function(isoquant_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE $<$<BOOL:${ISOQUANT_WARNINGS}>:/W4> $<$<BOOL:${ISOQUANT_WERROR}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE
      $<$<BOOL:${ISOQUANT_WARNINGS}>:-Wall;-Wextra;-Wconversion>
      $<$<BOOL:${ISOQUANT_WERROR}>:-Werror>)
  endif()
endfunction()
