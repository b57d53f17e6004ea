# dragoman: `make` builds build/dragoman, `make check` runs all tests, `make demo` shows it.
CC ?= gcc
BUILD ?= build
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wno-unused-parameter
# The runtime runs on threads libc does not know: no TLS-based protector, no PLT, fixed high link address.
DRAGOMAN_CFLAGS := -std=gnu11 -D_GNU_SOURCE= $(WARN) -I. -I$(BUILD)/gen -fPIE -fno-stack-protector -fcf-protection=none \
	-fno-plt -ftls-model=local-exec -MMD -MP
ifdef SAN
DRAGOMAN_CFLAGS += -fsanitize=undefined -fno-sanitize-recover=all
endif

GUEST_FOLDERS := aarch64 riscv64
SRCS := $(wildcard ir/*.c frontends/*.c frontends/*/*.c backends/*/*.c runtime/*.c runtime/gdb/*.c syscall/*.c syscall/*/*.c loader/*.c binfmt/*.c)
GEN_A64 := $(BUILD)/gen/frontends/aarch64/a64_decode
GEN_RV64 := $(BUILD)/gen/frontends/riscv64/rv64_decode
# Names of values for strace, from the headers of this machine (syscall/strace/values.tbl).
VALUES := kernel_headers libc_headers ioctl_headers
GEN_SETS := $(BUILD)/gen/syscall/strace/sets.h
OBJS := $(SRCS:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/a64_decode.o $(BUILD)/obj/gen/rv64_decode.o $(VALUES:%=$(BUILD)/obj/gen/values_%.o)

all: $(BUILD)/dragoman $(BUILD)/dragoman.1

$(BUILD)/tools/gendecode: tools/gendecode.c
	@mkdir -p $(@D)
	@$(CC) -O1 -Wall -Wextra -o $@ $<

$(GEN_A64).c: $(BUILD)/tools/gendecode $(wildcard frontends/aarch64/*.tbl)
	@mkdir -p $(@D)
	@$(BUILD)/tools/gendecode -o $(GEN_A64) $(wildcard frontends/aarch64/*.tbl)
$(GEN_RV64).c: $(BUILD)/tools/gendecode $(wildcard frontends/riscv64/*.tbl)
	@mkdir -p $(@D)
	@$(BUILD)/tools/gendecode -o $(GEN_RV64) $(wildcard frontends/riscv64/*.tbl)
$(GEN_A64).h: $(GEN_A64).c ;
$(GEN_RV64).h: $(GEN_RV64).c ;

$(BUILD)/obj/gen/a64_decode.o: $(GEN_A64).c
	@mkdir -p $(@D)
	@$(CC) $(DRAGOMAN_CFLAGS) $(CFLAGS) -c -o $@ $<
$(BUILD)/obj/gen/rv64_decode.o: $(GEN_RV64).c
	@mkdir -p $(@D)
	@$(CC) $(DRAGOMAN_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/tools/genvalues: tools/genvalues.c
	@mkdir -p $(@D)
	@$(CC) -O1 -Wall -Wextra -D_GNU_SOURCE= -o $@ $<
$(BUILD)/gen/values_%.c: syscall/strace/%.h syscall/strace/values.tbl $(BUILD)/tools/genvalues
	@mkdir -p $(@D)
	@$(CC) -E -dD -w -D_GNU_SOURCE= -o $@.i $<
	@$(BUILD)/tools/genvalues syscall/strace/values.tbl $* <$@.i >$@.new && mv $@.new $@
$(GEN_SETS): syscall/strace/values.tbl $(BUILD)/tools/genvalues
	@mkdir -p $(@D)
	@$(BUILD)/tools/genvalues -h syscall/strace/values.tbl >$@.new && mv $@.new $@
$(VALUES:%=$(BUILD)/obj/gen/values_%.o): $(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	@$(CC) $(DRAGOMAN_CFLAGS) $(CFLAGS) -c -o $@ $<

# clang heeds no target attribute for 16-byte compare-and-swap.
$(BUILD)/obj/frontends/aarch64/helpers.o $(BUILD)/obj/ir/interp.o: EXTRA := -mcx16
# The reference semantics depend on the rounding mode in force.
$(BUILD)/obj/ir/eval%.o: EXTRA := -frounding-math -ffp-contract=off -mf16c -mfma -mavx2 -mpclmul
$(BUILD)/obj/%.o: %.c | $(GEN_A64).h $(GEN_RV64).h $(GEN_SETS)
	@mkdir -p $(@D)
	@$(CC) $(DRAGOMAN_CFLAGS) $(CFLAGS) $(EXTRA) -c -o $@ $<

# Fixed high link address from PIE objects: no run-time relocations, out of every guest's way.
# crtbegin's static form has 32-bit addresses and is not needed: nothing registers frames or transactions.
crt = $(shell $(CC) -print-file-name=$(1) 2>/dev/null)
LIBS := -lcapstone
# Debian 13's libc calls these two only where they are linked in; left undefined (weak) they would be out of reach of a call.
LIBC_WEAK := -Wl,-u,__printf_buffer_flush_obstack -Wl,-u,__printf_buffer_flush_dprintf
LDFLAGS_FIXED := $(LIBC_WEAK) -static -nostartfiles $(call crt,crt1.o) $(call crt,crti.o) -Wl,--no-relax -Wl,-Ttext-segment=0x6f0000000000 -Wl,-z,noexecstack -Wl,--eh-frame-hdr -Wl,--build-id
$(BUILD)/dragoman: $(OBJS)
	@$(CC) $(CFLAGS) $(LDFLAGS_FIXED) -o $@ $(OBJS) $(LIBS) $(call crt,crtn.o)

$(BUILD)/tools/genman: tools/genman.c runtime/options.def runtime/log.def runtime/version.h frontends/guests.def
	@mkdir -p $(@D)
	@$(CC) -O1 -Wall -Wextra -I. -o $@ $<
$(BUILD)/dragoman.1: docs/dragoman.1.in $(BUILD)/tools/genman
	@$(BUILD)/tools/genman <$< >$@.new && mv $@.new $@

PREFIX ?= /usr/local
install: all
	install -D -m 755 $(BUILD)/dragoman $(DESTDIR)$(PREFIX)/bin/dragoman
	install -D -m 644 $(BUILD)/dragoman.1 $(DESTDIR)$(PREFIX)/share/man/man1/dragoman.1

-include $(OBJS:.o=.d)
-include tests/host/host.mk tests/chaos/chaos.mk tests/elf/elf.mk tests/ir/ir.mk tests/lift/lift.mk tests/x86/x86.mk tests/tables/tables.mk tests/sys/sys.mk tests/sys/layout.mk tests/sys/space.mk tests/strace/strace.mk tests/fuzz/fuzz.mk tests/encodings/encodings.mk tests/litmus/litmus.mk tests/cost/cost.mk tests/gdb/gdb.mk
-include tests/float/float.mk tests/prog/prog.mk tests/bench/bench.mk tests/torture/torture.mk tests/plans/plans.mk tools/demo.mk tests/check.mk
-include tests/suites/suites.mk

clean:
	rm -rf $(BUILD)/obj $(BUILD)/gen $(BUILD)/tools $(BUILD)/dragoman $(BUILD)/dragoman.1

.PHONY: all install clean check demo bench
