/* The IR tests' harness: counting, slots, random values, a region rebuilt through the folding builder. */
#ifndef TESTS_IR_TEST_H
#define TESTS_IR_TEST_H

#include "ir/ir.h"
#include "tests/ir/values.h"

/* Counts a result; prints the name and the message (printf style, NULL for none) where it failed. */
void check(bool ok, const char *name, const char *message, ...) __attribute__((format(printf, 3, 4)));
/* As check, but counts only failures: for the many inputs of one test. */
void require(bool ok, const char *name, const char *message, ...) __attribute__((format(printf, 3, 4)));
void skip(const char *name, const char *why);

extern const struct ir_slot test_slots[];
extern const unsigned test_nslots;
enum { TEST_REGS = 512 };

/* Emits every instruction of `from` again through the builder's folding functions. */
void rebuild(const struct ir_func *from, struct ir_func *to);

unsigned get_mxcsr(void);
void set_mxcsr(unsigned v);
enum { MXCSR_DEFAULT = 0x1f80 };

void test_text(const char *dir);
void test_random(unsigned rounds);
void test_eval(void);
void test_float(void);
void test_expand(void);
void test_neon(const char *file);

#endif
