/* The server: takes packets from the debugger and answers them, until the program is resumed. */
#include <errno.h>
#include <string.h>

#include "loader/auxv.h"
#include "runtime/gdb/stub.h"
#include "runtime/log.h"
#include "runtime/region.h"
#include "syscall/proc.h"

/* ---- stop replies ---- */

static void out_exe(void)
{
    char path[4096];
    const char *exe = proc_exe(path);
    gdb_out_bytes(exe, strlen(exe));
}

static void out_event(const struct task *t)
{
    static const char *const watch[] = {[2] = "watch:", [3] = "rwatch:", [4] = "awatch:"};
    const struct gdb_task *g = &t->gdb;
    switch (g->stop) {
    case STOP_BREAK:
        if (stub.s.swbreak)
            gdb_out_text("swbreak:;");
        break;
    case STOP_WATCH:
        gdb_out_text(watch[g->stop_aux]);
        gdb_out_hex(g->stop_addr);
        gdb_out_char(';');
        break;
    case STOP_FORK: case STOP_VFORK:
        gdb_out_text(g->stop == STOP_FORK ? "fork:p" : "vfork:p");
        gdb_out_hex(g->stop_aux);
        gdb_out_char('.');
        gdb_out_hex(g->stop_aux);
        gdb_out_char(';');
        break;
    case STOP_VFORK_DONE:
        gdb_out_text("vforkdone:;");
        break;
    case STOP_EXEC:
        gdb_out_text("exec:");
        out_exe();
        gdb_out_char(';');
        break;
    case STOP_SYSCALL_ENTRY: case STOP_SYSCALL_RETURN:
        gdb_out_text(g->stop == STOP_SYSCALL_ENTRY ? "syscall_entry:" : "syscall_return:");
        gdb_out_hex(g->stop_aux);
        gdb_out_char(';');
        break;
    default:
        break;
    }
}

void stub_stop_reply(void)
{
    const struct task *t = stub.at;
    unsigned signo = t->gdb.stop == STOP_SIGNAL || t->gdb.stop == STOP_KILLED ? t->gdb.stop_signo : t->gdb.stop == STOP_INTERRUPT ? SIGINT : SIGTRAP;
    uint8_t number = (uint8_t)(t->gdb.stop == STOP_EXITED ? t->gdb.stop_aux : gdb_of_signal((int)signo));
    if (t->gdb.stop == STOP_EXITED || t->gdb.stop == STOP_KILLED) {
        gdb_out_char(t->gdb.stop == STOP_EXITED ? 'W' : 'X');
        gdb_out_bytes(&number, 1);
        if (stub.s.multiprocess) {
            gdb_out_text(";process:");
            gdb_out_hex((uint64_t)stub.pid);
        }
        return;
    }
    gdb_out_char('T');
    gdb_out_bytes(&number, 1);
    out_event(t);
    gdb_out_text("thread:");
    gdb_out_thread(t);
    gdb_out_char(';');
    gdb_out_expedited(t);
}

/* ---- resuming: vCont and its older forms ---- */

enum { ACTIONS = 64 };
struct action { char kind; int signo; int32_t pid, tid; uint64_t lo, hi; };
static struct action actions[ACTIONS];
static unsigned nactions;

/* The first action that names the thread counts. */
static void resume_one(void *ctx, struct task *u)
{
    (void)ctx;
    if (!stub_debugged(u))
        return;
    unsigned i = 0;
    while (i < nactions && !((actions[i].pid <= 0 || actions[i].pid == stub_pid_of(u)) && (actions[i].tid <= 0 || actions[i].tid == u->tid)))
        i++;
    if (i == nactions)
        return;
    const struct action *a = &actions[i];
    bool steps = a->kind == 's' || a->kind == 'S' || a->kind == 'r';
    u->run_mode = task_run_mode | (steps ? REGION_STEP : 0) | (stub_watching() ? REGION_WATCH : 0);
    u->gdb.range_lo = a->lo;
    u->gdb.range_hi = a->hi;
    u->gdb.resume_signal = a->signo;
    if (u == stub.at)
        u->gdb.stop = STOP_NONE;
    __atomic_store_n(&u->gdb.hold, 0, __ATOMIC_SEQ_CST);
}

static void resume(void)
{
    if (stub.gone) {
        gdb_out_error(ESRCH);
        gdb_out_send();
        return;
    }
    task_each(resume_one, NULL);
    stub.resumed = 1;
}

static void packet_vcont(const char *p)
{
    nactions = 0;
    while (*p == ';' && nactions < ACTIONS) {
        struct action *a = &actions[nactions++];
        *a = (struct action){.kind = p[1]};
        p += 2;
        if (a->kind == 'C' || a->kind == 'S')
            a->signo = gdb_to_signal((unsigned)gdb_take_hex(&p));
        if (a->kind == 'r') {
            a->lo = gdb_take_hex(&p);
            if (*p == ',')
                p++;
            a->hi = gdb_take_hex(&p);
        }
        if (*p == ':') {
            p++;
            gdb_take_thread(&p, &a->pid, &a->tid);
        }
        if (a->kind == 't')     /* it stands already */
            nactions--;
        else
            stub_resumes_vfork_child(a->pid);
    }
    resume();
}

/* c, s, C, S: [signal;][address]; the others go on with c. */
static void packet_resume(const char *p)
{
    char kind = *p++;
    int signo = 0;
    struct task *t = stub.cont ? stub.cont : stub.at;
    if (kind == 'C' || kind == 'S') {
        signo = gdb_to_signal((unsigned)gdb_take_hex(&p));
        if (*p == ';')
            p++;
    }
    if (gdb_hex_digit(*p) >= 0)
        t->cpu.f.pc = gdb_take_hex(&p);
    actions[0] = (struct action){.kind = kind, .signo = signo, .tid = t->tid};
    actions[1] = (struct action){.kind = 'c'};
    nactions = 2;
    resume();
}

/* ---- what the debugger sets ---- */

void stub_signal_actions(struct task *t)
{
    struct sighand *s = t->sighand;
    sighand_lock(s);
    for (int signo = 1; signo <= 64; signo++)
        if (signo != SIGKILL && signo != SIGSTOP)
            signal_host_action(s, signo);
    sighand_unlock(s);
}

static void set_pass_signals(const char *p)
{
    uint64_t pass = 0;
    while (gdb_hex_digit(*p) >= 0) {
        int signo = gdb_to_signal((unsigned)gdb_take_hex(&p));
        if (signo)
            pass |= SIG_BIT(signo);
        if (*p == ';')
            p++;
    }
    stub.s.pass = pass;
    stub_signal_actions(stub.at);
    gdb_out_ok();
}

bool gdb_wants_signal(int signo)
{
    return stub_connected() && !(stub.s.pass & SIG_BIT(signo));
}

static void set_catch(const char *p)
{
    memset(stub.s.caught, 0, sizeof stub.s.caught);
    stub.s.catching = *p == '1';
    stub.s.catch_all = stub.s.catching && p[1] != ';';
    for (p++; *p == ';';) {
        p++;
        uint64_t nr = gdb_take_hex(&p);
        if (nr < CATCH_MAX)
            stub.s.caught[nr / 8] |= (uint8_t)(1u << nr % 8);
    }
    gdb_out_ok();
}

static void supported(const char *p)
{
    static const struct { const char *name; size_t flag; } known[] = {
        {"multiprocess+", offsetof(struct session, multiprocess)}, {"swbreak+", offsetof(struct session, swbreak)},
        {"fork-events+", offsetof(struct session, fork_events)}, {"vfork-events+", offsetof(struct session, vfork_events)},
        {"exec-events+", offsetof(struct session, exec_events)},
    };
    while (*p == ':' || *p == ';') {
        p++;
        size_t n = strcspn(p, ";");
        for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
            if (n == strlen(known[i].name) && !strncmp(p, known[i].name, n))
                *(uint32_t *)((char *)&stub.s + known[i].flag) = 1;
        p += n;
    }
    stub_signal_actions(stub.at);
    gdb_out_text("PacketSize=");
    gdb_out_hex(PACKET_MAX - 1);
    gdb_out_text(";qXfer:features:read+;qXfer:auxv:read+;qXfer:threads:read+;qXfer:exec-file:read+;qXfer:siginfo:read+;qXfer:siginfo:write+;"
             "QPassSignals+;QProgramSignals+;QCatchSyscalls+;QStartNoAckMode+;vContSupported+;multiprocess+;fork-events+;vfork-events+;"
             "exec-events+;swbreak+;hwbreak+");
}

/* ---- qXfer ---- */

static char object[1 << 20];

static struct task *chosen(void) { return stub.reg ? stub.reg : stub.at; }

/* Fills `object`; its size, or -errno. */
static long make_object(const char *name, const char *annex)
{
    struct task *t = chosen();
    if (!strcmp(name, "features"))
        return strncmp(annex, "target.xml", 10) ? -ENOENT : (long)gdb_make_target_xml(t->guest, object, sizeof object);
    if (!strcmp(name, "auxv")) {
        memcpy(object, ld_vectors.auxv, ld_vectors.auxv_size);
        return (long)ld_vectors.auxv_size;
    }
    if (!strcmp(name, "threads"))
        return (long)gdb_make_threads(object, sizeof object);
    if (!strcmp(name, "exec-file")) {
        const char *exe = proc_exe(object);
        size_t n = strlen(exe);
        memmove(object, exe, n);
        return (long)n;
    }
    if (!strcmp(name, "siginfo")) {
        memcpy(object, &t->gdb.info, sizeof t->gdb.info);
        return t->gdb.info.si_signo ? (long)sizeof t->gdb.info : -ENODATA;
    }
    return -EOPNOTSUPP;
}

/* offset:data, to the end of the packet. */
static void write_siginfo(const char *p, const char *end)
{
    struct task *t = chosen();
    size_t at = gdb_take_hex(&p);
    bool colon = gdb_take(&p, ":");
    size_t size = gdb_unescape((char *)p, (size_t)(end - p));
    if (!colon || at > sizeof t->gdb.info || size > sizeof t->gdb.info - at || !t->gdb.info.si_signo) {
        gdb_out_error(EINVAL);
        return;
    }
    memcpy((char *)&t->gdb.info + at, p, size);
    gdb_out_hex(size);
}

static void packet_xfer(const char *p, size_t n)
{
    char name[16], annex[64];
    size_t k = strcspn(p, ":"), a;
    if (k >= sizeof name)
        return;
    memcpy(name, p, k);
    name[k] = 0;
    p += k;
    if (!strcmp(name, "siginfo") && gdb_take(&p, ":write::")) {
        write_siginfo(p, stub_in + n);
        return;
    }
    if (!gdb_take(&p, ":read:") || (a = strcspn(p, ":")) >= sizeof annex)
        return;
    memcpy(annex, p, a);
    annex[a] = 0;
    p += a + (p[a] == ':');
    uint64_t at = gdb_take_hex(&p);
    if (*p == ',')
        p++;
    uint64_t want = gdb_take_hex(&p);
    long size = make_object(name, annex);
    if (size == -EOPNOTSUPP)
        return;
    if (size < 0) {
        gdb_out_error((int)size);
        return;
    }
    uint64_t left = at < (uint64_t)size ? (uint64_t)size - at : 0;
    bool all = left <= want && left <= gdb_out_room();
    gdb_out_char(all ? 'l' : 'm');
    if (!all)
        left = want < gdb_out_room() ? want : gdb_out_room();
    gdb_out_binary(object + at, left);
}

/* ---- queries ---- */

static void set_thread(const char *p)
{
    char which = *p++;
    int32_t pid, tid;
    gdb_take_thread(&p, &pid, &tid);
    struct task *t = tid > 0 ? stub_find_thread(tid) : NULL;
    bool child = stub.forked && pid == stub.forked;
    if (tid > 0 && !t && !child) {
        gdb_out_error(ESRCH);
        return;
    }
    if (child)
        t = stub.vfork_child;
    if (which == 'g') {
        stub.reg = t;
        stub.hg_child = child && !t;
    } else {
        stub.cont = t;
    }
    gdb_out_ok();
}

static void packet_query(const char *p, size_t n)
{
    if (gdb_take(&p, "Supported"))
        supported(p);
    else if (gdb_take(&p, "Xfer:"))
        packet_xfer(p, n);
    else if (gdb_take(&p, "fThreadInfo"))
        gdb_query_threads(true);
    else if (gdb_take(&p, "sThreadInfo"))
        gdb_query_threads(false);
    else if (gdb_take(&p, "ThreadExtraInfo,"))
        gdb_query_thread_extra(p);
    else if (gdb_take(&p, "Attached"))
        gdb_out_char(stub.s.attached ? '1' : '0');
    else if (gdb_take(&p, "Symbol:"))
        gdb_out_ok();
    else if (gdb_take(&p, "Search:memory:"))
        gdb_packet_search(p, n);
    else if (gdb_take(&p, "CRC:"))
        gdb_packet_crc(p);
    else if (gdb_take(&p, "Rcmd,"))
        gdb_packet_monitor(chosen(), p);
    else if (!strcmp(p, "C")) {
        gdb_out_text("QC");
        gdb_out_thread(stub.at);
    }
}

/* False if the answer is sent already. */
static bool packet_set(const char *p)
{
    if (gdb_take(&p, "StartNoAckMode")) {
        gdb_out_ok();
        gdb_out_send();
        stub.s.no_ack = 1;
        return false;
    } else if (gdb_take(&p, "PassSignals:")) {
        set_pass_signals(p);
    } else if (gdb_take(&p, "ProgramSignals:")) {
        gdb_out_ok();       /* whatever it resumes with is delivered */
    } else if (gdb_take(&p, "CatchSyscalls:")) {
        set_catch(p);
    } else if (gdb_take(&p, "NonStop:0")) {
        gdb_out_ok();
    }
    return true;
}

/* ---- the packets ---- */

static void packet_v(char *p, size_t n)
{
    const char *q = p;
    if (gdb_take(&q, "Cont?")) {
        gdb_out_text("vCont;c;C;s;S;t;r");
    } else if (gdb_take(&q, "Cont")) {
        packet_vcont(q);
    } else if (gdb_take(&q, "File:")) {
        gdb_packet_file((char *)q, n - (size_t)(q - stub_in));
    } else if (gdb_take(&q, "Kill;")) {
        if ((int32_t)gdb_take_hex(&q) != stub.pid) {
            gdb_out_error(ESRCH);
            return;
        }
        gdb_out_ok();
        if (stub.s.extended) {
            stub.gone = 1;
            return;
        }
        gdb_out_send();
        stub_kill();
    } else if (gdb_take(&q, "Run")) {
        stub_restart(q, true);
    } else if (gdb_take(&q, "CtrlC")) {
        gdb_out_ok();
    } else if (gdb_take(&q, "Attach;")) {
        if ((int32_t)gdb_take_hex(&q) == stub.pid && !stub.gone)
            stub_stop_reply();
        else
            gdb_out_error(ESRCH);
    }
}

/* True if there is an answer to send. */
static bool handle(char *p, size_t n)
{
    struct task *c = chosen();
    switch (*p) {
    case '?': stub_stop_reply(); return true;
    case '!': stub.s.extended = 1; gdb_out_ok(); return true;
    case 'g': gdb_read_registers(c); return true;
    case 'G': gdb_write_registers(c, p + 1); return true;
    case 'p': gdb_read_register(c, p + 1); return true;
    case 'P': gdb_write_register(c, p + 1); return true;
    case 'm': gdb_packet_read_memory(p + 1, false); return true;
    case 'x': gdb_packet_read_memory(p + 1, true); return true;
    case 'M': gdb_packet_write_memory(p + 1); return true;
    case 'X': gdb_packet_write_binary(p + 1, n - 1); return true;
    case 'Z': gdb_packet_point(p + 1, true); return true;
    case 'z': gdb_packet_point(p + 1, false); return true;
    case 'H': set_thread(p + 1); return true;
    case 'T': {
        const char *q = p + 1;
        int32_t pid, tid;
        gdb_take_thread(&q, &pid, &tid);
        if (stub_find_thread(tid) || (stub.forked && pid == stub.forked))
            gdb_out_ok();
        else
            gdb_out_error(ESRCH);
        return true;
    }
    case 'q': packet_query(p + 1, n); return true;
    case 'Q': return packet_set(p + 1);
    case 'v': packet_v(p + 1, n); return !stub.resumed;
    case 'c': case 's': case 'C': case 'S': packet_resume(p); return false;
    case 'D': gdb_packet_detach(p + 1); return !stub.resumed;
    case 'k':
        if (stub.s.extended) {
            stub.gone = 1;
            return false;
        }
        stub_kill();
    case 'R': stub_restart("", false); return true;
    default: return true;       /* empty: not known */
    }
}

void stub_detach(void)
{
    stub_clear_points();
    stub_close();
    stub.forked_free = 1;
    stub_signal_actions(stub.at);
    stub_let_go();
    stub.resumed = 1;
}

/* Until a packet makes sense, no debugger has been there: at the start that means to wait for the next. */
static bool wait_for_another(void)
{
    if (stub.s.begun || stub.at->gdb.stop != STOP_START || stub.s.attached || stub.s.listen_fd < 0)
        return false;
    stub_close();
    stub_accept();
    return true;
}

void stub_serve(struct task *t, bool report)
{
    stub.resumed = 0;
    stub.reg = stub.cont = NULL;
    stub.hg_child = 0;
    if (report) {
        gdb_out_begin();
        stub_stop_reply();
        gdb_out_send();
    }
    while (!stub.resumed) {
        int n = stub_get_packet();
        if (n < 0 && wait_for_another())
            continue;
        if (n < 0) {
            stub_detach();
            break;
        }
        gdb_out_begin();
        if (handle(stub_in, (size_t)n))
            gdb_out_send();
    }
    stub.reg = stub.cont = NULL;
    /* What came while signals on input were off is looked at by the first task that gets there. */
    stub_async(true);
    if (stub.s.conn_fd >= 0) {
        __atomic_store_n(&stub.input, 1, __ATOMIC_SEQ_CST);
        t->cpu.f.pending = 1;
    }
}
