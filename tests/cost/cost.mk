# Host instructions per guest instruction, pinned (tests/cost/cost.c), and docs/coverage.md. cost-update rewrites both.
COST_OBJS := $(LIFT_OBJS) $(BUILD)/obj/runtime/region.o $(BUILD)/obj/tests/cost/text.o $(BUILD)/obj/tests/lift/norun.o

$(BUILD)/tests/cost: tests/cost/cost.c $(COST_OBJS)
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 $(WARN) -D_GNU_SOURCE= -O1 -g -I. -I$(BUILD)/gen -no-pie -o $@ $< $(COST_OBJS) -lcapstone -lm

# The closing line adds up those of the runs.
check-cost: $(BUILD)/tests/cost $(BUILD)/dragoman
	@{ for g in $(GUEST_FOLDERS); do tests/tools/assemble.py --check $$g tests/cost/$$g/*.txt || true; $(BUILD)/tests/cost $$g tests/cost/$$g/*.txt || true; done; \
	   tests/tables/coverage.py --check $(BUILD)/dragoman docs/coverage.md || true; } \
		| awk -v runs=$$(($(words $(GUEST_FOLDERS)) * 2 + 1)) -f tests/tools/total.awk

docs-coverage: $(BUILD)/dragoman
	@tests/tables/coverage.py $(BUILD)/dragoman docs/coverage.md

cost-update: $(BUILD)/tests/cost docs-coverage
	@for g in $(GUEST_FOLDERS); do tests/tools/assemble.py $$g tests/cost/$$g/*.txt && $(BUILD)/tests/cost -u $$g tests/cost/$$g/*.txt || exit 1; done

.PHONY: check-cost cost-update docs-coverage
