#include "runtime/own.h"

#include <errno.h>
#include <sys/mman.h>

#include "runtime/host.h"
#include "runtime/log.h"

static struct { uint32_t at, after, every, count; } refused[OWN_KINDS];

bool own_refuse(enum own_refused kind, const char *spec)
{
    bool every = *spec == '%';
    uint32_t n = 0;
    for (spec += every; *spec >= '0' && *spec <= '9' && n < 1u << 24; spec++)
        n = n * 10 + (uint32_t)(*spec - '0');
    bool after = !every && *spec == '+';
    spec += after;
    if (!n || *spec)
        return false;
    *(every ? &refused[kind].every : after ? &refused[kind].after : &refused[kind].at) = n;
    return true;
}

bool own_refuses(enum own_refused kind)
{
    const uint32_t at = refused[kind].at, after = refused[kind].after, every = refused[kind].every;
    if (__builtin_expect(!at && !after && !every, 1))
        return false;
    uint32_t n = __atomic_add_fetch(&refused[kind].count, 1, __ATOMIC_RELAXED);
    return n == at || (after && n >= after) || (every && n % every == 0);
}

int64_t own_map(uint64_t at, uint64_t size, int prot, int flags, int fd, uint64_t off)
{
    return own_refuses(OWN_OURS) ? -ENOMEM : host_syscall(__NR_mmap, at, size, prot, flags, fd, off);
}

void own_exhausted(const char *what)
{
    log_message("out of memory: none for %s", what);
    host_syscall(__NR_exit_group, 125);
    __builtin_trap();
}
