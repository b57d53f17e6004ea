/* Recognising a program: ELF of a known guest, script, or host file (loader/loader.h). */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "loader/loader.h"
#include "runtime/host.h"
#include "runtime/log.h"

enum { MAX_SCRIPTS = 5, HEAD = 256 };   /* the kernel's BINPRM_BUF_SIZE */

void ld_close(struct ld_file *f)
{
    if (f->fd >= 0)
        host_syscall(__NR_close, f->fd);
    f->fd = -1;
}

/* Which guest an ELF header asks for. */
static enum ld_kind recognise(const Elf64_Ehdr *eh, size_t n, const struct fe_guest **guest)
{
    if (n < sizeof(Elf64_Ehdr) || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_VERSION] != EV_CURRENT ||
        (eh->e_type != ET_EXEC && eh->e_type != ET_DYN))
        return LD_UNKNOWN;
    for (const struct fe_guest *const *g = fe_guests; *g; g++)
        if ((*g)->elf_machine == eh->e_machine && (*g)->elf_class == eh->e_ident[EI_CLASS] &&
            (*g)->elf_data == eh->e_ident[EI_DATA]) {
            *guest = *g;
            return LD_GUEST;
        }
    if ((eh->e_machine == EM_X86_64 || eh->e_machine == EM_386) && eh->e_ident[EI_DATA] == ELFDATA2LSB)
        return LD_HOST;
    return LD_UNKNOWN;
}

/* Puts s in front of the extra arguments; the text is kept in f. */
static int prepend(struct ld_file *f, size_t *used, const char *s, size_t n)
{
    if (f->nextra == sizeof f->extra / sizeof f->extra[0] || *used + n + 1 > sizeof f->extra_text)
        return -E2BIG;
    char *text = f->extra_text + *used;
    memcpy(text, s, n);
    text[n] = 0;
    *used += n + 1;
    memmove(f->extra + 1, f->extra, f->nextra * sizeof f->extra[0]);
    f->extra[0] = text;
    f->nextra++;
    return 0;
}

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* Reads "#!interpreter [argument]" as the kernel does (binfmt_script): one argument, trailing blanks dropped. */
static int parse_script(struct ld_file *f, size_t *used, char *head, char *interp, size_t size)
{
    char *end = strchr(head, '\n');
    if (!end) {
        /* A line cut off within the interpreter's name cannot be trusted. */
        const char *name = skip_blanks(head + 2);
        if (strlen(head) == HEAD && !strpbrk(name, " \t"))
            return -ENOEXEC;
        end = head + strlen(head);
    }
    while (end > head + 2 && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = 0;
    const char *name = skip_blanks(head + 2);
    if (!*name)
        return -ENOEXEC;
    size_t n = strcspn(name, " \t");
    const char *arg = skip_blanks(name + n);
    int err = 0;
    if (*arg)
        err = prepend(f, used, arg, strlen(arg));
    if (!err)
        err = prepend(f, used, name, n);
    if (n + 1 > size)
        return -ENAMETOOLONG;
    memcpy(interp, name, n);
    interp[n] = 0;
    return err;
}

/* Opens path inside the sysroot if it is absolute and exists there, else as it is. */
/* Not to wait for a writer if it turns out to be a FIFO: O_NONBLOCK, which a regular file ignores. */
static long open_program(const char *path, const char *sysroot, char *opened, size_t size)
{
    if (sysroot && *path == '/') {
        size_t n = log_format(opened, size, "%s%s", sysroot, path);
        if (n < size) {
            long fd = host_syscall(__NR_open, opened, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
            if (!host_is_error(fd))
                return fd;
        }
    }
    log_format(opened, size, "%s", path);
    return host_syscall(__NR_open, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* The kernel's checks on the file itself. */
static int check_file(int fd, const char *path)
{
    struct stat st;
    long r = host_syscall(__NR_fstat, fd, &st);
    if (host_is_error(r))
        return (int)r;
    if (!S_ISREG(st.st_mode))
        return -EACCES;
    if (!(st.st_mode & 0111))
        return -EACCES;
    r = host_syscall(__NR_faccessat2, AT_FDCWD, path, 1 /* X_OK */, AT_EACCESS);
    return r == -ENOSYS || r == -ENOENT ? 0 : (int)r;
}

int ld_open_fd(struct ld_file *f, int fd, const char *path, const char *exec_path)
{
    Elf64_Ehdr eh;
    f->nextra = 0;
    f->address_space = 0;
    f->guest = NULL;
    f->fd = fd;
    log_format(f->path, sizeof f->path, "%s", path);
    log_format(f->exec_path, sizeof f->exec_path, "%s", exec_path);
    long n = host_syscall(__NR_pread64, fd, &eh, sizeof eh, 0);
    f->kind = n < 0 ? LD_UNKNOWN : recognise(&eh, (size_t)n, &f->guest);
    return n < 0 ? (int)n : f->kind == LD_GUEST ? 0 : -ENOEXEC;
}

int ld_open(struct ld_file *f, const char *path, const char *sysroot)
{
    char head[HEAD + 1], interp[4096];
    size_t used = 0;
    f->nextra = 0;
    f->address_space = 0;
    f->guest = NULL;
    f->fd = -1;
    log_format(f->exec_path, sizeof f->exec_path, "%s", path);
    log_format(interp, sizeof interp, "%s", path);
    for (unsigned depth = 0;; depth++) {
        long fd = open_program(interp, depth ? sysroot : NULL, f->path, sizeof f->path);
        if (host_is_error(fd))
            return (int)fd;
        f->fd = (int)fd;
        int err = check_file(f->fd, f->path);
        long n = err ? err : host_syscall(__NR_pread64, f->fd, head, HEAD, 0);
        if (n < 0) {
            ld_close(f);
            return (int)n;
        }
        head[n] = 0;
        if (n < 2 || head[0] != '#' || head[1] != '!') {
            f->kind = recognise((const Elf64_Ehdr *)head, (size_t)n, &f->guest);
            if (f->kind != LD_UNKNOWN)
                return 0;
            ld_close(f);
            return -ENOEXEC;
        }
        ld_close(f);
        if (depth == MAX_SCRIPTS)
            return -ELOOP;
        err = parse_script(f, &used, head, interp, sizeof interp);
        if (err)
            return err;
    }
}
