# From `objdump -dC --no-show-raw-insn`, the innermost loop of a function, as assembly for llvm-mca.
#   function_name: a regular expression of the function's line; instruction: one of the instruction that must be in it
# Of the loops in that function, the one in which most instructions are of that kind. Branches lose their targets.
/^[0-9a-f]+ <.*>:$/ {
  inside = $0 ~ function_name
  next
}
inside && /^ *[0-9a-f]+:\t/ {
  split($0, field, "\t")
  address = field[1]
  gsub(/[ :]/, "", address)
  number[address] = n
  text[n++] = field[2] "\t" field[3]
}
END {
  for (i = 0; i < n; ++i) {
    if (text[i] !~ /^(b\.[a-z]+|cbnz|cbz|tbnz|tbz|b)\t/) continue
    parts = split(text[i], word, /[ \t,]+/)
    for (w = 2; w <= parts; ++w) {
      if (!(word[w] in number) || number[word[w]] > i) continue
      count = 0
      for (j = number[word[w]]; j <= i; ++j) count += text[j] ~ "^(" instruction ")\t"
      density = count / (i - number[word[w]] + 1)
      if (density > best) { best = density; first = number[word[w]]; last = i }
    }
  }
  if (!best) exit 1
  for (i = first; i <= last; ++i) {
    line = text[i]
    sub(/[ \t]*(<|\/\/).*/, "", line)
    if (line ~ /^(b\.[a-z]+|b)\t/) sub(/\t.*/, "\t0", line)
    if (line ~ /^(cbn?z|tbn?z)\t/) sub(/[0-9a-f]+$/, "0", line)
    print "\t" line
  }
}
