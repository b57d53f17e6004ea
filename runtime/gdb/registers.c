/* Registers, as the guest describes them to debuggers (fe_guest.debug). */
#include <errno.h>
#include <string.h>

#include "runtime/gdb/stub.h"
#include "runtime/log.h"

void stub_settle_registers(struct task *t) { signal_fp_to_registers(t); }

size_t gdb_make_target_xml(const struct fe_guest *g, char *buf, size_t size)
{
    const struct fe_debug *d = g->debug;
    size_t n = log_format(buf, size, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target><architecture>%s</architecture>"
                                     "<osabi>GNU/Linux</osabi>", d->architecture);
    int feature = -1;
    for (unsigned i = 0; i < d->nregs; i++) {
        const struct fe_debug_reg *r = &d->regs[i];
        if (r->feature != feature) {
            n += log_format(buf + n, size - n, "%s<feature name=\"%s\">", feature >= 0 ? "</feature>" : "", d->features[r->feature].name);
            size_t k = strlen(d->features[r->feature].types);
            memcpy(buf + n, d->features[r->feature].types, k);
            n += k;
        }
        feature = r->feature;
        bool sp = r->kind == FE_DEBUG_PLAIN && r->off == g->off_sp;
        n += log_format(buf + n, size - n, "<reg name=\"%s\" bitsize=\"%d\" type=\"%s\"/>", r->name, r->bits,
                        r->type ? r->type : sp ? "data_ptr" : "int");
    }
    return n + log_format(buf + n, size - n, "</feature></target>");
}

/* The bytes of a register, at most 16; their number. */
static size_t get(const struct task *t, const struct fe_debug_reg *r, void *out)
{
    uint64_t v = r->kind == FE_DEBUG_PC ? t->cpu.f.pc : 0;
    if (r->kind == FE_DEBUG_PLAIN) {
        memcpy(out, t->cpu.guest + r->off, r->bits / 8);
    } else {
        if (r->kind == FE_DEBUG_OWN)
            v = t->guest->debug->get(t->cpu.guest, r->off);
        memcpy(out, &v, r->bits / 8);
    }
    return r->bits / 8;
}

static void set(struct task *t, const struct fe_debug_reg *r, const void *in)
{
    uint64_t v = 0;
    if (r->kind == FE_DEBUG_PLAIN) {
        memcpy(t->cpu.guest + r->off, in, r->bits / 8);
        return;
    }
    memcpy(&v, in, r->bits / 8);
    if (r->kind == FE_DEBUG_PC)
        t->cpu.f.pc = v;
    else
        t->guest->debug->set(t->cpu.guest, r->off, v);
}

/* Of the threads of the process, and of a forked child, which has its parent's but for the result. */
static bool readable(const struct task *t) { return !stub.gone && (t->gdb.parked || t->gdb.kernel); }

static bool writable(const struct task *t) { return !stub.gone && t->gdb.parked && !stub.hg_child; }

static void wrote(struct task *t)
{
    t->gdb.changed = 1;
    signal_fp_from_registers(t);
}

void gdb_read_registers(struct task *t)
{
    uint8_t v[16];
    const struct fe_debug *d = t->guest->debug;
    if (!readable(t)) {
        gdb_out_error(ESRCH);
        return;
    }
    for (unsigned i = 0; i < d->nregs; i++)
        gdb_out_bytes(v, get(t, &d->regs[i], v));
}

void gdb_write_registers(struct task *t, const char *p)
{
    uint8_t v[16];
    const struct fe_debug *d = t->guest->debug;
    if (!writable(t)) {
        gdb_out_error(ESRCH);
        return;
    }
    for (unsigned i = 0; i < d->nregs; i++) {
        if (gdb_take_bytes(&p, v, d->regs[i].bits / 8) != d->regs[i].bits / 8u)
            break;
        set(t, &d->regs[i], v);
    }
    wrote(t);
    gdb_out_ok();
}

void gdb_read_register(struct task *t, const char *p)
{
    uint8_t v[16];
    uint64_t n = gdb_take_hex(&p);
    if (n >= t->guest->debug->nregs || !readable(t))
        gdb_out_error(EINVAL);
    else
        gdb_out_bytes(v, get(t, &t->guest->debug->regs[n], v));
}

void gdb_write_register(struct task *t, const char *p)
{
    uint8_t v[16];
    uint64_t n = gdb_take_hex(&p);
    const struct fe_debug *d = t->guest->debug;
    if (*p == '=')
        p++;
    if (n >= d->nregs || !writable(t) || gdb_take_bytes(&p, v, d->regs[n].bits / 8) != d->regs[n].bits / 8u) {
        gdb_out_error(EINVAL);
        return;
    }
    set(t, &d->regs[n], v);
    wrote(t);
    gdb_out_ok();
}

/* Program counter, stack and frame pointer, which every stop makes the debugger look at. */
void gdb_out_expedited(const struct task *t)
{
    uint8_t v[16];
    const struct fe_debug *d = t->guest->debug;
    for (unsigned i = 0; i < d->nregs; i++) {
        const struct fe_debug_reg *r = &d->regs[i];
        bool plain = r->kind == FE_DEBUG_PLAIN && (r->off == t->guest->off_sp || r->off == t->guest->off_fp);
        if (!plain && r->kind != FE_DEBUG_PC)
            continue;
        gdb_out_hex(i);
        gdb_out_char(':');
        gdb_out_bytes(v, get(t, r, v));
        gdb_out_char(';');
    }
}
