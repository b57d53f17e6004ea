/*
 * From a path to a program ready to run: opens, recognises (ELF of a known guest, script, host
 * file), maps the image and its interpreter, builds stack and auxiliary vector.
 */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include "frontends/guest.h"
#include "runtime/space.h"

enum ld_kind { LD_GUEST, LD_HOST, LD_UNKNOWN };

/* What the first bytes of a file say; fields the caller fills or owns. */
struct ld_file {
    int fd;                         /* open for reading; owned by the caller */
    enum ld_kind kind;
    const struct fe_guest *guest;
    char path[4096];                /* of the program itself (after #! resolution) */
    char exec_path[4096];           /* as the kernel would report in AT_EXECFN */
    /* #! line: interpreter arguments to insert before the script's name; nested scripts accumulate. */
    unsigned nextra; const char *extra[16]; char extra_text[4096];
    uint64_t address_space;         /* ld_address_space()'s, 0 before it was asked */
};

/*
 * Opens `path` and follows #! lines (at most 5 deep). 0, or -errno as execve would give
 * (ENOENT, EACCES, ENOEXEC, ELOOP, ...). Nothing is mapped yet; on error nothing stays open.
 * sysroot: prefix for interpreters named absolutely, or NULL.
 */
int ld_open(struct ld_file *f, const char *path, const char *sysroot);
/* The same for a program that is already open (handed over by binfmt_misc or a parent): takes fd, does not check permissions. */
int ld_open_fd(struct ld_file *f, int fd, const char *path, const char *exec_path);
void ld_close(struct ld_file *f);
/* Whether f and its ELF interpreter could be loaded, as far as headers tell: what execve decides before it can no longer fail. 0 or -errno. */
int ld_check(const struct ld_file *f, const char *sysroot);

/* One past the addresses that the program should be given (fe_guest.address_space). */
uint64_t ld_address_space(struct ld_file *f);

struct ld_args {
    const char *const *argv, *const *envp;      /* NULL-terminated; argv[0] as the guest shall see it */
    const char *sysroot;
    uint64_t stack_size;                        /* how far it may grow: bytes, from -s or RLIMIT_STACK */
    bool secure;                                /* AT_SECURE */
};
struct ld_image { uint64_t entry, sp, phdr, base, interp_base, program_entry, brk, stack_lo, stack_hi, vdso, trampoline; };

/* Maps f into mm and builds the stack. 0 or -errno (the guest's address space is then undefined). */
int ld_load(struct ld_file *f, struct mm *mm, const struct ld_args *args, struct ld_image *out);
/* Its vDSO, with what signal handlers return to; sets both addresses. 0 or -errno. */
int ld_map_vdso(struct mm *mm, const struct fe_guest *g, struct ld_image *out);

#endif
