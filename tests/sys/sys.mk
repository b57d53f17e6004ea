# System calls, signals, threads, processes: guest programs compared with native builds (tests/sys/guest.sh).
.PHONY: check-sys
check-sys: build/dragoman
	@tests/sys/guest.sh
