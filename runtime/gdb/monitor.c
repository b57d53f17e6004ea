/* `monitor` commands: what the translator knows. */
#include <string.h>

#include "runtime/cache.h"
#include "runtime/debug.h"
#include "runtime/gdb/stub.h"
#include "runtime/log.h"
#include "runtime/report.h"
#include "runtime/space.h"
#include "runtime/stats.h"

static void monitor_help(struct task *t, uint64_t pc);

static void monitor_stats(struct task *t, uint64_t pc)
{
    (void)t, (void)pc;
    stats_print();
}

static void show_region(void *ctx, const struct region *r)
{
    (void)ctx;
    log_write("%lx: %u guest instructions, %u bytes at %lx%s\n", r->pc, r->guest_insns, r->size, (uint64_t)r->code, r->mode ? ", own mode" : "");
}

static void monitor_regions(struct task *t, uint64_t pc)
{
    (void)t;
    cache_each(pc, pc + SPACE_PAGE, show_region, NULL);
}

static void show_code(void *ctx, const struct region *r)
{
    struct task *t = ctx;
    show_region(NULL, r);
    debug_disassemble(t->guest, true, (uint64_t)r->code, r->code, r->size);
}

static void monitor_asm(struct task *t, uint64_t pc) { cache_each(pc, pc + 1, show_code, t); }

static void emit(void *ctx, const char *s, size_t n)
{
    (void)ctx;
    log_raw(s, n);
}

static void print_ir(const struct ir_func *fn) { ir_print(fn, emit, NULL); }

static void monitor_ir(struct task *t, uint64_t pc) { cache_lift(t, pc, print_ir); }

static void monitor_report(struct task *t, uint64_t pc)
{
    (void)t, (void)pc;
    int err = report_on ? report_write() : 0;
    log_write(!report_on ? "dragoman was started without -report\n" : err ? "cannot write the report: error %d\n" : "written\n", -err);
}

static const struct { const char *name, *text; void (*run)(struct task *t, uint64_t pc); } commands[] = {
    {"help", "this list", monitor_help},
    {"stats", "what has been translated and why code was left", monitor_stats},
    {"regions", "regions that begin within the 4 KiB from PC on", monitor_regions},
    {"asm", "the host code of those that begin at PC", monitor_asm},
    {"report", "write the file of -report, as of now", monitor_report},
    {"ir", "the IR that PC is lifted to now", monitor_ir},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void monitor_help(struct task *t, uint64_t pc)
{
    (void)t, (void)pc;
    log_write("commands, with PC in hex or left out for the thread's own:\n");
    for (unsigned i = 0; i < COMMANDS; i++)
        log_write("  %-8s %s\n", commands[i].name, commands[i].text);
}

void gdb_packet_monitor(struct task *t, const char *p)
{
    char text[128];
    size_t n = gdb_take_bytes(&p, text, sizeof text - 1), word;
    text[n] = 0;
    word = strcspn(text, " ");
    const char *arg = text + word + strspn(text + word, " ");
    if (!strncmp(arg, "0x", 2))
        arg += 2;
    uint64_t pc = *arg && gdb_hex_digit(*arg) >= 0 ? gdb_take_hex(&arg) : t->cpu.f.pc;
    text[word] = 0;
    unsigned i = 0;
    while (i < COMMANDS && strcmp(text, commands[i].name))
        i++;
    log_sink = stub_console;
    if (i < COMMANDS)
        commands[i].run(t, pc);
    else
        log_write("no such command; try: monitor help\n");
    log_sink = NULL;
    gdb_out_begin();
    gdb_out_ok();
}
