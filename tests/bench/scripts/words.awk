{ for (i = 1; i <= NF; i++) { count[$i]++; len += length($i) } if ($0 ~ /[0-9]+.*ing/) hits++; sub(/e/, "E"); out += length($0) }
END { for (w in count) if (count[w] > best) best = count[w]; print NR, len, hits, out, best }
