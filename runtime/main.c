/* Start: how dragoman was called, what program to run, and handing over to the main loop. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <unistd.h>

#include "binfmt/binfmt.h"
#include "loader/loader.h"
#include "runtime/cache.h"
#include "runtime/coverage.h"
#include "runtime/limits.h"
#include "runtime/log.h"
#include "runtime/options.h"
#include "runtime/own.h"
#include "runtime/reexec.h"
#include "runtime/space.h"
#include "runtime/title.h"
#include "syscall/proc.h"
#include "syscall/seccomp.h"
#include "syscall/strace/start.h"
#include "syscall/sys.h"

enum { AT_FLAGS_ARGV0 = 1 };    /* AT_FLAGS_PRESERVE_ARGV0: binfmt_misc's P flag */

/* What is to be run, however we were called. */
struct launch {
    struct ld_file file;
    const char *const *argv;    /* the guest's, NULL-terminated */
    char **envp;
    int gdb_fd;                 /* a debugger's session, of the program before this one, or -1 */
    int seccomp_fd;             /* of the program before this one, or -1 */
    bool secure;
    bool handed_down;           /* options come from a parent or the environment */
};

/* Descriptors of the guest's may fill its table up to the limit. */
static struct limits_room room;

static _Noreturn void cannot_run(const char *path, int err)
{
    const char *why = strerror(-err);
    if (err == -ENOEXEC)
        why = "not an executable of a known kind (aarch64 or riscv64 ELF, or a script)";
    else if (err == -ELIBBAD)
        why = "its interpreter is damaged";
    log_message("%s: %s", path, why);
    exit(err == -ENOENT || err == -ENOTDIR ? 127 : 126);
}

/* An execve that can no longer fail ends the process so. */
static _Noreturn void end_like_exec(void)
{
    signal(SIGSEGV, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    raise(SIGSEGV);
    exit(126);
}

/* glibc's registration belongs to a thread pointer that guest tasks do not have. */
static void leave_rseq(void)
{
    if (__rseq_size)
        host_syscall(__NR_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32, RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

static uint64_t stack_size(void)
{
    struct limit limit = {0, 0};
    limits_change(0, RLIMIT_STACK, NULL, &limit);
    if (rt_options.stack_size) {
        limit.soft = rt_options.stack_size < limit.hard ? rt_options.stack_size : limit.hard;
        limits_change(0, RLIMIT_STACK, &limit, NULL);
    }
    return limit.soft;
}

static _Noreturn void run(struct launch *l)
{
    limits_take_over();
    options_select_cpu(l->file.guest, l->handed_down);
    cache_init(rt_options.cache_size);      /* the stubs: a task's frame points to them */
    struct mm *mm = mm_new(ld_address_space(&l->file));
    struct task *t = task_alloc(l->file.guest);
    if (!mm || !t)
        own_exhausted("the first task");
    t->mm = mm;
    signal_init(t);
    const char *sysroot = rt_options.value[OPT_sysroot];
    struct ld_args args = {.argv = l->argv, .envp = (const char *const *)l->envp, .sysroot = sysroot,
                           .stack_size = stack_size(), .secure = l->secure};
    struct ld_image image;
    int err = ld_load(&l->file, mm, &args, &image);
    if (err == -ENOMEM && l->handed_down)
        end_like_exec();
    if (err)
        cannot_run(l->file.path, err);
    proc_init(&l->file);
    const char *path = l->file.path;
    if (log_on(LOG_syscall))
        strace_program(l->file.path, l->argv, (const char *const *)l->envp);
    reexec_keep_fd(REEXEC_PROGRAM, l->file.fd);
    cache_add_task(t);
    if (l->seccomp_fd >= 0)
        seccomp_take_over(t, l->seccomp_fd);
    t->trampoline = image.trampoline;
    t->guest->reset(t->cpu.guest, image.sp);
    t->cpu.f.pc = image.entry;
    reexec_options = options_text();
    leave_rseq();
    title_set();
    limits_return(&room);
    gdb_start(t, rt_options.value[OPT_gdb], l->gdb_fd, l->argv, l->envp, path);
    rt_start(t);
}

static void start_strace(int trace_fd, int state_fd, bool handed_down)
{
    const char *bad = log_on(LOG_syscall) ? strace_start(trace_fd, state_fd, handed_down) : NULL;
    if (!bad)
        return;
    log_message("cannot write %s", bad);
    exit(125);
}

/* Started by the kernel for a guest program: nothing in argv is an option of ours. */
static void from_binfmt(struct launch *l, int argc, char **argv)
{
    if (argc < 2)
        exit(125);
    bool keeps_argv0 = getauxval(AT_FLAGS) & AT_FLAGS_ARGV0;
    const char *path = argv[1];
    l->argv = (const char *const *)argv + (keeps_argv0 && argc > 2 ? 2 : 1);
    options_parse(1, argv, l->envp);
    l->handed_down = true;
    options_apply(true);
    start_strace(-1, -1, true);
    errno = 0;
    unsigned long fd = getauxval(AT_EXECFD);
    int err = errno == ENOENT ? ld_open(&l->file, path, NULL) : ld_open_fd(&l->file, (int)fd, path, path);
    if (err)
        cannot_run(path, err);
}

static bool started_by_binfmt(void)
{
    errno = 0;
    getauxval(AT_EXECFD);
    return errno != ENOENT || (getauxval(AT_FLAGS) & AT_FLAGS_ARGV0);
}

static void from_parent(struct launch *l, const struct reexec *r)
{
    options_inherit(r->options);
    l->handed_down = true;
    options_apply(true);
    start_strace(r->trace_fd, r->trace_state_fd, true);
    l->argv = r->argv;
    l->secure = r->secure;
    l->seccomp_fd = r->seccomp_fd;
    l->gdb_fd = r->gdb_fd;
    int err = ld_open_fd(&l->file, r->prog_fd, r->path, r->execfn);
    if (err)
        cannot_run(r->path, err);
}

static void from_command_line(struct launch *l, int argc, char **argv)
{
    int at = options_parse(argc, argv, l->envp);
    options_apply(false);
    start_strace(-1, -1, false);
    if (at >= argc) {
        log_message("no program given (see dragoman --help)");
        exit(125);
    }
    int err = ld_open(&l->file, argv[at], rt_options.value[OPT_sysroot]);
    if (err)
        cannot_run(argv[at], err);
    if (rt_options.value[OPT_argv0])
        argv[at] = (char *)rt_options.value[OPT_argv0];
    l->argv = (const char *const *)argv + at;
    l->envp = options_guest_env(l->envp);
    if (l->file.kind == LD_HOST) {
        limits_return(&room);
        execve(l->file.path, (char *const *)l->argv, l->envp);
        cannot_run(l->file.path, -errno);
    }
}

static int list_host(void)
{
    const struct be_target *h = be_host();
    const char *missing = h->check_host();
    printf("%s: %s\n", h->name, missing ? missing : "usable");
    uint32_t found = 0, on = h->features_on ? h->features_on(&found) : 0;
    for (unsigned i = 0; h->features && h->features[i]; i++)
        printf("  %-14s %s\n", h->features[i], on >> i & 1 ? "used" : found >> i & 1 ? "switched off" : "absent");
    return 0;
}

int main(int argc, char **argv, char **envp)
{
    static struct launch launch;
    struct reexec parent;
    int own_fd = -1;
    launch.envp = envp;
    launch.seccomp_fd = launch.gdb_fd = -1;
    launch.secure = getauxval(AT_SECURE);
    bool binfmt = started_by_binfmt(), child = !binfmt && reexec_decode(argc, argv, &parent, &own_fd);
    if (!binfmt && !child && argc > 1) {
        if (!strcmp(argv[1], "binfmt"))
            return binfmt_main(argc - 2, argv + 2);
        if (!strcmp(argv[1], "syscalls"))
            return sys_print_table(), 0;
        if (!strcmp(argv[1], "cpus"))
            return options_list_cpus(argv[2]);
        if (!strcmp(argv[1], "coverage"))
            return options_parse(1, argv, envp), options_apply(false), coverage_main(argc - 2, argv + 2);
        if (!strcmp(argv[1], "host"))
            return options_parse(1, argv, envp), options_apply(false), list_host();
    }
    const char *missing = be_host()->check_host();
    if (missing) {
        log_message("%s", missing);
        return 125;
    }
    limits_borrow(&room, LIMITS_FILES | LIMITS_SIZE);
    reexec_init(own_fd, binfmt);
    if (binfmt)
        from_binfmt(&launch, argc, argv);
    else if (child)
        from_parent(&launch, &parent);
    else
        from_command_line(&launch, argc, argv);
    run(&launch);
}
