# The x86-64 back end against the interpreter and capstone.
X86_OBJS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard ir/*.c backends/*.c backends/x86_64/*.c))
$(BUILD)/tests/x86/random: $(BUILD)/obj/tests/x86/random.o $(BUILD)/obj/tests/x86/harness.o $(X86_OBJS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -o $@ $^ -lcapstone

X86_REGIONS ?= 6000
check-backend: $(BUILD)/tests/x86/random
	@$(BUILD)/tests/x86/random 0 $(X86_REGIONS)

.PHONY: check-backend
