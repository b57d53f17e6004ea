/*
 * Counts the host instructions that guest code becomes: cost [-u] [-v] GUEST FILE...
 *
 * One case a line: assembly | guest words | counts with AVX2 | counts with AVX-512 (`=`: the same). The words are one
 * region's guest code from its entry on, 32-bit ones of 8 hex digits or 16-bit ones of 4, in memory order; where they
 * end, nothing can be fetched, so that the region ends there. Each case is lifted and compiled as the quick plan does it,
 * for two fixed sets of host features, and the code is counted, not run: the result is the same on every machine. Counts are
 *
 *   hot     instructions on the straight path, but for 3: the entry's check for signals and the jump to the next region; of these
 *   state     moves between the register file in memory and host registers
 *   calls   of C functions: helpers, and operations without host code
 *   loop    instructions of one round, where the region is a loop that stays in its own code
 *   cold    instructions of side paths: side exits, slow cases, links
 *   bytes   of code and constants
 *
 * without nops. -u writes the counts found into the files, -v prints the code of each case.
 */
#include <capstone/capstone.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/x86_64/repair.h"
#include "frontends/guest.h"
#include "runtime/region.h"
#include "tests/cost/text.h"

enum { MAX_BYTES = 1024, CODE_ROOM = 1 << 20, SETS = 2, ALWAYS = 3 };
#define GUEST_PC UINT64_C(0x555555550000)

/* Haswell's features, and those of the first client CPUs with AVX-512. Features not named are off. */
static const struct feature_set { const char *name, *features; } sets[SETS] = {
    {"avx2", " aes pclmul "},
    {"avx512", " avx512vl avx512bitalg sha aes pclmul gfni "},
};

struct counts { int hot, state, calls, loop, cold, bytes; };
struct total { unsigned cases, guest; long hot, state, calls, cold, bytes; double log_ratio; };

static const struct fe_guest *guest;
static struct ir_func func;
static struct be_region region;
static uint8_t host_code[CODE_ROOM] __attribute__((aligned(4096)));
static uint8_t guest_code[MAX_BYTES];
static csh cs;
static cs_insn *insn;
static bool verbose;
static const char *path;
static unsigned line_number;

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "%s:%u: %s%s\n", path, line_number, what, detail);
    exit(1);
}

/* ---- counting ---- */

/*
 * The length of a VEX or EVEX instruction, for those that the disassembler is too old to know; 0 for others (Intel SDM
 * vol. 2, 2.3 and 2.7: prefix, opcode, ModRM, SIB, displacement, and in map 3 and for some of map 1 one immediate byte).
 */
static unsigned vector_length(const uint8_t *p)
{
    unsigned n = p[0] == 0xc5 ? 2 : p[0] == 0xc4 ? 3 : p[0] == 0x62 ? 4 : 0;
    if (!n)
        return 0;
    unsigned map = n == 2 ? 1 : p[1] & (n == 3 ? 0x1f : 7), op = p[n], modrm = p[n + 1], mod = modrm >> 6, rm = modrm & 7;
    bool sib = mod != 3 && rm == 4, disp32 = mod == 2 || (mod == 0 && (rm == 5 || (sib && (p[n + 2] & 7) == 5)));
    bool imm = map == 3 || (map == 1 && ((op >= 0x70 && op <= 0x73) || op == 0xc2 || (op >= 0xc4 && op <= 0xc6)));
    return n + 2 + sib + (disp32 ? 4 : mod == 1) + imm;
}

/* True if the instruction calls this stub. */
static bool calls(enum x_stub stub)
{
    char operand[32];
    snprintf(operand, sizeof operand, "qword ptr [rbp + %#x]", (unsigned)offsetof(struct cpu_state, f.stubs[stub]) - X_BIAS);
    return !strcmp(insn->mnemonic, "call") && !strcmp(insn->op_str, operand);
}

/* Where a region that keeps registers around its loop goes back (the place is among those that retire it), else none. */
static uint32_t back_edge(void)
{
    for (uint32_t i = 0; i < region.nrets; i++)
        if (region.rets[i].pc == GUEST_PC)
            return region.rets[i].off;
    return UINT32_MAX;
}

/* Counts the instructions in [from, to) of the region's code; hot is NULL for side paths. */
static int count(uint32_t from, uint32_t to, struct counts *hot)
{
    static uint32_t starts[CODE_ROOM / 4];
    const uint8_t *p = host_code + from;
    uint64_t at = from;
    uint32_t back = back_edge();
    int n = 0;
    while (at < to) {
        size_t left = to - at;
        starts[n] = (uint32_t)at;
        if (!cs_disasm_iter(cs, &p, &left, &at, insn)) {
            unsigned len = vector_length(p);
            if (!len || at + len > to) {
                char bytes[32];
                snprintf(bytes, sizeof bytes, "%02x %02x %02x %02x %02x %02x", p[0], p[1], p[2], p[3], p[4], p[5]);
                fail("host code that cannot be decoded: ", bytes);
            }
            n++;
            p += len;
            at += len;
            continue;
        }
        if (verbose)
            printf("    %4x  %s %s\n", (unsigned)insn->address, insn->mnemonic, insn->op_str);
        if (!strcmp(insn->mnemonic, "nop"))
            continue;
        n++;
        if (calls(X_REPAIR)) {
            p += X_REPAIR_DATA;
            at += X_REPAIR_DATA;
        }
        if (!hot)
            continue;
        const char *m = insn->mnemonic + (insn->mnemonic[0] == 'v');
        hot->state += !strncmp(m, "mov", 3) && strstr(insn->op_str, "[rbp");
        hot->calls += calls(X_EVAL) || calls(X_HELPER);
        bool jump = insn->mnemonic[0] == 'j' && insn->op_str[0] != 'q';
        if (hot->loop || !jump || (insn->address < back && at != to))
            continue;
        uint64_t target = strtoull(insn->op_str, NULL, 0);
        for (int i = 0; i < n && target < at; i++)
            if (starts[i] == target)
                hot->loop = n - i;
    }
    return n;
}

/* Lifts the case in guest_code. */
static void lift(void)
{
    static struct cpu_state cpu;
    struct region_pages pages;
    memset(cpu.guest, 0, sizeof cpu.guest);
    guest->reset(cpu.guest, 0);
    func.lacks = be_host()->lacks;
    region_lift(&func, guest, NULL, GUEST_PC, guest->mode ? guest->mode(cpu.guest) : 0, &pages);
    ir_ref at;
    const char *wrong = ir_verify(&func, &at);
    if (wrong)
        fail("bad IR: ", wrong);
}

/* The case in guest_code, under one set of features. */
static void measure(const struct feature_set *set, struct counts *out)
{
    x_features = 0;
    for (unsigned i = 0; be_host()->features[i]; i++) {
        char word[64];
        snprintf(word, sizeof word, " %s ", be_host()->features[i]);
        if (strstr(set->features, word))
            x_features |= 1u << i;
    }
    x_lacks_update();
    lift();
    struct be_input in = {.fn = &func, .dst = host_code, .room = sizeof host_code, .jump_shift = guest->insn_align_log2};
    if (be_host()->compile(&in, &region))
        fail("the back end refuses the region", "");
    *out = (struct counts){0};
    if (verbose)
        printf("  %s, hot:\n", set->name);
    out->hot = count(0, region.hot_size, out) - ALWAYS;
    if (verbose)
        printf("  cold:\n");
    out->cold = count(region.cold_off, region.size, NULL);
    out->bytes = (int)region.size;
}

/* ---- files ---- */

static void parse_words(const char *words)
{
    text.len = 0;
    while (*words) {
        char *end;
        uint32_t w = (uint32_t)strtoul(words, &end, 16);
        size_t digits = (size_t)(end - words);
        if ((digits != 4 && digits != 8) || text.len + 4 > MAX_BYTES)
            fail("bad words: ", words);
        memcpy(guest_code + text.len, &w, digits / 2);
        text.len += digits / 2;
        words = end + strspn(end, " ");
    }
    if (!text.len)
        fail("no words", "");
}

static void print_counts(char *out, size_t size, const struct counts *c)
{
    int n = snprintf(out, size, "hot %d state %d ", c->hot, c->state);
    if (c->calls)
        n += snprintf(out + n, size - (size_t)n, "calls %d ", c->calls);
    if (c->loop)
        n += snprintf(out + n, size - (size_t)n, "loop %d ", c->loop);
    snprintf(out + n, size - (size_t)n, "cold %d bytes %d", c->cold, c->bytes);
}

static void add(struct total *t, const struct counts *c)
{
    int cost = c->loop ? c->loop : c->hot > 0 ? c->hot : 1;
    t->cases++;
    t->guest += func.nguest;
    t->hot += c->loop ? c->loop : c->hot;
    t->state += c->state;
    t->calls += c->calls;
    t->cold += c->cold;
    t->bytes += c->bytes;
    t->log_ratio += log((double)cost / func.nguest);
}

static char *trim(char *s)
{
    s += strspn(s, " \t");
    for (size_t n = strlen(s); n && strchr(" \t\n", s[n - 1]);)
        s[--n] = 0;
    return s;
}

/* Measures the line's case; its counts go to found[], printed. */
static void run_case(const char *assembly, const char *words, struct total totals[], char found[][96])
{
    struct counts c[SETS];
    parse_words(words);
    if (verbose)
        printf("%s\n", assembly);
    for (unsigned s = 0; s < SETS; s++) {
        measure(&sets[s], &c[s]);
        add(&totals[s], &c[s]);
        print_counts(found[s], sizeof found[s], &c[s]);
        if (s && !memcmp(&c[s], &c[0], sizeof c[0]))
            strcpy(found[s], "=");
    }
}

/* Returns the number of lines whose counts differ; with an output file none does. */
static unsigned run_file(FILE *in, FILE *update, struct total totals[], unsigned *passed)
{
    char *line = NULL;
    size_t size = 0;
    unsigned failed = 0;
    for (line_number = 1; getline(&line, &size, in) > 0; line_number++) {
        char *field[2 + SETS] = {"", "", "", ""}, found[SETS][96];
        if (line[0] == '#' || line[0] == '\n') {
            if (update)
                fputs(line, update);
            continue;
        }
        char *rest = line;
        for (unsigned i = 0; i < 2 + SETS && rest; i++) {
            char *part = strsep(&rest, "|");
            field[i] = trim(part);
        }
        run_case(field[0], field[1], totals, found);
        if (update)
            fprintf(update, "%s | %s | %s | %s\n", field[0], field[1], found[0], found[1]);
        bool same = true;
        for (unsigned s = 0; s < SETS; s++) {
            if (update || !strcmp(found[s], field[2 + s]))
                continue;
            same = false;
            printf("FAIL %s:%u: %s\n    %s: expected %s\n    %*s  now      %s\n", path, line_number, field[0], sets[s].name,
                   *field[2 + s] ? field[2 + s] : "nothing yet", (int)strlen(sets[s].name), "", found[s]);
        }
        same ? ++*passed : ++failed;
    }
    free(line);
    return failed;
}

static void print_totals(const struct total totals[])
{
    for (unsigned s = 0; s < SETS; s++) {
        const struct total *t = &totals[s];
        if (t->cases)
            printf("%s %s: %u cases, %u guest instructions, %ld host (%ld state), %ld calls, %ld cold, %ld bytes; host per guest %.3f, geometric mean %.3f\n",
                   path, sets[s].name, t->cases, t->guest, t->hot, t->state, t->calls, t->cold, t->bytes, (double)t->hot / t->guest,
                   exp(t->log_ratio / t->cases));
    }
}

int main(int argc, char **argv)
{
    text = (struct text){guest_code, GUEST_PC, 0};
    bool update = false;
    unsigned passed = 0, failed = 0;
    int arg = 1;
    for (; arg < argc && argv[arg][0] == '-'; arg++) {
        update |= !strcmp(argv[arg], "-u");
        verbose |= !strcmp(argv[arg], "-v");
    }
    for (unsigned i = 0; arg < argc && fe_guests[i]; i++)
        if (!strcmp(fe_guests[i]->name, argv[arg]))
            guest = fe_guests[i];
    char message[160];
    if (!guest || !fe_select_cpu(guest, NULL, message, sizeof message) || cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK) {
        fprintf(stderr, "usage: cost [-u] [-v] GUEST FILE...\n");
        return 2;
    }
    insn = cs_malloc(cs);
    while (++arg < argc) {
        struct total totals[SETS] = {0};
        char new_path[512];
        path = argv[arg];
        snprintf(new_path, sizeof new_path, "%s.new", path);
        FILE *in = fopen(path, "r"), *out = update ? fopen(new_path, "w") : NULL;
        if (!in || (update && !out))
            fail("cannot be opened", "");
        failed += run_file(in, out, totals, &passed);
        fclose(in);
        if (out && (fclose(out) || rename(new_path, path)))
            fail("cannot be written", "");
        print_totals(totals);
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
