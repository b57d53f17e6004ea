# Which words are instructions, executed under QEMU and dragoman (tests/encodings/run.py).
ENCODINGS_OBJS := $(filter-out $(BUILD)/obj/runtime/main.o,$(OBJS))
$(BUILD)/encodings/words: tests/encodings/words.c $(BUILD)/dragoman
	@mkdir -p $(@D)
	@$(CC) -O1 -g -std=gnu11 $(WARN) -I. -I$(BUILD)/gen -o $@ $< $(ENCODINGS_OBJS) -no-pie $(LIBS)
$(BUILD)/encodings/aarch64: ENCODINGS_CFLAGS :=
$(BUILD)/encodings/riscv64: ENCODINGS_CFLAGS := -march=rv64gc -mcmodel=medany -mno-relax
$(BUILD)/encodings/aarch64 $(BUILD)/encodings/riscv64: $(BUILD)/encodings/%: tests/encodings/guest.c
	@mkdir -p $(@D)
	@$*-linux-gnu-gcc $(ENCODINGS_CFLAGS) -O1 -Wall -Wextra -static -nostdlib -ffreestanding -fno-stack-protector -fno-pic -no-pie -o $@ $<

check-encodings: $(BUILD)/encodings/words $(BUILD)/encodings/aarch64 $(BUILD)/encodings/riscv64
	@tests/tools/qemu.sh >/dev/null
	@tests/encodings/run.py $(ENCODINGS_FLAGS)

# More of them: ENCODING_SEEDS=FIRST-LAST.
fuzz-encodings: $(BUILD)/encodings/words $(BUILD)/encodings/aarch64 $(BUILD)/encodings/riscv64
	@tests/tools/qemu.sh >/dev/null
	@tests/encodings/run.py --random 200000 --fills 8 --seeds $(or $(ENCODING_SEEDS),1)

.PHONY: check-encodings fuzz-encodings
