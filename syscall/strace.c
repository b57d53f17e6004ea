/* One line per system call, from the row's argument letters alone (generic64.def). */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/log.h"
#include "syscall/handlers.h"
#include "syscall/row.h"

struct text { size_t n; char s[700]; };

static __attribute__((format(printf, 2, 3))) void add(struct text *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    x->n += log_vformat(x->s + x->n, sizeof x->s - x->n, fmt, ap);
    va_end(ap);
    if (x->n >= sizeof x->s) x->n = sizeof x->s - 1;
}

struct flag { uint64_t value; const char *name; };

static void add_flags(struct text *x, uint64_t v, const struct flag *f, const char *none)
{
    const char *sep = "";
    if (!v) add(x, "%s", none);
    for (; f->name; f++) {
        if ((v & f->value) != f->value) continue;
        add(x, "%s%s", sep, f->name);
        v &= ~f->value;
        sep = "|";
    }
    if (v) add(x, "%s0x%lx", sep, v);
}

static const struct flag open_flags[] = {
    { O_CREAT, "O_CREAT" }, { O_EXCL, "O_EXCL" }, { O_NOCTTY, "O_NOCTTY" }, { O_TRUNC, "O_TRUNC" },
    { O_APPEND, "O_APPEND" }, { O_NONBLOCK, "O_NONBLOCK" }, { O_SYNC, "O_SYNC" }, { O_DSYNC, "O_DSYNC" },
    { O_TMPFILE, "O_TMPFILE" }, { O_DIRECTORY, "O_DIRECTORY" }, { O_NOFOLLOW, "O_NOFOLLOW" },
    { O_CLOEXEC, "O_CLOEXEC" }, { O_DIRECT, "O_DIRECT" }, { O_NOATIME, "O_NOATIME" }, { O_PATH, "O_PATH" },
    { 0100000, "O_LARGEFILE" }, { 0, NULL },
};
static const struct flag mmap_flags[] = {
    { MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE" }, { MAP_SHARED, "MAP_SHARED" }, { MAP_PRIVATE, "MAP_PRIVATE" },
    { MAP_FIXED, "MAP_FIXED" }, { MAP_ANONYMOUS, "MAP_ANONYMOUS" }, { MAP_GROWSDOWN, "MAP_GROWSDOWN" },
    { MAP_DENYWRITE, "MAP_DENYWRITE" }, { MAP_LOCKED, "MAP_LOCKED" }, { MAP_NORESERVE, "MAP_NORESERVE" },
    { MAP_POPULATE, "MAP_POPULATE" }, { MAP_STACK, "MAP_STACK" }, { MAP_HUGETLB, "MAP_HUGETLB" },
    { MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE" }, { 0, NULL },
};
static const struct flag prot_flags[] = {
    { PROT_READ, "PROT_READ" }, { PROT_WRITE, "PROT_WRITE" }, { PROT_EXEC, "PROT_EXEC" }, { 0, NULL },
};
static const struct flag at_flags[] = {
    { AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW" }, { AT_REMOVEDIR, "AT_REMOVEDIR" }, { AT_SYMLINK_FOLLOW, "AT_SYMLINK_FOLLOW" },
    { AT_NO_AUTOMOUNT, "AT_NO_AUTOMOUNT" }, { AT_EMPTY_PATH, "AT_EMPTY_PATH" }, { 0, NULL },
};
static const struct flag clone_flags[] = {
    { 0x100, "CLONE_VM" }, { 0x200, "CLONE_FS" }, { 0x400, "CLONE_FILES" }, { 0x800, "CLONE_SIGHAND" },
    { 0x1000, "CLONE_PIDFD" }, { 0x2000, "CLONE_PTRACE" }, { 0x4000, "CLONE_VFORK" }, { 0x8000, "CLONE_PARENT" },
    { 0x10000, "CLONE_THREAD" }, { 0x20000, "CLONE_NEWNS" }, { 0x40000, "CLONE_SYSVSEM" }, { 0x80000, "CLONE_SETTLS" },
    { 0x100000, "CLONE_PARENT_SETTID" }, { 0x200000, "CLONE_CHILD_CLEARTID" }, { 0x1000000, "CLONE_CHILD_SETTID" },
    { 0x2000000, "CLONE_NEWCGROUP" }, { 0x4000000, "CLONE_NEWUTS" }, { 0x8000000, "CLONE_NEWIPC" },
    { 0x10000000, "CLONE_NEWUSER" }, { 0x20000000, "CLONE_NEWPID" }, { 0x40000000, "CLONE_NEWNET" }, { 0, NULL },
};

static void add_quoted(struct text *x, const uint8_t *s, size_t n, bool more)
{
    add(x, "\"");
    for (size_t i = 0; i < n; i++) {
        uint8_t c = s[i];
        if (c == '\n') add(x, "\\n");
        else if (c == '\t') add(x, "\\t");
        else if (c == '"' || c == '\\') add(x, "\\%c", c);
        else if (c < 32 || c >= 127) add(x, "\\x%02x", c);
        else add(x, "%c", c);
    }
    add(x, "\"%s", more ? "..." : "");
}

static void add_bytes(struct text *x, uint64_t addr, int64_t len)
{
    uint8_t s[32];
    size_t n = len < 0 ? 0 : len < (int64_t)sizeof s ? (size_t)len : sizeof s;
    if (!addr || copy_from_guest(s, addr, n)) add(x, "%p", (void *)addr);
    else add_quoted(x, s, n, (int64_t)n < len);
}

static void add_string(struct text *x, uint64_t addr)
{
    char s[200];
    int64_t n = addr ? copy_string_from_guest(s, addr, sizeof s) : -EFAULT;
    if (n == -EFAULT) add(x, addr ? "%p" : "NULL", (void *)addr);
    else add_quoted(x, (uint8_t *)s, n < 0 ? sizeof s : (size_t)n, n < 0);
}

static void add_open(struct text *x, uint64_t guest)
{
    static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "3" };
    uint64_t v = sys_open_flags_to_host(task_self()->guest, guest);
    add(x, "%s", modes[v & 3]);
    if (v & ~3ull) {
        add(x, "|");
        add_flags(x, v & ~3ull, open_flags, "");
    }
}

static void add_argument(struct text *x, char c, const uint64_t *a, int64_t written)
{
    uint64_t v = *a, w[2];
    switch (c) {
    case 'd': case 'f': case 'g': add(x, "%d", (int)v); break;
    case 'u': add(x, "%u", (unsigned)v); break;
    case 'l': add(x, "%ld", (long)v); break;
    case 'o': add(x, v & 0777 ? "0%d%d%d" : "0", (int)(v >> 6 & 7), (int)(v >> 3 & 7), (int)(v & 7)); break;
    case 'D': if ((int)v == AT_FDCWD) add(x, "AT_FDCWD"); else add(x, "%d", (int)v); break;
    case 'p': case 'q': case 's': add_string(x, v); break;
    case 'b': add_bytes(x, v, (int64_t)a[1]); break;
    case 'B': if (written > 0) add_bytes(x, v, written); else add(x, "%p", (void *)v); break;
    case 't':
        if (v && !copy_from_guest(w, v, 16)) add(x, "{%ld, %ld}", (long)w[0], (long)w[1]);
        else add(x, v ? "%p" : "NULL", (void *)v);
        break;
    case 'G':
        if (v && !copy_from_guest(w, v, 8)) add(x, "[%lx]", w[0]);
        else add(x, v ? "%p" : "NULL", (void *)v);
        break;
    case 'O': add_open(x, (uint32_t)v); break;
    case 'M': add_flags(x, (uint32_t)v, mmap_flags, "0"); break;
    case 'R': add_flags(x, (uint32_t)v, prot_flags, "PROT_NONE"); break;
    case 'A': add_flags(x, (uint32_t)v, at_flags, "0"); break;
    case 'e': add_flags(x, v & ~0xffull, clone_flags, "0"); if (v & 0xff) add(x, "|%d", (int)(v & 0xff)); break;
    case '*': case 'a': case 'r': case 'v': add(x, v ? "%p" : "NULL", (void *)v); break;
    default: add(x, "0x%lx", v); break;
    }
}

static void add_call(struct text *x, const struct sys_row *row, const uint64_t a[6], int64_t written)
{
    add(x, "%d %s(", (int)host_syscall(__NR_gettid), row->name);
    for (unsigned i = 0; i < 6 && row->args[i] && row->args[i] != '!'; i++) {
        if (i) add(x, ", ");
        add_argument(x, row->args[i], a + i, written);
    }
    add(x, ")");
}

/* Bytes that the call writes can only be shown afterwards: such calls are printed whole then. */
static bool prints_late(const struct sys_row *row) { return strchr(row->args, 'B') != NULL; }

void strace_enter(const struct sys_row *row, uint64_t nr, const uint64_t a[6])
{
    if (prints_late(row)) return;
    struct text x;
    x.n = 0;
    add_call(&x, row, a, 0);
    if (!sys_name(nr)) add(&x, " [%lu]", nr);
    add(&x, "%s", strchr(row->args, '!') ? " = ?\n" : "");
    log_raw(x.s, x.n);
}

static bool is_address(const struct sys_row *row) { return row->kind == SYS_CALL && strchr(row->args, 'a'); }

void strace_leave(const struct sys_row *row, const uint64_t a[6], int64_t r)
{
    if (strchr(row->args, '!')) return;
    struct text x;
    x.n = 0;
    if (prints_late(row)) add_call(&x, row, a, r);
    if (r == RT_RESTART || r == SYS_NO_RESULT) add(&x, " = ?\n");
    else if (r < 0 && r >= -4095) {
        const char *name = strerrorname_np((int)-r);
        add(&x, " = -1 %s\n", name ? name : "errno");
    } else add(&x, is_address(row) ? " = 0x%lx\n" : " = %ld\n", (long)r);
    log_raw(x.s, x.n);
}
