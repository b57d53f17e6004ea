/* What is kept of regions for the report: made by report.c, read by report_write.c and report_html.c. */
#ifndef RUNTIME_REPORT_DATA_H
#define RUNTIME_REPORT_DATA_H

#include "runtime/report.h"

enum { REPORT_PASSES = 4, REPORT_INSN_BYTES = 8, REPORT_MAX = 500 };
enum { REPORT_NOWHERE = UINT32_MAX };

/* A guest instruction, and the first of the IR that it became in the first pass. */
struct report_insn { uint64_t pc; uint32_t ir; uint8_t len, bytes[REPORT_INSN_BYTES]; };

struct report_pass {
    const char *name;
    uint32_t n, nguest, nblocks, nvconsts, mode;
    uint8_t rules, flags;
    const struct ir_insn *insn;
    const struct ir_vconst *vconst;
};

struct report_block {
    uint32_t number;            /* in the IR; of a trace 0 */
    uint64_t pc;
    uint32_t ir;                /* first instruction in the last pass */
    uint32_t code, code_end;    /* its straight path, offsets */
    uint32_t weight;            /* the profile's guess */
    uint64_t count;             /* as of the report */
};

struct report_region {
    struct report_region *next; /* kept before this one */
    const struct region *r;
    const struct fe_guest *guest;
    uint32_t ninsns, npasses, nblocks, hot_size, cold_off;
    const struct report_insn *insn;
    struct report_pass *pass[REPORT_PASSES];
    const uint32_t *where;      /* by instruction of the last pass */
    struct report_block *block;
    const uint64_t *counts;
    uint64_t cost, entries;     /* as of the report */
};

/* The `most` costliest regions, in order, their costs and counts filled in; *total: of all. Under the cache lock. */
unsigned report_choose(struct report_region *chosen[REPORT_MAX], unsigned most, uint64_t *total, unsigned *regions);
/* The caller is a process of its own from now on, and so is its file. */
void report_other_process(void);
/* Memory for it; false: there is none. */
bool report_begin(void);
/* A pass's IR in a form that ir_print takes. Valid until the next call. */
const struct ir_func *report_func(const struct report_region *g, const struct report_pass *pass);
/* The block, as an index of block[], that guest instruction n belongs to. */
unsigned report_block_of(const struct report_region *g, unsigned n);

/* ---- output ---- */

struct report_out { int fd, error; bool html; size_t n; char buf[1 << 15]; };

void report_raw(struct report_out *o, const char *s, size_t n);
void report_puts(struct report_out *o, const char *s);                    /* as it stands */
void report_text(struct report_out *o, const char *s, size_t n);         /* with &, <, > written out if it is HTML */
void report_printf(struct report_out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));     /* as it stands */
/* A part in per cent. */
void report_share(struct report_out *o, uint64_t part, uint64_t whole);
void report_flush(struct report_out *o);
/* A line that explains the ones below it. */
void report_comment(struct report_out *o, const char *s, size_t n);
/* The name of an address, its distance from the function's beginning included. */
void report_name(struct report_out *o, uint64_t pc);

/* Listings, line by line. */
void report_guest_code(struct report_out *o, const struct report_region *g, unsigned block);
void report_ir(struct report_out *o, const struct report_region *g, unsigned pass);
void report_host_code(struct report_out *o, const struct report_region *g);
/* Calls f for each way out of a block to elsewhere, or to another block (to: an index of block[], or -1). */
void report_each_exit(const struct report_region *g, unsigned block, void (*f)(void *ctx, const struct ir_insn *in, int to), void *ctx);

void report_html(struct report_out *o, struct report_region *const *chosen, unsigned n, uint64_t total, unsigned regions);

#endif
