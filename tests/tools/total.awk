# Adds up the closing lines "N passed, N failed, N skipped" of several runs: awk -v runs=N -f total.awk. Other lines pass through; a run
# that ends without such a line counts as a failure, and a failure ends with status 1.
/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5; n++; next }
{ print }
END {
	if (n != runs) {
		print "FAIL " (runs - n) " of " runs " runs without a closing line"
		f++
	}
	printf "%d passed, %d failed, %d skipped\n", p, f, s
	exit f > 0
}
