# Programs under each chaos switch, and tasks killed at random (tests/chaos/kill.c).
KILL_TESTS := $(BUILD)/chaos/aarch64/kill $(BUILD)/chaos/riscv64/kill
$(BUILD)/chaos/%/kill: tests/chaos/kill.c
	@mkdir -p $(@D)
	@$*-linux-gnu-gcc -O1 -Wall -static -o $@ $<

check-chaos: $(BUILD)/dragoman $(KILL_TESTS)
	@tests/sys/guest.sh -b faults signals jumps restart threads nomem
	@python3 tests/chaos/chaos.py $(CHAOS_FLAGS) $(BUILD)/dragoman

# Memory refused at each of many places (a quarter of an hour).
fuzz-memory: $(BUILD)/dragoman
	@tests/sys/guest.sh -b nomem
	@python3 tests/chaos/chaos.py --memory $(CHAOS_FLAGS) $(BUILD)/dragoman

.PHONY: check-chaos fuzz-memory
