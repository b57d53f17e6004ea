/*
 * Argument types of the system-call table: what the dispatcher must do with an argument of that type, and how strace
 * prints it. A row lists one word per argument (types.def), then marks of the whole call.
 */
#ifndef SYSCALL_STRACE_TYPES_H
#define SYSCALL_STRACE_TYPES_H

#include <stdint.h>

enum sys_type_id {
    TY_end,     /* also pads rows */
    TY_none,    /* a call without arguments */
#define TYPE(name, treatment, printer, param) TY_##name,
#define MARK(name, text) TY_##name,
#include "syscall/strace/types.def"
#undef TYPE
#undef MARK
    TY_COUNT
};

/* What types are to the dispatcher: bits of sys_treatments[]. */
enum {
    T_PTR = 1,      /* address that the kernel reads or writes: never one of ours */
    T_VEC = 2,      /* I/O vector that is written to, the number of its elements follows */
    T_FD = 4,       /* descriptor: never one of ours */
    T_PATH = 8,     /* path to look up: into the sysroot, /proc/self/exe */
    T_OPEN = 16,    /* open flags, in the guest's numbering */
    T_RANGE = 32,   /* start of a range of pages, always taken without its tag */
    T_OUT = 64,     /* written by the call: strace shows it afterwards */
    T_STRING = 128, /* path, whether looked up elsewhere or not */
};
extern const uint8_t sys_treatments[TY_COUNT];

/* TYPES(a, b, ...): the words of a row as an initialiser of uint16_t[]; at most nine. */
#define SYS_T1(a) TY_##a
#define SYS_T2(a, ...) TY_##a, SYS_T1(__VA_ARGS__)
#define SYS_T3(a, ...) TY_##a, SYS_T2(__VA_ARGS__)
#define SYS_T4(a, ...) TY_##a, SYS_T3(__VA_ARGS__)
#define SYS_T5(a, ...) TY_##a, SYS_T4(__VA_ARGS__)
#define SYS_T6(a, ...) TY_##a, SYS_T5(__VA_ARGS__)
#define SYS_T7(a, ...) TY_##a, SYS_T6(__VA_ARGS__)
#define SYS_T8(a, ...) TY_##a, SYS_T7(__VA_ARGS__)
#define SYS_T9(a, ...) TY_##a, SYS_T8(__VA_ARGS__)
#define SYS_PICK(a, b, c, d, e, f, g, h, i, n, ...) n
#define SYS_TYPES(...) {SYS_PICK(__VA_ARGS__, SYS_T9, SYS_T8, SYS_T7, SYS_T6, SYS_T5, SYS_T4, SYS_T3, SYS_T2, SYS_T1, 0)(__VA_ARGS__)}
enum { SYS_ROW_TYPES = 10 };    /* and the end */

/* Marks follow the arguments. */
static inline int sys_type_is_mark(uint16_t type) { return type >= TY_ADDRESS || type <= TY_none; }

#endif
