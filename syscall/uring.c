#include "syscall/uring.h"

#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "syscall/guard.h"
#include "syscall/handlers.h"
#include "runtime/own.h"

/* Of later headers. */
enum {
    SETUP_NO_MMAP = 1 << 14, SETUP_REGISTERED_FD_ONLY = 1 << 15, SETUP_NO_SQARRAY = 1 << 16, SETUP_SQE_MIXED = 1 << 19,
    ENTER_REGISTERED_RING = 1 << 4, ENTER_EXT_ARG_REG = 1 << 6,
    REGISTER_BUFFERS = 0, REGISTER_RING_FDS = 20, UNREGISTER_RING_FDS = 21, REGISTER_RESIZE_RINGS = 33, REGISTER_MEM_REGION = 34,
    OP_EPOLL_WAIT = 59, OP_PIPE = 62,
};

enum { MAX_RINGS = 128, SCRATCH_SLOTS = 64 };

/* What one entry may need besides itself; the kernel has copied it when io_uring_enter returns. */
struct scratch { char path[2][SYS_PATH_MAX]; uint64_t words[8]; };

struct ring {
    uint64_t ino;               /* of the descriptor's file, which every ring has its own of; 0: unused */
    int fd;                     /* that the host's part was mapped by; -1 while it is not */
    uint32_t entries, sqe_size, flags;
    uint32_t off_head, off_tail, off_array;
    uint64_t ring_size, sqes_size;
    uint64_t guest_sqes;        /* where the guest has its entries; 0: nowhere yet */
    uint8_t *sq, *sqes;         /* the host's, while mapped; where the kernel wants them, as it lets nobody choose */
    struct scratch *scratch;
};

static struct { struct rt_lock lock; uint32_t n; struct ring ring[MAX_RINGS]; } all;

static uint64_t ino_of(uint64_t fd)
{
    struct stat st;
    return host_syscall(__NR_fstat, fd, &st) ? 0 : st.st_ino;
}

/* ---- our views of a ring; the lock is held ---- */

static struct ring *find(uint64_t ino)
{
    for (uint32_t i = 0; ino && i < all.n; i++)
        if (all.ring[i].ino == ino) return &all.ring[i];
    return NULL;
}

static uint64_t round_up(uint64_t x) { return (x + SPACE_PAGE - 1) & -(uint64_t)SPACE_PAGE; }

static void unmap(struct ring *r)
{
    if (r->sq) host_syscall(__NR_munmap, r->sq, r->ring_size);
    if (r->sqes) host_syscall(__NR_munmap, r->sqes, r->sqes_size);
    if (r->scratch) host_syscall(__NR_munmap, r->scratch, SCRATCH_SLOTS * sizeof *r->scratch);
    r->sq = r->sqes = NULL;
    r->scratch = NULL;
    r->fd = -1;
}

static void *map_part(uint64_t size, int flags, int fd, uint64_t off)
{
    int64_t r = own_map(0, size, PROT_READ | PROT_WRITE, flags, fd, off);
    return host_is_error(r) ? NULL : (void *)r;
}

static bool map(struct ring *r, int fd)
{
    if (r->sq) return true;
    r->sq = map_part(r->ring_size, MAP_SHARED, fd, IORING_OFF_SQ_RING);
    r->sqes = map_part(r->sqes_size, MAP_SHARED, fd, IORING_OFF_SQES);
    r->scratch = map_part(SCRATCH_SLOTS * sizeof *r->scratch, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!r->sq || !r->sqes || !r->scratch) return unmap(r), false;
    r->fd = fd;
    return true;
}

/* A ring whose descriptor was closed may live on behind another one: it is forgotten only where room is needed. */
static struct ring *new_ring(void)
{
    if (all.n < MAX_RINGS) return &all.ring[all.n++];
    for (uint32_t i = 0; i < all.n; i++)
        if (!all.ring[i].sq) return &all.ring[i];
    return NULL;
}

void uring_forget(uint64_t first, uint64_t last)
{
    if (!__atomic_load_n(&all.n, __ATOMIC_RELAXED)) return;
    rt_lock(&all.lock);
    for (uint32_t i = 0; i < all.n; i++) {
        struct ring *r = &all.ring[i];
        if (r->sq && (uint64_t)r->fd >= first && (uint64_t)r->fd <= last) unmap(r);
    }
    rt_unlock(&all.lock);
}

void uring_fork_child(void)
{
    all.lock.state = 0;
    for (uint32_t i = 0; i < all.n; i++) unmap(&all.ring[i]);
}

/* ---- setting up ---- */

int64_t sys_io_uring_setup(struct task *t, const uint64_t a[6])
{
    (void)t;
    struct io_uring_params p;
    if (copy_from_guest(&p, a[1], sizeof p)) return -EFAULT;
    if (p.flags & IORING_SETUP_SQPOLL) return -EPERM;
    if (p.flags & (SETUP_NO_MMAP | SETUP_REGISTERED_FD_ONLY | SETUP_SQE_MIXED)) return -EINVAL;
    rt_lock(&all.lock);
    struct ring *r = new_ring();
    int64_t fd = r ? host_syscall(__NR_io_uring_setup, a[0], &p) : -ENOMEM;
    if (fd >= 0) {
        struct ring *old = find(ino_of(fd));
        if (old) old->ino = 0;
        *r = (struct ring){ .ino = ino_of(fd), .fd = (int)fd, .entries = p.sq_entries, .flags = p.flags,
            .sqe_size = p.flags & IORING_SETUP_SQE128 ? 128 : 64, .off_head = p.sq_off.head, .off_tail = p.sq_off.tail,
            .off_array = p.sq_off.array, .ring_size = p.sq_off.array + p.sq_entries * sizeof(uint32_t) };
        /* Without the array the two rings are one mapping that ends with the completions. */
        if (p.flags & SETUP_NO_SQARRAY)
            r->ring_size = p.cq_off.cqes + (uint64_t)p.cq_entries * (p.flags & IORING_SETUP_CQE32 ? 32 : 16);
        r->sqes_size = (uint64_t)r->entries * r->sqe_size;
        int64_t err = copy_to_guest(a[1], &p, sizeof p);
        if (!err && (!r->ino || !map(r, (int)fd))) err = -ENOMEM;
        if (err) {
            r->ino = 0;
            host_syscall(__NR_close, fd);
            fd = err;
        }
    }
    rt_unlock(&all.lock);
    return fd;
}

bool uring_mmap(struct task *t, const uint64_t a[6], int64_t *result)
{
    if (!__atomic_load_n(&all.n, __ATOMIC_RELAXED) || a[5] != IORING_OFF_SQES || a[3] & MAP_ANONYMOUS) return false;
    uint64_t ino = ino_of(a[4]);
    rt_lock(&all.lock);
    struct ring *r = find(ino);
    uint64_t size = r ? round_up(r->sqes_size) : 0;
    rt_unlock(&all.lock);
    if (!r) return false;
    if (round_up(a[1]) > size) return *result = -EINVAL, true;
    /* Shared, so that a child of fork submits what its parent wrote, as with the kernel's own. */
    *result = mm_mmap(t->mm, a[0], a[1], (int)a[2], (int)(a[3] & ~(uint64_t)MAP_TYPE) | MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (*result > 0) __atomic_store_n(&r->guest_sqes, (uint64_t)*result, __ATOMIC_RELEASE);
    return true;
}

/* ---- entries ---- */

/* The guest's path where the host must look elsewhere. False: it cannot be read, and the kernel will say so. */
static bool path(struct task *t, uint64_t *p, char buf[SYS_PATH_MAX])
{
    const char *host;
    if (!sys_path_special(*p) || sys_get_path(t, *p, buf, &host)) return false;
    *p = (uint64_t)host;
    return true;
}

static bool open_how(struct task *t, struct io_uring_sqe *e, struct scratch *s)
{
    struct open_how *how = (struct open_how *)s->words;
    memset(s->words, 0, sizeof s->words);
    if (e->len < sizeof *how || e->len > sizeof s->words || copy_from_guest(how, e->off, e->len)) return false;
    how->flags = sys_open_flags_to_host(t->guest, how->flags);
    e->off = (uint64_t)how;
    return true;
}

static bool epoll_event(struct io_uring_sqe *e, struct scratch *s)
{
    struct { uint32_t events, pad; uint64_t data; } g;
    struct { uint32_t events; uint64_t data; } __attribute__((packed)) *h = (void *)s->words;
    if (!e->addr || copy_from_guest(&g, e->addr, sizeof g)) return false;
    h->events = g.events;
    h->data = g.data;
    e->addr = (uint64_t)h;
    return true;
}

/* What the host must see of the guest's entry; true if it needs s until it is submitted. */
static bool translate(struct task *t, struct io_uring_sqe *e, struct scratch *s)
{
    enum { INVALID_OP = 255 };
    if (!(e->flags & IOSQE_FIXED_FILE) && sys_own_fd((uint32_t)e->fd)) e->fd = SYS_NO_FD;
    e->addr = sys_guarded(e->addr);
    e->off = sys_guarded(e->off);
    bool elsewhere;
    switch (e->opcode) {
    case IORING_OP_READV: case IORING_OP_WRITEV:
        if (guard_vector_reaches_own(e->addr, e->len)) e->addr = SYS_NOWHERE;
        return false;
    case IORING_OP_SENDMSG: case IORING_OP_RECVMSG:
        if (guard_message_reaches_own(e->addr)) e->addr = SYS_NOWHERE;
        return false;
    case IORING_OP_OPENAT:
        e->open_flags = (uint32_t)sys_open_flags_to_host(t->guest, e->open_flags);
        return path(t, (uint64_t *)&e->addr, s->path[0]);
    case IORING_OP_OPENAT2:
        elsewhere = path(t, (uint64_t *)&e->addr, s->path[0]);
        return open_how(t, e, s) || elsewhere;
    case IORING_OP_STATX: case IORING_OP_UNLINKAT: case IORING_OP_MKDIRAT:
        return path(t, (uint64_t *)&e->addr, s->path[0]);
    case IORING_OP_RENAMEAT: case IORING_OP_LINKAT:
        elsewhere = path(t, (uint64_t *)&e->addr, s->path[0]);
        return path(t, (uint64_t *)&e->off, s->path[1]) || elsewhere;
    case IORING_OP_SYMLINKAT:
        return path(t, (uint64_t *)&e->off, s->path[1]);
    case IORING_OP_EPOLL_CTL:
        return epoll_event(e, s);
    case IORING_OP_MADVISE:
        rt_code_changed(e->addr, e->addr + e->len);
        return false;
    case OP_PIPE:
        e->open_flags = (uint32_t)sys_open_flags_to_host(t->guest, e->open_flags);
        return false;
    case OP_EPOLL_WAIT:     /* writes events in the host's layout */
        e->opcode = INVALID_OP;
        return false;
    default:
        return false;
    }
}

static uint32_t *word(const struct ring *r, uint32_t off) { return (uint32_t *)(r->sq + off); }

/* Copies up to n entries that wait to be submitted; how many may be submitted now, or -errno. The lock is held. */
static int64_t copy_entries(struct task *t, struct ring *r, uint32_t n)
{
    uint32_t head = __atomic_load_n(word(r, r->off_head), __ATOMIC_ACQUIRE), tail = __atomic_load_n(word(r, r->off_tail), __ATOMIC_ACQUIRE);
    uint32_t mask = r->entries - 1, used = 0, i;
    if (tail - head < n) n = tail - head;
    for (i = 0; i < n && used < SCRATCH_SLOTS; i++) {
        uint32_t at = (head + i) & mask;
        if (!(r->flags & SETUP_NO_SQARRAY)) at = __atomic_load_n(word(r, r->off_array) + at, __ATOMIC_RELAXED);    /* once: the guest may change it meanwhile */
        if (at >= r->entries) continue;     /* the kernel drops it */
        struct io_uring_sqe *e = (struct io_uring_sqe *)(r->sqes + (uint64_t)at * r->sqe_size);
        if (copy_from_guest(e, r->guest_sqes + (uint64_t)at * r->sqe_size, r->sqe_size)) return i ? (int64_t)i : -EFAULT;
        used += translate(t, e, &r->scratch[used]);
    }
    return i;
}

/* Submits without waiting all but what the caller's own io_uring_enter can take along: that number, or -errno. */
static int64_t submit_most(struct task *t, int fd, uint32_t *n, uint32_t *submitted)
{
    uint64_t ino = ino_of(fd);
    rt_lock(&all.lock);
    struct ring *r = find(ino);
    int64_t k = !r ? -EOPNOTSUPP : !map(r, fd) ? -ENOMEM : 0;
    while (k == 0) {
        k = copy_entries(t, r, *n);
        if (k < 0 || (uint32_t)k == *n || k == 0) break;
        uint32_t waiting = __atomic_load_n(word(r, r->off_tail), __ATOMIC_ACQUIRE) - __atomic_load_n(word(r, r->off_head), __ATOMIC_ACQUIRE);
        if ((uint32_t)k == waiting) break;
        int64_t done = host_syscall(__NR_io_uring_enter, fd, k, 0, 0, 0, 0);
        if (done < 0) { k = done; break; }
        *submitted += (uint32_t)done;
        *n -= (uint32_t)done;
        k = done < k ? -EAGAIN : 0;
    }
    rt_unlock(&all.lock);
    return k;
}

/* ---- the calls ---- */

static bool is_ring(uint64_t fd)
{
    uint64_t ino = ino_of(fd);
    rt_lock(&all.lock);
    bool r = find(ino) != NULL;
    rt_unlock(&all.lock);
    return r;
}

struct wait_arg { uint64_t sigmask; uint32_t sigmask_size, min_wait; uint64_t ts; };

int64_t sys_io_uring_enter(struct task *t, const uint64_t a[6])
{
    uint32_t n = (uint32_t)a[1], flags = (uint32_t)a[3], submitted = 0;
    if (flags & (ENTER_REGISTERED_RING | ENTER_EXT_ARG_REG)) return -EINVAL;
    int64_t k = n ? submit_most(t, (int)a[0], &n, &submitted) : is_ring(a[0]) ? 0 : -EOPNOTSUPP;
    if (k == -EOPNOTSUPP || (k < 0 && !submitted)) {
        /* Not a ring of ours: the kernel's own error, if it has one. */
        int64_t r = k == -EOPNOTSUPP ? host_syscall(__NR_io_uring_enter, a[0], 0, 0, flags, 0, 0) : k;
        return r < 0 ? r : k;
    }
    if (k < 0) return submitted;
    struct sys_mask m = { 0 };
    struct wait_arg w = { .sigmask = a[4], .sigmask_size = (uint32_t)a[5] };
    bool extended = flags & IORING_ENTER_EXT_ARG, waits = flags & IORING_ENTER_GETEVENTS;
    int64_t r = !extended ? 0 : a[5] != sizeof w ? -EINVAL : copy_from_guest(&w, a[4], sizeof w);
    if (r == 0) r = waits && w.sigmask ? sys_mask_begin(t, &m, w.sigmask, w.sigmask_size) : 0;
    if (r < 0) return submitted ? (int64_t)submitted : r;
    w.sigmask = m.used ? sys_mask_arg(&m) : 0;
    w.sigmask_size = 8;
    r = rt_syscall(t, __NR_io_uring_enter, a[0], (uint64_t)k, a[2], flags, extended ? (uint64_t)&w : w.sigmask, extended ? sizeof w : 8);
    if (m.used) r = sys_mask_end(t, &m, r);
    return submitted ? (int64_t)submitted + (r < 0 ? 0 : r) : r;
}

int64_t sys_io_uring_register(struct task *t, const uint64_t a[6])
{
    switch ((uint32_t)a[1]) {
    case REGISTER_RING_FDS: case UNREGISTER_RING_FDS:       /* then io_uring_enter would not name the ring */
    case REGISTER_RESIZE_RINGS: case REGISTER_MEM_REGION:   /* entries would move; waits would be described in memory */
        return -EINVAL;
    case REGISTER_BUFFERS:
        if (guard_vector_reaches_own(a[2], (uint32_t)a[3])) return -EFAULT;
        return rt_syscall(t, __NR_io_uring_register, a[0], a[1], a[2], a[3], 0, 0);
    default:
        /* Structures of at most 64 bytes, of which some name buffers or vectors of them. */
        if (guard_words_reach_own(a[2], 64)) return -EFAULT;
        return rt_syscall(t, __NR_io_uring_register, a[0], a[1], a[2], a[3], 0, 0);
    }
}
