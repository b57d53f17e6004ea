/*
 * Tasks: their memory blocks, the lock they share, and how a host thread becomes a task and ends.
 *
 * A block lies in a slot of the translator's own range:
 *     guard | return stack | guard | C stack | guard | signal stack | struct trace_head | struct task
 * Ended tasks' blocks are kept for the next ones. Sighands and thread groups live in pages before
 * the slots, because they outlive the task that made them.
 */
#include "runtime/own.h"
#include "runtime/task.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

#include "runtime/cache.h"
#include "runtime/log.h"
#include "runtime/interp.h"
#include "runtime/report.h"
#include "runtime/space.h"
#include "runtime/stats.h"

#define TASKS_BASE  0x6f0800000000ull
#define PAGES_SIZE  (16ull << 20)
#define SLOTS_BASE  (TASKS_BASE + PAGES_SIZE)
#define SLOTS_END   (SPACE_OWN_HI - (4ull << 30))

enum {
    GUARD = SPACE_PAGE,
    RET_STACK = 512 << 10,
    C_STACK = 256 << 10,
    SIG_STACK = 64 << 10,       /* room for five nested frames with the largest host register file */
    RET_OFF = GUARD,
    C_OFF = RET_OFF + RET_STACK + GUARD,
    SIG_OFF = C_OFF + C_STACK + GUARD,
    TASK_OFF = SIG_OFF + SIG_STACK + (int)sizeof(struct trace_head),
    BLOCK = (TASK_OFF + (int)sizeof(struct task) + SPACE_PAGE - 1) & -SPACE_PAGE,
    SLOT = 1 << 20,
    SLOTS = (SLOTS_END - SLOTS_BASE) / SLOT,
    MAX_KEPT = 64,              /* blocks of ended tasks */
};
_Static_assert((int)BLOCK <= (int)SLOT, "a task's block fits its slot");

enum slot_state { SLOT_FREE, SLOT_USED, SLOT_KEPT, SLOT_FOREIGN };

struct page { struct page *next; };
_Static_assert(sizeof(struct sighand) <= SPACE_PAGE, "a sighand fits a page");

static struct {
    struct rt_lock lock;
    uint32_t first_free;        /* no free slot lies below */
    uint32_t nslots;            /* slots ever used */
    uint32_t nkept;
    struct task *kept;          /* linked through task.next */
    uint64_t pages_used;
    struct page *free_pages;
    uint8_t slot[SLOTS];
} pool;

/*
 * ---- locks: 0 free, else the owner's slot number plus one, times two, plus one if others wait ----
 *
 * A process that shares memory with others can be killed while it holds a lock, and is not missed by
 * anyone. So who waits long looks whether the owner is still there, and takes over from the dead.
 */

enum { BOOT_OWNER = SLOTS + 1, PATIENCE_NS = 20000000 };
static bool bound;      /* gs is set: this host thread is a task */

static uint64_t slot_address(uint32_t i) { return SLOTS_BASE + (uint64_t)i * SLOT; }
static uint32_t slot_of(const struct task *t) { return (uint32_t)(((uint64_t)t - SLOTS_BASE) / SLOT); }

bool task_process_is_over(int32_t pid)
{
    long fd = host_syscall(__NR_pidfd_open, pid, 0);
    if (host_is_error(fd))
        return fd == -ESRCH;
    struct pollfd p = {(int)fd, POLLIN, 0};
    long r = host_syscall(__NR_poll, &p, 1, 0);
    host_syscall(__NR_close, fd);
    return r == 1;
}

static bool is_dead(int32_t tid, int32_t tgid)
{
    if (tid <= 0)
        return false;   /* not yet running */
    if (!tgid)
        tgid = tid;
    if (host_syscall(__NR_tgkill, tgid, tid, 0) == -ESRCH)
        return true;
    /* A leader that nobody has waited for yet still takes signals. */
    return tid == tgid && task_process_is_over(tgid);
}

bool task_is_dead(const struct task *t) { return is_dead(t->tid, t->tgid); }

/* Nothing keeps the owner's block mapped, since it may have passed the lock on by now: so the kernel reads it. */
static bool owner_is_dead(uint32_t state)
{
    uint32_t owner = state >> 1;
    if (!owner || owner > pool.nslots || pool.slot[owner - 1] == SLOT_FREE || pool.slot[owner - 1] == SLOT_FOREIGN)
        return false;
    struct { int32_t tid, tgid; } ids;
    _Static_assert(offsetof(struct task, tgid) == offsetof(struct task, tid) + 4, "read together");
    const struct iovec to = {&ids, sizeof ids}, from = {(void *)(slot_address(owner - 1) + TASK_OFF + offsetof(struct task, tid)), sizeof ids};
    if (host_syscall(__NR_process_vm_readv, host_syscall(__NR_getpid), &to, 1, &from, 1, 0) != (long)sizeof ids)
        return false;
    return is_dead(ids.tid, ids.tgid);
}

static uint32_t own_mark(void) { return (bound ? slot_of(task_self()) + 1 : BOOT_OWNER) << 1; }

bool rt_lock_is_mine(const struct rt_lock *l) { return (__atomic_load_n(&l->state, __ATOMIC_ACQUIRE) & ~1u) == own_mark(); }

bool rt_trylock(struct rt_lock *l)
{
    uint32_t free = 0;
    return __atomic_compare_exchange_n(&l->state, &free, own_mark(), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

bool rt_lock(struct rt_lock *l)
{
    uint32_t mine = own_mark();
    for (int spin = 0; spin < 100; spin++) {
        uint32_t free = 0;
        if (__atomic_compare_exchange_n(&l->state, &free, mine, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return false;
        __builtin_ia32_pause();
    }
    const struct timespec patience = {0, PATIENCE_NS};
    for (;;) {
        uint32_t seen = __atomic_load_n(&l->state, __ATOMIC_RELAXED);
        if (!seen) {
            if (__atomic_compare_exchange_n(&l->state, &seen, mine | 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
                return false;
            continue;
        }
        if (!(seen & 1) && !__atomic_compare_exchange_n(&l->state, &seen, seen | 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            continue;
        seen |= 1;
        if (host_syscall(__NR_futex, &l->state, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen, &patience) != -ETIMEDOUT)
            continue;
        if (owner_is_dead(seen) &&
            __atomic_compare_exchange_n(&l->state, &seen, mine | 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return true;
        if (bound)
            trace_waits(task_self());
    }
}

void rt_unlock(struct rt_lock *l)
{
    if (__atomic_exchange_n(&l->state, 0, __ATOMIC_RELEASE) & 1)
        host_syscall(__NR_futex, &l->state, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

/* ---- blocks ---- */

static struct task *task_at(uint32_t slot) { return (struct task *)(slot_address(slot) + TASK_OFF); }

/* The states of the slots are the truth, the list of kept blocks follows from them. */
static void pool_lock(void)
{
    if (!rt_lock(&pool.lock))
        return;
    pool.kept = NULL;
    pool.nkept = pool.first_free = 0;
    for (uint32_t i = 0; i < pool.nslots; i++)
        if (pool.slot[i] == SLOT_KEPT) {
            task_at(i)->next = pool.kept;
            pool.kept = task_at(i);
            pool.nkept++;
        }
}

/* 0 or -errno; -EEXIST: something else stands there. */
static long map_block(uint64_t at)
{
    long r = own_map(at, BLOCK, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (host_is_error(r))
        return r;
    static const int guards[] = {0, RET_OFF + RET_STACK, C_OFF + C_STACK};
    for (unsigned i = 0; i < 3; i++) {
        r = own_refuses(OWN_OURS) ? -ENOMEM : host_syscall(__NR_mprotect, at + guards[i], GUARD, PROT_NONE);
        if (host_is_error(r)) {
            host_syscall(__NR_munmap, at, BLOCK);
            return r;
        }
    }
    return 0;
}

/* The lock is held. NULL when out of memory or slots. */
static struct task *new_block(void)
{
    for (uint32_t i = pool.first_free; i < SLOTS; i++) {
        if (pool.slot[i] != SLOT_FREE)
            continue;
        long err = map_block(slot_address(i));
        if (err && err != -EEXIST)
            return NULL;
        if (err)
            pool.slot[i] = SLOT_FOREIGN;
        if (i >= pool.nslots)
            pool.nslots = i + 1;
        if (err)
            continue;
        pool.first_free = i + 1;
        return task_at(i);
    }
    return NULL;
}

static void unmap_block(struct task *t)
{
    uint32_t i = slot_of(t);
    pool.slot[i] = SLOT_FREE;       /* first: killed in between, it leaves a slot that is passed over */
    host_syscall(__NR_munmap, slot_address(i), BLOCK);
    if (i < pool.first_free)
        pool.first_free = i;
}

static void keep_block(struct task *t)
{
    pool.slot[slot_of(t)] = SLOT_KEPT;
    t->next = pool.kept;
    pool.kept = t;
    pool.nkept++;
}

static struct task *take_kept(void)
{
    struct task *t = pool.kept;
    pool.kept = t->next;
    pool.nkept--;
    return t;
}

uint32_t task_ret_entries, task_run_mode;

struct task *task_alloc(const struct fe_guest *guest)
{
    pool_lock();
    struct task *t;
    if (pool.kept) {
        t = take_kept();
        memset(t, 0, sizeof *t);
    } else {
        t = new_block();
    }
    if (t) {
        t->block = (uint8_t *)t - TASK_OFF;
        t->maker = bound ? task_self() : NULL;
        pool.slot[slot_of(t)] = SLOT_USED;
    }
    rt_unlock(&pool.lock);
    if (!t)
        return NULL;
    interp_task_begins(t);
    uint64_t block = (uint64_t)t->block;
    t->self = t;
    t->guest = guest;
    ((struct trace_head *)t)[-1] = (struct trace_head){.magic = TRACE_MAGIC, .build = (uint64_t)&trace_build, .machine = guest->elf_machine};
    t->run_mode = task_run_mode;
    t->block_size = BLOCK;
    t->sigstack = block + SIG_OFF;
    t->sigstack_size = SIG_STACK;
    struct be_frame *f = &t->cpu.f;
    f->ret_limit = block + RET_OFF;
    f->ret_base = task_ret_entries ? f->ret_limit + 8 * (task_ret_entries + 1) : f->ret_limit + RET_STACK;
    f->c_sp = block + C_OFF + C_STACK;
    f->jump_shift = guest->insn_align_log2;
    f->mxcsr = f->host_mxcsr = 0x1f80;      /* all exceptions masked, to nearest */
    f->eval = ir_eval;
    for (unsigned i = 0; i < guest->nhelpers; i++)
        f->helpers[i] = guest->helpers[i];
    be_host()->init_frame(&t->cpu);
    be_host()->ret_reset(&t->cpu);
    return t;
}

void task_free(struct task *t)
{
    pool_lock();
    if (pool.nkept < MAX_KEPT)
        keep_block(t);
    else
        unmap_block(t);
    rt_unlock(&pool.lock);
}

/* ---- host threads ---- */

enum { ARCH_SET_GS = 0x1001 };

/* For task_is_dead() only: the guest's ids are always asked for. */
static void task_learn_ids(struct task *t)
{
    t->tgid = (int32_t)host_syscall(__NR_getpid);
    __atomic_store_n(&t->tid, (int32_t)host_syscall(__NR_gettid), __ATOMIC_RELEASE);
}

void task_bind(struct task *t)
{
    host_syscall(__NR_arch_prctl, ARCH_SET_GS, t);
    task_bound(t);
}

void task_bound(struct task *t)
{
    bound = true;
    if (t->tid <= 0)
        task_learn_ids(t);
    stack_t stack = {.ss_sp = (void *)t->sigstack, .ss_size = t->sigstack_size};
    host_syscall(__NR_sigaltstack, &stack, NULL);
}

void rt_start(struct task *t)
{
    __asm__ volatile("mov %0, %%rsp\n\txor %%ebp, %%ebp\n\tcall rt_run\n\tud2" : : "r"(t->cpu.f.c_sp), "D"(t) : "memory");
    __builtin_unreachable();
}

/*
 * The block is handed to the pool while its stack is still in use, so from the moment the lock is
 * released nothing may touch memory: the rest runs in registers.
 */
static _Noreturn void unlock_and_exit(struct rt_lock *l, long nr, int code)
{
    register long r_nr __asm__("r12") = nr;
    register long r_code __asm__("r13") = code;
    register struct rt_lock *r_lock __asm__("rdi") = l;
    __asm__ volatile(
        "xor %%eax, %%eax\n\t"
        "xchg %%eax, (%%rdi)\n\t"
        "test $1, %%al\n\t"
        "jz 1f\n\t"
        "mov %[futex], %%eax\n\t"
        "mov %[wake], %%esi\n\t"
        "mov $1, %%edx\n\t"
        "syscall\n"
        "1:\tmov %%r12, %%rax\n\t"
        "mov %%r13, %%rdi\n\t"
        "syscall\n\t"
        "ud2"
        : "+r"(r_lock)
        : "r"(r_nr), "r"(r_code), [futex] "i"(__NR_futex), [wake] "i"(FUTEX_WAKE | FUTEX_PRIVATE_FLAG)
        : "rax", "rdx", "rsi", "rcx", "r11", "memory");
    __builtin_unreachable();
}

/* Each reference is forgotten before it is given up: whoever is killed in between loses one, and none is given up twice. */
void task_drop(struct task *t)
{
    struct sighand *s = t->sighand, *from = t->actions_from;
    struct tgroup *g = t->tgroup;
    struct mm *mm = t->mm;
    t->reaper = task_self();
    cache_remove_task(t);
    __atomic_store_n(&t->sighand, NULL, __ATOMIC_RELEASE);
    if (s)
        sighand_unref(s);
    __atomic_store_n(&t->actions_from, NULL, __ATOMIC_RELEASE);
    if (from)
        sighand_unref(from);
    __atomic_store_n(&t->tgroup, NULL, __ATOMIC_RELEASE);
    if (g)
        tgroup_unref(g);
    __atomic_store_n(&t->mm, NULL, __ATOMIC_RELEASE);
    if (mm)
        mm_unref(mm);
}

void task_exit(struct task *t, long nr, int code)
{
    if (t->freed_by_parent)     /* its block and what it refers to: release_task() */
        for (;;)
            host_syscall(nr, code);
    task_drop(t);
    pool_lock();
    while (pool.nkept >= MAX_KEPT)
        unmap_block(take_kept());
    keep_block(t);
    unlock_and_exit(&pool.lock, nr, code);
}

void task_exit_group(struct task *t, int code)
{
    signal_host_mask(HOST_MASK_ALL);
    if (log_on(LOG_stats))
        stats_print();
    report_end();
    /* A process that shares its memory with others leaves its block to them; else everything goes with it. */
    if (t->own_group && !t->freed_by_parent && __atomic_load_n(&t->tgroup->refs, __ATOMIC_RELAXED) == 1)
        task_exit(t, __NR_exit_group, code);
    for (;;)
        host_syscall(__NR_exit_group, code);
}

/* Whether t, whose slot is in use, is over and nobody is about to give its block back. */
static bool is_lost(const struct task *t)
{
    if (t->reaper && t->reaper != t && !task_is_dead(t->reaper))
        return false;
    return t->tid ? !t->freed_by_parent && task_is_dead(t) : t->maker && task_is_dead(t->maker);
}

struct task *task_find_dead(void)
{
    pool_lock();
    struct task *dead = NULL;
    for (uint32_t i = 0; i < pool.nslots && !dead; i++)
        if (pool.slot[i] == SLOT_USED && is_lost(task_at(i)))
            dead = task_at(i);
    if (dead)
        dead->reaper = task_self();
    rt_unlock(&pool.lock);
    return dead;
}

struct task *task_forsaken(struct task *gone)
{
    pool_lock();
    struct task *unmade = NULL;
    for (uint32_t i = 0; i < pool.nslots && !unmade; i++) {
        struct task *t = task_at(i);
        if (pool.slot[i] != SLOT_USED || t == gone)
            continue;
        if (t->reaper == gone)
            t->reaper = NULL;
        if (t->maker == gone && !t->tid) {
            unmade = t;
            t->reaper = task_self();
        } else if (t->maker == gone) {
            t->maker = NULL;
            t->freed_by_parent = 0;
        }
    }
    rt_unlock(&pool.lock);
    return unmade;
}

void task_fork_prepare(void) { pool_lock(); }
void task_fork_parent(void) { rt_unlock(&pool.lock); }

void task_fork_child(struct task *self)
{
    pool.lock.state = 0;
    self->maker = NULL;
    task_learn_ids(self);
    interp_fork_child();
    for (uint32_t i = 0; i < pool.nslots; i++) {
        struct task *t = task_at(i);
        if (pool.slot[i] != SLOT_USED || t == self)
            continue;
        if (pool.nkept < MAX_KEPT)
            keep_block(t);
        else
            unmap_block(t);
    }
}

/* ---- shared objects ---- */

static void *page_alloc(void)
{
    pool_lock();
    struct page *p = pool.free_pages;
    if (p) {
        pool.free_pages = p->next;
    } else if (pool.pages_used < PAGES_SIZE) {
        long r = own_map(TASKS_BASE + pool.pages_used, SPACE_PAGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | (pool.pages_used ? MAP_FIXED : MAP_FIXED_NOREPLACE), -1, 0);
        if (!host_is_error(r)) {
            p = (struct page *)r;       /* one that is there already was mapped by a task killed before it noted so */
            pool.pages_used += SPACE_PAGE;
        }
    }
    rt_unlock(&pool.lock);
    return p;
}

static void page_free(void *page)
{
    struct page *p = page;
    pool_lock();
    p->next = pool.free_pages;
    pool.free_pages = p;
    rt_unlock(&pool.lock);
}

struct sighand *sighand_new(const struct sighand *from)
{
    struct sighand *s = page_alloc();
    if (!s)
        return NULL;
    if (from)
        memcpy(s->action, from->action, sizeof s->action);
    else
        memset(s, 0, sizeof *s);
    s->refs = 1;
    s->lock.state = s->changing = 0;
    return s;
}

struct tgroup *tgroup_new(void)
{
    struct tgroup *g = page_alloc();
    if (g) {
        memset(g, 0, sizeof *g);
        g->refs = 1;
    }
    return g;
}

void sighand_unref(struct sighand *s)
{
    if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) == 0)
        page_free(s);
}

void tgroup_unref(struct tgroup *g)
{
    if (__atomic_sub_fetch(&g->refs, 1, __ATOMIC_ACQ_REL) == 0)
        page_free(g);
}
