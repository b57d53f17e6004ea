#: language timeout=60
seq 1 20000 | gawk '{ s += $1; a[$1 % 97] += $1 * $1 } END { print s; n = asorti(a, k, "@ind_num_asc"); for (i = 1; i <= n; i++) printf "%d:%d ", k[i], a[k[i]]; print "" }' | md5sum
gawk 'function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } BEGIN { print fib(20); print length("héllo"), toupper("abc"), substr("hello", 2, 3), index("abc", "c") }'
gawk 'BEGIN { printf "%.17g %g %e %x %c %5.2f|%-6s|\n", 0.1, 1e6, 12345.678, 255, 65, 2.345, "ab"; print 1e300 * 1e300, log(-1) "" != "", int(-3.7), 2^53 + 1, 017, 1/3; srand(1); print srand(2) }' 2>/dev/null
echo 'a:b:c' | gawk -F: -v OFS=- '{ $2 = "X"; print; print NF, $NF }'; gawk 'BEGIN { while (("echo one; echo two" | getline l) > 0) print "got " l; print "z\na\nm" | "sort"; close("sort"); system("echo sys"); exit 3 }'; echo $?
gawk 'BEGIN { print gensub(/(a)(b)/, "\\2\\1", "g", "abab"); print match("foobar", /o+/, m), RSTART, RLENGTH, m[0]; n = split("a1b22c", p, /[0-9]+/, q); print n, p[3], q[2]; print strftime("%F", 0, 1), and(12, 10), xor(5, 1), lshift(1, 40) }'
gawk 'BEGIN { s = "echo coproc; cat"; print "to" |& s; close(s, "to"); while ((s |& getline l) > 0) print l }'; gawk 'BEGIN { for (i = 0; i < 100000; i++) x = x i % 10; print length(x); print substr(x, 99990) }'
#: bignum oracle=native
gawk -M 'BEGIN { print 2^200; print 3^100 % 1000007 }' 2>&1
