# Conformance suites of other projects (docs/testing.md): stress-ng's stressors, the Open POSIX test suite, QEMU's test programs.
stress: $(BUILD)/dragoman
	@for a in amd64 arm64 riscv64; do tests/tools/userland.sh $$a build/stress/$$a bash coreutils stress-ng || exit; done
	@tests/suites/stress.py $(STRESS_FLAGS)

posix: $(BUILD)/dragoman
	@tests/tools/qemu.sh >/dev/null
	@tests/suites/posix.sh
	@tests/suites/posix.py $(POSIX_FLAGS)

tcg: $(BUILD)/dragoman
	@tests/suites/tcg.sh
	@tests/suites/tcg.py $(TCG_FLAGS)

.PHONY: stress posix tcg
