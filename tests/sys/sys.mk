# System calls, signals, threads, processes: guest programs compared with native builds (tests/sys/guest.sh).
.PHONY: check-sys
check-sys: build/dragoman
	@tests/sys/guest.sh

# What A64 alone has: faults' syndromes, tagged addresses, pointer authentication.
.PHONY: check-a64
check-a64: build/dragoman
	@tests/sys/a64.sh
