#include "syscall/guard.h"

#include <sys/ioctl.h>

#include "syscall/handlers.h"
#include "syscall/numbers.h"

bool guard_words_reach_own(uint64_t addr, uint64_t n)
{
    uint64_t word[32];
    for (uint64_t at = 0; at + 8 <= n; ) {
        uint64_t k = n - at < sizeof word ? (n - at) & ~7ull : sizeof word;
        /* Not beyond the page: what follows may be unmapped, and is then no part of what the host reads either. */
        uint64_t room = SPACE_PAGE - ((addr + at) & (SPACE_PAGE - 1));
        if (k > room && room >= 8) k = room & ~7ull;
        if (copy_from_guest(word, addr + at, k)) return false;
        for (uint64_t i = 0; i < k / 8; i++)
            if (sys_own_memory(word[i])) return true;
        at += k;
    }
    return false;
}

bool guard_vector_reaches_own(uint64_t addr, uint64_t n)
{
    uint64_t v[32][2];
    if (n > GUARD_VECTOR) return false;
    for (uint64_t i = 0, k; i < n; i += k) {
        k = n - i < 32 ? n - i : 32;
        if (copy_from_guest(v, addr + i * sizeof v[0], k * sizeof v[0])) return guard_words_reach_own(addr + i * sizeof v[0], k * sizeof v[0]);
        for (uint64_t j = 0; j < k; j++)
            if (sys_own_memory(v[j][0])) return true;
    }
    return false;
}

bool guard_copy_vector(uint64_t v[GUARD_VECTOR][2], uint64_t addr, uint64_t n)
{
    if (n > GUARD_VECTOR || copy_from_guest(v, addr, n * sizeof v[0])) return false;
    for (uint64_t i = 0; i < n; i++) v[i][0] = sys_guarded(v[i][0]);
    return true;
}

/* struct msghdr: name, its length, vector, its length, control data, their length, flags. */
enum { MESSAGE = 56, ENTRY = 64 };

bool guard_message_reaches_own(uint64_t addr)
{
    uint64_t m[MESSAGE / 8];
    if (copy_from_guest(m, addr, sizeof m)) return false;
    return sys_own_memory(m[0]) || sys_own_memory(m[2]) || sys_own_memory(m[4]) || guard_vector_reaches_own(m[2], m[3]);
}

bool guard_messages_reach_own(uint64_t addr, uint64_t n)
{
    for (uint64_t i = 0; i < (uint32_t)n && i < GUARD_VECTOR; i++)
        if (guard_message_reaches_own(addr + i * ENTRY)) return true;
    return false;
}

/* ---- structures ---- */

enum { NONE = -1 };

/*
 * Calls whose structures hold pointers at places that depend on the case. All words are looked at: nothing else they hold
 * looks like an address in our range. Bytes: `size` each, times an argument if `times` names one.
 */
static const struct { int16_t nr; int8_t arg, times; uint16_t size; } entries[] = {
    { GUEST_kexec_load, 2, 1, 32 },         /* segments */
    { GUEST_mq_notify, 1, NONE, 64 },       /* the cookie of SIGEV_THREAD */
    { GUEST_setsockopt, 3, 4, 1 },          /* filters, tables of iptables */
    { GUEST_getsockopt, 3, NONE, 64 },      /* where TCP_ZEROCOPY_RECEIVE maps */
    { GUEST_bpf, 1, 2, 1 },
    { GUEST_clone3, 0, 1, 1 },
    { GUEST_futex_waitv, 0, 1, 24 },
    { GUEST_futex_requeue, 0, NONE, 48 },
};
enum { ENTRIES = sizeof entries / sizeof entries[0] };

unsigned guard_entry(uint64_t nr)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        if ((uint64_t)entries[i].nr == nr) return i + 1;
    return 0;
}

int64_t guard_search(unsigned entry, const uint64_t a[6])
{
    enum { MOST = 65536 };
    uint64_t n = entries[entry - 1].size;
    if (entries[entry - 1].times != NONE) {
        uint64_t times = (uint32_t)a[(unsigned)entries[entry - 1].times];
        n = times < MOST ? n * times : MOST;
    }
    return guard_words_reach_own(a[(unsigned)entries[entry - 1].arg], n) ? -EFAULT : 0;
}

/* ---- ioctl ---- */

/* Ranges that userfaultfd works on (its commands are _IO*(0xAA, ...)): two words for most, three where pages come from somewhere. */
static bool range_reaches_own(uint64_t addr, bool moves)
{
    uint64_t w[3] = { 0 };
    if (copy_from_guest(w, addr, moves ? 24 : 16)) return false;
    uint64_t len = w[moves ? 2 : 1];
    for (unsigned i = 0; i < (moves ? 2u : 1u); i++)
        if (w[i] < SPACE_OWN_HI && (len > SPACE_OWN_LO || w[i] + len > SPACE_OWN_LO)) return true;
    return false;
}

int64_t guard_ioctl(uint32_t command, uint64_t arg)
{
    enum { UNSIZED = 64, USERFAULT = 0xaa, UFFD_COPY = 3, UFFD_MOVE = 5, UFFD_API = 0x3f };
    uint64_t n = _IOC_DIR(command) != _IOC_NONE && _IOC_SIZE(command) ? _IOC_SIZE(command) : UNSIZED;
    if (_IOC_TYPE(command) == USERFAULT && _IOC_NR(command) != UFFD_API &&
        range_reaches_own(arg, _IOC_NR(command) == UFFD_COPY || _IOC_NR(command) == UFFD_MOVE)) return -EINVAL;
    return guard_words_reach_own(arg, n) ? -EFAULT : 0;
}

/* ---- calls of their own ---- */

/* struct iocb: the command at 16, the buffer at 24, its length at 32. */
static bool iocb_reaches_own(uint64_t addr)
{
    enum { PREADV = 7, PWRITEV = 8 };
    struct { uint64_t data; uint32_t key, flags; uint16_t op; int16_t priority; uint32_t fd; uint64_t buf, n; } cb;
    if (sys_own_memory(addr) || copy_from_guest(&cb, addr, sizeof cb)) return sys_own_memory(addr);
    return sys_own_memory(cb.buf) || ((cb.op == PREADV || cb.op == PWRITEV) && guard_vector_reaches_own(cb.buf, cb.n));
}

/* The ones before one that is bad are submitted, as the kernel does. */
int64_t sys_io_submit(struct task *t, const uint64_t a[6])
{
    (void)t;
    enum { MOST = 65536 };
    int64_t n = (int64_t)a[1], good = 0;
    uint64_t cb;
    while (good < n && good < MOST && !get_user(cb, a[2] + (uint64_t)good * 8) && !iocb_reaches_own(cb)) good++;
    if (good < n && good < MOST && !get_user(cb, a[2] + (uint64_t)good * 8)) {
        int64_t r = host_syscall(__NR_io_submit, a[0], good, a[2]);
        return r || good ? r : -EFAULT;
    }
    return host_syscall(__NR_io_submit, a[0], a[1], a[2]);
}

/* Ranges of pages: what reaches into our own is nowhere. Pages given up may have held code. */
int64_t sys_process_madvise(struct task *t, const uint64_t a[6])
{
    (void)t;
    uint64_t v[GUARD_VECTOR][2];
    if (!guard_copy_vector(v, a[1], a[2])) return host_syscall(__NR_process_madvise, a[0], a[1], a[2], a[3], a[4]);
    for (uint64_t i = 0; i < a[2]; i++)
        if (v[i][0] < SPACE_OWN_HI && v[i][0] + v[i][1] > SPACE_OWN_LO) v[i][0] = SYS_NOWHERE, v[i][1] = SPACE_PAGE;
    int64_t r = host_syscall(__NR_process_madvise, a[0], v, a[2], a[3], a[4]);
    for (uint64_t i = 0; r > 0 && i < a[2]; i++)
        if (v[i][1] && v[i][0] < SPACE_TOP && v[i][1] < SPACE_TOP - v[i][0]) rt_code_changed(v[i][0], v[i][0] + v[i][1]);
    return r;
}

int64_t sys_keyctl(struct task *t, const uint64_t a[6])
{
    (void)t;
    enum { INSTANTIATE_IOV = 20 };
    if (a[0] == INSTANTIATE_IOV && guard_vector_reaches_own(a[2], a[3])) return -EFAULT;
    return host_syscall(__NR_keyctl, a[0], a[1], sys_guarded(a[2]), sys_guarded(a[3]), sys_guarded(a[4]));
}
