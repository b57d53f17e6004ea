# Every floating-point instruction, mode by mode, against QEMU. FLOAT_FLAGS: see tests/float/run.py; "--scale 100" for an hour's worth.
check-float: $(BUILD)/dragoman
	@tests/tools/qemu.sh >/dev/null
	@tests/float/run.py --out $(BUILD)/float $(FLOAT_FLAGS)

.PHONY: check-float
