/* What the parts of the guest program of check-float share: one instruction, its operands, its results. */
#ifndef TESTS_FLOAT_FLOAT_H
#define TESTS_FLOAT_FLOAT_H

#include <stdbool.h>
#include <stdint.h>

struct op {
    void (*code)(void);         /* the instruction, and a return */
    const char *name;
    const char *formats;        /* of its operands: h s d b (bfloat16) floats, w x integers */
};
extern const struct op ops[];   /* ends with code NULL; made by ops.py */

struct value { uint64_t lo, hi; };

/* Operands and results; the assembly knows the offsets. */
struct io {
    struct value in[3];         /* 0: integer and float register 1, and so on; the third is the old destination too */
    struct value out;           /* float register 0 */
    uint64_t integer;           /* integer register 0 */
    uint64_t raised;            /* status register before, and after */
    uint64_t conditions;        /* condition flags before, and after */
};

/* Of each guest. */
extern const unsigned nmodes;
void mode_enter(unsigned mode);         /* sets the control register */
void mode_leave(void);
const char *mode_name(unsigned mode);   /* "" if there is only one worth naming */
bool mode_uses(unsigned mode, const struct op *op);     /* false: would only repeat another mode */
extern const uint64_t status_bits;      /* that the status register holds */
void execute(void (*code)(void), struct io *io);        /* status set before and read after */
void execute_plain(void (*code)(void), struct io *io);  /* never touches the status register */
struct value boxed(char format, struct value v, unsigned chance);   /* lanes as a register holds them; chance: random bits */

#endif
