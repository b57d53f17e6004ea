/* Random aux of an op, from the words its text form has for it. */
#ifndef TESTS_IR_RANDOM_AUX_H
#define TESTS_IR_RANDOM_AUX_H

#include "ir/text.h"
#include "tests/ir/values.h"

static inline unsigned random_aux(enum ir_op op, enum ir_type type)
{
    unsigned aux = 0;
    const struct ir_word *w = ir_aux_words(op, type);
    while (w->name) {
        const struct ir_word *start = w;
        unsigned n = 0;
        for (; w->name && w->mask == start->mask; w++)
            n++;
        if (n > 1 || start->mask != start->value)
            aux |= start[below(n)].value;
        else if (!below(3))
            aux |= start->value;
    }
    return aux;
}

#endif
