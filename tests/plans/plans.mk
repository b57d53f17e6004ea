# Guest programs under the translation plans. Most tests run their code once, which the default plan interprets: the areas of small guest programs are
# for the quick plan, so that all of it is translated. check-hot is a cheap part of them for the hot plan, where everything is made anew as
# soon as it is entered a second time, and in part of chaos.py's modes is dropped again at once, and all of sys for the default.
# check-plans runs every such area under each.
GUEST_AREAS := sys a64 encodings litmus fuzz prog chaos torture
$(patsubst %,check-%,$(filter-out prog,$(GUEST_AREAS))): export DRAGOMAN_PLAN ?= quick
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
	  export DRAGOMAN_PLAN=auto DRAGOMAN_FLAGS="-plan auto"; \
	  REPEAT=1 tests/sys/guest.sh; tests/sys/a64.sh; \
	  export DRAGOMAN_CHAOS=hot=1100; \
	  REPEAT=1 tests/sys/guest.sh $(PROFILED_SYS); tests/prog/run.sh -k python3; } 2>&1 | \
	    awk -v runs=$(words sys a64 torture $(HOT_PROGS) sys a64 sys python3) -f tests/tools/total.awk

check-plans: all
	@status=0; for plan in quick lazy hot auto; do echo "plan $$plan"; \
	  DRAGOMAN_PLAN=$$plan MAKE="$(MAKE)" tests/check.sh $(GUEST_AREAS) || status=1; done; exit $$status

.PHONY: check-hot check-plans
