/* Printers of prctl, seccomp and ptrace. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

/* How many arguments an option has; what is behind them is not shown. */
static unsigned prctl_arguments(int option)
{
    switch (option) {
    case PR_GET_DUMPABLE: case PR_GET_KEEPCAPS: case PR_GET_SECCOMP: case PR_GET_TIMING: case PR_GET_SECUREBITS: case PR_GET_TIMERSLACK:
    case PR_TASK_PERF_EVENTS_DISABLE: case PR_TASK_PERF_EVENTS_ENABLE: case PR_GET_FP_MODE: case PR_SVE_GET_VL:
        return 0;
    case PR_SET_PDEATHSIG: case PR_GET_PDEATHSIG: case PR_SET_DUMPABLE: case PR_SET_KEEPCAPS: case PR_SET_TIMING: case PR_SET_NAME: case PR_GET_NAME:
    case PR_GET_UNALIGN: case PR_SET_UNALIGN: case PR_GET_TSC: case PR_SET_TSC: case PR_SET_SECUREBITS: case PR_SET_TIMERSLACK:
    case PR_CAPBSET_READ: case PR_CAPBSET_DROP: case PR_SET_CHILD_SUBREAPER: case PR_GET_CHILD_SUBREAPER: case PR_GET_TID_ADDRESS:
    case PR_SET_PTRACER: case PR_SVE_SET_VL: case PR_SET_FP_MODE: case PR_GET_FPEMU: case PR_SET_FPEMU: case PR_GET_FPEXC: case PR_SET_FPEXC:
    case PR_GET_ENDIAN: case PR_SET_ENDIAN:
        return 1;
    case PR_SET_SECCOMP:
        return 2;
    default:
        return 4;
    }
}

static void put_number(struct strace_call *c, uint64_t v) { put(c, v ? "0x%lx" : "%lu", v); }

static void put_out_int(struct strace_call *c, uint64_t v, void (*f)(struct strace_call *, int))
{
    int n;
    if (!c->leaving) {
        c->later = true;
        return;
    }
    if (!fetch(c, v, &n, sizeof n)) return;
    put(c, "[");
    f(c, n);
    put(c, "]");
}

static void put_int(struct strace_call *c, int v) { put(c, "%d", v); }

static void put_name(struct strace_call *c, uint64_t v)
{
    char name[16];
    if (!v || copy_from_guest(name, v, sizeof name)) {
        put_address(c, v);
        return;
    }
    size_t n = 0;
    while (n < sizeof name && name[n]) n++;
    put_quoted(c, (uint8_t *)name, n < 16 ? n : 15, n == 16);
}

static void put_first(struct strace_call *c, uint64_t v)
{
    switch ((int)c->a[0]) {
    case PR_SET_PDEATHSIG: if (v) put_signal(c, (int)v); else put(c, "0"); break;
    case PR_GET_PDEATHSIG: put_out_int(c, v, put_signal); break;
    case PR_GET_CHILD_SUBREAPER: case PR_GET_UNALIGN: case PR_GET_TSC: case PR_GET_FPEMU: case PR_GET_FPEXC: case PR_GET_ENDIAN: put_out_int(c, v, put_int); break;
    case PR_GET_TID_ADDRESS:
        if (!c->leaving) c->later = true;
        else print_out_pointer(c, v, NULL);
        break;
    case PR_SET_DUMPABLE: {
        static const char *const names[] = {"SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"};
        if (v < 3) put(c, "%s", names[v]);
        else put_number(c, v);
        break;
    }
    case PR_SET_NAME: put_name(c, v); break;
    case PR_GET_NAME:
        if (!c->leaving) c->later = true;
        else put_name(c, v);
        break;
    case PR_CAPBSET_READ: case PR_CAPBSET_DROP: put_enum(c, &set_cap, v); break;
    case PR_CAP_AMBIENT: put_enum(c, &set_prctl_ambient, v); break;
    case PR_SET_SECCOMP: put_enum(c, &set_seccomp_mode, v); break;
    case PR_SET_SECUREBITS: put_flags(c, &set_secbits, v); break;
    case PR_GET_SPECULATION_CTRL: case PR_SET_SPECULATION_CTRL: put_enum(c, &set_prctl_spec, v); break;
    case PR_SET_MM: put_enum(c, &set_prctl_mm, v); break;
    case PR_SET_VMA: put(c, v == PR_SET_VMA_ANON_NAME ? "PR_SET_VMA_ANON_NAME" : "0x%lx /* PR_SET_VMA_??? */", v); break;
    case PR_SET_PTRACER: if (v == PR_SET_PTRACER_ANY) put(c, "PR_SET_PTRACER_ANY"); else put(c, "%d", (int)v); break;
    case PR_MCE_KILL: put_enum(c, &set_prctl_mce, v); break;
    case PR_SET_TAGGED_ADDR_CTRL: put_flags(c, &set_prctl_tagged, v); break;
    case PR_SET_KEEPCAPS: case PR_SET_CHILD_SUBREAPER: case PR_SET_NO_NEW_PRIVS: case PR_SET_THP_DISABLE: case PR_SET_TIMERSLACK: case PR_SET_TIMING:
        put(c, "%lu", v);
        break;
    default: put_number(c, v); break;
    }
}

void print_prctl_arg(struct strace_call *c, uint64_t v, const void *param)
{
    int option = (int)c->a[0];
    c->omit = c->i > prctl_arguments(option);
    if (c->omit) return;
    if (c->i == 1) put_first(c, v);
    else if (c->i == 2 && option == PR_SET_SECCOMP && c->a[1] == SECCOMP_MODE_FILTER) put_filter(c, v);
    else if (c->i == 2 && option == PR_SET_SPECULATION_CTRL) put_flags(c, &set_prctl_spec_how, v);
    else if (c->i == 2 && option == PR_CAP_AMBIENT && (int)c->a[1] != PR_CAP_AMBIENT_CLEAR_ALL) put_enum(c, &set_cap, v);
    else if (c->i == 2 && option == PR_SET_VMA) put_address(c, v);
    else if (c->i == 3 && option == PR_SET_VMA) put(c, "%lu", v);
    else if (c->i == 4 && option == PR_SET_VMA) put_string_at(c, v);
    else put_number(c, v);
}

/* What prctl's results mean. */
void strace_prctl_result(struct strace_call *c)
{
    size_t before = c->x.n;
    if (!c->r && c->a[0] != PR_GET_DUMPABLE) return;
    switch ((int)c->a[0]) {
    case PR_GET_DUMPABLE: put(c, "%s", c->r == 0 ? "SUID_DUMP_DISABLE" : c->r == 1 ? "SUID_DUMP_USER" : "SUID_DUMP_ROOT"); break;
    case PR_GET_SECUREBITS: put_flags(c, &set_secbits, (uint64_t)c->r); break;
    case PR_GET_SECCOMP: put_enum(c, &set_seccomp_mode, (uint64_t)c->r); break;
    case PR_GET_TAGGED_ADDR_CTRL: put_flags(c, &set_prctl_tagged, (uint64_t)c->r); break;
    case PR_GET_SPECULATION_CTRL: put_flags(c, &set_prctl_spec_how, (uint64_t)c->r); break;
    default: return;
    }
    note(c, "%.*s", (int)(c->x.n - before), c->x.s + before);
    c->x.n = before;
}

/* ---- seccomp ---- */

static void put_filter_code(struct strace_call *c, uint16_t code)
{
    put_enum(c, &set_filter_class, BPF_CLASS(code));
    switch (BPF_CLASS(code)) {
    case BPF_LD: case BPF_LDX:
        put(c, "|");
        put_enum(c, &set_filter_size, BPF_SIZE(code));
        put(c, "|");
        put_enum(c, &set_filter_mode, BPF_MODE(code));
        break;
    case BPF_ALU: case BPF_JMP:
        put(c, BPF_SRC(code) ? "|BPF_X|" : "|BPF_K|");
        put_enum(c, BPF_CLASS(code) == BPF_ALU ? &set_filter_alu : &set_filter_jump, BPF_OP(code));
        break;
    case BPF_RET:
        put(c, BPF_RVAL(code) == BPF_A ? "|BPF_A" : BPF_RVAL(code) == BPF_X ? "|BPF_X" : "|BPF_K");
        break;
    case BPF_MISC:
        put(c, BPF_MISCOP(code) == BPF_TXA ? "|BPF_TXA" : "|BPF_TAX");
        break;
    }
}

static void put_filter_insn(struct strace_call *c, const void *e)
{
    const struct sock_filter *f = e;
    bool jump = BPF_CLASS(f->code) == BPF_JMP && f->code != (BPF_JMP | BPF_JA), ret = f->code == (BPF_RET | BPF_K);
    put(c, jump ? "BPF_JUMP(" : "BPF_STMT(");
    put_filter_code(c, f->code);
    put(c, ", ");
    if (ret) {
        put_enum(c, &set_seccomp_action, f->k & SECCOMP_RET_ACTION_FULL);
        if (f->k & SECCOMP_RET_DATA) put(c, "|0x%x", f->k & SECCOMP_RET_DATA);
    } else put(c, f->k ? "0x%x" : "%x", f->k);
    if (jump) put(c, f->jt ? ", 0x%x" : ", %x", f->jt), put(c, f->jf ? ", 0x%x" : ", %x", f->jf);
    put(c, ")");
}

void put_filter(struct strace_call *c, uint64_t program)
{
    struct sock_fprog p;
    if (!fetch(c, program, &p, sizeof p)) return;
    put(c, "{len=%u, filter=", p.len);
    if (strace_options.verbose) put_array(c, (uint64_t)p.filter, p.len, sizeof(struct sock_filter), put_filter_insn);
    else put_address(c, (uint64_t)p.filter);
    put(c, "}");
}

void print_seccomp_flags(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->a[0] == SECCOMP_SET_MODE_FILTER) put_flags(c, &set_seccomp_flags, (uint32_t)v);
    else put_number(c, (uint32_t)v);
}

void print_seccomp_arg(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t action;
    if (c->a[0] == SECCOMP_SET_MODE_FILTER) {
        put_filter(c, v);
    } else if (c->a[0] == SECCOMP_GET_ACTION_AVAIL && v && !copy_from_guest(&action, v, 4)) {
        put(c, "[");
        put_enum(c, &set_seccomp_action, action);
        put(c, "]");
    } else {
        put_address(c, v);
    }
}

/* ---- ptrace ---- */

void print_ptrace_data(struct strace_call *c, uint64_t v, const void *param)
{
    switch ((int)c->a[0]) {
    case PTRACE_TRACEME:
        c->omit = true;
        break;
    case PTRACE_CONT: case PTRACE_SINGLESTEP: case PTRACE_SYSCALL: case PTRACE_DETACH: case PTRACE_LISTEN:
        if (v) put_signal(c, (int)v);
        else put(c, "0");
        break;
    case PTRACE_SETOPTIONS: case PTRACE_SEIZE:
        put_flags(c, &set_ptrace_options, v);
        break;
    case PTRACE_PEEKTEXT: case PTRACE_PEEKDATA: case PTRACE_PEEKUSR: case PTRACE_GETEVENTMSG:
        if (!c->leaving) c->later = true;
        else if (call_failed(c)) put_address(c, v);
        else print_out_pointer(c, v, NULL);
        break;
    case PTRACE_GETSIGINFO:
        if (!c->leaving) c->later = true;
        else print_siginfo(c, v, NULL);
        break;
    case PTRACE_SETSIGINFO:
        print_siginfo(c, v, NULL);
        break;
    case PTRACE_GETREGSET: case PTRACE_SETREGSET: {
        uint64_t iov[2];
        if (!fetch(c, v, iov, sizeof iov)) break;
        put(c, "{iov_base=0x%lx, iov_len=%lu}", iov[0], iov[1]);
        break;
    }
    default:
        put_number(c, v);
    }
}
