# Are the structures that system calls pass through the same for guest and host?
check-layout:
	@CC="$(CC)" tests/sys/layout.sh $(BUILD)/layout

.PHONY: check-layout
