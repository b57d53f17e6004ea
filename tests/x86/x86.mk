# The x86-64 back end against the interpreter and capstone.
X86_OBJS := $(BUILD)/obj/tests/x86/harness.o $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard ir/*.c backends/*.c backends/x86_64/*.c))
X86_TESTS := encode control random ops
$(X86_TESTS:%=$(BUILD)/tests/x86/%): $(BUILD)/tests/x86/%: $(BUILD)/obj/tests/x86/%.o $(X86_OBJS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $^ -lcapstone -lpthread
$(BUILD)/tests/x86/random: $(BUILD)/obj/tests/x86/generate.o $(BUILD)/obj/tests/x86/generate_blocks.o

X86_REGIONS ?= 6000
X86_BLOCKS ?= 12000
X86_VALUES ?= 60
check-backend: $(X86_TESTS:%=$(BUILD)/tests/x86/%)
	@{ $(BUILD)/tests/x86/encode; $(BUILD)/tests/x86/control; $(BUILD)/tests/x86/random 0 $(X86_REGIONS); $(BUILD)/tests/x86/random -b 0 $(X86_BLOCKS); $(BUILD)/tests/x86/random -b 111498 1; $(BUILD)/tests/x86/random -b 255647 1; $(BUILD)/tests/x86/ops $(X86_VALUES); } | \
	    awk -v runs=7 -f tests/tools/total.awk

.PHONY: check-backend
-include $(wildcard $(BUILD)/obj/tests/x86/*.d)
