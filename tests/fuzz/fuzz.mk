# Random instruction sequences against QEMU. FUZZ_FLAGS: see tests/fuzz/run.py.
$(BUILD)/fuzz/gen: tests/fuzz/gen.c tests/fuzz/a64.c tests/fuzz/rv64.c tests/fuzz/fuzz.h $(BUILD)/dragoman
	@mkdir -p $(@D)
	@$(CC) -O1 -g -std=gnu11 -Wall -Wextra -I. -I$(BUILD)/gen -o $@ tests/fuzz/gen.c tests/fuzz/a64.c tests/fuzz/rv64.c \
		$(filter-out $(BUILD)/obj/runtime/main.o,$(OBJS)) -no-pie $(LIBS)

check-fuzz: $(BUILD)/fuzz/gen $(BUILD)/dragoman
	@tests/tools/qemu.sh >/dev/null
	@{ python3 tests/fuzz/run.py --seeds 1-12 --keep-going $(FUZZ_FLAGS) || true; tests/fuzz/a64_faults.py $(BUILD)/dragoman || true; } \
		| awk '/^[0-9]+ passed, /{p += $$1; f += $$3; s += $$5; next} {print} \
		       END {printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0}'
# As long as one likes, reproducible by seed.
fuzz: $(BUILD)/fuzz/gen
	@python3 tests/fuzz/run.py --seeds 1000-100000000 $(FUZZ_FLAGS)

.PHONY: check-fuzz fuzz
