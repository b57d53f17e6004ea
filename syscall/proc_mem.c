/*
 * Memory as a file (/proc/PID/mem) and as another process's (process_vm_readv, process_vm_writev). The host's calls do
 * the work; here the translator's range is kept out of reach, in our own process and in others alike, as every process
 * has it in the same place, and writes to code make its translations void.
 *
 * A file's position gets into the range by seeking only: what is read or written up to it ends at the unmapped margin
 * below. So lseek puts a position that lies in it where nothing can be mapped, and takes it back from there.
 */
#include <linux/magic.h>
#include <stddef.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/reexec.h"
#include "syscall/guard.h"
#include "syscall/proc.h"
#include "syscall/proc_view.h"

#define ELSEWHERE (1ull << 62)

/* ---- threads of others ---- */

static bool peek(int mem, void *to, const void *from, size_t n)
{
    return host_syscall(__NR_pread64, mem, to, n, from) == (int64_t)n;
}
#define PEEK(mem, to, t, field) peek(mem, &(to), (const char *)(t) + offsetof(struct task, field), sizeof(to))

/* The thread with this id among a process's tasks: an address there, or NULL. */
static const struct task *find_thread(int mem, int32_t id)
{
    enum { MAX = 1 << 20 };
    const struct task *t;
    if (!peek(mem, &t, task_list(), sizeof t)) return NULL;
    for (unsigned n = 0; t && n < MAX; n++) {
        int32_t tid;
        const struct task *next;
        if (!PEEK(mem, tid, t, tid) || !PEEK(mem, next, t, next)) return NULL;
        if (tid == id) return t;
        t = next;
    }
    return NULL;
}

static bool peek_thread(int mem, const struct task *t, struct proc_thread *th)
{
    const struct fe_guest *g;
    const struct sighand *s;
    struct rt_sigaction action[65];
    if (!PEEK(mem, g, t, guest) || !PEEK(mem, s, t, sighand) || !PEEK(mem, th->blocked, t, blocked) ||
        !PEEK(mem, th->sys_nr, t, sys_nr) || !PEEK(mem, th->sys_args, t, sys_args) || !PEEK(mem, th->pc, t, cpu.f.pc) ||
        !peek(mem, &th->sp, (const char *)t + offsetof(struct task, cpu.guest) + g->off_sp, sizeof th->sp) ||
        !peek(mem, action, (const char *)s + offsetof(struct sighand, action), sizeof action)) return false;
    th->ignored = th->caught = 0;
    for (int i = 1; i <= 64; i++) {
        if (action[i].handler == 1) th->ignored |= SIG_BIT(i);
        else if (action[i].handler) th->caught |= SIG_BIT(i);
    }
    return true;
}

/* The id as the thread itself has it: the last that its namespaces give it. */
static int32_t innermost_id(const struct proc_view *v)
{
    char text[4096];
    if (proc_read_beside(v, "status", text, sizeof text) <= 0) return v->id;
    const char *line = strstr(text, "\nNSpid:");
    int32_t id = v->id;
    for (const char *p = line ? line + 7 : ""; *p == '\t' || (*p >= '0' && *p <= '9'); ) {
        if (*p == '\t') { id = 0; p++; continue; }
        id = id * 10 + *p++ - '0';
    }
    return id;
}

bool proc_thread(const struct proc_view *v, struct proc_thread *th)
{
    int64_t mem = proc_beside(v, "mem", O_RDONLY);
    if (mem < 0) return false;
    int32_t id = v->id ? innermost_id(v) : (int32_t)host_syscall(__NR_gettid);
    const struct task *t = find_thread((int)mem, id);
    bool r = t && peek_thread((int)mem, t, th);
    host_syscall(__NR_close, mem);
    return r;
}

/* ---- code written from outside ---- */

/* Another process's tasks find at their next poll that code may have changed. */
static void tell(int mem)
{
    const uint32_t one = 1;
    const struct task *t;
    host_syscall(__NR_pwrite64, mem, &one, sizeof one, &rt_written_from_outside);
    if (!peek(mem, &t, task_list(), sizeof t)) return;
    for (unsigned n = 0; t && n < 1 << 20; n++) {
        host_syscall(__NR_pwrite64, mem, &one, sizeof one, (const char *)t + offsetof(struct task, cpu.f.pending));
        if (!PEEK(mem, t, t, next)) return;
    }
}

/* Of process pid, as our namespace counts; ours if it is. */
static void tell_process(struct task *t, int32_t pid, const uint64_t (*v)[2], uint64_t n)
{
    char path[40];
    struct stat st;
    if (pid == host_syscall(__NR_getpid)) {
        for (uint64_t i = 0; i < n; i++)
            if (v[i][0] < SPACE_TOP && v[i][1] < SPACE_TOP - v[i][0]) mm_code_written(t->mm, v[i][0], v[i][0] + v[i][1]);
        return;
    }
    log_format(path, sizeof path, "/proc/%d/exe", pid);
    if (host_syscall(__NR_newfstatat, AT_FDCWD, path, &st, 0) || !reexec_is_own(&st)) return;
    log_format(path, sizeof path, "/proc/%d/mem", pid);
    int64_t mem = host_syscall(__NR_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (mem < 0) return;
    tell((int)mem);
    host_syscall(__NR_close, mem);
}

/* ---- the file ---- */

static uint32_t opened_for_writing;
void proc_memory_opened(void) { __atomic_store_n(&opened_for_writing, 1, __ATOMIC_RELAXED); }

/* Is it /proc/PID/mem? Of whom? */
static bool is_memory(uint64_t fd, int32_t *pid)
{
    char name[SYS_PATH_MAX];
    if (!proc_is_proc((int)fd)) return false;
    int64_t n = proc_name_of((int)fd, name);
    if (n < 4 || strcmp(name + n - 4, "/mem")) return false;
    const char *task = strstr(name, "/task/");
    char *end = name + (task ? task - name : n - 4);
    *end = 0;
    const char *digits = strrchr(name, '/');
    *pid = 0;
    for (const char *p = digits ? digits + 1 : ""; *p >= '0' && *p <= '9'; p++) *pid = *pid * 10 + *p - '0';
    return true;
}

static bool reaches_own(uint64_t at, uint64_t n)
{
    return at < SPACE_OWN_HI && (at >= SPACE_OWN_LO || (at < SPACE_TOP && n > SPACE_OWN_LO - at));
}

void proc_written(struct task *t, uint64_t fd, uint64_t offset, int64_t n)
{
    int32_t pid;
    int prot = n > 0 ? mm_prot(t->mm, offset) : -1;
    bool code = prot >= 0 && prot & PROT_EXEC;
    if (n <= 0 || (!code && !__atomic_load_n(&opened_for_writing, __ATOMIC_RELAXED)) || !is_memory(fd, &pid)) return;
    const uint64_t v[1][2] = {{ offset, (uint64_t)n }};
    tell_process(t, pid, v, 1);
}

int64_t sys_lseek(struct task *t, const uint64_t a[6])
{
    (void)t;
    int32_t pid;
    int64_t r = host_syscall(__NR_lseek, a[0], a[1], a[2]);
    if (host_is_error(r)) return r;
    uint64_t at = (uint64_t)r & ~ELSEWHERE, to = at;
    bool own = reaches_own(at, 0), was = (uint64_t)r & ELSEWHERE;
    /* Back from elsewhere, or going there: of memory only. */
    if ((!own && !was) || (own && was) || !is_memory(a[0], &pid)) return own && was ? (int64_t)at : r;
    if (own) to = at | ELSEWHERE;
    host_syscall(__NR_lseek, a[0], to, SEEK_SET);
    return (int64_t)at;
}

/* Reads or writes at an offset: of memory, not in our range. */
static int64_t at_offset(struct task *t, long nr, const uint64_t a[6], uint64_t bytes, bool writes)
{
    int32_t pid;
    if (reaches_own(a[3], bytes) && is_memory(a[0], &pid)) return -EIO;
    int64_t r = rt_syscall(t, nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (writes && r > 0) proc_written(t, a[0], a[3], r);
    return r;
}

int64_t sys_pread64(struct task *t, const uint64_t a[6]) { return at_offset(t, __NR_pread64, a, 0, false); }
int64_t sys_pwrite64(struct task *t, const uint64_t a[6]) { return at_offset(t, __NR_pwrite64, a, 0, true); }
int64_t sys_preadv(struct task *t, const uint64_t a[6]) { return at_offset(t, __NR_preadv, a, 0, false); }
int64_t sys_pwritev(struct task *t, const uint64_t a[6]) { return at_offset(t, __NR_pwritev, a, 0, true); }
int64_t sys_preadv2(struct task *t, const uint64_t a[6]) { return at_offset(t, __NR_preadv2, a, 0, false); }
int64_t sys_pwritev2(struct task *t, const uint64_t a[6]) { return at_offset(t, __NR_pwritev2, a, 0, true); }

/* At the file's position, which is asked for only once a memory has been opened. */
static int64_t at_position(struct task *t, long nr, const uint64_t a[6])
{
    int64_t r = rt_syscall(t, nr, a[0], a[1], a[2], 0, 0, 0);
    if (r > 0 && __atomic_load_n(&opened_for_writing, __ATOMIC_RELAXED)) {
        int64_t end = host_syscall(__NR_lseek, a[0], 0, SEEK_CUR);
        if (end >= r) proc_written(t, a[0], (uint64_t)(end - r), r);
    }
    return r;
}

int64_t sys_write(struct task *t, const uint64_t a[6]) { return at_position(t, __NR_write, a); }
int64_t sys_writev(struct task *t, const uint64_t a[6]) { return at_position(t, __NR_writev, a); }

/* ---- process_vm_readv, process_vm_writev ---- */

int64_t sys_process_vm_readv(struct task *t, const uint64_t a[6])
{
    (void)t;
    uint64_t v[GUARD_VECTOR][2];
    bool read = guard_copy_vector(v, a[3], a[4]);
    return host_syscall(__NR_process_vm_readv, a[0], a[1], a[2], read ? (uint64_t)v : a[3], a[4], a[5]);
}

int64_t sys_process_vm_writev(struct task *t, const uint64_t a[6])
{
    uint64_t v[GUARD_VECTOR][2];
    bool read = guard_copy_vector(v, a[3], a[4]);
    int64_t r = host_syscall(__NR_process_vm_writev, a[0], a[1], a[2], read ? (uint64_t)v : a[3], a[4], a[5]);
    if (r > 0 && read) tell_process(t, (int32_t)a[0], v, a[4]);
    return r;
}
