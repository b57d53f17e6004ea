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
static int map_fd = -1, dump_fd = -1;
static char dump_dir[4000];
static uint64_t dumped;     /* regions told */

static uint64_t now(void)
{
    struct timespec t;
    host_syscall(__NR_clock_gettime, CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Made anew, through no link that somebody has put there, out of the way of descriptors that the guest numbers itself; -1 with a message where
 * it cannot be. */
static int create(const char *path)
{
    long fd = host_syscall(__NR_open, path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (host_is_error(fd)) {
        log_message("cannot write %s", path);
        return -1;
    }
    long high = host_syscall(__NR_fcntl, fd, F_DUPFD_CLOEXEC, 1000);
    if (host_is_error(high))
        return (int)fd;
    host_syscall(__NR_close, fd);
    return (int)high;
}

void perf_open_map(void)
{
    char path[64];
    log_format(path, sizeof path, "/tmp/perf-%d.map", (int)host_syscall(__NR_getpid));
    map_fd = create(path);
    perf_on |= map_fd >= 0;
}

static void begin_dump(void)
{
    char path[sizeof dump_dir + 32];
    uint32_t pid = (uint32_t)host_syscall(__NR_getpid);
    log_format(path, sizeof path, "%s/jit-%d.dump", dump_dir, (int)pid);
    dump_fd = create(path);
    if (dump_fd < 0)
        return;
    struct header h = {.magic = MAGIC, .version = VERSION, .total_size = sizeof h, .machine = EM_X86_64, .pid = pid, .timestamp = now()};
    host_syscall(__NR_write, dump_fd, &h, sizeof h);
    if (host_is_error(host_syscall(__NR_mmap, MARK_AT, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, dump_fd, 0)))
        log_message("cannot map %s executable, so that perf will not find it", path);
    dumped = 0;
}

void perf_open_dump(const char *dir)
{
    log_format(dump_dir, sizeof dump_dir, "%s", dir);
    begin_dump();
    perf_on |= dump_fd >= 0;
}

bool perf_fork_child(void)
{
    if (dump_fd < 0)
        return false;
    host_syscall(__NR_close, dump_fd);
    begin_dump();
    return dump_fd >= 0;
}

static void dump(const struct region *r, const char *name)
{
    size_t n = strlen(name) + 1;
    struct code_load load = {
        .id = CODE_LOAD, .total_size = (uint32_t)(sizeof load + n + r->size), .timestamp = now(),
        .pid = (uint32_t)host_syscall(__NR_getpid), .tid = (uint32_t)host_syscall(__NR_gettid),
        .vma = (uint64_t)r->code, .addr = (uint64_t)r->code, .size = r->size, .index = dumped++,
    };
    struct iovec parts[] = {{&load, sizeof load}, {(void *)name, n}, {r->code, r->size}};
    if (host_syscall(__NR_writev, dump_fd, parts, 3) == load.total_size)
        return;
    /* Behind a record that is cut off, no other would be found. */
    log_message("jitdump: the file ends here, as it cannot be written");
    host_syscall(__NR_close, dump_fd);
    dump_fd = -1;
}

void perf_region(const struct region *r)
{
    char name[512], line[600];
    uint64_t delta;
    symbols_name(r->pc, name, sizeof name, &delta);
    if (map_fd >= 0) {
        size_t n = log_format(line, sizeof line, "%lx %x %s\n", (unsigned long)r->code, r->size, name);
        host_syscall(__NR_write, map_fd, line, n);
    }
    if (dump_fd >= 0)
        dump(r, name);
}
