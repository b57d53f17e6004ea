# -strace beside strace(1), its options, and the names it gives to values.
check-strace: $(BUILD)/dragoman $(BUILD)/tools/genvalues
	@{ tests/strace/compare.py || true; tests/strace/options.sh || true; CC="$(CC)" tests/strace/values.sh $(BUILD)/tools/genvalues $(BUILD)/strace/values || true; } \
		| awk -v runs=3 -f tests/tools/total.awk

.PHONY: check-strace
