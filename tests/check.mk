# All tests. Each area is a target check-AREA that ends with "N passed, N failed, N skipped".
CHECK_AREAS := includes tables ir backend cost lift float layout space host perf report elf sys strace a64 full sanitize gdb encodings litmus fuzz prog chaos torture hot

# What cannot be installed is skipped by name.
check:
	@tools/deps.sh || echo "going on with what is there"
	@$(MAKE) --no-print-directory all
	@MAKE="$(MAKE)" tests/check.sh $(CHECK_AREAS)

# Who may include whom.
check-includes:
	@tests/includes.sh

.PHONY: check check-includes
