/*
 * Compares what front ends decode with binutils: agree GUEST COUNT SECONDS DIRECTORY
 *
 * COUNT random words (or as many as the time allows), half of them uniform, half near rows of the
 * tables, and every 16-bit word of RISC-V, are lifted and given to objdump. Both must agree whether a
 * word is an instruction, and the mnemonic must begin as the row's name does. What may differ is listed
 * with its reason in differences.def. (Debian 12's capstone knows no RISC-V and hides A64's mnemonics
 * behind aliases, hence objdump.)
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frontends/aarch64/a64_decode.h"
#include "frontends/guest.h"
#include "frontends/riscv64/rv64_decode.h"

enum { CHUNK = 200000, MAX_SHOWN = 60 };
enum kind { AGREE, OURS, THEIRS, NAME };

/* names: NULL, or the mnemonics (`ldr*`: all that begin so) it is about, separated by blanks. */
static const struct difference { const char *guest; enum kind kind; unsigned width; uint32_t mask, value; const char *names, *reason; } differences[] = {
#define DIFF(guest, kind, width, mask, value, reason) {#guest, kind, width, mask, value, NULL, reason},
#define NOT_HAVE(guest, names, reason) {#guest, THEIRS, 32, 0, 0, names, reason},
#include "tests/tables/differences.def"
#undef DIFF
#undef NOT_HAVE
};
enum { NDIFFS = sizeof differences / sizeof differences[0] };

static const struct fe_guest *guest;
static struct ir_func func;
static bool riscv;
static unsigned long agreed, excused, failed, used[NDIFFS];
static uint64_t seed = 20240411;

/* splitmix64 */
static uint64_t rnd(void)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t random_word(void)
{
    const struct fe_row *rows = riscv ? rv64_rows : a64_rows;
    unsigned nrows = riscv ? rv64_nrows : a64_nrows;
    uint32_t w = (uint32_t)rnd();
    if (rnd() & 1) {
        const struct fe_row *r = &rows[rnd() % nrows];
        if (r->width == 32) w = (w & ~r->mask) | r->value;
        if (!(rnd() & 3)) w ^= 1u << rnd() % 32;
        if (!(rnd() & 7)) w ^= 1u << rnd() % 32;
    }
    if (riscv) {
        w |= 3;
        if ((w & 0x1f) == 0x1f) w ^= 0x10;      /* objdump takes it for the start of a longer instruction */
    }
    return w;
}

/* The row's name, or "" where the word is no instruction. */
static const char *our_name(uint32_t w, unsigned width)
{
    ir_begin(&func, 0x10000, guest->slots, guest->nslots, guest->nan);
    uint8_t bytes[4];
    memcpy(bytes, &w, 4);
    guest->lift(&func, bytes, 4, 0);
    if (func.flow.kind == IR_FLOW_TRAP && func.flow.trap == IR_TRAP_UNDEF) return "";
    union { struct rv64_fields rv; struct a64_fields a; } f;
    if (!riscv) return a64_rows[a64_decode(w, &f.a)].name;
    return rv64_rows[width == 16 ? rv64_decode16(w, &f.rv) : rv64_decode(w, &f.rv)].name;
}

/* ---- objdump ---- */

static FILE *start_objdump(const char *dir, const uint32_t *w, unsigned width, size_t n)
{
    char path[256], cmd[1024];
    snprintf(path, sizeof path, "%s/w.bin", dir);
    FILE *f = fopen(path, "wb");
    if (!f) { perror(path); exit(1); }
    for (size_t i = 0; i < n; i++) fwrite(&w[i], width / 8, 1, f);
    fclose(f);
    if (riscv)      /* symbols are stripped because they mark the words as data; -march only as far as this assembler knows it */
        snprintf(cmd, sizeof cmd, "cd %s && printf '.attribute arch, \"rv64gc_zba_zbb_zbc_zbs_zbkb_zbkc_zbkx_zknd_zkne_zknh_zksed_zksh_zawrs_zfh_zicbom_zicboz\"\\n.text\\n.option norelax\\n.incbin \"w.bin\"\\n' > w.s && "
                 "riscv64-linux-gnu-as -o w.o w.s && riscv64-linux-gnu-objcopy -S w.o w2.o && riscv64-linux-gnu-objdump -dz -M no-aliases w2.o", dir);
    else
        snprintf(cmd, sizeof cmd, "cd %s && aarch64-linux-gnu-objdump -Dz -b binary -m aarch64 -M no-aliases w.bin", dir);
    FILE *p = popen(cmd, "r");
    if (!p) { perror("popen"); exit(1); }
    return p;
}

/* Is objdump later than what differences.def is about? */
static bool is_later(void)
{
    int major = 0, minor = 0;
    FILE *p = popen(riscv ? "riscv64-linux-gnu-objdump -v" : "aarch64-linux-gnu-objdump -v", "r");
    if (!p || fscanf(p, "%*[^)]) %d.%d", &major, &minor) != 2) { puts("FAIL: objdump does not tell its version"); exit(1); }
    pclose(p);
    return major > 2 || (major == 2 && minor > 40);
}

/* With words enough, each difference listed is seen, unless it depends on binutils' age. */
static bool must_be_seen(const struct difference *d, bool later)
{
    return !strcmp(d->guest, guest->name) && strncmp(d->reason, "later binutils", 14) && !(later && strstr(d->reason, "newer than this binutils"));
}

/* Next disassembled line; the mnemonic, or "" for an undefined word. False at the end. */
static bool next_line(FILE *p, size_t *at, char *mnemonic)
{
    static char line[1024];
    while (fgets(line, sizeof line, p)) {
        char *end, *t = strchr(line, '\t');
        *at = strtoul(line, &end, 16);
        if (end == line || *end != ':' || !t || !(t = strchr(t + 1, '\t'))) continue;
        size_t n = strcspn(++t, "\t \n");
        bool bad = *t == '.' || strstr(t, "undefined") || (riscv && strstr(t, "unknown"));
        snprintf(mnemonic, 32, "%.*s", bad ? 0 : (int)n, t);
        return true;
    }
    return false;
}

/* ---- comparing ---- */

static bool same_name(const char *row, const char *mnemonic)
{
    for (; *row; row++, mnemonic++) {
        if (!riscv && (*row == '_' || (*row == 'x' && isdigit((unsigned char)row[1])))) return true;     /* ADD_imm, LD1x2 */
        if ((*row == '_' ? '.' : tolower((unsigned char)*row)) != *mnemonic) return false;
    }
    /* .aq, .rl, .aqrl of atomics, fence.tso, c.slli64 and suchlike */
    return !riscv || !*mnemonic || *mnemonic == '.' || !strcmp(mnemonic, "64");
}

static bool in_list(const char *names, const char *mnemonic)
{
    for (size_t n; *names; names += n, names += *names == ' ') {
        n = strcspn(names, " ");
        bool prefix = names[n - 1] == '*';
        if (!strncmp(names, mnemonic, n - prefix) && (prefix || !mnemonic[n])) return true;
    }
    return false;
}

static void compare(uint32_t w, unsigned width, const char *theirs)
{
    const char *ours = our_name(w, width);
    enum kind kind = !*ours && !*theirs ? AGREE : !*theirs ? OURS : !*ours ? THEIRS : same_name(ours, theirs) ? AGREE : NAME;
    if (kind == AGREE) { agreed++; return; }
    for (unsigned i = 0; i < NDIFFS; i++) {
        const struct difference *d = &differences[i];
        if (d->kind == kind && d->width == width && !strcmp(d->guest, guest->name) && (w & d->mask) == d->value && (!d->names || in_list(d->names, theirs))) {
            excused++;
            used[i]++;
            return;
        }
    }
    if (failed++ < MAX_SHOWN) printf("FAIL %s %0*x: ours '%s', objdump '%s'\n", guest->name, (int)width / 4, w, ours, theirs);
}

static void compare_all(const char *dir, const uint32_t *w, unsigned width, size_t n)
{
    char mnemonic[32];
    size_t at, seen = 0;
    FILE *p = start_objdump(dir, w, width, n);
    while (next_line(p, &at, mnemonic)) {
        if (at % (width / 8) || at / (width / 8) >= n) continue;
        compare(w[at / (width / 8)], width, mnemonic);
        seen++;
    }
    int status = pclose(p);
    if (seen < n || status) { printf("FAIL %s: objdump printed %zu of %zu words, status %d\n", guest->name, seen, n, status); failed++; }
}

int main(int argc, char **argv)
{
    if (argc != 5) { fputs("usage: agree GUEST COUNT SECONDS DIRECTORY\n", stderr); return 2; }
    const char *dir = argv[4];      /* for what assembler and objdump read */
    for (unsigned k = 0; fe_guests[k]; k++) if (!strcmp(fe_guests[k]->name, argv[1])) guest = fe_guests[k];
    char message[160];
    if (!guest || !fe_select_cpu(guest, NULL, message, sizeof message)) return 2;
    riscv = !strcmp(guest->name, "riscv64");
    if (system(riscv ? "riscv64-linux-gnu-objdump -v >/dev/null 2>&1" : "aarch64-linux-gnu-objdump -v >/dev/null 2>&1")) {
        printf("skip: no objdump for %s\n0 passed, 0 failed, 1 skipped\n", guest->name);
        return 0;
    }
    static uint32_t w[CHUNK];
    if (riscv) {
        size_t n = 0;
        for (uint32_t i = 0; i < 0x10000; i++) if ((i & 3) != 3) w[n++] = i;
        compare_all(dir, w, 16, n);
    }
    unsigned long count = strtoul(argv[2], NULL, 0), done = 0;
    for (time_t end = time(NULL) + atoi(argv[3]); done < count && time(NULL) < end; done += CHUNK) {
        for (size_t i = 0; i < CHUNK; i++) w[i] = random_word();
        compare_all(dir, w, 32, CHUNK);
    }
    bool later = is_later();
    for (unsigned i = 0; i < NDIFFS; i++)
        if (done >= count && count >= 5000000 && !used[i] && must_be_seen(&differences[i], later)) { printf("FAIL %s: difference never seen: %s\n", guest->name, differences[i].reason); failed++; }
    printf("%s: %lu words, %lu differ as listed\n", guest->name, done, excused);
    printf("%d passed, %d failed, 0 skipped\n", !failed, failed != 0);
    return failed != 0;
}
