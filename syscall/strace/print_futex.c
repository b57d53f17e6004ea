/* Printers of futex calls. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

static int command(const struct strace_call *c) { return (int)c->a[1] & (FUTEX_PRIVATE_FLAG - 1); }

static bool takes_clock(int command)
{
    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT_REQUEUE_PI || command == FUTEX_LOCK_PI2;
}

void print_futex_op(struct strace_call *c, uint64_t v, const void *param)
{
    const char *name = value_name(&set_futex_op, (uint64_t)command(c));
    uint32_t flags = (uint32_t)v & ~(uint32_t)command(c);
    if (!name || flags & ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME) || (flags & FUTEX_CLOCK_REALTIME && !takes_clock(command(c)))) {
        put_enum32(c, &set_futex_op, (uint32_t)v);
        return;
    }
    put(c, "%s", name);
    if (v & FUTEX_PRIVATE_FLAG) put(c, "_PRIVATE");
    if (v & FUTEX_CLOCK_REALTIME) put(c, "|FUTEX_CLOCK_REALTIME");
}

void print_futex_mask(struct strace_call *c, uint64_t v, const void *param)
{
    if ((uint32_t)v == FUTEX_BITSET_MATCH_ANY) put(c, "FUTEX_BITSET_MATCH_ANY");
    else put(c, v ? "0x%x" : "%u", (unsigned)v);
}

void print_futex_val(struct strace_call *c, uint64_t v, const void *param)
{
    switch (command(c)) {
    case FUTEX_LOCK_PI: case FUTEX_UNLOCK_PI: case FUTEX_TRYLOCK_PI: case FUTEX_LOCK_PI2:
        c->omit = true;
        c->last = command(c) == FUTEX_UNLOCK_PI || command(c) == FUTEX_TRYLOCK_PI;
        break;
    default:
        put(c, "%u", (unsigned)v);
        c->last = command(c) == FUTEX_WAKE;
    }
}

void print_futex_timeout(struct strace_call *c, uint64_t v, const void *param)
{
    switch (command(c)) {
    case FUTEX_WAIT: case FUTEX_LOCK_PI: case FUTEX_LOCK_PI2:
        c->last = true;
        /* fall through */
    case FUTEX_WAIT_BITSET: case FUTEX_WAIT_REQUEUE_PI:
        put_struct_at(c, &struct_timespec, v);
        break;
    case FUTEX_WAKE_BITSET:
        c->omit = true;
        break;
    case FUTEX_REQUEUE: case FUTEX_CMP_REQUEUE: case FUTEX_CMP_REQUEUE_PI: case FUTEX_WAKE_OP:
        put(c, "%u", (unsigned)v);
        break;
    default:
        put_address(c, v);
    }
}

void print_futex_word2(struct strace_call *c, uint64_t v, const void *param)
{
    if (command(c) == FUTEX_WAIT_BITSET || command(c) == FUTEX_WAKE_BITSET) c->omit = true;
    else put_address(c, v);
    c->last = command(c) == FUTEX_REQUEUE || command(c) == FUTEX_WAIT_REQUEUE_PI;
}

void print_futex_val3(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t op = (uint32_t)v;
    switch (command(c)) {
    case FUTEX_WAIT_BITSET: case FUTEX_WAKE_BITSET:
        print_futex_mask(c, v, param);
        break;
    case FUTEX_WAKE_OP:
        if (op >> 28 & 8) put(c, "FUTEX_OP_OPARG_SHIFT<<28|");
        put_enum(c, &set_futex_wake_op, op >> 28 & 7);
        put(c, "<<28|");
        put(c, (op >> 12 & 0xfff) ? "0x%x<<12|" : "%x<<12|", op >> 12 & 0xfff);
        put_enum(c, &set_futex_wake_cmp, op >> 24 & 15);
        put(c, (op & 0xfff) ? "<<24|0x%x" : "<<24|%x", op & 0xfff);
        break;
    default:
        put(c, "%u", op);
    }
}

static void put_waiter(struct strace_call *c, const void *e)
{
    const struct futex_waitv *w = e;
    put(c, w->val ? "{val=0x%llx, uaddr=" : "{val=%llu, uaddr=", w->val);
    put_address(c, w->uaddr);
    put(c, ", flags=");
    put_flags(c, &set_futex_wait_flags, w->flags);
    put(c, "}");
}

/* param: how many, or 0 for the number that is the next argument. */
void print_futex_waitv(struct strace_call *c, uint64_t v, const void *param)
{
    put_array(c, v, param ? (uintptr_t)param : (uint32_t)c->a[1], sizeof(struct futex_waitv), put_waiter);
}
