# Programs under each chaos switch, and tasks killed at random (tests/chaos/kill.c).
check-chaos: $(BUILD)/dragoman
	@tests/sys/guest.sh faults signals jumps restart threads >/dev/null || true
	@python3 tests/chaos/chaos.py $(CHAOS_FLAGS) $(BUILD)/dragoman

.PHONY: check-chaos
