/*
 * The guest address space: what is mapped where with which guest protection. A guest address is
 * the host address. The map is the truth for guest PROT_EXEC (guest pages are never executable on
 * the host), for /proc/self/maps and for placement; the host's mappings follow it. One `struct mm`
 * per address space: shared by CLONE_VM tasks, copied by fork (copy on write does the memory; the
 * map itself lives in memory that fork copies). Functions lock the mm themselves and call
 * rt_code_changed() for ranges whose executable content may have changed, before returning.
 * Results: as the system call of that name: value, or -errno. No malloc.
 */
#ifndef RUNTIME_SPACE_H
#define RUNTIME_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm;

enum {
    SPACE_PAGE = 4096,
};
#define SPACE_TOP    0x7ffffffff000ull      /* one past the highest guest address (47-bit hosts) */
#define SPACE_PLACED 0x7d8000000000ull      /* above this, guest mappings are only where the guest asked for them; the host has its own */
#define SPACE_OWN_LO 0x6f0000000000ull      /* the translator's own range: refused to the guest */
#define SPACE_OWN_HI 0x6f1000000000ull
#define SPACE_MARGIN 0x200000ull            /* on either side of it nothing is mapped, so that a copy the kernel makes upward for the guest ends there */

/* Creates the mm of a new program. Mappings are placed downward from the top of its usual address space. */
struct mm *mm_new(uint64_t address_space);
struct mm *mm_ref(struct mm *);
void mm_unref(struct mm *);
/* How many tasks have it. */
uint32_t mm_users(const struct mm *);
/* In a fork child: the lock is re-initialised, other tasks are gone. fork_prepare before, in the parent, fork_parent after. */
void mm_fork_prepare(struct mm *);
void mm_fork_parent(struct mm *);
void mm_fork_child(struct mm *);

int64_t mm_mmap(struct mm *, uint64_t addr, uint64_t len, int prot, int flags, int fd, uint64_t off);
int64_t mm_munmap(struct mm *, uint64_t addr, uint64_t len);
int64_t mm_mprotect(struct mm *, uint64_t addr, uint64_t len, int prot);
int64_t mm_mremap(struct mm *, uint64_t old, uint64_t old_len, uint64_t new_len, int flags, uint64_t new_addr);
int64_t mm_brk(struct mm *, uint64_t addr);
int64_t mm_madvise(struct mm *, uint64_t addr, uint64_t len, int advice);
int64_t mm_shmat(struct mm *, int id, uint64_t addr, int flags);
int64_t mm_shmdt(struct mm *, uint64_t addr);
/* Sets where brk starts (page-aligned), after the program, which has so many bytes of data, is mapped. */
void mm_set_brk(struct mm *, uint64_t start, uint64_t data);
/* Removes every guest mapping (exec). */
void mm_clear(struct mm *);

/* Guest protection (PROT_*) at addr, or -1 if nothing of the guest's is mapped. Async-signal-safe, lock-free. */
int mm_prot(struct mm *, uint64_t addr);
/* Bytes from addr on that are mapped, readable and executable for the guest, at most `max`. Any task. */
size_t mm_fetchable(struct mm *, uint64_t addr, size_t max);

/* What smaps says of a mapping: its lines but VmFlags, in the kernel's order. */
enum { MM_USAGE_LINES = 32 };
struct mm_usage_line { char key[24]; bool kb; uint64_t value; };
struct mm_usage { unsigned n; struct mm_usage_line line[MM_USAGE_LINES]; char flags[128]; };

/* A mapping as /proc/self/maps shows it. */
struct mm_area {
    uint64_t start, end, off;
    int prot; bool shared;
    uint32_t dev_major, dev_minor; uint64_t inode;
    char name[1024];    /* path, "[heap]", "[stack]", or empty */
    const struct mm_usage *use;     /* where the host's list is smaps, and what of it is the guest's; else NULL */
};
/* Calls f for each area in address order, under the lock, until it returns false. */
void mm_each(struct mm *, bool (*f)(void *ctx, const struct mm_area *), void *ctx);
/* The same, with what the host knows from descriptor `list`: its maps or smaps, at the beginning; pagemap (-1: none) tells
 * how the counts of a host mapping are split where it holds several of the guest's. */
void mm_each_in(struct mm *, int list, int pagemap, bool (*f)(void *ctx, const struct mm_area *), void *ctx);

/* What of the host's maps is the translator's: its size, and what of it is in memory. KiB. */
void mm_own_usage(int list, int pagemap, uint64_t *size, uint64_t *anon, uint64_t *file);

/* The list of the areas of another process of this translator: read from its memory, or guessed from its maps. */
struct area;
enum { MM_NAME_SIZE = 48 };
struct mm_copy {
    const struct area *areas; size_t count;
    const char (*names)[MM_NAME_SIZE];
    void *head, *areas_copy; size_t bytes, room;
};
/* remote: the address of its struct mm, which is where ours is; mem: its /proc/PID/mem. 0 or -errno. */
int mm_copy_remote(struct mm_copy *, int mem, uint64_t remote);
int mm_copy_guess(struct mm_copy *, int list);
void mm_copy_free(struct mm_copy *);
void mm_each_copied(const struct mm_copy *, int list, int pagemap, bool (*f)(void *ctx, const struct mm_area *), void *ctx);
/* Maps the main stack, which the host's kernel lets grow as its RLIMIT_STACK says: `size` of it at once, with `room` kept free of
 * what is placed later. Its end, or -errno. */
int64_t mm_map_stack(struct mm *, uint64_t size, uint64_t room, int prot);
/* Stacks grow without anybody knowing: what mm_prot() and mm_fetchable() say of them is as of the last call under the lock, or of this. */
void mm_refresh(struct mm *);
/* Whether code at addr may be executed but not read, as it is beyond the end of a mapped file: asked while nobody changes mappings. */
bool mm_beyond_file(struct mm *, uint64_t addr, size_t n);
/* RLIMIT_AS was set. */
void mm_limit_changed(struct mm *);
/* Bytes in all areas. */
uint64_t mm_total(struct mm *);
/* mlockall(MCL_FUTURE): new mappings are locked, at once or when touched. The host's would lock the translator's as well. */
void mm_lock_new(struct mm *, bool yes, bool on_fault);
/* Gives the area containing addr a name such as "[sigreturn]". */
void mm_name(struct mm *, uint64_t addr, const char *name);

/* Calls f for every other range that maps the same file or shared-memory pages as shared areas in
 * [start, end) do. Under the lock: f must not call functions of this header that take it. */
void mm_aliases(struct mm *, uint64_t start, uint64_t end, void (*f)(void *ctx, uint64_t start, uint64_t end), void *ctx);

/* The guest announces that it wrote code in [start, end): rt_code_changed() for that and all its aliases. */
void mm_code_written(struct mm *, uint64_t start, uint64_t end);

/* Provided by the translation cache; takes no lock that comes before its own: guest code in
 * [start, end) may have changed. */
void rt_code_changed(uint64_t start, uint64_t end);
extern uint32_t rt_code_changes;        /* how often it was called, modulo 2^32 */

/* Guest memory from C, with an error instead of a fault. 0 or -EFAULT. */
int copy_to_guest(uint64_t dst, const void *src, size_t n);
int copy_from_guest(void *dst, uint64_t src, size_t n);
/* The bits of an address that the three above and below look at: all, until a task asks for tagged system call arguments. */
extern uint64_t guestmem_mask;
/* NUL-terminated string; its length, -EFAULT, or -ENAMETOOLONG when it does not end within size. */
int64_t copy_string_from_guest(char *dst, uint64_t src, size_t size);
#define get_user(x, addr) copy_from_guest(&(x), (addr), sizeof(x))
#define put_user(x, addr) copy_to_guest((addr), &(x), sizeof(x))

#endif
