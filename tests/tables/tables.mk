# The decode table compiler refuses bad tables; front ends and objdump agree on what is an instruction.
TABLES_OBJS := $(filter $(BUILD)/obj/ir/% $(BUILD)/obj/frontends/% $(BUILD)/obj/gen/%,$(OBJS))
TABLES_WORDS ?= 10000000
TABLES_SECONDS ?= 90

$(BUILD)/tests/agree: tests/tables/agree.c tests/tables/differences.def $(TABLES_OBJS)
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 $(WARN) -O1 -g -I. -I$(BUILD)/gen -no-pie -o $@ $< $(TABLES_OBJS)

check-tables: $(BUILD)/tests/agree $(BUILD)/tools/gendecode
	@{ tests/tables/bad.sh $(BUILD)/tools/gendecode || true; \
	   for g in $(GUEST_FOLDERS); do $(BUILD)/tests/agree $$g $(TABLES_WORDS) $(TABLES_SECONDS) || true; done; } \
		| awk '/^[0-9]+ passed, /{p += $$1; f += $$3; s += $$5; next} {print} \
		       END {printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0}'

.PHONY: check-tables
