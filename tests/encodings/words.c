/*
 * Writes instruction words, 32 bits each, for run.py:  words GUEST SEED RANDOM FILLS [compressed]
 *
 * RANDOM random words; every row of the decode tables FILLS times, with random bits where it leaves them open, as it is and
 * with each of its fixed bits flipped; with `compressed` every 16-bit word of RISC-V. Left out are system calls, which
 * would be executed, and branches to themselves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontends/aarch64/a64_decode.h"
#include "frontends/guest.h"
#include "frontends/riscv64/rv64_decode.h"

static const struct fe_guest *guest;
static struct ir_func fn;
static uint64_t state;

static uint64_t random64(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;    /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static bool runnable(uint32_t w)
{
    /* FEAT_CMPBR, which QEMU has and we have not: compare and branch to itself. */
    if (!strcmp(guest->name, "aarch64") && (w & 0x7e003fe0) == 0x74000000)
        return false;
    ir_begin(&fn, 0x10000, guest->slots, guest->nslots, guest->nan);
    fn.cur_pc = 0x10000;
    fn.flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
    guest->lift(&fn, (const uint8_t *)&w, 4, 0);
    enum ir_flow_kind k = (enum ir_flow_kind)fn.flow.kind;
    if (k == IR_FLOW_TRAP)
        return fn.flow.trap != IR_TRAP_SYSCALL;
    return !((k == IR_FLOW_BRANCH || k == IR_FLOW_JUMP || k == IR_FLOW_CALL) && fn.flow.target >= fn.cur_pc && fn.flow.target < fn.cur_pc + 4);
}

static void put(uint32_t w)
{
    if (runnable(w))
        fwrite(&w, sizeof w, 1, stdout);
}

int main(int argc, char **argv)
{
    char message[160];
    for (unsigned i = 0; argc >= 5 && fe_guests[i]; i++)
        if (!strcmp(fe_guests[i]->name, argv[1]))
            guest = fe_guests[i];
    if (!guest || !fe_select_cpu(guest, NULL, message, sizeof message)) {
        fprintf(stderr, "usage: words GUEST SEED RANDOM FILLS [compressed]\n");
        return 2;
    }
    bool a64 = !strcmp(guest->name, "aarch64");
    const struct fe_row *rows = a64 ? a64_rows : rv64_rows;
    unsigned nrows = a64 ? a64_nrows : rv64_nrows;
    state = strtoull(argv[2], NULL, 0) * 0x2545f4914f6cdd1dull;
    for (long n = atol(argv[3]); n > 0; n--)
        put((uint32_t)random64() | (a64 ? 0 : 3));
    for (long fill = atol(argv[4]); fill > 0; fill--)
        for (const struct fe_row *r = rows; r < rows + nrows; r++) {
            if (r->width == 16)
                continue;
            uint32_t w = r->value | ((uint32_t)random64() & ~r->mask);
            put(w);
            for (unsigned b = 0; b < 32; b++)
                if (r->mask >> b & 1)
                    put(w ^ 1u << b);
        }
    if (argc > 5)
        for (uint32_t w = 0; w < 0x10000; w++)
            if ((w & 3) != 3)
                put(w);
    return fflush(stdout) ? 1 : 0;
}
