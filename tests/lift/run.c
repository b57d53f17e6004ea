/*
 * Runs lift tests: run [-v] [-i] [-h] [-p] GUEST FILE...
 *
 * One test a line: assembly | words in hex | registers before | registers after. Words are 32-bit
 * ones of 8 digits or 16-bit ones of 4, in memory order. Registers are name=hex, by the guest's
 * register table; those not named before are 0, those not named after must keep their value (hidden
 * ones may change). A value `@N` is the scratch page's address plus N, `pc+N` that of the first
 * instruction plus N. `[N]=bytes` is memory of the scratch page. After: `pc=+N` where execution goes
 * on, if not behind the last instruction; `trap=syscall|break|undef|align` if it ends with one.
 *
 * A line `# cpu: SPEC` makes the lines that follow run on that CPU; a file begins with the default one.
 *
 * Each test runs in the IR interpreter (-i: only there) and as host code (-h: only there; -p: for a plain CPU, without any of
 * the features that can be switched off). -v prints
 * every region's IR.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backends/backend.h"
#include "frontends/guest.h"

enum { SCRATCH = 8192, MARGIN = 4096, CODE_ROOM = 1 << 20, RET_STACK = 64 << 10, C_STACK = 512 << 10, MAX_WORDS = 64, MAX_STEPS = 1000 };

static const struct fe_guest *guest;
static struct ir_func func;
static union ir_value values[IR_MAX_INSNS];
static struct be_region region;
static struct cpu_state *cpu;
static uint8_t *scratch, *code, *host_code, *host_next;
static bool verbose, careful;
static const char *where;
static unsigned line_number, passed, failed, skipped;

static const char *const trap_names[] = {"syscall", "break", "undef", "flush", "fetch", "align", "interp", "operand", "care"};

/* ---- what front ends and back ends ask of the runtime ---- */

int fe_copy_to_guest(uint64_t dst, const void *src, size_t n) { memcpy((void *)dst, src, n); return 0; }
int fe_copy_from_guest(void *dst, uint64_t src, size_t n) { memcpy(dst, (const void *)src, n); return 0; }
unsigned fe_fp_get_sticky(void) { return be_fp_get_sticky(); }
void fe_fp_set(enum ir_round round, bool flush, unsigned sticky) { be_fp_set(round, flush, sticky); }
uint64_t fe_clock_ns(void) { return 1; }
uint64_t fe_random(void) { return 0x0123456789abcdef; }
void fe_online_cpus(uint8_t *set, size_t n) { memset(set, 1, n ? 1 : 0); }

/* ---- a test's state ---- */

struct state { uint8_t regs[BE_GUEST_BYTES]; uint8_t mem[SCRATCH]; uint64_t pc; const char *trap; };

static void fail(const char *fmt, const char *a)
{
    fprintf(stderr, "%s:%u: ", where, line_number);
    fprintf(stderr, fmt, a);
    fputc('\n', stderr);
    exit(1);
}

static void emit_text(void *ctx, const char *s, size_t n) { fwrite(s, 1, n, ctx); }

static const struct fe_reg *find_reg(const char *name)
{
    for (unsigned i = 0; i < guest->nregs; i++) if (!strcmp(guest->regs[i].name, name)) return &guest->regs[i];
    return NULL;
}

static unsigned digit(char c)
{
    const char *p = strchr("0123456789abcdef", c);
    if (!c || !p) fail("bad hex digit in '%s'", (char[]){c, 0});
    return (unsigned)(p - "0123456789abcdef");
}

static void parse_value(const char *s, uint8_t *out, unsigned size)
{
    uint64_t base = 0, sign = 1;
    unsigned __int128 v = 0;
    if (*s == '@') base = (uint64_t)scratch, s++;
    else if (!strncmp(s, "pc", 2)) {
        base = (uint64_t)code;
        s += 2;
        if (*s == '-') sign = ~(uint64_t)0;
        if (*s) s++;
    }
    for (; *s; s++) v = v << 4 | digit(*s);
    if (base) v = (uint64_t)v * sign + base;
    memcpy(out, &v, size);
}

static void parse_memory(const char *name, const char *val, struct state *st)
{
    unsigned long off = strtoul(name + 1, NULL, 16);
    for (; val[0] && val[1]; val += 2, off++) {
        if (off + MARGIN >= SCRATCH) fail("%s lies outside the scratch page", name);
        st->mem[off + MARGIN] = (uint8_t)(digit(val[0]) << 4 | digit(val[1]));
    }
}

static void parse_state(char *text, struct state *st)
{
    for (char *save, *t = strtok_r(text, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
        char *val = strchr(t, '=');
        if (!val) fail("'%s' is not name=value", t);
        *val++ = 0;
        const struct fe_reg *r = find_reg(t);
        if (*t == '[') parse_memory(t, val, st);
        else if (!strcmp(t, "pc")) st->pc = (uint64_t)code + (uint64_t)strtol(val, NULL, 16);
        else if (!strcmp(t, "trap")) st->trap = val;
        else if (r) parse_value(val, st->regs + r->off, r->size);
        else fail("no register '%s'", t);
    }
}

/* Returns the length in bytes. */
static size_t parse_words(char *text, uint8_t *out)
{
    size_t n = 0;
    for (char *save, *t = strtok_r(text, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
        size_t bytes = strlen(t) / 2;
        uint32_t w = (uint32_t)strtoul(t, NULL, 16);
        if ((bytes != 2 && bytes != 4) || n + bytes > MAX_WORDS * 4) fail("bad word '%s'", t);
        memcpy(out + n, &w, bytes);
        n += bytes;
    }
    return n;
}

/* ---- one region ---- */

/* Lifts from pc to the end of the test or of the straight line. */
static void form(uint64_t pc, uint64_t end, uint32_t mode)
{
    ir_begin(&func, pc, guest->slots, guest->nslots, guest->nan);
    func.mode = mode;
    for (;;) {
        func.cur_pc = pc;
        func.addr_mask = careful ? guest->address_mask : 0;
        func.flow = (struct ir_flow){IR_FLOW_NEXT, 0, 0, 0};
        if (pc >= end) break;
        if (!guest->lift(&func, (const uint8_t *)pc, guest->insn_max, mode)) fail("%s", "lift wants more bytes");
        func.nguest++;
        struct ir_flow flow = func.flow;
        uint64_t next = func.next_pc;
        switch (flow.kind) {
        case IR_FLOW_NEXT: pc = next; continue;
        case IR_FLOW_BRANCH:
            ir_append(&func, IR_exit_if, IR_VOID, 0, flow.value, 0, 0, 0, (int64_t)flow.target);
            pc = next;
            continue;
        case IR_FLOW_JUMP: case IR_FLOW_CALL: pc = flow.target; break;
        case IR_FLOW_TRAP:
            ir_append(&func, IR_trap, IR_VOID, flow.trap, 0, 0, 0, 0, (int64_t)flow.target);
            func.pc_end = next;
            return;
        default:
            ir_append(&func, IR_jump_ind, IR_VOID, 0, flow.value, 0, 0, 0, 0);
            func.pc_end = next;
            return;
        }
        break;
    }
    ir_append(&func, IR_jump, IR_VOID, 0, 0, 0, 0, 0, (int64_t)pc);
    func.pc_end = pc > func.cur_pc ? pc : func.cur_pc;
}

static void load_control(void)
{
    enum ir_round round = IR_RN;
    bool flush = false;
    unsigned sticky = 0;
    if (guest->fp_control) guest->fp_control(cpu->guest, &round, &flush, &sticky);
    be_fp_set(round, flush, sticky);
}

static uint32_t host_control;
static uint32_t get_control(void) { uint32_t v; __asm__ volatile("stmxcsr %0" : "=m"(v)); return v; }
static void set_control(uint32_t v) { __asm__ volatile("ldmxcsr %0" : : "m"(v)); }

/* Runs the region; returns the trap or -1, and where it goes on. */
static int run_interp(uint64_t *pc)
{
    struct ir_interp_result r;
    const struct ir_interp_ops ops = {.helpers = guest->helpers, .values = values};
    set_control(cpu->f.mxcsr);
    ir_interp(&func, cpu->guest, &r, &ops);
    cpu->f.mxcsr = get_control();
    set_control(host_control);
    *pc = r.pc;
    return r.kind == IR_EXIT_TRAP ? r.trap : -1;
}

static int run_host(uint64_t *pc)
{
    struct be_input in = {.fn = &func, .dst = host_next, .room = (size_t)(host_code + CODE_ROOM - host_next), .jump_shift = guest->insn_align_log2};
    int err = be_host()->compile(&in, &region);
    if (err) fail("the back end refuses: %s", strerror(-err));
    be_host()->enter(cpu, host_next);
    const struct be_site *site = &region.sites[cpu->f.exit_info < region.nsites ? cpu->f.exit_info : 0];
    switch (cpu->f.exit) {
    case BE_EXIT_TRAP: *pc = site->pc; return site->trap;
    case BE_EXIT_LINK: *pc = site->pc; return -1;
    default: *pc = cpu->f.pc; return -1;
    }
}

static void run_test(const struct state *before, struct state *after, size_t len, int (*engine)(uint64_t *pc))
{
    uint64_t start = (uint64_t)code, end = start + len, pc = start;
    memcpy(scratch - MARGIN, before->mem, SCRATCH);
    memcpy(cpu->guest, before->regs, sizeof before->regs);
    load_control();
    cpu->f.mxcsr = get_control();
    set_control(host_control);
    after->trap = NULL;
    careful = false;
    for (unsigned step = 0; pc >= start && pc < end && step < MAX_STEPS; step++) {
        func.lacks = engine == run_host ? be_host()->lacks : NULL;
        form(pc, end, guest->mode ? guest->mode(cpu->guest) : 0);
        ir_ref at;
        const char *wrong = ir_verify(&func, &at);
        if (verbose || wrong) ir_print(&func, emit_text, stderr);
        if (wrong) fail("IR: %s", wrong);
        int trap = engine(&pc);
        if (trap == IR_TRAP_CARE) careful = true;
        if (trap < 0 || trap == IR_TRAP_CARE || trap == IR_TRAP_FLUSH || trap == IR_TRAP_INTERP) continue;
        after->trap = trap_names[trap];
        break;
    }
    after->pc = pc;
    set_control(cpu->f.mxcsr);
    unsigned raised = be_fp_get_sticky();
    set_control(host_control);
    memcpy(after->regs, cpu->guest, sizeof after->regs);
    if (guest->fp_sticky) guest->fp_sticky(after->regs, raised);
    memcpy(after->mem, scratch - MARGIN, SCRATCH);
}

/* ---- comparing ---- */

static bool differ(const char *engine, const char *line, const char *name, const uint8_t *want, const uint8_t *got, unsigned size)
{
    if (!memcmp(want, got, size)) return false;
    printf("FAIL %s:%u (%s): %s\n    %s is ", where, line_number, engine, line, name);
    for (unsigned i = size; i-- > 0;) printf("%02x", got[i]);
    printf(", not ");
    for (unsigned i = size; i-- > 0;) printf("%02x", want[i]);
    printf("\n");
    return true;
}

/* A64 keeps FPSR.QC apart as a vector of which any bit set counts; tests write it as FPSR bit 27. */
static void merge_saturation(uint8_t *regs)
{
    const struct fe_reg *qc = find_reg("qc"), *fpsr = find_reg("fpsr");
    if (!qc || !fpsr) return;
    for (unsigned i = 0; i < qc->size; i++) if (regs[qc->off + i]) regs[fpsr->off + 3] |= 8;
}

static bool compare(const char *engine, const char *line, const struct state *want, struct state *got)
{
    bool bad = false;
    merge_saturation(got->regs);
    for (unsigned i = 0; i < guest->nregs; i++) {
        const struct fe_reg *r = &guest->regs[i];
        if (r->group != FE_HIDDEN) bad |= differ(engine, line, r->name, want->regs + r->off, got->regs + r->off, r->size);
    }
    for (unsigned i = 0; i < SCRATCH && !bad; i += 8) {
        char name[32];
        snprintf(name, sizeof name, "[%x]", i - MARGIN);
        bad |= differ(engine, line, name, want->mem + i, got->mem + i, 8);
    }
    const char *wt = want->trap ? want->trap : "none", *gt = got->trap ? got->trap : "none";
    if (strcmp(wt, gt)) bad = true, printf("FAIL %s:%u (%s): %s\n    trap is %s, not %s\n", where, line_number, engine, line, gt, wt);
    else if (!want->trap) {
        uint64_t w = want->pc - (uint64_t)code, g = got->pc - (uint64_t)code;
        bad |= differ(engine, line, "pc", (uint8_t *)&w, (uint8_t *)&g, 8);
    }
    return !bad;
}

static void run_line(char *line, bool interp, bool host)
{
    static struct state before, want, got;
    char shown[4096], *col[4] = {line};
    snprintf(shown, sizeof shown, "%.4000s", line);
    for (unsigned i = 1; i < 4; i++) {
        col[i] = strchr(col[i - 1], '|');
        if (!col[i]) fail("%s", "four columns expected");
        *col[i]++ = 0;
    }
    memset(&before, 0, sizeof before);
    memset(code, 0, MAX_WORDS * 4 + 16);
    size_t len = parse_words(col[1], code);
    if (find_reg("ex_addr")) memset(before.regs + find_reg("ex_addr")->off, 0xff, 8);
    parse_state(col[2], &before);
    want = before;
    want.pc = (uint64_t)code + len;
    parse_state(col[3], &want);
    if (interp) {
        run_test(&before, &got, len, run_interp);
        if (compare("interpreter", shown, &want, &got)) passed++; else failed++;
    }
    if (host) {
        run_test(&before, &got, len, run_host);
        if (compare("host", shown, &want, &got)) passed++; else failed++;
    }
}

static void select_cpu(const char *spec)
{
    char message[160];
    if (!fe_select_cpu(guest, spec, message, sizeof message)) fail("%s", message);
}

static void run_file(const char *name, bool interp, bool host)
{
    FILE *f = fopen(name, "r");
    if (!f) { perror(name); exit(1); }
    char *buf = NULL;
    size_t cap = 0;
    where = name;
    select_cpu(NULL);
    for (line_number = 1; getline(&buf, &cap, f) >= 0; line_number++) {
        buf[strcspn(buf, "\n")] = 0;
        if (!strncmp(buf, "# cpu: ", 7)) select_cpu(buf + 7);
        else if (*buf && *buf != '#') run_line(buf, interp, host);
    }
    free(buf);
    fclose(f);
}

/* ---- set-up ---- */

static void *map(size_t n, int prot)
{
    void *p = mmap(NULL, n, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) { perror("mmap"); exit(1); }
    return p;
}

static void set_up_host(void)
{
    host_code = map(CODE_ROOM, PROT_READ | PROT_WRITE | PROT_EXEC);
    host_next = host_code + ((be_host()->init(host_code, CODE_ROOM) + 63) & ~(size_t)63);
    struct be_frame *f = &cpu->f;
    uint8_t *stack = map(RET_STACK, PROT_READ | PROT_WRITE);
    f->ret_limit = (uint64_t)stack + 4096;
    f->ret_base = (uint64_t)stack + RET_STACK;
    f->c_sp = (uint64_t)map(C_STACK, PROT_READ | PROT_WRITE) + C_STACK;
    f->jump_shift = guest->insn_align_log2;
    f->host_mxcsr = host_control;
    f->eval = ir_eval;
    for (unsigned i = 0; i < guest->nhelpers; i++) f->helpers[i] = guest->helpers[i];
    be_host()->init_frame(cpu);
    be_host()->ret_reset(cpu);
}

int main(int argc, char **argv)
{
    bool interp = true, host = true, plain = false;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (!strcmp(argv[i], "-v")) verbose = true;
        else if (!strcmp(argv[i], "-i")) host = false;
        else if (!strcmp(argv[i], "-h")) interp = false;
        else if (!strcmp(argv[i], "-p")) plain = true;
    }
    if (i >= argc) { fputs("usage: run [-v] [-i] [-h] [-p] GUEST FILE...\n", stderr); return 2; }
    for (unsigned k = 0; fe_guests[k]; k++) if (!strcmp(fe_guests[k]->name, argv[i])) guest = fe_guests[k];
    if (!guest) { fprintf(stderr, "no guest %s\n", argv[i]); return 2; }
    cpu = map(sizeof *cpu, PROT_READ | PROT_WRITE);
    scratch = (uint8_t *)map(SCRATCH, PROT_READ | PROT_WRITE) + MARGIN;
    code = map(8192, PROT_READ | PROT_WRITE);
    host_control = get_control();
    const char *missing = be_host()->check_host();
    if (host && missing) {
        printf("skip: host code: %s\n", missing);
        host = false;
        skipped++;
    }
    if (host) set_up_host();
    for (unsigned k = 0; plain && be_host()->features[k]; k++)
        be_host()->set_feature(be_host()->features[k], false);
    while (++i < argc) run_file(argv[i], interp, host);
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed != 0;
}
