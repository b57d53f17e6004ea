/*
 * Runs on arm64: executes each row of neon.def on random inputs and writes what came out, for
 * neon.c to compare with the IR's reference semantics.
 */
#include <stdio.h>
#include <string.h>

#include "tests/ir/neon.h"
#include "tests/ir/values.h"

uint64_t random_state;

enum { FIRST = __COUNTER__ + 1 };

static void execute(struct neon_record *r)
{
    switch (r->row) {
#define ROW(text, op, type, atype, aux, imm, order, inputs)                                       \
    case __COUNTER__ - FIRST:                                                                     \
        __asm__ volatile("msr fpcr, %1\n\tmsr fpsr, xzr\n\tldr q0, [%0]\n\tldr q1, [%0, #16]\n\tldr q2, [%0, #32]\n\t" \
                         text "\n\tstr q0, [%0, #48]\n\tmrs x9, fpsr\n\tstr w9, [%0, #64]\n\tmsr fpcr, xzr" \
                         : : "r"(r), "r"((uint64_t)r->fpcr) : "v0", "v1", "v2", "x9", "x10", "x11", "memory", "cc"); \
        break;
#include "tests/ir/neon.def"
#undef ROW
    }
}

static const char inputs_of[] = {
#define ROW(text, op, type, atype, aux, imm, order, inputs) inputs,
#include "tests/ir/neon.def"
#undef ROW
};

static void fill(uint8_t *v, char kind)
{
    for (unsigned i = 0; i < 16;) {
        uint64_t x;
        unsigned n = kind == 'h' || kind == 'b' ? 2 : kind == 's' ? 4 : kind == 'n' ? 1 : 8;
        switch (kind) {
        case 'h': case 's': case 'd': x = random_float(n * 8); break;
        case 'b': x = 0x3e00 + below(0x300) + (below(2) << 15); break;
        case 'i': x = random_int(); break;
        case 'n': x = below(40) - 20; break;
        default: x = random64(); break;
        }
        if (kind == 'i' && below(2)) {
            n = 1 << below(4);
            if (i & (n - 1))
                n = 1;
        }
        memcpy(v + i, &x, n);
        i += n;
    }
}

int main(void)
{
    struct neon_record r;
    random_seed(1);
    for (uint32_t row = 0; row < sizeof inputs_of; row++)
        for (unsigned i = 0; i < NEON_INPUTS; i++) {
            memset(&r, 0, sizeof r);
            r.row = row;
            /* Rounding mode, and default NaN. */
            r.fpcr = below(4) << 22 | (below(4) ? 0 : 1 << 25);
            for (unsigned k = 0; k < 3; k++)
                fill(r.in[k], inputs_of[row] == 'n' && k < 2 ? 'i' : inputs_of[row]);
            execute(&r);
            fwrite(&r, sizeof r, 1, stdout);
        }
    return 0;
}
