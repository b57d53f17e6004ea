# Speed beside native and QEMU: see tests/bench/bench.py for the variables.
BENCH_KERNELS := $(patsubst tests/bench/kernels/%.c,%,$(wildcard tests/bench/kernels/*.c))
BENCH_BIN := $(BUILD)/bench/bin
BENCH_CC_amd64 := gcc
BENCH_CC_arm64 := aarch64-linux-gnu-gcc
BENCH_CC_riscv64 := riscv64-linux-gnu-gcc

define bench_kernels
$(BENCH_BIN)/$(1)/%: tests/bench/kernels/%.c
	@mkdir -p $$(@D)
	@$(BENCH_CC_$(1)) $$(if $$(filter matmul simd%,$$*),-O3,-O2) -static -w -o $$@ $$< -lm
bench-tools: $(addprefix $(BENCH_BIN)/$(1)/,$(BENCH_KERNELS))
endef
$(foreach a,amd64 arm64 riscv64,$(eval $(call bench_kernels,$(a))))

$(BUILD)/bench/measure: tests/bench/measure.c
	@mkdir -p $(@D)
	@gcc -O2 -Wall -Wextra -static -o $@ $<

# Translation alone: tests/bench/translate.c.
BENCH_TRANSLATE_OBJS := $(LIFT_OBJS) $(BUILD)/obj/runtime/region.o $(BUILD)/obj/runtime/region_hot.o $(BUILD)/obj/tests/cost/text.o $(BUILD)/obj/tests/lift/norun.o
$(BUILD)/bench/translate: tests/bench/translate.c $(BENCH_TRANSLATE_OBJS)
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 $(WARN) -D_GNU_SOURCE= -O2 -g -I. -I$(BUILD)/gen -no-pie -o $@ $< $(BENCH_TRANSLATE_OBJS)
bench-tools: $(BUILD)/bench/translate

.PHONY: bench bench-tools
bench-tools: $(BUILD)/bench/measure
bench: $(BUILD)/dragoman bench-tools
	tests/bench/run.sh
