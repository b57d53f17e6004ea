#include "runtime/limits.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/host.h"
#include "runtime/log.h"
#include "runtime/reexec.h"
#include "runtime/task.h"

/* No address space is as large as 2^51: such limits limit nothing, and are left as they are. */
enum { MARK_SHIFT = 51 };
#define MARK 0x5a5ull

static const int counted[] = { RLIMIT_AS, RLIMIT_DATA };
enum { COUNTED = sizeof counted / sizeof counted[0] };

static bool is_counted(int resource) { return resource == RLIMIT_AS || resource == RLIMIT_DATA; }
static bool is_marked(uint64_t v) { return v >> MARK_SHIFT == MARK; }
static bool matters(uint64_t v) { return v >> MARK_SHIFT == 0; }
static uint64_t marked(uint64_t v) { return matters(v) ? v | MARK << MARK_SHIFT : v; }
static uint64_t unmarked(uint64_t v) { return is_marked(v) ? v & ((1ull << MARK_SHIFT) - 1) : v; }

static int64_t host_limit(int32_t pid, int resource, const struct limit *new, struct limit *old)
{
    return host_syscall(__NR_prlimit64, pid, resource, new, old);
}

/* Does the process run the translator? Who may not be looked at may not be changed either, mostly. */
static bool is_translated(int32_t pid)
{
    char path[40];
    struct stat st;
    if (!pid || pid == host_syscall(__NR_getpid)) return true;
    log_format(path, sizeof path, "/proc/%d/exe", pid);
    return host_syscall(__NR_stat, path, &st) != 0 || reexec_is_own(&st);
}

/* ---- room for us ---- */

static struct rt_lock borrowed;
static const int lent[LIMITS_LENT] = { RLIMIT_NOFILE, RLIMIT_FSIZE };
static const uint64_t enough[LIMITS_LENT] = { 64, 1 << 30 };

void limits_borrow(struct limits_room *room, unsigned what)
{
    rt_lock(&borrowed);
    room->what = 0;
    for (unsigned i = 0; i < LIMITS_LENT; i++) {
        struct limit *was = &room->was[i], *more = &room->lent[i];
        if (!(what >> i & 1) || host_limit(0, lent[i], NULL, was) || was->soft == RLIM_INFINITY) continue;
        more->soft = more->hard = was->soft < was->hard ? was->hard : was->soft + enough[i];
        if (host_limit(0, lent[i], more, NULL) == 0) room->what |= 1u << i;   /* not everybody may raise the hard one */
    }
}

void limits_return(const struct limits_room *room)
{
    for (unsigned i = 0; i < LIMITS_LENT; i++) {
        struct limit now;
        if (!(room->what >> i & 1) || host_limit(0, lent[i], &room->was[i], &now)) continue;
        if (now.soft != room->lent[i].soft || now.hard != room->lent[i].hard) host_limit(0, lent[i], &now, NULL);
    }
    rt_unlock(&borrowed);
}

struct limit limits_to_guest(int resource, struct limit now, const struct limits_room *room)
{
    for (unsigned i = 0; room && i < LIMITS_LENT; i++)
        if (lent[i] == resource && room->what >> i & 1) return room->was[i];
    return is_counted(resource) ? (struct limit){ unmarked(now.soft), unmarked(now.hard) } : now;
}

void limits_hold(void) { rt_lock(&borrowed); }
void limits_release(void) { rt_unlock(&borrowed); }
void limits_fork_child(void) { borrowed.state = 0; }

void limits_vfork_parent(void)
{
    if (rt_lock_is_mine(&borrowed)) rt_unlock(&borrowed);
}

/* ---- calls ---- */

int64_t limits_change(int32_t pid, int resource, const struct limit *new, struct limit *old)
{
    if (resource == RLIMIT_NOFILE || resource == RLIMIT_FSIZE) {
        rt_lock(&borrowed);
        int64_t r = host_limit(pid, resource, new, old);
        rt_unlock(&borrowed);
        return r;
    }
    struct limit set;
    if (new) set = *new;
    bool mark = new && is_counted(resource) && is_translated(pid);
    if (mark) set = (struct limit){ marked(new->soft), marked(new->hard) };
    int64_t r = host_limit(pid, resource, new ? &set : NULL, old);
    struct limit now;
    /* A hard limit of the host's own that cannot be raised: below it, they are all the host's. */
    if (r == -EPERM && mark && host_limit(pid, resource, NULL, &now) == 0 && matters(now.hard)) r = host_limit(pid, resource, new, old);
    if (r == 0 && old) *old = limits_to_guest(resource, *old, NULL);
    return r;
}

void limits_take_over(void)
{
    for (unsigned i = 0; i < COUNTED; i++) {
        struct limit now;
        if (host_limit(0, counted[i], NULL, &now) || (!matters(now.soft) && !matters(now.hard))) continue;
        now = (struct limit){ marked(now.soft), marked(now.hard) };
        host_limit(0, counted[i], &now, NULL);      /* refused: see limits.h */
    }
}

void limits_for_host(bool back)
{
    for (unsigned i = 0; i < COUNTED; i++) {
        struct limit now, set;
        if (host_limit(0, counted[i], NULL, &now)) continue;
        set = back ? (struct limit){ marked(now.soft), marked(now.hard) } : (struct limit){ unmarked(now.soft), unmarked(now.hard) };
        if (set.soft != now.soft || set.hard != now.hard) host_limit(0, counted[i], &set, NULL);
    }
}
