/* The table of tracees, and their memory (syscall/tracees.h). */
#include "syscall/tracees.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "runtime/own.h"
#include "runtime/space.h"

#define TABLE_AT 0x6f0580000000ull
enum { BUCKETS = 4096, MAX_TRACEES = 1 << 17 };

struct table {
    struct tracee *bucket[BUCKETS];
    struct tracee *free;
    uint32_t used;
    struct tracee entry[MAX_TRACEES];
};

static struct table *table;     /* NULL until the first tracee */
static struct rt_lock lock;

bool tracees_any(void) { return __atomic_load_n(&table, __ATOMIC_RELAXED); }

/* Tracees do not come along. */
void tracees_fork_child(void)
{
    lock.state = 0;
    if (!table)
        return;
    host_syscall(__NR_munmap, table, sizeof *table);
    table = NULL;
    trace_look_after = NULL;
}

static struct tracee **find(int32_t tid)
{
    struct tracee **p = &table->bucket[(uint32_t)tid % BUCKETS];
    while (*p && (*p)->tid != tid)
        p = &(*p)->next;
    return p;
}

struct tracee *tracee_find(int32_t tid)
{
    if (!tracees_any())
        return NULL;
    rt_lock(&lock);
    struct tracee *e = *find(tid);
    rt_unlock(&lock);
    return e;
}

static struct tracee *unused(void)
{
    struct tracee *e = table->free;
    if (e)
        table->free = e->next;
    else if (table->used < MAX_TRACEES)
        e = &table->entry[table->used++];
    return e;
}

struct tracee *tracee_add(int32_t tid)
{
    rt_lock(&lock);
    if (!table) {
        long r = own_map(TABLE_AT, sizeof *table, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        if (!host_is_error(r)) {
            __atomic_store_n(&table, (struct table *)r, __ATOMIC_RELEASE);
            trace_look_after = tracees_look_after;
        }
    }
    struct tracee **p = table ? find(tid) : NULL, *e = p ? *p : NULL;
    if (p && !e && (e = unused())) {
        *e = (struct tracee){.tid = tid};
        *p = e;
    }
    rt_unlock(&lock);
    return e;
}

void tracee_remove(int32_t tid)
{
    if (!tracees_any())
        return;
    rt_lock(&lock);
    struct tracee **p = find(tid), *e = *p;
    if (e) {
        *p = e->next;
        e->next = table->free;
        e->tid = 0;
        table->free = e;
    }
    rt_unlock(&lock);
}

void tracees_each_running(void (*f)(struct tracee *))
{
    if (__atomic_load_n(&lock.state, __ATOMIC_RELAXED))     /* perhaps this is what we wait for */
        return;
    for (uint32_t i = 0; i < table->used; i++)
        if (table->entry[i].tid && table->entry[i].state == TRACEE_RUNS)
            f(&table->entry[i]);
}

/* ---- memory ---- */

long host_ptrace(long request, int32_t tid, uint64_t addr, uint64_t data) { return host_syscall(__NR_ptrace, request, tid, addr, data); }

/* ptrace alone is always allowed; the other way is quick. */
static bool peek_words(int32_t tid, uint64_t addr, uint8_t *buf, size_t n)
{
    while (n) {
        uint64_t word, skip = addr & 7;
        size_t k = 8 - skip < n ? 8 - skip : n;
        if (host_ptrace(PTRACE_PEEKDATA, tid, addr - skip, (uint64_t)&word))
            return false;
        memcpy(buf, (uint8_t *)&word + skip, k);
        addr += k;
        buf += k;
        n -= k;
    }
    return true;
}

static bool poke_words(int32_t tid, uint64_t addr, const uint8_t *buf, size_t n)
{
    while (n) {
        uint64_t word, skip = addr & 7;
        size_t k = 8 - skip < n ? 8 - skip : n;
        if (k < 8 && host_ptrace(PTRACE_PEEKDATA, tid, addr - skip, (uint64_t)&word))
            return false;
        memcpy((uint8_t *)&word + skip, buf, k);
        if (host_ptrace(PTRACE_POKEDATA, tid, addr - skip, word))
            return false;
        addr += k;
        buf += k;
        n -= k;
    }
    return true;
}

bool tracee_peek(int32_t tid, uint64_t addr, void *buf, size_t n)
{
    struct iovec here = {buf, n}, there = {(void *)addr, n};
    if (host_syscall(__NR_process_vm_readv, tid, &here, 1, &there, 1, 0) == (long)n)
        return true;
    return peek_words(tid, addr, buf, n);
}

bool tracee_poke(int32_t tid, uint64_t addr, const void *buf, size_t n)
{
    struct iovec here = {(void *)buf, n}, there = {(void *)addr, n};
    if (host_syscall(__NR_process_vm_writev, tid, &here, 1, &there, 1, 0) == (long)n)
        return true;
    return poke_words(tid, addr, buf, n);
}

bool trace_set(const struct tracee *e, size_t offset, uint32_t value)
{
    return tracee_poke(e->tid, e->task + e->build.trace_offset + offset, &value, sizeof value);
}

void tracee_poll(const struct tracee *e)
{
    uint32_t one = 1;
    tracee_poke(e->tid, e->task + e->build.pending_offset, &one, sizeof one);
}

/* ---- changed code ---- */

static int32_t tgid_of(const struct tracee *e)
{
    int32_t tgid = 0;
    tracee_peek(e->tid, e->task + e->build.tgid_offset, &tgid, sizeof tgid);
    return tgid;
}

/* Threads of the process that run must look soon; the others do when they go on. */
static void poll_threads(int32_t tgid)
{
    for (uint32_t i = 0; i < table->used; i++) {
        const struct tracee *e = &table->entry[i];
        if (e->tid && e->kind == TRACEE_GUEST && e->state == TRACEE_RUNS && tgid_of(e) == tgid)
            tracee_poll(e);
    }
}

void tracee_code_written(int32_t tid, uint64_t start, uint64_t end)
{
    const struct tracee *e = tracee_find(tid);
    uint64_t n, range[2] = {start, end};
    if (!e || e->kind != TRACEE_GUEST || start >= end)
        return;
    uint64_t at = e->build.changes;
    if (!tracee_peek(tid, at + offsetof(struct trace_changes, written), &n, 8))
        return;
    tracee_poke(tid, at + offsetof(struct trace_changes, range) + n % TRACE_CHANGES * 16, range, sizeof range);
    n++;
    tracee_poke(tid, at + offsetof(struct trace_changes, written), &n, 8);
    poll_threads(tgid_of(e));
}
