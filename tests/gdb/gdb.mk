# gdb-multiarch debugging guest programs through -g (tests/gdb/gdb.py).
.PHONY: check-gdb
check-gdb: $(BUILD)/dragoman
	@tests/tools/qemu.sh >/dev/null
	@python3 tests/gdb/gdb.py --build $(BUILD) $(GDB_FLAGS) $(BUILD)/dragoman
