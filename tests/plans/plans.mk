# Guest programs under the translation plans. Most tests run their code once, which the default plan interprets: the areas that run guests are
# for the quick plan, so that all of it is translated. check-hot is a cheap part of that for the others: everything is made anew by the hot plan as
# soon as it is entered a second time, and in part of chaos.py's modes it is dropped again at once. check-plans runs every such area under each.
GUEST_AREAS := sys a64 encodings litmus fuzz prog chaos torture
$(GUEST_AREAS:%=check-%): export DRAGOMAN_PLAN ?= quick
HOT_SYS := churn faults forks fpenv frames hotcode jumps mapstorm memory restart signals storm threads
# And where a profile is taken first, which needs more entries.
PROFILED_SYS := hotcode jumps polls signals
HOT_PROGS := dash lua python3 sqlite3
check-hot: $(BUILD)/dragoman
	@tests/tools/qemu.sh >/dev/null; tests/torture/suite.sh >/dev/null; \
	export DRAGOMAN_PLAN=hot DRAGOMAN_FLAGS="-plan hot"; \
	{ REPEAT=1 tests/sys/guest.sh $(HOT_SYS); tests/sys/a64.sh; \
	  python3 tests/torture/run.py --part 40 --seed 7; \
	  for p in $(HOT_PROGS); do tests/prog/run.sh -k $$p; done; \
	  export DRAGOMAN_PLAN=lazy DRAGOMAN_FLAGS="-plan lazy"; \
	  REPEAT=1 tests/sys/guest.sh $(HOT_SYS); tests/sys/a64.sh; \
	  for p in $(HOT_PROGS); do tests/prog/run.sh -k $$p; done; \
	  export DRAGOMAN_PLAN=auto DRAGOMAN_FLAGS="-plan auto" DRAGOMAN_CHAOS=hot=1100; \
	  REPEAT=1 tests/sys/guest.sh $(PROFILED_SYS); tests/prog/run.sh -k python3; } 2>&1 | \
	    awk -v runs=$(words sys a64 torture $(HOT_PROGS) sys a64 $(HOT_PROGS) sys python3) -f tests/tools/total.awk

check-plans: all
	@status=0; for plan in lazy hot auto; do echo "plan $$plan"; \
	  DRAGOMAN_PLAN=$$plan MAKE="$(MAKE)" tests/check.sh $(GUEST_AREAS) || status=1; done; exit $$status

.PHONY: check-hot check-plans
