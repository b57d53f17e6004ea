/* Printers of keys, BPF, System V IPC and what concerns the whole system. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/generic.h"
#include "syscall/strace/guest.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

/* ---- the system ---- */

void print_load(struct strace_call *c, uint64_t v, const void *param)
{
    const uint64_t *loads = (const uint64_t *)v;
    put(c, "[%lu, %lu, %lu]", loads[0], loads[1], loads[2]);
}

void print_syslog_action(struct strace_call *c, uint64_t v, const void *param)
{
    static const char *const names[] = {"CLOSE", "OPEN", "READ", "READ_ALL", "READ_CLEAR", "CLEAR", "CONSOLE_OFF", "CONSOLE_ON", "CONSOLE_LEVEL", "SIZE_UNREAD", "SIZE_BUFFER"};
    if (v < sizeof names / sizeof names[0]) put(c, "%u /* SYSLOG_ACTION_%s */", (unsigned)v, names[v]);
    else put(c, "%u /* SYSLOG_ACTION_??? */", (unsigned)v);
}

static bool syslog_writes(const struct strace_call *c) { return c->a[0] >= 2 && c->a[0] <= 4; }

void print_syslog_buf(struct strace_call *c, uint64_t v, const void *param)
{
    enum { CONSOLE_LEVEL = 8 };
    if (syslog_writes(c) && !c->leaving) c->later = true;
    else if (syslog_writes(c)) print_out_buf(c, v, param);
    else if (c->a[0] == CONSOLE_LEVEL) put_address(c, v);
    else c->omit = c->last = true;
}

void print_syslog_len(struct strace_call *c, uint64_t v, const void *param) { put(c, "%d", (int)v); }

void print_host_name(struct strace_call *c, uint64_t v, const void *param)
{
    enum { LONGEST = 64 };
    if ((uint32_t)c->a[1] > LONGEST) put_address(c, v);
    else put_bytes_at(c, v, (uint32_t)c->a[1]);
}

void print_reboot_arg(struct strace_call *c, uint64_t v, const void *param)
{
    c->omit = (uint32_t)c->a[2] != LINUX_REBOOT_CMD_RESTART2;
    put_string_at(c, v);
}

static void put_kexec_segment(struct strace_call *c, const void *e) { put_struct(c, &struct_kexec_segment, e); }

void print_kexec_segments(struct strace_call *c, uint64_t v, const void *param)
{
    put_array(c, v, c->a[1], struct_size(&struct_kexec_segment), put_kexec_segment);
}

void print_landlock_rule(struct strace_call *c, uint64_t v, const void *param)
{
    put_struct_at(c, (int)c->a[1] == LANDLOCK_RULE_PATH_BENEATH ? &struct_landlock_path : &struct_landlock_net_port, v);
}

/* ---- keys ---- */

void print_keyring(struct strace_call *c, uint64_t v, const void *param)
{
    const char *name = value_name(&set_keyring, (uint64_t)(int32_t)v);
    if (name) put(c, "%s", name);
    else put(c, "%d", (int)v);
}

/* A letter per argument: k key, s string, b bytes and their number, o bytes it writes, n number, x hexadecimal. */
static const char *keyctl_format(int op)
{
    switch (op) {
    case KEYCTL_GET_KEYRING_ID: return "kn";
    case KEYCTL_JOIN_SESSION_KEYRING: return "s";
    case KEYCTL_UPDATE: return "kbn";
    case KEYCTL_REVOKE: case KEYCTL_CLEAR: case KEYCTL_INVALIDATE: case KEYCTL_ASSUME_AUTHORITY: return "k";
    case KEYCTL_CHOWN: return "knn";
    case KEYCTL_SETPERM: return "kx";
    case KEYCTL_DESCRIBE: case KEYCTL_READ: case KEYCTL_GET_SECURITY: return "kon";
    case KEYCTL_LINK: case KEYCTL_UNLINK: return "kk";
    case KEYCTL_SEARCH: return "kssk";
    case KEYCTL_INSTANTIATE: return "kbnk";
    case KEYCTL_NEGATE: return "knk";
    case KEYCTL_SET_REQKEY_KEYRING: return "d";
    case KEYCTL_SET_TIMEOUT: return "kn";
    case KEYCTL_SESSION_TO_PARENT: return "";
    case KEYCTL_REJECT: return "knnk";
    case KEYCTL_GET_PERSISTENT: return "nk";
    case KEYCTL_MOVE: return "kkkn";
    case KEYCTL_RESTRICT_KEYRING: return "kss";
    case KEYCTL_CAPABILITIES: return "on";
    default: return "xxxx";
    }
}

void print_keyctl_arg(struct strace_call *c, uint64_t v, const void *param)
{
    const char *f = keyctl_format((int)c->a[0]);
    unsigned n = 0;
    while (f[n]) n++;
    c->omit = c->i > n;
    if (c->omit) return;
    switch (f[c->i - 1]) {
    case 'k': print_keyring(c, v, NULL); break;
    case 's': put_string_at(c, v); break;
    case 'b': put_bytes_at(c, v, c->a[c->i + 1]); break;
    case 'd': put_enum(c, &set_reqkey, v); break;
    case 'o':
        if (!c->leaving) c->later = true;
        else print_out_buf(c, v, NULL);
        break;
    case 'n': put(c, "%u", (unsigned)v); break;
    default: put(c, v ? "0x%lx" : "%lu", v); break;
    }
}

/* ---- BPF ---- */

void print_bpf_attr(struct strace_call *c, uint64_t v, const void *param)
{
    const struct strace_struct *s;
    switch ((int)c->a[0]) {
    case BPF_MAP_CREATE: s = &struct_bpf_map_create; break;
    case BPF_MAP_LOOKUP_ELEM: case BPF_MAP_UPDATE_ELEM: case BPF_MAP_DELETE_ELEM: case BPF_MAP_GET_NEXT_KEY: case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
    case BPF_MAP_FREEZE: s = &struct_bpf_elem; break;
    case BPF_PROG_LOAD: s = &struct_bpf_prog_load; break;
    case BPF_OBJ_PIN: case BPF_OBJ_GET: s = &struct_bpf_obj; break;
    case BPF_PROG_ATTACH: case BPF_PROG_DETACH: s = &struct_bpf_attach; break;
    case BPF_OBJ_GET_INFO_BY_FD: s = &struct_bpf_info; break;
    case BPF_PROG_GET_NEXT_ID: case BPF_MAP_GET_NEXT_ID: case BPF_BTF_GET_NEXT_ID: case BPF_LINK_GET_NEXT_ID: case BPF_PROG_GET_FD_BY_ID:
    case BPF_MAP_GET_FD_BY_ID: case BPF_BTF_GET_FD_BY_ID: case BPF_LINK_GET_FD_BY_ID: s = &struct_bpf_id; break;
    default: put_address(c, v); return;
    }
    /* The structure may be shorter than what is known of it; the rest is zero then. */
    union bpf_attr attr = {0};
    size_t n = (uint32_t)c->a[2] < sizeof attr ? (uint32_t)c->a[2] : sizeof attr;
    if (v && !copy_from_guest(&attr, v, n)) put_struct(c, s, &attr);
    else put_address(c, v);
}

/* ---- System V IPC ---- */

void print_ipc_key(struct strace_call *c, uint64_t v, const void *param)
{
    if ((uint32_t)v) put(c, "0x%x", (unsigned)v);
    else put(c, "IPC_PRIVATE");
}

void print_ipc_flags(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t flags = (uint32_t)v & ~0777u;
    if (flags) {
        put_flags(c, param, flags);
        put(c, "|");
    }
    print_mode(c, v & 0777, NULL);
}

enum { IPC_64_FLAG = 0x100 };

void print_ipc_cmd(struct strace_call *c, uint64_t v, const void *param) { put_enum(c, param, (uint32_t)v & ~(uint32_t)IPC_64_FLAG); }

void print_ipc_ctl(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[1] & ~IPC_64_FLAG) {
    case IPC_SET: case IPC_STAT: case SHM_STAT: case MSG_STAT: put_struct_at(c, param, v); break;
    default: put_address(c, v); break;
    }
}

void print_semctl_arg(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[2] & ~IPC_64_FLAG) {
    case IPC_SET: case IPC_STAT: case SEM_STAT: put_struct_at(c, &struct_semid, v); break;
    default: put_address(c, v); break;
    }
}

void print_msgbuf(struct strace_call *c, uint64_t v, const void *param)
{
    int64_t type;
    if (c->leaving && c->r < 0) {
        put_address(c, v);
        return;
    }
    if (!v || copy_from_guest(&type, v, 8)) {
        put_address(c, v);
        return;
    }
    put(c, "{mtype=%ld, mtext=", (long)type);
    put_bytes_at(c, v + 8, c->leaving ? (uint64_t)c->r : c->a[2]);
    put(c, "}");
}

static void put_sembuf(struct strace_call *c, const void *e)
{
    const struct sembuf *s = e;
    put(c, "{sem_num=%u, sem_op=%d, sem_flg=", s->sem_num, s->sem_op);
    put_flags(c, &set_sem_flags, (uint16_t)s->sem_flg);
    put(c, "}");
}

void print_sembufs(struct strace_call *c, uint64_t v, const void *param) { put_array(c, v, (uint32_t)c->a[2], sizeof(struct sembuf), put_sembuf); }
