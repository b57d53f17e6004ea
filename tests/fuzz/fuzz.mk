# Random programs against QEMU (tests/fuzz/run.py). `make fuzz SEEDS=1-1000 GUESTS=aarch64 MINUTES=60 MODES=quick,interp
# JOBS=2`; what is not given: as long as one likes, both guests, every mode, all processors.
$(BUILD)/fuzz/gen: $(wildcard tests/fuzz/*.c tests/fuzz/*.h) $(BUILD)/dragoman
	@mkdir -p $(@D)
	@$(CC) -O1 -g -std=gnu11 $(WARN) -I. -I$(BUILD)/gen -o $@ $(addprefix tests/fuzz/,gen.c probe.c a64.c rv64.c) \
		$(filter-out $(BUILD)/obj/runtime/main.o,$(OBJS)) -no-pie $(LIBS)

check-fuzz: $(BUILD)/fuzz/gen $(BUILD)/dragoman
	@tests/tools/qemu.sh >/dev/null
	@tests/fuzz/run.py --seeds 1-2 --cases 250 --keep-going --all-rows $(FUZZ_FLAGS)

fuzz: $(BUILD)/fuzz/gen
	@bad=0; $(MAKE) --no-print-directory fuzz-encodings || bad=1; \
	tests/fuzz/run.py --keep-going $(if $(SEEDS),--seeds $(SEEDS)) $(if $(GUESTS),--guests $(GUESTS)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(MODES),--modes $(MODES)) $(if $(JOBS),--jobs $(JOBS)) $(FUZZ_FLAGS) || bad=1; exit $$bad

.PHONY: check-fuzz fuzz
