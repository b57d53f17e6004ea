#include "runtime/core.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "loader/auxv.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/space.h"

#define LEAVES_CORE (SIG_BIT(SIGQUIT) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) | SIG_BIT(SIGABRT) | SIG_BIT(SIGBUS) | SIG_BIT(SIGFPE) | \
                     SIG_BIT(SIGSEGV) | SIG_BIT(SIGXCPU) | SIG_BIT(SIGXFSZ) | SIG_BIT(SIGSYS))

/* struct elf_prstatus of 64-bit Linux up to the registers, struct elf_prpsinfo (include/linux/elfcore.h, elfcore-compat). */
struct prstatus {
    int32_t signo, code, error;
    int16_t cursig, pad;
    uint64_t pending, held;
    int32_t pid, ppid, pgrp, sid;
    uint64_t times[8];
};
struct prpsinfo {
    char state, sname, zombie, nice;
    uint32_t pad;
    uint64_t flag;
    uint32_t uid, gid;
    int32_t pid, ppid, pgrp, sid;
    char fname[16], psargs[80];
};
_Static_assert(sizeof(struct prstatus) == 112 && sizeof(struct prpsinfo) == 136, "as the kernel writes them");

enum { NOTE_MAX = 1024, SPARE_AREAS = 64 };

/*
 * The file being written. A first round of the same calls only counts. Other tasks run on meanwhile, so in the second there may
 * be more or less of what was counted: what is more is left out, what is less leaves zeros or a note of no type.
 */
struct dump {
    struct task *t;
    const siginfo_t *info;
    int signo, fd;
    bool counting;
    uint64_t limit;
    uint64_t notes;                     /* bytes */
    uint64_t threads;                   /* other ones: counted, then those still to come */
    uint64_t areas, max_areas, offset;  /* memory segments; where the next one's bytes go */
    uint64_t files, file_names;         /* of NT_FILE: counted, bytes of names */
    uint64_t range_at, name_at, name_end;   /* in the file, of the next one's */
    uint64_t pos;
};

static void put(struct dump *d, const void *p, size_t n)
{
    for (size_t done = 0; done < n && d->pos + done < d->limit; ) {
        int64_t r = host_syscall(__NR_pwrite64, d->fd, (const char *)p + done, n - done, d->pos + done);
        if (r <= 0) break;
        done += (size_t)r;
    }
    d->pos += n;
}

static void put_at(struct dump *d, uint64_t pos, const void *p, size_t n)
{
    d->pos = pos;
    put(d, p, n);
}

static void note(struct dump *d, uint32_t type, const void *p, uint32_t n)
{
    struct { Elf64_Nhdr h; char name[8]; } head = {{5, n, type}, "CORE"};
    static const char zero[4];
    uint32_t padded = (n + 3) & ~3u;
    if (d->counting) {
        d->notes += sizeof head + padded;
        return;
    }
    put(d, &head, sizeof head);
    put(d, p, n);
    put(d, zero, padded - n);
}

static int32_t id(long nr, int of) { return (int32_t)host_syscall(nr, of); }

static void one_thread(struct dump *d, struct task *t)
{
    uint64_t buf[NOTE_MAX / 8] = {0};
    struct prstatus *s = (struct prstatus *)buf;
    *s = (struct prstatus){.signo = d->signo, .cursig = (int16_t)d->signo, .held = t->blocked, .pid = t->tid, .ppid = id(__NR_getppid, 0),
                           .pgrp = id(__NR_getpgid, 0), .sid = id(__NR_getsid, 0)};
    size_t n = sizeof *s + t->guest->prstatus(t->cpu.guest, t->cpu.f.pc, s + 1);
    buf[n / 8] = 1;     /* pr_fpvalid and padding */
    note(d, NT_PRSTATUS, buf, (uint32_t)n + 8);
    n = t->guest->fpregset(t->cpu.guest, buf);
    note(d, NT_PRFPREG, buf, (uint32_t)n);
}

static void other_thread(void *ctx, struct task *t)
{
    struct dump *d = ctx;
    if (t == d->t || t->tgroup != d->t->tgroup || (!d->counting && !d->threads))
        return;
    d->threads += d->counting ? 1 : -1ull;
    one_thread(d, t);
}

static void process_info(struct dump *d)
{
    struct prpsinfo p = {.sname = 'R', .uid = (uint32_t)id(__NR_getuid, 0), .gid = (uint32_t)id(__NR_getgid, 0), .pid = id(__NR_getpid, 0),
                         .ppid = id(__NR_getppid, 0), .pgrp = id(__NR_getpgid, 0), .sid = id(__NR_getsid, 0)};
    uint64_t n = ld_vectors.arg_end - ld_vectors.arg_start;
    host_syscall(__NR_prctl, PR_GET_NAME, p.fname);
    if (n >= sizeof p.psargs)
        n = sizeof p.psargs - 1;
    if (copy_from_guest(p.psargs, ld_vectors.arg_start, n))
        n = 0;
    for (uint64_t i = 0; i + 1 < n; i++)
        if (!p.psargs[i])
            p.psargs[i] = ' ';
    note(d, NT_PRPSINFO, &p, sizeof p);
}

/* ---- NT_FILE: count, page size, then start, end, page offset of each, then the names ---- */

static bool is_file(const struct mm_area *a) { return a->inode && a->name[0] == '/'; }

static bool count_file(void *ctx, const struct mm_area *a)
{
    struct dump *d = ctx;
    if (is_file(a)) {
        d->files++;
        d->file_names += strlen(a->name) + 1;
    }
    return true;
}

static bool put_file(void *ctx, const struct mm_area *a)
{
    struct dump *d = ctx;
    uint64_t range[3] = {a->start, a->end, a->off / SPACE_PAGE};
    size_t n = strlen(a->name) + 1;
    if (!is_file(a))
        return true;
    if (!d->files || n > d->name_end - d->name_at)
        return false;
    d->files--;
    put_at(d, d->range_at, range, sizeof range);
    put_at(d, d->name_at, a->name, n);
    d->range_at += sizeof range;
    d->name_at += n;
    return true;
}

static void mapped_files(struct dump *d)
{
    if (d->counting)
        mm_each(d->t->mm, count_file, d);
    uint64_t head[2] = {d->files, SPACE_PAGE}, n = sizeof head + d->files * 24 + d->file_names;
    struct { Elf64_Nhdr h; char name[8]; } note_head = {{5, (uint32_t)n, NT_FILE}, "CORE"};
    if (d->counting) {
        d->notes += sizeof note_head + ((n + 3) & ~3ull);
        return;
    }
    put(d, &note_head, sizeof note_head);
    uint64_t start = d->pos;
    put(d, head, sizeof head);
    d->range_at = d->pos;
    d->name_at = d->range_at + d->files * 24;
    d->name_end = start + n;
    mm_each(d->t->mm, put_file, d);
    d->pos = start + ((n + 3) & ~3ull);
}

static void notes(struct dump *d)
{
    uint64_t end = d->pos + d->notes;
    one_thread(d, d->t);
    process_info(d);
    note(d, NT_SIGINFO, d->info, sizeof *d->info);
    note(d, NT_AUXV, ld_vectors.auxv, (uint32_t)ld_vectors.auxv_size);
    mapped_files(d);
    task_each(other_thread, d);
    struct { Elf64_Nhdr h; char name[8]; } ended = {{5, (uint32_t)(end - d->pos - sizeof ended), 0}, "CORE"};
    if (!d->counting && d->pos < end)
        put(d, &ended, sizeof ended);
}

/* ---- memory ---- */

/* As coredump_filter's default: private memory, and of files that are mapped unchanged the first page, which identifies them. */
static uint64_t dumped(const struct mm_area *a)
{
    if (!(a->prot & PROT_READ))
        return 0;
    if (a->inode && !(a->prot & PROT_WRITE))
        return a->off ? 0 : SPACE_PAGE;
    return a->shared && a->inode ? 0 : a->end - a->start;
}

static bool count_area(void *ctx, const struct mm_area *a)
{
    (void)a;
    ((struct dump *)ctx)->areas++;
    return true;
}

/* Only pages that are there: the rest of the file is a hole. */
static void put_memory(struct dump *d, const struct mm_area *a, uint64_t size)
{
    unsigned char in[256];
    uint64_t start = d->pos;
    for (uint64_t at = 0; at < size && d->pos < d->limit; at += sizeof in * SPACE_PAGE) {
        uint64_t n = size - at < sizeof in * SPACE_PAGE ? size - at : sizeof in * SPACE_PAGE;
        if (host_is_error(host_syscall(__NR_mincore, a->start + at, n, in)))
            continue;
        for (uint64_t i = 0; i * SPACE_PAGE < n; i++)
            if (in[i] & 1 || a->inode) {
                d->pos = start + at + i * SPACE_PAGE;
                put(d, (const void *)(a->start + at + i * SPACE_PAGE), SPACE_PAGE);
            }
    }
    d->pos = start + size;
}

/* Header and memory of an area together, so that both speak of the same one. */
static bool put_area(void *ctx, const struct mm_area *a)
{
    struct dump *d = ctx;
    Elf64_Phdr p = {.p_type = PT_LOAD, .p_offset = d->offset, .p_vaddr = a->start, .p_memsz = a->end - a->start, .p_filesz = dumped(a), .p_align = SPACE_PAGE,
                    .p_flags = (a->prot & PROT_READ ? PF_R : 0) | (a->prot & PROT_WRITE ? PF_W : 0) | (a->prot & PROT_EXEC ? PF_X : 0)};
    if (d->areas == d->max_areas)
        return false;
    put_at(d, sizeof(Elf64_Ehdr) + ++d->areas * sizeof p, &p, sizeof p);
    d->pos = d->offset;
    put_memory(d, a, p.p_filesz);
    d->offset = d->pos;
    return true;
}

static void write_all(struct dump *d)
{
    d->counting = true;
    notes(d);
    mm_each(d->t->mm, count_area, d);
    d->counting = false;
    d->max_areas = d->areas + SPARE_AREAS < PN_XNUM - 2 ? d->areas + SPARE_AREAS : PN_XNUM - 2;
    d->areas = 0;
    Elf64_Phdr n = {.p_type = PT_NOTE, .p_offset = sizeof(Elf64_Ehdr) + (d->max_areas + 1) * sizeof n, .p_filesz = d->notes, .p_align = 4};
    put_at(d, sizeof(Elf64_Ehdr), &n, sizeof n);
    d->pos = n.p_offset;
    notes(d);
    d->offset = (n.p_offset + n.p_filesz + SPACE_PAGE - 1) & -(uint64_t)SPACE_PAGE;
    mm_each(d->t->mm, put_area, d);
    Elf64_Ehdr e = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, d->t->guest->elf_class, d->t->guest->elf_data, EV_CURRENT},
                    .e_type = ET_CORE, .e_machine = d->t->guest->elf_machine, .e_version = EV_CURRENT, .e_phoff = sizeof e,
                    .e_ehsize = sizeof e, .e_phentsize = sizeof n, .e_phnum = (uint16_t)(d->areas + 1)};
    put_at(d, 0, &e, sizeof e);
    host_syscall(__NR_ftruncate, d->fd, d->offset < d->limit ? d->offset : d->limit);
}

/* ---- where ---- */

static size_t read_setting(const char *path, char *buf, size_t size)
{
    int64_t fd = host_syscall(__NR_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    int64_t n = fd < 0 ? 0 : host_syscall(__NR_read, fd, buf, size - 1);
    if (fd >= 0)
        host_syscall(__NR_close, fd);
    if (n < 0)
        n = 0;
    while (n && buf[n - 1] == '\n')
        n--;
    buf[n] = 0;
    return (size_t)n;
}

/* core(5), "Naming of core dump files". False where cores go to a program, which only the kernel can start. */
static bool core_name(const struct task *t, int signo, char *out, size_t size)
{
    char pattern[256], own_pid[8], name[17] = {0};
    struct utsname host;
    size_t n = 0;
    bool has_pid = false;
    if (!read_setting("/proc/sys/kernel/core_pattern", pattern, sizeof pattern))
        memcpy(pattern, "core", 5);
    if (pattern[0] == '|')
        return false;
    host_syscall(__NR_prctl, PR_GET_NAME, name);
    host_syscall(__NR_uname, &host);
    for (const char *p = pattern; *p && n < size - 80; p++) {
        if (*p != '%') {
            out[n++] = *p;
            continue;
        }
        int pid = id(__NR_getpid, 0);
        struct timespec now;
        switch (*++p) {
        case 0: p--; break;
        case '%': out[n++] = '%'; break;
        case 'p': case 'P': has_pid = true; n += log_format(out + n, size - n, "%d", pid); break;
        case 'i': case 'I': n += log_format(out + n, size - n, "%d", t->tid); break;
        case 'u': n += log_format(out + n, size - n, "%d", id(__NR_getuid, 0)); break;
        case 'g': n += log_format(out + n, size - n, "%d", id(__NR_getgid, 0)); break;
        case 's': n += log_format(out + n, size - n, "%d", signo); break;
        case 't': host_syscall(__NR_clock_gettime, CLOCK_REALTIME, &now); n += log_format(out + n, size - n, "%ld", (long)now.tv_sec); break;
        case 'h': n += log_format(out + n, size - n, "%s", host.nodename); break;
        case 'e': case 'f':
            for (const char *c = name; *c; c++)
                out[n++] = *c == '/' ? '!' : *c;
            break;
        default: break;
        }
    }
    if (!has_pid && read_setting("/proc/sys/kernel/core_uses_pid", own_pid, sizeof own_pid) && own_pid[0] != '0')
        n += log_format(out + n, size - n, ".%d", id(__NR_getpid, 0));
    out[n] = 0;
    return true;
}

/* A file that somebody has put in the way is not overwritten (fs/coredump.c). */
static bool may_be_core(int64_t fd)
{
    struct stat st;
    return host_syscall(__NR_fstat, fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == (uid_t)id(__NR_geteuid, 0);
}

void core_write(struct task *t, int signo, const siginfo_t *info)
{
    char path[512];
    uint64_t limit[2];
    if (!(LEAVES_CORE & SIG_BIT(signo)) || host_syscall(__NR_prctl, PR_GET_DUMPABLE) != 1 ||
        host_syscall(__NR_prlimit64, 0, RLIMIT_CORE, NULL, limit) || limit[0] < SPACE_PAGE || !core_name(t, signo, path, sizeof path))
        return;
    struct limits_room room;
    limits_borrow(&room, LIMITS_FILES);     /* the kernel needs no descriptor for it */
    int64_t fd = host_syscall(__NR_openat, AT_FDCWD, path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    limits_return(&room);
    if (fd < 0)
        return;
    struct dump d = {.t = t, .info = info, .signo = signo, .fd = (int)fd, .limit = limit[0]};
    if (may_be_core(fd)) {
        host_syscall(__NR_ftruncate, fd, 0);
        write_all(&d);
    }
    host_syscall(__NR_close, fd);
}
