/*
 * Files for perf (runtime/perf.h).
 *
 * The dump's format is the one of Linux, tools/perf/Documentation/jitdump-specification.txt. perf finds the file because the process
 * maps it executable, and orders it with its samples by CLOCK_MONOTONIC (`perf record -k mono`).
 */
#include "runtime/perf.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>

#include "runtime/cache.h"
#include "runtime/log.h"
#include "runtime/own.h"
#include "runtime/reexec.h"
#include "runtime/symbols.h"

#define MARK_AT 0x6f02c0000000ull       /* the executable mapping of the dump that perf looks for */

enum { MAGIC = 0x4a695444, VERSION = 1, CODE_LOAD = 0 };

struct header { uint32_t magic, version, total_size, machine, pad, pid; uint64_t timestamp, flags; };
struct code_load {
    uint32_t id, total_size;
    uint64_t timestamp;
    uint32_t pid, tid;
    uint64_t vma, addr, size, index;
};

bool perf_on;
static char dump_dir[4000];
static uint64_t dumped;     /* regions told */
static bool dump_ended;     /* it cannot be written any more */
static uint32_t dump_pid;   /* whose regions they are, made by a vfork child or not */

static uint64_t now(void)
{
    struct timespec t;
    host_syscall(__NR_clock_gettime, CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Made anew, through no link that somebody has put there, and kept open; false with a message where it cannot be. */
static bool create(enum reexec_kept which, const char *path)
{
    long fd = host_syscall(__NR_open, path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (host_is_error(fd)) {
        log_message("cannot write %s", path);
        return false;
    }
    return reexec_keep_fd(which, (int)fd);
}

void perf_open_map(void)
{
    char path[64];
    log_format(path, sizeof path, "/tmp/perf-%d.map", (int)host_syscall(__NR_getpid));
    perf_on |= create(REEXEC_PERF_MAP, path);
}

static bool begin_dump(void)
{
    char path[sizeof dump_dir + 32];
    dump_pid = (uint32_t)host_syscall(__NR_getpid);
    log_format(path, sizeof path, "%s/jit-%u.dump", dump_dir, dump_pid);
    if (!create(REEXEC_PERF_DUMP, path))
        return false;
    int fd = reexec_own_fd(REEXEC_PERF_DUMP);
    struct header h = {.magic = MAGIC, .version = VERSION, .total_size = sizeof h, .machine = EM_X86_64, .pid = dump_pid, .timestamp = now()};
    host_syscall(__NR_write, fd, &h, sizeof h);
    if (host_is_error(own_map(MARK_AT, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0)))
        log_message("cannot map %s executable, so that perf will not find it", path);
    dumped = 0;
    dump_ended = false;
    return true;
}

void perf_open_dump(const char *dir)
{
    log_format(dump_dir, sizeof dump_dir, "%s", dir);
    perf_on |= begin_dump();
}

bool perf_fork_child(void)
{
    if (dump_ended || reexec_own_fd(REEXEC_PERF_DUMP) < 0)
        return false;
    reexec_drop_fd(REEXEC_PERF_DUMP);
    return begin_dump();
}

static void dump(int fd, const struct region *r, const char *name)
{
    size_t n = strlen(name) + 1;
    struct code_load load = {
        .id = CODE_LOAD, .total_size = (uint32_t)(sizeof load + n + r->size), .timestamp = now(),
        .pid = dump_pid, .tid = (uint32_t)host_syscall(__NR_gettid),
        .vma = (uint64_t)r->code, .addr = (uint64_t)r->code, .size = r->size, .index = dumped++,
    };
    struct iovec parts[] = {{&load, sizeof load}, {(void *)name, n}, {r->code, r->size}};
    if (log_writev(fd, parts, 3, false) == load.total_size)
        return;
    /* Behind a record that is cut off, no other would be found. */
    log_message("jitdump: the file ends here, as it cannot be written");
    dump_ended = true;
}

void perf_region(const struct region *r)
{
    char name[512], line[600];
    uint64_t delta;
    symbols_name(r->pc, name, sizeof name, &delta);
    int map_fd = reexec_own_fd(REEXEC_PERF_MAP), dump_fd = dump_ended ? -1 : reexec_own_fd(REEXEC_PERF_DUMP);
    if (map_fd >= 0) {
        size_t n = log_format(line, sizeof line, "%lx %x %s\n", (unsigned long)r->code, r->size, name);
        const struct iovec v = {line, n};
        log_writev(map_fd, &v, 1, false);
    }
    if (dump_fd >= 0)
        dump(dump_fd, r, name);
}
