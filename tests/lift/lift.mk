# One-line tests of instructions: against the IR interpreter and as host code (tests/lift/run.c).
LIFT_OBJS := $(filter $(BUILD)/obj/ir/% $(BUILD)/obj/frontends/% $(BUILD)/obj/gen/% $(BUILD)/obj/backends/%,$(OBJS))

$(BUILD)/tests/lift-run $(BUILD)/tests/lift-dead: $(BUILD)/tests/lift-%: tests/lift/%.c $(LIFT_OBJS)
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 $(WARN) -O1 -g -I. -I$(BUILD)/gen -no-pie -o $@ $(filter %.c %.o,$^)

$(BUILD)/tests/lift-dead: $(BUILD)/obj/tests/lift/norun.o

# The closing line adds up those of the runs.
check-lift: $(BUILD)/tests/lift-run $(BUILD)/tests/lift-dead
	@for g in $(GUEST_FOLDERS); do $(BUILD)/tests/lift-run $$g tests/lift/$$g/*.txt || true; \
		$(BUILD)/tests/lift-run -h -p $$g tests/lift/$$g/*.txt || true; tests/lift/coverage.py $$g || true; \
		$(BUILD)/tests/lift-dead $$g 5000000 || true; done \
		| awk -v runs=$$(($(words $(GUEST_FOLDERS)) * 4)) -f tests/tools/total.awk

.PHONY: check-lift
