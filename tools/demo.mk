# `make demo` shows dragoman on a bare machine: it installs what it needs, builds, fetches two small
# Debian roots and runs their programs.
DEMO_ROOTS := build/demo

.PHONY: demo
demo:
	@tools/deps.sh build demo
	@$(MAKE) --no-print-directory all
	@for a in arm64 riscv64; do tests/tools/userland.sh $$a $(DEMO_ROOTS)/$$a @small || exit; done
	@tools/demo.sh $(BUILD)/dragoman $(DEMO_ROOTS)
