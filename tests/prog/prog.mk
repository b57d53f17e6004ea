# Real programs against the native ones: see tests/prog/run.py for the variables.
.PHONY: check-prog check-more
check-prog: build/dragoman
	tests/prog/run.sh $(PROG_FLAGS)

# Every area that runs guests under the other plans (tests/plans), and programs too large or too slow for every check: their roots are a download of 200 MB for each architecture.
check-more: build/dragoman check-plans
	tests/prog/run.sh --more $(PROG_FLAGS)

# Runtimes, compilers, servers, package builds: their roots are a download of 700 MB for each architecture.
.PHONY: progs cpython chroots soak
progs: build/dragoman
	tests/prog/run.sh --programs $(PROG_FLAGS)

# CPython's own test suite: hours. What has run already is kept in build/programs-results.
cpython: build/dragoman
	tests/tools/roots.sh -p $${GUESTS:-arm64 riscv64}
	tests/prog/cpython.py $(CPYTHON_FLAGS)

# debootstrap's second stage, apt-get and dpkg-buildpackage, without and with binfmt_misc. Needs root.
chroots: build/dragoman
	tests/prog/chroots.sh $(CHROOT_FLAGS)

# The same programs again and again, one at a time.
SOAK_RUNS ?= 100
soak: build/dragoman
	tests/prog/run.sh --soak -j 1 -n $(SOAK_RUNS) $(PROG_FLAGS)
