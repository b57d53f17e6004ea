/* What neon_oracle.c writes and neon.c reads, for each row of neon.def and each input. */
#ifndef TESTS_IR_NEON_H
#define TESTS_IR_NEON_H

#include <stdint.h>

struct neon_record {
    uint8_t in[3][16], out[16];
    uint32_t fpsr, fpcr, row, pad;
};
enum { NEON_INPUTS = 160 };

#endif
