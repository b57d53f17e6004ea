# -strace beside strace(1), its options, the names it gives to values; and that guests do not notice it.
check-strace: $(BUILD)/dragoman $(BUILD)/tools/genvalues
	@{ tests/strace/compare.py || true; tests/strace/options.sh || true; CC="$(CC)" tests/strace/values.sh $(BUILD)/tools/genvalues $(BUILD)/strace/values || true; \
	   DRAGOMAN="$(BUILD)/dragoman -strace=$(BUILD)/strace/guests" REPEAT=1 tests/sys/guest.sh procfs execs signals restart || true; } \
		| awk -v runs=4 -f tests/tools/total.awk

.PHONY: check-strace
