# System calls, signals, threads, processes: guest programs compared with native builds (tests/sys/guest.sh).
.PHONY: check-sys
check-sys: build/dragoman
	@tests/sys/guest.sh

# What A64 alone has: faults' syndromes, tagged addresses, pointer authentication.
.PHONY: check-a64
check-a64: build/dragoman
	@tests/sys/a64.sh

# Programs built with sanitizers, which insist on their architecture's address spaces.
.PHONY: check-sanitize
check-sanitize: build/dragoman
	@tests/sys/sanitize.sh

# Full disks: what is written beside the program is lost, and nothing else.
.PHONY: check-full
check-full: build/dragoman
	@tests/sys/full.sh

# Random calls with bad arguments for longer than check-sys does (BADARGS_SEED, BADARGS_CALLS choose others).
.PHONY: fuzz-calls
fuzz-calls: build/dragoman
	@for seed in $${CALL_SEEDS:-2 3 4 5 6 7 8 9}; do BADARGS_SEED=$$seed BADARGS_CALLS=20000 tests/sys/guest.sh badargs || exit 1; done
