# The guest's address space against the host kernel's list, under random calls and each layout of the host's own.
SPACE_OBJS := $(addprefix $(BUILD)/obj/,tests/sys/space.o runtime/space.o runtime/space_map.o runtime/space_each.o runtime/space_repair.o runtime/space_limit.o runtime/own.o runtime/guestmem.o runtime/libc_weak.o)
$(BUILD)/tests/space: $(SPACE_OBJS)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(LDFLAGS_FIXED) -o $@ $(SPACE_OBJS) $(call crt,crtn.o)

check-space: $(BUILD)/tests/space
	@setarch -R $< 300 2 >$(BUILD)/tests/space.log && setarch -L $< 300 3 >>$(BUILD)/tests/space.log || { cat $(BUILD)/tests/space.log; exit 1; }
	@$< 3000

.PHONY: check-space
