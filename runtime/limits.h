/*
 * Resource limits. The host's are the guest's, but for the two that count memory (RLIMIT_AS, RLIMIT_DATA): the host would count
 * the translator's own. So the host has them so high that they hold nobody up, with the guest's value in their lower bits,
 * and the address space compares (space_limit.c). The host passes them on by its own rules: to threads, fork and exec
 * children, and it lets others set and see them.
 *
 * What a process without privilege was started with as its hard limit cannot be raised. It stays the host's, and counts the
 * translator too.
 */
#ifndef RUNTIME_LIMITS_H
#define RUNTIME_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

struct limit { uint64_t soft, hard; };

/* prlimit64 in the guest's terms; pid 0: our own process. new, old: may be NULL. 0 or -errno. */
int64_t limits_change(int32_t pid, int resource, const struct limit *new, struct limit *old);
/* At the start of a program: what was inherited from a host process becomes the guest's. */
void limits_take_over(void);
/* Before the process becomes a host program, and again with `back` if it could not: limits as the host counts. */
void limits_for_host(bool back);

/*
 * For what the translator does beside the guest: room for descriptors and files of its own, as far as the hard limits go or the
 * process may raise them. What it opens meanwhile and keeps is beyond the guest's limit. What another process sets meanwhile stays.
 */
enum { LIMITS_FILES = 1, LIMITS_SIZE = 2, LIMITS_LENT = 2 };
struct limits_room { struct limit was[LIMITS_LENT], lent[LIMITS_LENT]; unsigned what; };
void limits_borrow(struct limits_room *, unsigned what);
void limits_return(const struct limits_room *);
/* The guest's limit, where the host has `now`. room: what is borrowed now, of our own process, or NULL. */
struct limit limits_to_guest(int resource, struct limit now, const struct limits_room *room);

/*
 * Nobody borrows in between: while the kernel copies the limits to a new process, or keeps them for a new program and ends the other threads.
 * It is the first lock of all (docs/protocols.md). A vfork child lets go of it while its parent waits, and limits_vfork_parent() if it
 * came to its end before.
 */
void limits_hold(void);
void limits_release(void);
void limits_vfork_parent(void);
void limits_fork_child(void);

#endif
