# Memory order of compiled C11 atomics (tests/litmus/litmus.c); arm64 with and without LSE atomics.
LITMUS := $(foreach x,aarch64 aarch64-lse riscv64,$(BUILD)/litmus/$(x))
LITMUS_SECONDS ?= 5
$(BUILD)/litmus/aarch64: LITMUS_CC := aarch64-linux-gnu-gcc -mno-outline-atomics
$(BUILD)/litmus/aarch64-lse: LITMUS_CC := aarch64-linux-gnu-gcc -march=armv8.3-a
$(BUILD)/litmus/riscv64: LITMUS_CC := riscv64-linux-gnu-gcc
$(LITMUS): tests/litmus/litmus.c
	@mkdir -p $(@D)
	@$(LITMUS_CC) -O2 -Wall -static -o $@ $<

check-litmus: $(BUILD)/dragoman $(LITMUS)
	@for t in $(LITMUS); do echo "$$t:"; $(BUILD)/dragoman $$t $(LITMUS_SECONDS) || true; done \
		| awk -v runs=$(words $(LITMUS)) -f tests/tools/total.awk

.PHONY: check-litmus
