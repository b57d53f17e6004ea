# Real programs against the native ones: see tests/prog/run.py for the variables.
.PHONY: check-prog
check-prog: build/dragoman
	tests/prog/run.sh $(PROG_FLAGS)
