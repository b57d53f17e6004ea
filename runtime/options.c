/* Options (runtime/options.h). Runs before the guest starts, so libc is at hand. */
#include "runtime/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/backend.h"
#include "runtime/cache.h"
#include "runtime/first_run.h"
#include "runtime/gdb/gdb.h"
#include "runtime/interp.h"
#include "runtime/lockstep.h"
#include "runtime/log.h"
#include "runtime/own.h"
#include "runtime/perf.h"
#include "runtime/reexec.h"
#include "runtime/region.h"
#include "runtime/report.h"
#include "runtime/version.h"
#include "syscall/strace/start.h"

struct rt_options rt_options = {.cache_size = 256u << 20};

static const struct option_row { const char *name, *argument, *variables, *text; } rows[OPT_COUNT] = {
#define OPTION(id, name, argument, variables, text) {name, argument, variables, text},
#include "runtime/options.def"
#undef OPTION
};

static const char *const log_names[LOG_COUNT] = {
#define LOG(name, text) #name,
#include "runtime/log.def"
#undef LOG
};
static const char *const log_texts[LOG_COUNT] = {
#define LOG(name, text) text,
#include "runtime/log.def"
#undef LOG
};

const char *options_name(enum option_id id) { return rows[id].name; }

static _Noreturn void usage_error(const char *what, const char *arg)
{
    log_message("%s%s%s (see dragoman --help)", what, arg ? " " : "", arg ? arg : "");
    exit(125);
}

static _Noreturn void print_help(void)
{
    printf("usage: dragoman [options] program [arguments]\n"
           "       dragoman binfmt register|unregister|status [guest...]\n"
           "       dragoman syscalls | coverage [guest [word...]] | host | cpus [guest] | --version | --help\n\n"
           "Runs Linux programs of another instruction set. Options (one or two dashes):\n");
    for (int i = 0; i < OPT_COUNT; i++) {
        char head[64];
        snprintf(head, sizeof head, "-%s%s%s", rows[i].name, rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
        printf("  %-24s %s\n", head, rows[i].text);
        if (*rows[i].variables)
            printf("  %-24s   environment: %s\n", "", rows[i].variables);
    }
    printf("\nGuests:");
    for (const struct fe_guest *const *g = fe_guests; *g; g++)
        printf(" %s", (*g)->name);
    printf("\nThe exit status is the guest's; 127: not found, 126: cannot be executed, 125: a failure of dragoman itself.\n");
    exit(0);
}

static uint64_t parse_size(const char *s, bool *ok)
{
    char *end;
    uint64_t v = strtoull(s, &end, 0);
    unsigned shift = 0;
    switch (*end | 0x20) {
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    }
    *ok = end != s && (shift ? end[1] == 0 : *end == 0);
    return v << shift;
}

static void list_sets(const char *title, const struct fe_cpu_model *sets, unsigned n)
{
    printf("  %s:\n", title);
    for (unsigned i = 0; i < n; i++)
        printf("    %-16s %s\n", sets[i].name, sets[i].features);
}

int options_list_cpus(const char *only)
{
    int found = 0;
    for (const struct fe_guest *const *p = fe_guests; *p; p++) {
        const struct fe_guest *g = *p;
        if (only && strcmp(only, g->name))
            continue;
        printf("%s (default: %s)\n", g->name, g->models[0].name);
        list_sets("models", g->models, g->nmodels);
        list_sets("groups of features", g->aliases, g->naliases);
        printf("  features:\n");
        for (unsigned i = 0; i < g->nfeatures; i++)
            printf("    %-16s %s%s\n", g->features[i].name, *g->features[i].needs ? "needs " : "", g->features[i].needs);
        found++;
    }
    if (!found)
        log_message("no guest '%s' (see dragoman --help)", only);
    return found ? 0 : 125;
}

void options_select_cpu(const struct fe_guest *g, bool handed_down)
{
    const char *spec = rt_options.value[OPT_cpu];
    char message[160];
    if (fe_select_cpu(g, spec, message, sizeof message))
        return;
    for (const struct fe_guest *const *p = fe_guests; *p && handed_down; p++)
        if (fe_cpu_known(*p, spec) && fe_select_cpu(g, NULL, message, sizeof message))
            return;
    log_message("%s (see dragoman cpus)", message);
    exit(125);
}

/* A path that holds wherever the guest and its children go; NULL: there is none. */
static const char *from_root(const char *path)
{
    char cwd[4096], *whole;
    if (*path == '/')
        return path;
    return getcwd(cwd, sizeof cwd) && asprintf(&whole, "%s/%s", cwd, path) > 0 ? whole : NULL;
}

/* Options that add up. */
static const char *joined(const char *old, const char *value)
{
    char *both;
    if (!old)
        return value;
    return asprintf(&both, "%s,%s", old, value) > 0 ? both : NULL;
}

/* The guest, and its children, may change directory. What is not there is taken as it is named. */
static const char *absolute(const char *path)
{
    const char *whole = realpath(path, NULL);
    return whole ? whole : path;
}

/* The process that writes the file of that name, and where: children inherit it (runtime/report.h). */
static const char *report_of_this_process(const char *value)
{
    const char *path = *value ? from_root(value) : NULL;
    char *whole;
    return path && asprintf(&whole, "%d:%s", (int)getpid(), path) > 0 ? whole : NULL;
}

static bool known_calls(const char *value)
{
    const char *unknown = strace_filter(value);
    if (unknown)
        log_message("no system call or class of them is named '%s'", unknown);
    return !unknown;
}

const char *options_set(enum option_id id, const char *value)
{
    bool ok = true;
    switch (id) {
    case OPT_stack:
        rt_options.stack_size = parse_size(value, &ok);
        break;
    case OPT_jitdump:
        value = absolute(strcmp(value, "1") ? value : ".");
        break;
    case OPT_sysroot:
        value = absolute(value);
        break;
    case OPT_logfile:
        value = from_root(value);
        ok = value;
        break;
    case OPT_strace:
        value = *value && strcmp(value, "1") ? from_root(value) : "1";
        ok = value;
        break;
    case OPT_report:
        value = report_of_this_process(value);
        ok = value;
        break;
    case OPT_report_regions:
        ok = parse_size(value, &ok) && ok;
        break;
    case OPT_strace_trace:
        ok = known_calls(value);
        break;
    case OPT_strace_s:
        ok = parse_size(value, &ok) <= 4096 && ok;
        break;
    case OPT_gdb:
        ok = gdb_option_valid(value);
        break;
    case OPT_plan:
        ok = !strcmp(value, "lazy") || !strcmp(value, "quick") || !strcmp(value, "hot") || !strcmp(value, "auto");
        rt_first_runs = !strcmp(value, "lazy") || !strcmp(value, "auto");
        region_hot = !strcmp(value, "hot") ? 1 : !strcmp(value, "auto") ? REGION_HOT : 0;
        break;
    case OPT_check:
        ok = !strcmp(value, "1") || !strcmp(value, "lockstep");
        break;
    case OPT_setenv:
    case OPT_unsetenv:
        value = joined(rt_options.value[id], value);
        ok = value;
        break;
    default:
        break;
    }
    rt_options.value[id] = value;
    return ok ? NULL : "bad value for option";
}

static void apply_log(const char *list)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *save, *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        int i = 0;
        while (i < LOG_COUNT && strcmp(w, log_names[i]))
            i++;
        if (i < LOG_COUNT) {
            log_mask |= 1u << i;
            continue;
        }
        if (strcmp(w, "help"))
            usage_error("unknown log switch", w);
        for (i = 0; i < LOG_COUNT; i++)
            printf("%-10s %s\n", log_names[i], log_texts[i]);
        exit(0);
    }
}

static void apply_chaos(const char *list)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *save, *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        bool ok = true;
        if (!strncmp(w, "cache=", 6))
            rt_options.cache_size = parse_size(w + 6, &ok);
        else if (!strncmp(w, "flush=", 6))
            cache_flush_every = (uint32_t)parse_size(w + 6, &ok);
        else if (!strncmp(w, "poll=", 5))
            rt_poll_every = (uint32_t)parse_size(w + 5, &ok), ok &= rt_poll_every > 1;
        else if (!strncmp(w, "crash=", 6))
            rt_crash_at = (uint32_t)parse_size(w + 6, &ok);
        else if (!strncmp(w, "retstack=", 9))
            task_ret_entries = (uint32_t)parse_size(w + 9, &ok), ok &= task_ret_entries >= 2 && task_ret_entries <= 4096;
        else if (!strncmp(w, "hot=", 4))
            region_hot = (uint32_t)parse_size(w + 4, &ok), ok &= region_hot <= INT32_MAX;
        else if (!strncmp(w, "hotmax=", 7))
            region_hot_max = (uint32_t)parse_size(w + 7, &ok);
        else if (!strncmp(w, "nomem=", 6))
            ok = own_refuse(OWN_OURS, w + 6);
        else if (!strncmp(w, "nomap=", 6))
            ok = own_refuse(OWN_GUESTS, w + 6);
        else if (!strcmp(w, "nolink"))
            cache_no_link = true;
        else if (!strcmp(w, "step"))
            task_run_mode = REGION_STEP;
        else
            ok = false;
        if (!ok)
            usage_error("unknown chaos switch", w);
    }
}

static void apply_host_features(const char *list)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *save, *w = strtok_r(copy, ",", &save); w; w = strtok_r(NULL, ",", &save))
        if (strncmp(w, "no-", 3) || !be_host()->set_feature || !be_host()->set_feature(w + 3, false))
            usage_error("unknown host feature", w);
}

static int log_file(void) { return reexec_own_fd(REEXEC_LOG); }

void options_apply(bool handed_down)
{
    const char *const *v = rt_options.value;
    if (v[OPT_logfile]) {
        int fd = log_open(v[OPT_logfile]);
        if (fd < 0 && !handed_down)
            usage_error("cannot open log file", v[OPT_logfile]);
        if (fd >= 0)
            reexec_keep_fd(REEXEC_LOG, fd);
        log_to(log_file);
    }
    if (v[OPT_log])
        apply_log(v[OPT_log]);
    if (v[OPT_strace] || v[OPT_strace_c])
        log_mask |= 1u << LOG_syscall;
    if (v[OPT_cpu] && !strcmp(v[OPT_cpu], "help"))
        exit(options_list_cpus(NULL));
    if (v[OPT_limit])
        region_limit = (unsigned)atoi(v[OPT_limit]) ? (unsigned)atoi(v[OPT_limit]) : 1;
    if (v[OPT_host])
        apply_host_features(v[OPT_host]);
    if (v[OPT_chaos])
        apply_chaos(v[OPT_chaos]);
    if (v[OPT_perf])
        perf_open_map();
    if (v[OPT_jitdump])
        perf_open_dump(v[OPT_jitdump]);
    if (v[OPT_report])
        report_open(v[OPT_report], v[OPT_report_regions] ? (unsigned)atoi(v[OPT_report_regions]) : 20);
    rt_interpret = v[OPT_interp] != NULL;
    rt_options.check = v[OPT_check] != NULL;
    if (rt_options.check && !strcmp(v[OPT_check], "lockstep"))
        rt_lockstep = cache_no_link = true, region_hot = 0;
    if (rt_lockstep || rt_interpret || v[OPT_report])       /* which are about regions, or do without */
        rt_first_runs = false;
}

/* The value of the first of a row's variables that is set. */
static const char *from_environment(const struct option_row *row, char **envp)
{
    for (const char *v = row->variables; *v;) {
        size_t n = strcspn(v, " ");
        for (char **e = envp; *e; e++)
            if (!strncmp(*e, v, n) && (*e)[n] == '=')
                return *e + n + 1;
        v += n + strspn(v + n, " ");
    }
    return NULL;
}

static int find_option(const char *arg)
{
    const char *name = arg[1] == '-' ? arg + 2 : arg + 1;
    size_t n = strcspn(name, "=");
    for (int i = 0; i < OPT_COUNT; i++)
        if (strlen(rows[i].name) == n && !strncmp(rows[i].name, name, n) && (!name[n] || rows[i].argument))
            return i;
    return -1;
}

int options_parse(int argc, char **argv, char **envp)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        const char *v = from_environment(&rows[i], envp);
        if (v && options_set((enum option_id)i, v))
            usage_error("bad value in the environment for option", rows[i].name);
    }
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
        const char *arg = argv[at];
        if (!strcmp(arg, "--"))
            return at + 1;
        if (!strcmp(arg, "--help") || !strcmp(arg, "-h") || !strcmp(arg, "-help"))
            print_help();
        if (!strcmp(arg, "--version") || !strcmp(arg, "-version")) {
            printf("dragoman %s\n", DRAGOMAN_VERSION);
            exit(0);
        }
        int id = find_option(arg);
        if (id < 0)
            usage_error("unknown option", arg);
        const char *value = strchr(arg, '=');
        if (!rows[id].argument)
            value = "1";
        else if (value)
            value++;
        else if (rows[id].argument[0] == '[')
            value = "1";
        else if (at + 1 < argc)
            value = argv[++at];
        else
            usage_error("option needs an argument:", arg);
        if (options_set((enum option_id)id, value))
            usage_error("bad value for option", arg);
    }
    return at;
}

/* True if `entry` (NAME=value) sets one of our own variables, which the guest does not see. */
static bool is_ours(const char *entry)
{
    return !strncmp(entry, "DRAGOMAN_", 9);
}

static void remove_variable(char **env, const char *name, size_t n)
{
    char **to = env;
    for (char **e = env; *e; e++)
        if (strncmp(*e, name, n) || (*e)[n] != '=')
            *to++ = *e;
    *to = NULL;
}

char **options_guest_env(char **envp)
{
    const char *set = rt_options.value[OPT_setenv], *unset = rt_options.value[OPT_unsetenv];
    size_t n = 0;
    while (envp[n])
        n++;
    for (const char *p = set; p && *p; p++)
        n += *p == ',';
    char **out = malloc((n + 2) * sizeof *out), **to = out;
    if (!out)
        die("out of memory for the environment");
    for (char **e = envp; *e; e++)
        if (!is_ours(*e))
            *to++ = *e;
    *to = NULL;
    for (char *save, *w = unset ? strtok_r(strdup(unset), ",", &save) : NULL; w; w = strtok_r(NULL, ",", &save))
        remove_variable(out, w, strlen(w));
    for (char *save, *w = set ? strtok_r(strdup(set), ",", &save) : NULL; w; w = strtok_r(NULL, ",", &save)) {
        if (strchr(w, '='))
            remove_variable(out, w, strcspn(w, "="));
        for (to = out; *to; to++)
            ;
        to[0] = w;
        to[1] = NULL;
    }
    return out;
}

/* Fields are separated by bytes that do not occur in option names and are not expected in values. */
enum { FIELD_END = 0x1f };

const char *options_text(void)
{
    static char text[8192];
    size_t n = 0;
    text[0] = 0;
    for (int i = 0; i < OPT_COUNT; i++) {
        const char *v = rt_options.value[i];
        /* These describe one program, not its children. */
        if (i == OPT_gdb && v && !strstr(v, ",on=crash"))
            continue;
        if (!v || i == OPT_argv0 || i == OPT_setenv || i == OPT_unsetenv)
            continue;
        n += log_format(text + n, sizeof text - n, "%s=%s%c", rows[i].name, v, FIELD_END);
        if (n >= sizeof text)
            return NULL;
    }
    return text;
}

void options_inherit(const char *text)
{
    char *copy = strdup(text);
    const char separator[] = {FIELD_END, 0};
    for (char *save, *w = copy ? strtok_r(copy, separator, &save) : NULL; w; w = strtok_r(NULL, separator, &save)) {
        char *value = strchr(w, '=');
        for (int i = 0; value && i < OPT_COUNT; i++)
            if (strlen(rows[i].name) == (size_t)(value - w) && !strncmp(rows[i].name, w, (size_t)(value - w)))
                i == OPT_report ? (void)(rt_options.value[i] = value + 1) : (void)options_set((enum option_id)i, value + 1);
    }
}
