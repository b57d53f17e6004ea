/*
 * Writes a static guest program of random instructions made from the decode tables (fuzz.h says how it is built):
 *
 *     gen GUEST[:CPU] SEED CASES UNITS INPUTS FILE [CASE [UNIT,UNIT,...]]
 *
 * and to FILE.cases, for each case, its address, the address and size of each unit, and the unit's row; to FILE.rows how often each
 * row was made, or why it never is. With CASE, only that one case, of which only the units listed are left.
 * Each case depends on seed and case number alone. run.py runs the programs.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"

enum { CODE_MAX = 64 << 20, TRIES = 60 };

static uint8_t code[CODE_MAX];
static size_t used;
static uint64_t state;
static struct unit units[MAX_UNITS];
static unsigned nunits;
static struct unit *unit;           /* the one being made, or NULL */
static unsigned long made[4096];
unsigned inputs;

uint64_t random64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;    /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static void emit(const void *p, size_t n)
{
    if (unit) {
        if (unit->size + n > UNIT_BYTES)
            abort();
        memcpy(unit->code + unit->size, p, n);
        unit->size = (uint8_t)(unit->size + n);
        unit->insns++;
        return;
    }
    memcpy(code + used, p, n);
    used += n;
}
void emit16(uint16_t v) { emit(&v, 2); }
void emit32(uint32_t v) { emit(&v, 4); }
uint64_t here(void) { return CODE_AT + 0x1000 + used; }

void to_unit(int target, int add)
{
    if (target < 0)
        target = (int)(unit - units) + 1 + (int)random_below(5);
    unit->reloc[unit->nrelocs].at = unit->size;
    unit->reloc[unit->nrelocs].add = (int16_t)add;
    unit->reloc[unit->nrelocs++].target = (int16_t)target;
}

uint64_t interesting(void)
{
    static const uint64_t edge[] = {
        0, 1, 2, ~0ull, ~1ull, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, 1ull << 63,
        0x8080808080808080, 0x7f7f7f7f7f7f7f7f, 0x8000800080008000, 0x7fff7fff7fff7fff, 0x8000000080000000, 0x7fffffff7fffffff,
        0x3ff0000000000000, 0xbff0000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001,
        0xfff8000000001234, 0x0010000000000000, 0x000fffffffffffff, 0x8000000000000001, 0x7fefffffffffffff, 0x4330000000000000,
        0x43e0000000000000, 0xc3e0000000000000, 0x41e0000000000000, 0x3fe0000000000000, 0x4004000000000000, 0x3810000000000000,
        0x380fffffffffffff, 0x36a0000000000000, 0x47efffffe0000000, 0x43dfffffffffffff, 0x41dfffffffc00000, 0x40effc0000000000,
        0xffffffff3f800000, 0xffffffff7f800000, 0xffffffff7fc00000, 0xffffffff7f800001, 0xffffffff00800000, 0xffffffff4f000000,
        0xffffffffbf000000, 0x3f8000007f800001, 0x7fc00000ff800000, 0x0000000180000000, 0x007fffff807fffff, 0x5f000000df000000,
        0x3c007c007e007c01, 0x0001800003ff8400, 0x7bfffbff00007c00, 0x3c013555c2008001, 0x38003800b8003801, 0xffffffffffff7c01,
        0xffffffffffff3c00, 0xffffffffffff0001, 0x477fe000c77ff000, 0x3880000038ffffff,
    };
    uint64_t r = random64();
    switch (random_below(10)) {
    case 0: case 1: case 2: return edge[random_below(sizeof edge / sizeof edge[0])];
    case 3: return r & 0xff;
    case 4: return r | 0xffffffff00000000ull;                   /* boxed single, often */
    case 5: return (r & 0x801fffffffffffffull) | (uint64_t)(1000 + random_below(60)) << 52;     /* doubles near 1 */
    case 6: return (r & 0x807fffff807fffffull) | 0x3f8000003f800000ull;                         /* pairs of singles near 1 */
    case 7: return (r & 0x87ff87ff87ff87ffull) | 0x3800380038003800ull;                         /* halves near 1 */
    default: return r;
    }
}

/* ---- units ---- */

/* Loops and call bodies that stand open while units are made. */
static struct { int begin; unsigned left; uint16_t region; } loop, call;
static uint16_t regions;

static struct unit *new_unit(int row)
{
    unit = &units[nunits++];
    *unit = (struct unit){.pair = -1, .row = (int16_t)row};
    unit->region = call.left && loop.left ? (call.region > loop.region ? call.region : loop.region) : call.left ? call.region : loop.left ? loop.region : 0;
    return unit;
}

static void end_loop(const struct fuzz_guest *g)
{
    new_unit(-1);
    g->loop_end(loop.begin + 1);
    unit->pair = (int16_t)loop.begin;
    units[loop.begin].pair = (int16_t)(unit - units);
    loop.left = 0;
}

static void end_call(const struct fuzz_guest *g)
{
    new_unit(-1);
    g->call_end();
    unit->pair = (int16_t)call.begin;
    units[call.begin].pair = (int16_t)(unit - units);
    units[call.begin].reloc[1].target = (int16_t)nunits;
    call.left = 0;
}

/* A body of a loop or a call opens before the units go on; the inner one closes first. */
static void structure(const struct fuzz_guest *g)
{
    unsigned longest = loop.left ? loop.left : call.left ? call.left : 12;
    if (!loop.left && one_in(24) && longest > 3) {
        new_unit(-1);
        g->loop_begin(2 + random_below(3));
        loop.begin = (int)nunits - 1;
        loop.left = 2 + random_below(longest - 2 < 8 ? longest - 2 : 8);
        loop.region = ++regions;
    } else if (!call.left && one_in(24) && longest > 3) {
        new_unit(-1);
        g->call((int)nunits, (int)nunits);
        call.begin = (int)nunits - 1;
        call.left = 2 + random_below(longest - 2 < 8 ? longest - 2 : 8);
        call.region = ++regions;
    }
}

static void close_bodies(const struct fuzz_guest *g)
{
    bool loop_ends = loop.left && --loop.left == 0, call_ends = call.left && --call.left == 0;
    bool loop_inner = loop.region > call.region;
    if (loop_ends && loop_inner)
        loop.left = 1, end_loop(g);
    if (call_ends)
        call.left = 1, end_call(g);
    if (loop_ends && !loop_inner)
        loop.left = 1, end_loop(g);
}

static bool random_unit(const struct fuzz_guest *g, bool fault)
{
    unsigned row = random_below(*g->nrows);
    if (fault && one_in(3))
        while (!g->traps(&g->rows[row]))
            row = random_below(*g->nrows);
    if (g->excluded(&g->rows[row]))
        return false;
    new_unit((int)row);
    uint64_t locked = g->reserved | (call.left ? 1ull << g->link : 0);
    if (g->random_insn(&g->rows[row], locked, fault)) {
        made[row]++;
        return true;
    }
    nunits--;
    return false;
}

static void make_units(const struct fuzz_guest *g, unsigned n)
{
    nunits = 0;
    regions = 0;
    loop.left = call.left = 0;
    int fault_at = one_in(5) ? (int)random_below(n) : -1;
    while (nunits < n) {
        structure(g);
        for (unsigned tries = 0; !random_unit(g, (int)nunits == fault_at && tries < 2000); tries++)
            ;
        close_bodies(g);
    }
    if (loop.left && call.left && loop.region < call.region)
        end_call(g);
    if (loop.left)
        end_loop(g);
    if (call.left)
        end_call(g);
    unit = NULL;
    /* Branches stay in their body. */
    for (unsigned i = 0; i < nunits; i++)
        for (unsigned k = 0; units[i].row >= 0 && k < units[i].nrelocs; k++)
            while (units[i].reloc[k].target > (int)i + 1 &&
                   (units[i].reloc[k].target >= (int)nunits ? units[i].region != 0 : units[units[i].reloc[k].target].region != units[i].region))
                units[i].reloc[k].target--;
}

/* ---- the program ---- */

static uint64_t address_of[MAX_UNITS + 1];

static void place_units(const struct fuzz_guest *g, const bool *keep)
{
    uint64_t at = here();
    for (unsigned i = 0; i <= nunits; i++) {
        address_of[i] = at;
        at += i < nunits && keep[i] ? units[i].size : 0;
    }
    for (unsigned i = 0; i < nunits; i++) {
        if (!keep[i])
            continue;
        for (unsigned k = 0; k < units[i].nrelocs; k++) {
            unsigned t = units[i].reloc[k].target < (int)nunits ? (unsigned)units[i].reloc[k].target : nunits;
            uint8_t *p = units[i].code + units[i].reloc[k].at;
            g->relocate(p, (int64_t)(address_of[t] - (address_of[i] + units[i].reloc[k].at)) + units[i].reloc[k].add);
        }
        emit(units[i].code, units[i].size);
    }
}

static void one_case(const struct fuzz_guest *g, uint64_t seed, unsigned number, unsigned n, const bool *only, uint64_t enter, uint64_t leave, FILE *list)
{
    state = (seed * 1000003 + number) * 0x2545f4914f6cdd1dull + 77;
    uint32_t mode[2];
    g->random_mode(mode);
    make_units(g, n);
    bool keep[MAX_UNITS];
    for (unsigned i = 0; i < nunits; i++)
        keep[i] = !only || (only[i] && (units[i].pair < 0 || only[units[i].pair]));
    size_t head = used;
    g->case_head(0, 0, mode, enter);
    uint64_t body = here();
    place_units(g, keep);
    g->case_tail(leave);
    size_t end = used;
    used = head;
    g->case_head(body, CODE_AT + 0x1000 + end, mode, enter);
    used = end;
    fprintf(list, "%u %lx", number, (unsigned long)body);
    for (unsigned i = 0; i < nunits; i++)
        fprintf(list, " %lx:%u:%u:%s", (unsigned long)address_of[i], keep[i] ? units[i].size : 0, units[i].insns, units[i].row < 0 ? "-" : g->rows[units[i].row].name);
    fprintf(list, "\n");
}

static void write_elf(const char *path, const struct fuzz_guest *g, uint64_t seed, uint64_t entry)
{
    static uint8_t data[DATA_SIZE];
    state = seed * 0x1234567ull + 99;
    for (size_t i = 0; i < inputs * BLOCK; i += 8) {
        uint64_t v = interesting();
        memcpy(data + (IN_AT - DATA_AT) + i, &v, 8);
    }
    Elf64_Ehdr eh = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_EXEC, .e_machine = g->machine,
                     .e_version = 1, .e_entry = entry, .e_phoff = sizeof eh, .e_flags = g->elf_flags,
                     .e_ehsize = sizeof eh, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2};
    size_t text = (0x1000 + used + 0xfff) & ~0xffful;
    Elf64_Phdr ph[2] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 0, .p_vaddr = CODE_AT, .p_paddr = CODE_AT, .p_filesz = text, .p_memsz = text, .p_align = 0x1000},
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = text, .p_vaddr = DATA_AT, .p_paddr = DATA_AT, .p_filesz = DATA_SIZE, .p_memsz = DATA_SIZE, .p_align = 0x1000},
    };
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(&eh, sizeof eh, 1, f) != 1 || fwrite(ph, sizeof ph, 1, f) != 1 || fseek(f, 0x1000, SEEK_SET) ||
        fwrite(code, 1, used, f) != used || fseek(f, (long)text, SEEK_SET) || fwrite(data, 1, DATA_SIZE, f) != DATA_SIZE || fclose(f) || chmod(path, 0755)) {
        perror(path);
        exit(2);
    }
}

static FILE *open_beside(const char *path, const char *suffix)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.%s", path, suffix);
    FILE *f = fopen(name, "w");
    if (!f) {
        perror(name);
        exit(2);
    }
    return f;
}

static const bool *parse_keep(const char *s)
{
    static bool only[MAX_UNITS];
    for (char *end; *s; s = *end == ',' ? end + 1 : end) {
        unsigned long i = strtoul(s, &end, 10);
        if (end == s || i >= MAX_UNITS)
            exit(2);
        only[i] = true;
    }
    return only;
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "usage: gen GUEST[:CPU] SEED CASES UNITS INPUTS FILE [CASE [UNIT,...]]\n");
        return 2;
    }
    char *cpu = strchr(argv[1], ':'), message[256];
    if (cpu)
        *cpu++ = 0;
    const struct fuzz_guest *g = strcmp(argv[1], fuzz_a64.name) ? &fuzz_rv64 : &fuzz_a64;
    if (!fe_select_cpu(g->fe, cpu, message, sizeof message)) {
        fprintf(stderr, "%s\n", message);
        return 2;
    }
    uint64_t seed = strtoull(argv[2], NULL, 0);
    unsigned cases = (unsigned)atoi(argv[3]), n = (unsigned)atoi(argv[4]);
    inputs = (unsigned)atoi(argv[5]);
    if (inputs > MAX_INPUTS || n + 64 > MAX_UNITS)
        return 2;
    FILE *list = open_beside(argv[6], "cases"), *rows = open_beside(argv[6], "rows");
    uint64_t enter = here();
    g->enter();
    uint64_t leave = here();
    g->leave(enter);
    uint64_t handler = here();
    g->handler(leave);
    uint64_t start = here();
    g->start(handler);
    if (argc > 7)
        one_case(g, seed, (unsigned)atoi(argv[7]), n, argc > 8 ? parse_keep(argv[8]) : NULL, enter, leave, list);
    else
        for (unsigned c = 0; c < cases && used < CODE_MAX - 65536; c++)
            one_case(g, seed, c, n, NULL, enter, leave, list);
    g->finish();
    for (unsigned i = 0; i < *g->nrows; i++)
        fprintf(rows, "%s %lu %s\n", g->rows[i].name, made[i], g->excluded(&g->rows[i]) ? g->excluded(&g->rows[i]) : "");
    fclose(list);
    fclose(rows);
    write_elf(argv[6], g, seed, start);
    return 0;
}
