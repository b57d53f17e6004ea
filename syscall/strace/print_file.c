/* Printers of calls on files. */
#include "syscall/strace/kernel_headers.h"

#include <string.h>

#include "syscall/generic.h"
#include "syscall/strace/guest.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

/* ---- opening ---- */

void put_open_flags(struct strace_call *c, uint64_t guest_flags)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    uint64_t v = strace_open_flags(guest_flags);
    put(c, "%s", modes[v & O_ACCMODE]);
    put_more_flags(c, &set_open_flags, v & ~(uint64_t)O_ACCMODE);
}

/* Without a direction: pipe2, fanotify's events, mq_attr. */
static void put_status_flags(struct strace_call *c, uint64_t guest_flags) { put_flags(c, &set_open_flags, strace_open_flags(guest_flags)); }

void print_open_flags(struct strace_call *c, uint64_t v, const void *param)
{
    if (strace_is(c, "pipe2") || strace_is(c, "mq_getsetattr")) put_status_flags(c, (uint32_t)v);
    else put_open_flags(c, v);
}

void print_open_mode(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t flags = strace_open_flags(c->a[c->i - 1]);
    c->omit = !(flags & O_CREAT) && (flags & O_TMPFILE) != O_TMPFILE;
    c->last = c->omit;
    print_mode(c, v, param);
}

void print_open_how(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t how[3];
    if (!fetch(c, v, how, sizeof how)) return;
    put(c, "{flags=");
    put_open_flags(c, how[0]);
    if (how[1] || (how[0] & O_CREAT)) {
        put(c, ", mode=");
        print_mode(c, how[1], NULL);
    }
    put(c, ", resolve=");
    put_flags(c, &set_resolve, how[2]);
    put(c, "}");
}

void print_access(struct strace_call *c, uint64_t v, const void *param) { put_flags(c, &set_access_mode, (uint32_t)v); }

/* ---- modes and devices ---- */

enum { TYPE_BITS = 0170000, EXTRA_BITS = 07000, CHARACTER = 0020000, BLOCK = 0060000 };

static void put_file_mode(struct strace_call *c, uint32_t mode)
{
    const char *type = value_name(&set_file_type, mode & TYPE_BITS);
    if (type) put(c, "%s|", type);
    else if (mode & TYPE_BITS) print_mode(c, mode & TYPE_BITS, NULL), put(c, "|");
    if (mode & EXTRA_BITS) put_flags(c, &set_file_bits, mode & EXTRA_BITS), put(c, "|");
    print_mode(c, mode & 0777, NULL);
}

void print_file_mode(struct strace_call *c, uint64_t v, const void *param) { put_file_mode(c, (uint32_t)v); }

static void put_dev(struct strace_call *c, uint64_t dev)
{
    unsigned long major = (dev >> 8 & 0xfff) | (dev >> 32 & 0xfffff000), minor = (dev & 0xff) | (dev >> 12 & 0xffffff00);
    put(c, major ? "makedev(0x%lx" : "makedev(%lu", major);
    put(c, minor ? ", 0x%lx)" : ", %lu)", minor);
}

void print_dev(struct strace_call *c, uint64_t v, const void *param) { put_dev(c, v); }

void print_mknod_dev(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t type = (uint32_t)c->a[c->i - 1] & TYPE_BITS;
    c->omit = type != CHARACTER && type != BLOCK;
    put_dev(c, v);
}

/* Devices have a number where other files have a size. */
void print_stat(struct strace_call *c, uint64_t v, const void *param)
{
    struct generic_stat st;
    if (!fetch(c, v, &st, sizeof st)) return;
    uint32_t type = st.mode & TYPE_BITS;
    put_struct(c, type == CHARACTER || type == BLOCK ? &struct_stat_device : &struct_stat, &st);
}

void print_fsid(struct strace_call *c, uint64_t v, const void *param)
{
    const uint32_t *w = (const uint32_t *)v;
    put(c, w[0] ? "[0x%x" : "[%x", w[0]);
    put(c, w[1] ? ", 0x%x]" : ", %x]", w[1]);
}

/* ---- statx, statfs ---- */

void print_statx_flags(struct strace_call *c, uint64_t v, const void *param)
{
    put_enum(c, &set_statx_sync, v & AT_STATX_SYNC_TYPE);
    put_more_flags(c, &set_statx_flags, v & ~(uint64_t)AT_STATX_SYNC_TYPE);
}

void print_statfs_flags(struct strace_call *c, uint64_t v, const void *param)
{
    enum { ST_VALID = 0x20 };
    bool valid = v & ST_VALID;
    if (valid) put(c, "ST_VALID");
    v &= ~(uint64_t)ST_VALID;
    if (valid) put_more_flags(c, &set_statfs_flags, v);
    else put_flags(c, &set_statfs_flags, v);
}

/* ---- times ---- */

/* Seconds of the epoch as date and time (UTC), by the civil calendar's arithmetic. */
static void put_timestamp(struct strace_call *c, int64_t seconds, uint64_t nanoseconds)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) rest += 86400, days--;
    days += 719468;     /* days since 1 March of year 0 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t m = (5 * doy + 2) / 153, month = m < 10 ? m + 3 : m - 9, year = yoe + era * 400 + (month <= 2);
    put(c, " /* %ld-%02d-%02dT%02d:%02d:%02d", (long)year, (int)month, (int)(doy - (153 * m + 2) / 5 + 1), (int)(rest / 3600),
        (int)(rest / 60 % 60), (int)(rest % 60));
    if (nanoseconds) put(c, ".%09lu", nanoseconds);
    put(c, "+0000 */");
}

void print_utimes(struct strace_call *c, uint64_t v, const void *param)
{
    enum { NOW = 0x3fffffff, OMIT = 0x3ffffffe };
    int64_t t[4];
    if (!fetch(c, v, t, sizeof t)) return;
    for (int i = 0; i < 2; i++) {
        put(c, i ? ", " : "[");
        if (t[2 * i + 1] == NOW || t[2 * i + 1] == OMIT) {
            put(c, t[2 * i + 1] == NOW ? "UTIME_NOW" : "UTIME_OMIT");
            continue;
        }
        put(c, "{tv_sec=%ld, tv_nsec=%ld}", (long)t[2 * i], (long)t[2 * i + 1]);
        put_timestamp(c, t[2 * i], (uint64_t)t[2 * i + 1]);
    }
    put(c, "]");
}

/* ---- directories, handles ---- */

void print_dents(struct strace_call *c, uint64_t v, const void *param)
{
    struct { uint64_t ino; int64_t off; uint16_t len; uint8_t type; } __attribute__((packed)) e;
    static const char *const kinds[] = {"DT_UNKNOWN", "DT_FIFO", "DT_CHR", NULL, "DT_DIR", NULL, "DT_BLK", NULL, "DT_REG", NULL, "DT_LNK", NULL, "DT_SOCK", NULL, "DT_WHT"};
    if (c->r < 0) {
        put_address(c, v);
        return;
    }
    unsigned n = 0;
    if (strace_options.verbose) put(c, "[");
    for (int64_t at = 0; at < c->r && !copy_from_guest(&e, v + (uint64_t)at, sizeof e) && e.len; at += e.len, n++) {
        if (!strace_options.verbose) continue;
        put(c, "%s{d_ino=%lu, d_off=%ld, d_reclen=%u, d_type=%s, d_name=", n ? ", " : "", e.ino, (long)e.off, e.len,
            e.type < sizeof kinds / sizeof kinds[0] && kinds[e.type] ? kinds[e.type] : "DT_???");
        print_path(c, v + (uint64_t)at + 19, NULL);
        put(c, "}");
    }
    if (strace_options.verbose) {
        put(c, "]");
        return;
    }
    put_address(c, v);
    put(c, " /* %u entr%s */", n, n == 1 ? "y" : "ies");
}

void print_file_handle(struct strace_call *c, uint64_t v, const void *param)
{
    enum { MAX = 128 };
    struct { uint32_t bytes; int32_t type; uint8_t handle[MAX]; } h;
    if (!v || copy_from_guest(&h, v, 8)) {
        put_address(c, v);
        return;
    }
    put(c, "{handle_bytes=%u", h.bytes);
    if (!call_failed(c) && h.bytes <= MAX && !copy_from_guest(h.handle, v + 8, h.bytes)) {
        put(c, h.type ? ", handle_type=0x%x, f_handle=0x" : ", handle_type=%x, f_handle=0x", (unsigned)h.type);
        for (uint32_t i = 0; i < h.bytes; i++) put(c, "%02x", h.handle[i]);
    }
    put(c, "}");
}

/* ---- locks, fcntl ---- */

void print_flock(struct strace_call *c, uint64_t v, const void *param)
{
    enum { NB = 4 };
    put_enum(c, &set_flock_op, v & ~(uint64_t)NB);
    put_more_flags(c, &set_flock_flags, v & NB);
}

static void put_fcntl_lock(struct strace_call *c, uint64_t v, bool read)
{
    if (read && !c->leaving) c->later = true;
    else if (!read || c->r < 0) put_struct_at(c, &struct_flock, v);
    else put_struct_at(c, &struct_flock_pid, v);
}

static void put_fcntl_hint(struct strace_call *c, uint64_t v, bool read)
{
    uint64_t hint;
    if (read && !c->leaving) {
        c->later = true;
        return;
    }
    if (!fetch(c, v, &hint, 8)) return;
    put(c, "[");
    put_enum(c, &set_rw_hint, hint);
    put(c, "]");
}

void print_fcntl_arg(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[1]) {
    case F_GETFD: case F_GETFL: case F_GETOWN: case F_GETSIG: case F_GETLEASE: case F_GETPIPE_SZ: case F_GET_SEALS:
        c->omit = true;
        break;
    case F_SETFD: put_flags(c, &set_fd_own_flags, (uint32_t)v); break;
    case F_SETFL: put_open_flags(c, (uint32_t)v); break;
    case F_GETLK: case F_OFD_GETLK: put_fcntl_lock(c, v, true); break;
    case F_SETLK: case F_SETLKW: case F_OFD_SETLK: case F_OFD_SETLKW: put_fcntl_lock(c, v, false); break;
    case F_SETOWN_EX: put_struct_at(c, &struct_f_owner_ex, v); break;
    case F_GETOWN_EX:
        if (!c->leaving) c->later = true;
        else put_struct_at(c, &struct_f_owner_ex, v);
        break;
    case F_SETSIG: if (v) put_signal(c, (int)v); else put(c, "0"); break;
    case F_SETLEASE: put_enum(c, &set_lock_type, v); break;
    case F_ADD_SEALS: put_flags(c, &set_seals, (uint32_t)v); break;
    case F_NOTIFY: put_flags(c, &set_notify, (uint32_t)v); break;
    case F_GET_RW_HINT: case F_GET_FILE_RW_HINT: put_fcntl_hint(c, v, true); break;
    case F_SET_RW_HINT: case F_SET_FILE_RW_HINT: put_fcntl_hint(c, v, false); break;
    case F_DUPFD: case F_DUPFD_CLOEXEC: case F_SETOWN: case F_SETPIPE_SZ: put(c, "%d", (int)v); break;
    default: put(c, v ? "0x%lx" : "%lu", v); break;
    }
}

/* What fcntl's results mean. */
void strace_fcntl_result(struct strace_call *c)
{
    struct text *x = &c->x;
    size_t before = x->n;
    switch ((int)c->a[1]) {
    case F_GETFD:
        if (!c->r) return;
        put(c, "flags ");
        put_flags(c, &set_fd_own_flags, (uint64_t)c->r);
        break;
    case F_GETFL: put(c, "flags "); put_open_flags(c, (uint64_t)c->r); break;
    case F_GET_SEALS: put(c, "seals "); put_flags(c, &set_seals, (uint64_t)c->r); break;
    case F_GETLEASE: put_enum(c, &set_lock_type, (uint64_t)c->r); break;
    case F_GETSIG: if (!c->r) return; put_signal(c, (int)c->r); break;
    default: return;
    }
    note(c, "%.*s", (int)(x->n - before), x->s + before);
    x->n = before;
}

/* ---- notification, memory files ---- */

void print_fanotify_init(struct strace_call *c, uint64_t v, const void *param)
{
    enum { CLASSES = 12 };
    uint64_t class = v & CLASSES;
    if (!class) put(c, "FAN_CLASS_NOTIF");
    else put_flags(c, &set_fanotify_init_flags, class);
    put_more_flags(c, &set_fanotify_init_flags, v & ~(uint64_t)CLASSES);
}

void print_memfd_flags(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t size = v >> MFD_HUGE_SHIFT & MFD_HUGE_MASK, rest = v & ~((uint64_t)MFD_HUGE_MASK << MFD_HUGE_SHIFT);
    put_flags(c, &set_memfd_flags, (uint32_t)rest);
    if (size) put(c, "|%u<<MFD_HUGE_SHIFT", (unsigned)size);
}

/* ---- mounts and quotas ---- */

void print_mount_flags(struct strace_call *c, uint64_t v, const void *param)
{
    bool magic = (v & MS_MGC_MSK) == MS_MGC_VAL;
    if (magic) {
        put(c, "MS_MGC_VAL");
        put_more_flags(c, &set_mount_flags, v & ~(uint64_t)MS_MGC_MSK);
    } else {
        put_flags(c, &set_mount_flags, v);
    }
}

void print_fsconfig_value(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[1]) {
    case FSCONFIG_SET_STRING: case FSCONFIG_SET_PATH: case FSCONFIG_SET_PATH_EMPTY: put_string_at(c, v); break;
    case FSCONFIG_SET_BINARY: put_bytes_at(c, v, c->a[4]); break;
    default: put_address(c, v); break;
    }
}

void print_quota_cmd(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t cmd = (uint32_t)v >> 8;
    const char *name = value_name(&set_quota_cmd, (uint64_t)(int32_t)cmd);
    if (!name) name = value_name(&set_quota_cmd, cmd);
    if (name) put(c, "QCMD(%s, ", name);
    else put(c, "QCMD(0x%x /* Q_??? */, ", cmd);
    put_enum(c, &set_quota_type, (uint8_t)v);
    put(c, ")");
}

void print_quota_arg(struct strace_call *c, uint64_t v, const void *param)
{
    bool reads;
    switch ((uint32_t)c->a[0] >> 8) {
    case Q_QUOTAON: print_path(c, v, param); return;
    case Q_GETQUOTA: case Q_SETQUOTA: case Q_GETINFO: case Q_SETINFO:
        reads = (uint32_t)c->a[0] >> 8 == Q_GETQUOTA || (uint32_t)c->a[0] >> 8 == Q_GETINFO;
        if (reads && !c->leaving) c->later = true;
        else put_struct_at(c, (uint32_t)c->a[0] >> 8 == Q_GETQUOTA || (uint32_t)c->a[0] >> 8 == Q_SETQUOTA ? &struct_dqblk : &struct_dqinfo, v);
        return;
    default: put_address(c, v); return;
    }
}
