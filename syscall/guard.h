/*
 * Guest pointers into the translator's own memory, on their way to the host: arguments, and what vectors and structures
 * name. They are replaced by an address where nothing is ever mapped, so that the host answers as it does for any
 * unmapped page, in its own order of errors. What another guest thread changes between the look and the host's own is not seen.
 */
#ifndef SYSCALL_GUARD_H
#define SYSCALL_GUARD_H

#include "runtime/task.h"

/* Number of the row's entry in the table of structures that are searched, plus one; 0 for none. */
unsigned guard_entry(uint64_t nr);
/* 0, or -EFAULT: the structure that the entry is about names the translator's memory. */
int64_t guard_search(unsigned entry, const uint64_t a[6]);

enum { GUARD_VECTOR = 1024 };   /* UIO_MAXIOV */
/* Does an element of an I/O vector name the translator's memory? */
bool guard_vector_reaches_own(uint64_t addr, uint64_t n);
/* A copy without such elements. False: it cannot be read, or is longer than the host takes. */
bool guard_copy_vector(uint64_t v[GUARD_VECTOR][2], uint64_t addr, uint64_t n);
/* Does a message (struct msghdr) name it, in itself or in its vector? */
bool guard_message_reaches_own(uint64_t addr);
/* The same for an array of struct mmsghdr. */
bool guard_messages_reach_own(uint64_t addr, uint64_t n);
/* Do any of the words in [addr, addr + n)? What cannot be read does not. */
bool guard_words_reach_own(uint64_t addr, uint64_t n);

#endif
