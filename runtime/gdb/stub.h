/* What the files of the stub share. Everything is written by the task that is the server, but for what says otherwise. */
#ifndef RUNTIME_GDB_STUB_H
#define RUNTIME_GDB_STUB_H

#include "runtime/gdb/gdb.h"
#include "runtime/task.h"

/* Why a task stopped (gdb_task.stop). stop_signo: a signal; stop_addr: WATCH: the address; stop_aux: WATCH: kind of watchpoint (2-4);
 * FORK, VFORK: the child; SYSCALL_*: number; EXITED: status. */
enum {
    STOP_NONE, STOP_START, STOP_SIGNAL, STOP_BREAK, STOP_WATCH, STOP_STEP, STOP_INTERRUPT, STOP_FORK, STOP_VFORK, STOP_VFORK_DONE,
    STOP_EXEC, STOP_SYSCALL_ENTRY, STOP_SYSCALL_RETURN, STOP_EXITED, STOP_KILLED,
};

enum {
    PACKET_MAX = 16384,         /* bytes of a packet, both ways */
    FILES = 32, FILE_NAME = 1024,   /* open files of vFile */
    CATCH_MAX = 512,            /* system call numbers */
    CHUNK = 1024,               /* bytes of guest memory handled at a time */
};

/* What a debugger has told us, kept over fork and exec. */
struct session {
    int32_t listen_fd, conn_fd;
    uint32_t begun;             /* it has sent a packet that made sense */
    uint32_t no_ack, extended, multiprocess, swbreak, fork_events, vfork_events, exec_events;
    uint32_t attached;          /* it joined a running program */
    uint32_t on_crash;
    uint32_t restarting;        /* the next program is this one begun again: 1 by R, 2 by vRun */
    uint64_t pass;              /* signals not worth a stop (QPassSignals), SIG_BIT */
    uint32_t catching, catch_all;
    uint8_t caught[CATCH_MAX / 8];
    char address[128];          /* as the option gives it */
    struct { uint32_t used, flags, mode; char name[FILE_NAME]; } file[FILES];
};

struct stub {
    struct session s;
    struct tgroup *tgroup;      /* the debugged process; NULL: none (any more) */
    int32_t pid;                /* its id */
    uint32_t server;            /* task id of who is the server, 0 nobody; any task (stops.c) */
    uint32_t changes;           /* futex: counts what waiting tasks are interested in; any task */
    int32_t armed[2];           /* the sockets' numbers when signals on input were asked for */
    uint32_t input;             /* a socket has something to say; set by the signal handler */
    uint32_t resumed;           /* the debugger let go */
    uint32_t gone;              /* the process is over, only the report is left */
    struct task *at;            /* whose stop is reported */
    struct task *reg, *cont;    /* threads chosen by Hg and Hc; NULL any */
    struct task *vfork_child;   /* the server, while its parent's vfork is reported */
    int32_t forked;             /* a child that waits for its fate, 0 none (process.c) */
    uint32_t forked_free;       /* the debugger let it go */
    uint32_t hg_child;          /* Hg names the child */
    const char *const *argv; char **envp; const char *path;
};
extern struct stub stub;

static inline bool stub_debugged(const struct task *t) { return stub.tgroup && t->tgroup == stub.tgroup; }
static inline int32_t stub_pid_of(const struct task *t) { return t->tgid ? t->tgid : t->tid; }
static inline bool stub_connected(void) { return stub.s.conn_fd >= 0 && stub.s.begun; }

/* ---- connection.c ---- */
/* Opens the listening socket of stub.s.address. 0 or -errno. */
int stub_listen(void);
/* Waits for a client and takes it. */
void stub_accept(void);
/* Takes a client that waits, if there is one; turned away if we have one. */
void stub_accept_waiting(void);
void stub_close(void);          /* the client */
void stub_close_all(void);      /* and the listening socket */
/* Signals on input (to this process), or not. */
void stub_async(bool on);
void stub_find_fds(void);       /* their numbers */
void stub_keep_fds(void);       /* after execve: both are ours again */
/* The next packet: its length, NUL-terminated, in stub_in; -1: the client is gone. */
int stub_get_packet(void);
extern char stub_in[PACKET_MAX + 4];
/* What waits to be read while the program runs: 0 nothing, 3 an interrupt, '$' the start of a packet, -1 the end. */
int stub_peek(void);
/* An answer is begun, added to and sent. */
void gdb_out_begin(void);
void gdb_out_char(char c);          /* as it is */
void gdb_out_text(const char *s);   /* as it is */
void gdb_out_hex(uint64_t v);       /* big-endian, without leading zeros */
void gdb_out_bytes(const void *p, size_t n);        /* in hex digits */
void gdb_out_binary(const void *p, size_t n);       /* escaped; */
size_t gdb_out_room(void);          /* so many more bytes of that fit for certain */
void gdb_out_send(void);
static inline void gdb_out_ok(void) { gdb_out_text("OK"); }
void gdb_out_error(int err);        /* an errno, positive or negative */
/* O packet: console text while the program runs or a monitor command is served. */
void stub_console(const char *s, size_t n);

/* ---- text.c: taking packets apart ---- */
int gdb_hex_digit(char c);          /* or -1 */
bool gdb_take(const char **p, const char *word);    /* is it there? Skips it. */
uint64_t gdb_take_hex(const char **p);              /* 0 if there is no digit */
size_t gdb_take_bytes(const char **p, void *out, size_t max);   /* hex digits in pairs */
size_t gdb_unescape(char *s, size_t n);             /* binary data in place: its length */
unsigned gdb_of_signal(int signo);              /* gdb's number of a Linux signal, and back (0 none) */
int gdb_to_signal(unsigned n);

/* ---- stops.c ---- */
/* t has stopped for what t->gdb says: stops all others, reports, serves until resumed. */
void stub_stop(struct task *t);
/* Stops the tasks of the debugged process but t. The caller is the server. */
void stub_stop_all(struct task *t);
/* Become the server, at once or after standing still (true). */
bool stub_take(struct task *t);
void stub_release(struct task *t);
void stub_park(struct task *t);
void stub_changed(void);
/* Lets every task run that was held, as no debugger is there any more. */
void stub_let_go(void);

/* ---- server.c ---- */
/* Serves until the program is resumed or the client leaves. report: begin with the stop reply of stub.at. */
void stub_serve(struct task *t, bool report);
void stub_stop_reply(void);
/* The debugger leaves: breakpoints go, tasks run. */
void stub_detach(void);
/* Makes the host's actions those that gdb_wants_signal() asks for. */
void stub_signal_actions(struct task *t);

/* ---- threads.c ---- */
void gdb_out_thread(const struct task *t);
struct task *stub_find_thread(int32_t tid);
/* "p1.2", "1", -1 for all, 0 for any; pid 0 if it is not said. */
void gdb_take_thread(const char **p, int32_t *pid, int32_t *tid);
void gdb_query_threads(bool first);
void gdb_query_thread_extra(const char *p);
/* Text of qXfer:threads. */
size_t gdb_make_threads(char *buf, size_t size);

/* ---- registers.c ---- */
size_t gdb_make_target_xml(const struct fe_guest *g, char *buf, size_t size);
void gdb_read_registers(struct task *t);
void gdb_write_registers(struct task *t, const char *p);
void gdb_read_register(struct task *t, const char *p);
void gdb_write_register(struct task *t, const char *p);
void gdb_out_expedited(const struct task *t);
/* Brings the floating-point flags that stay with the host into the register file. */
void stub_settle_registers(struct task *t);

/* ---- memory.c ---- */
/* Reads what can be read of [addr, addr + n); bytes. Writes all: 0 or -errno. Whatever the guest's protection. */
size_t stub_read_memory(uint64_t addr, void *buf, size_t n);
int stub_write_memory(uint64_t addr, const void *buf, size_t n);
void gdb_packet_read_memory(const char *p, bool binary);
void gdb_packet_write_memory(const char *p);
void gdb_packet_write_binary(char *p, size_t n);
void gdb_packet_search(const char *p, size_t n);
void gdb_packet_crc(const char *p);

/* ---- points.c ---- */
void gdb_packet_point(const char *p, bool set);
void stub_clear_points(void);
bool stub_watching(void);

/* ---- process.c ---- */
void gdb_packet_detach(const char *p);
_Noreturn void stub_kill(void);
bool stub_resumes_vfork_child(int32_t pid);
void stub_restart(const char *p, bool reply);     /* returns if it failed, with the answer begun */

/* ---- files.c ---- */
void gdb_packet_file(char *p, size_t n);

/* Signals that count as a crash (-g PORT,on=crash). */
#define GDB_CRASHES (SIG_SYNC | SIG_BIT(SIGABRT) | SIG_BIT(SIGSYS))

/* ---- monitor.c ---- */
void gdb_packet_monitor(struct task *t, const char *p);

#endif
