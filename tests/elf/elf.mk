# Damaged executables (tests/elf/mutate.c). MUTATE_FLAGS="-n 100000" for a long run; each file is known by its seed.
MUTATE_FLAGS ?= -t 50
ELF_BASES :=

# $(1) guest, $(2) dynamic loader of its cross libc
define elf_guest
$(BUILD)/elf/$(1)/static: tests/elf/hello.c
	@mkdir -p $$(@D)
	@$(1)-linux-gnu-gcc -O1 -static -o $$@ $$<
$(BUILD)/elf/$(1)/dynamic: tests/elf/hello.c
	@mkdir -p $$(@D)
	@$(1)-linux-gnu-gcc -O1 -Wl,-dynamic-linker,/usr/$(1)-linux-gnu/lib/$(2) -Wl,-rpath,/usr/$(1)-linux-gnu/lib -o $$@ $$<
$(BUILD)/elf/$(1)/interp: tests/elf/hello.c
	@mkdir -p $$(@D)
	@$(1)-linux-gnu-gcc -O1 -Wl,-dynamic-linker,interp -Wl,-rpath,/usr/$(1)-linux-gnu/lib -o $$@ $$<
ELF_BASES += $(BUILD)/elf/$(1)/static $(BUILD)/elf/$(1)/static $(BUILD)/elf/$(1)/dynamic /usr/$(1)-linux-gnu/lib/$(2)@$(BUILD)/elf/$(1)/interp
ELF_DEPS += $(BUILD)/elf/$(1)/static $(BUILD)/elf/$(1)/dynamic $(BUILD)/elf/$(1)/interp
endef
$(eval $(call elf_guest,aarch64,ld-linux-aarch64.so.1))
$(eval $(call elf_guest,riscv64,ld-linux-riscv64-lp64d.so.1))

$(BUILD)/elf/mutate: tests/elf/mutate.c
	@mkdir -p $(@D)
	@$(CC) -O1 -g -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -o $@ $<

check-elf: $(BUILD)/elf/mutate $(ELF_DEPS) $(BUILD)/dragoman
	@$(BUILD)/elf/mutate $(MUTATE_FLAGS) $(BUILD)/dragoman $(ELF_BASES)

.PHONY: check-elf
