/*
 * Printing of system calls: what the files of this folder share. A call is printed into one line's text: the arguments up to
 * the first that the call itself writes before it is made, the rest and the result afterwards (call.c). Guest memory is
 * read through copies that cannot fault; what cannot be read is printed as its address.
 *
 * Includes no header of libc, whose structures differ from the kernel's where names agree.
 */
#ifndef SYSCALL_STRACE_STRACE_H
#define SYSCALL_STRACE_STRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syscall/strace/types.h"
#include "syscall/strace/values.h"

enum { STRACE_LINE = 12 << 10, STRACE_ARGUMENTS = 6 };

/* A line being made; what does not fit is cut, never more is written. */
struct text { size_t n; char s[STRACE_LINE]; };

struct sys_row;

/* One call of one task. */
struct strace_call {
    const struct sys_row *row;
    const uint64_t *a;              /* its arguments */
    uint64_t nr;
    int64_t r;                      /* its result, once leaving */
    int tid;                        /* whose it is: a fork child returns from its parent's */
    unsigned i;                     /* the argument being printed, or to be printed next */
    bool shown;                     /* passes the filter */
    bool leaving;                   /* the call has been made */
    bool later;                     /* set by printers: not before the call has been made */
    bool omit, last;                /* set by printers: print nothing for this argument; there are no more */
    bool again;                     /* set by printers: what has been put is to be continued after the call */
    unsigned deferred;              /* the argument that was to be printed later, plus one */
    bool written;                   /* the argument being printed is one that the call writes */
    bool open;                      /* its beginning has been written, without the end of the line */
    unsigned depth;                 /* of nested structures */
    uint64_t saved[STRACE_ARGUMENTS];   /* by printers, for after the call: 0 before */
    int64_t start;                  /* nanoseconds, CLOCK_MONOTONIC */
    char *note;                     /* explains the result, in brackets; NULL */
    char note_text[1024];
    const char *result_text;        /* instead of the number */
    struct text x;
};

/* What -strace's companions say. */
struct strace_options { unsigned string_max; bool verbose, descriptors; };
extern struct strace_options strace_options;

/* A printer shows value v of a call; param is the type's. */
typedef void strace_printer(struct strace_call *c, uint64_t v, const void *param);
#define TYPE(name, treatment, printer, param) strace_printer printer;
#define MARK(name, text)
#include "syscall/strace/types.def"
#undef TYPE
#undef MARK

struct sys_type { const char *name; strace_printer *print; const void *param; };
extern const struct sys_type sys_types[TY_COUNT];
/* The type of a name; hex if there is none. */
uint16_t strace_type(const char *name);

/* ---- text (text.c) ---- */
void put(struct strace_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Bytes in quotes; at most the string limit unless whole. */
void put_quoted(struct strace_call *c, const uint8_t *s, size_t n, bool more);
void put_hex_bytes(struct strace_call *c, const uint8_t *s, size_t n, bool more);
const char *value_name(const struct sys_set *, uint64_t v);     /* NULL: none */
void put_enum(struct strace_call *c, const struct sys_set *, uint64_t v);
void put_enum32(struct strace_call *c, const struct sys_set *, uint32_t v);
void put_flags(struct strace_call *c, const struct sys_set *, uint64_t v);
/* The same where other flags have been printed before: "|" first, nothing for 0. */
void put_more_flags(struct strace_call *c, const struct sys_set *, uint64_t v);
void put_signal(struct strace_call *c, int signo);
void put_sigset(struct strace_call *c, uint64_t mask);
void put_address(struct strace_call *c, uint64_t v);
/* Says what the result means: after it, in brackets. */
void note(struct strace_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- guest memory (runtime/space.h) ---- */
int copy_from_guest(void *dst, uint64_t src, size_t n);
int64_t copy_string_from_guest(char *dst, uint64_t src, size_t size);
/* Reads n bytes at v for the argument being printed; else prints "NULL" or the address and returns false. An argument that
 * the call writes cannot be read after a failure. */
bool fetch(struct strace_call *c, uint64_t v, void *to, size_t n);
/* Has the call failed? Only when leaving. */
static inline bool call_failed(const struct strace_call *c) { return c->leaving && c->r < 0 && c->r >= -4095; }
void put_string_at(struct strace_call *c, uint64_t v);          /* a NUL-terminated string */
void put_bytes_at(struct strace_call *c, uint64_t v, uint64_t n);
/* Reads element i of an array at v, or ends the list with where it cannot be read (false). */
bool fetch_element(struct strace_call *c, uint64_t v, uint64_t i, void *to, size_t size);
/* Prints n elements of `size` bytes at v in brackets, each by f; at most the string limit of them. */
void put_array(struct strace_call *c, uint64_t v, uint64_t n, size_t size, void (*f)(struct strace_call *, const void *element));

/* ---- structures (structs.c) ---- */
struct strace_struct;
#define STRUCT(name, type) extern const struct strace_struct struct_##name;
#define F(parent, field, type)
#define V(parent, field, type)
#define S(parent, field, sub)
#define N(parent, name, field, type)
#define VN(parent, name, field, type)
#define SN(parent, name, field, sub)
#define END(name)
#include "syscall/strace/structs.def"
#undef STRUCT
#undef F
#undef V
#undef S
#undef N
#undef VN
#undef SN
#undef END
size_t struct_size(const struct strace_struct *);
void put_struct(struct strace_call *c, const struct strace_struct *, const void *bytes);
void put_struct_at(struct strace_call *c, const struct strace_struct *, uint64_t v);

/* ---- parts of several files ---- */
void put_siginfo(struct strace_call *c, const void *info);      /* 128 bytes */
void put_sockaddr(struct strace_call *c, const uint8_t *s, size_t n);
void put_iovec(struct strace_call *c, uint64_t v, uint64_t n, int64_t bytes);   /* bytes: shown in all; -1: addresses only */
void put_open_flags(struct strace_call *c, uint64_t guest_flags);
void put_filter(struct strace_call *c, uint64_t program);
void put_fd(struct strace_call *c, int fd);

#endif
