# The decode table compiler refuses bad tables; front ends, objdump and QEMU agree on what is an instruction.
TABLES_OBJS := $(filter $(BUILD)/obj/ir/% $(BUILD)/obj/frontends/% $(BUILD)/obj/gen/%,$(OBJS))
TABLES_WORDS ?= 10000000
TABLES_SECONDS ?= 90
TABLES_EXECUTED ?= 60000

$(BUILD)/tests/agree: tests/tables/agree.c tests/tables/differences.def $(TABLES_OBJS) $(BUILD)/obj/tests/lift/norun.o
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 $(WARN) -O1 -g -I. -I$(BUILD)/gen -no-pie -o $@ $(filter %.c %.o,$^)

$(BUILD)/tests/defined: tests/tables/defined.c
	@mkdir -p $(@D)
	@aarch64-linux-gnu-gcc -O1 -static -Wall -Wextra -o $@ $<

# Words executed by both; 0: all of the vector and floating-point space.
defined-as-qemu: $(BUILD)/dragoman
	@if command -v aarch64-linux-gnu-gcc >/dev/null && tests/tools/qemu.sh $(BUILD)/qemu >/dev/null; then \
		$(MAKE) -s $(BUILD)/tests/defined && tests/tables/defined.py $(BUILD)/dragoman $(BUILD)/tests/defined $(BUILD)/qemu/qemu-aarch64 $(TABLES_EXECUTED); \
	else echo "0 passed, 0 failed, 1 skipped"; fi

check-tables: $(BUILD)/tests/agree $(BUILD)/tools/gendecode
	@mkdir -p $(BUILD)/tables/bad $(GUEST_FOLDERS:%=$(BUILD)/tables/%)
	@{ tests/tables/bad.sh $(BUILD)/tools/gendecode $(BUILD)/tables/bad || true; \
	   for g in $(GUEST_FOLDERS); do $(BUILD)/tests/agree $$g $(TABLES_WORDS) $(TABLES_SECONDS) $(BUILD)/tables/$$g || true; done; $(MAKE) -s defined-as-qemu || true; } \
		| awk -v runs=$$(($(words $(GUEST_FOLDERS)) + 2)) -f tests/tools/total.awk

.PHONY: check-tables defined-as-qemu
