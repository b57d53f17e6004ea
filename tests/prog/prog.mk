# Real programs against the native ones: see tests/prog/run.py for the variables.
.PHONY: check-prog check-more
check-prog: build/dragoman
	tests/prog/run.sh $(PROG_FLAGS)

# Programs too large or too slow for every check: their roots are a download of 200 MB for each architecture.
check-more: build/dragoman
	tests/prog/run.sh --more $(PROG_FLAGS)
