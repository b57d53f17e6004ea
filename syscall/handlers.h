/* Prototypes of the handlers that the table names, and what they share. */
#ifndef SYSCALL_HANDLERS_H
#define SYSCALL_HANDLERS_H

#include <errno.h>

#include "runtime/space.h"
#include "syscall/sys.h"

#define PASS(nr, name, ...)
#define WAIT(nr, name, ...)
#define CALL(nr, name, ...) sys_handler sys_##name;
#define FAIL(nr, name, err, reason, ...)
#include "syscall/generic64.def"
#undef PASS
#undef WAIT
#undef CALL
#undef FAIL

enum { SYS_PATH_MAX = 4096 };

/* Would an access at addr reach into the translator's own memory, or the margins around it that are nobody's? */
static inline bool sys_own_memory(uint64_t addr)
{
    return addr - (SPACE_OWN_LO - SPACE_MARGIN) < SPACE_OWN_HI - SPACE_OWN_LO + 2 * SPACE_MARGIN;
}
/* Where never anything is mapped; and a guest's pointer as the host may have it. */
#define SYS_NOWHERE (SPACE_OWN_LO - SPACE_MARGIN / 2)
static inline uint64_t sys_guarded(uint64_t addr) { return sys_own_memory(addr) ? SYS_NOWHERE | (addr & (SPACE_PAGE - 1)) : addr; }
/* -EINVAL or -EFAULT for a command whose structure names the translator's memory, else 0. */
int64_t guard_ioctl(uint32_t command, uint64_t arg);

/*
 * The path at guest address p as the host is to look it up: read into buf (SYS_PATH_MAX), /proc/self/exe replaced,
 * moved into the sysroot if it exists there. *path is in buf or constant; valid as long as buf. 0 or -errno.
 */
int64_t sys_get_path(struct task *t, uint64_t p, char buf[SYS_PATH_MAX], const char **path);
/* The same for a path already read. Returns path or buf. */
const char *sys_host_path(const char *path, char buf[SYS_PATH_MAX]);
/* Must path arguments be read at all? Else the guest's pointer goes to the host as it is. */
bool sys_path_special(uint64_t p);

/* Open flags between the guest's numbering and the host's. */
uint64_t sys_open_flags_to_host(const struct fe_guest *, uint64_t flags);
uint64_t sys_open_flags_to_guest(const struct fe_guest *, uint64_t flags);

/* A descriptor of ours, which the guest must not see; and the number of none, for the host to refuse instead. */
enum { SYS_NO_FD = 0x7fffffff };
bool sys_own_fd(uint64_t fd);

#endif
