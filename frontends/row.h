/* A row of a decode table, for coverage lists, fuzzers and table tests. */
#ifndef FRONTENDS_ROW_H
#define FRONTENDS_ROW_H

#include <stdint.h>

struct fe_row {
    const char *name;       /* the instruction, as in the table */
    const char *ext;        /* extension it belongs to, as announced */
    const char *lifter;     /* function that lifts it, without "lift_" */
    const char *fields;     /* names of the pattern's fields, each followed by a blank */
    uint32_t mask, value;   /* fixed bits: (word & mask) == value */
    uint8_t width;          /* bits: 16 or 32 */
};

#endif
