/*
 * Memory that the translator maps for itself. Whoever asks has to do without: the guest gets the errno its kernel would give for
 * that call, or, where there is no call to fail, own_exhausted() says so. No malloc; any task, any signal context.
 */
#ifndef RUNTIME_OWN_H
#define RUNTIME_OWN_H

#include <stdbool.h>
#include <stdint.h>

/* As mmap. */
int64_t own_map(uint64_t at, uint64_t size, int prot, int flags, int fd, uint64_t off);
/* Ends the process with status 125 and one line: there is no memory for `what`, without which nothing goes on. */
_Noreturn void own_exhausted(const char *what);

/* For tests: memory that is refused. Ours, or the guest's own mappings and what moves or protects them. */
enum own_refused { OWN_OURS, OWN_GUESTS, OWN_KINDS };
/* spec: N (the Nth time), N+ (from then on), %N (every Nth time); by process. False: not understood. */
bool own_refuse(enum own_refused, const char *spec);
/* One more request: is it refused? */
bool own_refuses(enum own_refused);

#endif
