# check-ir: folding, text form, verifier, reference semantics (against the host and an arm64 emulator).
IR_TEST_SRCS := $(wildcard tests/ir/*.c)
IR_TEST_OBJS := $(filter $(BUILD)/obj/ir/%.o,$(OBJS))

$(BUILD)/tests/ir/run: $(filter-out tests/ir/neon_oracle.c,$(IR_TEST_SRCS)) $(wildcard tests/ir/*.h tests/ir/*.def) $(IR_TEST_OBJS)
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 -O2 -g $(WARN) -I. $(CFLAGS) $(if $(SAN),-fsanitize=undefined) -o $@ $(filter %.c %.o,$^) -lm

$(BUILD)/tests/ir/neon_oracle: tests/ir/neon_oracle.c $(wildcard tests/ir/*.h tests/ir/*.def)
	@mkdir -p $(@D)
	@aarch64-linux-gnu-gcc -O1 -static -march=armv8.6-a+crypto+sha3+fp16 -I. -o $@ $<

# Without the cross compiler or the emulator there is no file, and the comparison with A64 is skipped.
$(BUILD)/tests/ir/neon.bin:
	@mkdir -p $(@D) && rm -f $@
	@if command -v aarch64-linux-gnu-gcc >/dev/null && tests/tools/qemu.sh $(BUILD)/qemu >/dev/null; then \
		$(MAKE) -s $(BUILD)/tests/ir/neon_oracle && $(BUILD)/qemu/qemu-aarch64 $(BUILD)/tests/ir/neon_oracle >$@; fi

.PHONY: check-ir $(BUILD)/tests/ir/neon.bin
check-ir: $(BUILD)/tests/ir/run $(BUILD)/tests/ir/neon.bin
	@$(BUILD)/tests/ir/run $(if $(ROUNDS),-r $(ROUNDS)) -n $(BUILD)/tests/ir/neon.bin
