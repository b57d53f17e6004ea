/*
 * The contract of a guest front end: one folder per guest ISA, listed in guests.def. A guest is this
 * struct of data and a few functions; it knows the IR and nothing of hosts or of the runtime.
 *
 * A guest's register file is a plain struct at the start of the cpu state (at most BE_GUEST_BYTES),
 * described by one regs.def from which the struct, the slot table, register dumps, signal frames,
 * core notes and the debugger's description are derived. Functions take it as `void *regs`.
 */
#ifndef FRONTENDS_GUEST_H
#define FRONTENDS_GUEST_H

#include "frontends/row.h"
#include "ir/ir.h"

/* Groups of the register table, for dumps and debuggers. */
enum fe_reg_group { FE_GENERAL, FE_FLOAT, FE_VECTOR, FE_CONTROL, FE_HIDDEN };

struct fe_reg {
    const char *name;
    uint16_t off, size;     /* bytes within the register file */
    uint8_t group;          /* enum fe_reg_group */
};

/* How one signal is handed to the guest. All addresses are guest addresses (host addresses too). */
struct fe_signal {
    int signo;
    const void *siginfo;        /* 128 bytes, the generic 64-bit layout */
    uint64_t handler, restorer; /* restorer: 0 if the guest ABI has none in sigaction */
    uint64_t trampoline;        /* code that calls rt_sigreturn, mapped by the runtime */
    uint64_t mask;              /* mask to restore on return */
    uint64_t stack_sp, stack_size; uint32_t stack_flags;    /* sigaltstack to save in the frame */
    uint64_t sp;                /* where the frame is built, downward */
    uint64_t fault_address;     /* for frames that carry it; 0 */
    bool siginfo_wanted;        /* SA_SIGINFO */
};

/* What rt_sigreturn finds in a frame. */
struct fe_sigreturn { uint64_t mask; uint64_t stack_sp, stack_size; uint32_t stack_flags; };

/* Access to guest memory that gives an error instead of faulting. Provided by the runtime. */
int fe_copy_to_guest(uint64_t dst, const void *src, size_t n);      /* 0 or -EFAULT */
int fe_copy_from_guest(void *dst, uint64_t src, size_t n);

/* ---- CPU models: what `-cpu` can name (frontends/cpu.c) ---- */

/* A feature that can be switched on and off; needs: names of those without which it is not there, separated by blanks. */
struct fe_feature { const char *name, *needs; };
/*
 * A named set of features, separated by blanks: features and names of other sets, `-` before what is taken away again
 * and `all` for every feature. Models are chosen between; aliases stand for their features.
 */
struct fe_cpu_model { const char *name, *features; };
enum { FE_MAX_FEATURES = 256 };

struct fe_regset;

/* ---- what a debugger is told of the registers (gdb's target description) ---- */

/* PLAIN: at off of the register file; PC: the program counter; OWN: get and set know it by the number in off. */
enum fe_debug_kind { FE_DEBUG_PLAIN, FE_DEBUG_PC, FE_DEBUG_OWN };
struct fe_debug_reg {
    const char *name, *type;    /* type: gdb's or one of the feature's, NULL: an integer, and a pointer for the stack pointer */
    uint16_t bits, off;
    uint8_t feature, kind;
};
/* types: XML that defines them. */
struct fe_debug_feature { const char *name, *types; };
struct fe_debug {
    const char *architecture;   /* gdb's name */
    const struct fe_debug_feature *features;
    const struct fe_debug_reg *regs; unsigned nregs;    /* in the order of gdb's numbers; those of a feature stand together */
    uint64_t (*get)(const void *regs, unsigned id);
    void (*set)(void *regs, unsigned id, uint64_t value);
};

/* A system call of one guest alone; types of the arguments as syscall/strace/types.def names them, NULL-terminated. */
struct fe_own_call { uint16_t nr; const char *name, *types[7]; };

/*
 * The functions of the architecture's vDSO: each does `code`, whose first instruction takes the call's number at nr_shift. The
 * first is rt_sigreturn's, which does not come back, and which unwinders know by its first two instructions.
 */
struct fe_vdso_call { const char *name; uint32_t nr; };
struct fe_vdso {
    const char *version;        /* of all symbols */
    const struct fe_vdso_call *calls;     /* the last has no name */
    uint32_t code[3]; unsigned nr_shift;
};

struct fe_guest {
    const char *name;           /* "aarch64": also the folder, the binfmt entry, uname -m */
    uint16_t elf_machine;       /* EM_* */
    uint8_t elf_class;          /* ELFCLASS64 */
    uint8_t elf_data;           /* ELFDATA2LSB */
    const char *uname_machine, *platform;   /* AT_PLATFORM, NULL for none */
    const char *const *qemu_names;          /* what scripts call it, NULL-terminated */
    const char *interp_dirs;                /* informational: default interpreter path */

    /* ---- CPU models ---- */
    const struct fe_feature *features; unsigned nfeatures;
    const struct fe_cpu_model *models; unsigned nmodels;    /* the first is the default: everything that is complete */
    const struct fe_cpu_model *aliases; unsigned naliases;  /* other spellings, and groups */
    bool *has;                  /* by number of feature: is it there? Written by fe_select_cpu, once, before anything else
                                   of the guest is used */
    /* has is as it will stay: decoding, feature words, ID registers follow. */
    void (*cpu_selected)(const struct fe_cpu_model *);

    /* ---- registers ---- */
    const struct ir_slot *slots; unsigned nslots;
    const struct fe_reg *regs; unsigned nregs;
    uint16_t regs_size;
    uint64_t address_mask;      /* the bits of an address that memory accesses look at where they ignore upper ones; 0: all */
    uint8_t nan;                /* enum ir_nan of regions with the default floating-point mode */
    uint8_t insn_align_log2;    /* 2 for A64, 1 for RISC-V with C */
    uint8_t insn_max;           /* longest instruction, bytes */
    uint16_t off_sp, off_arg0, off_tls, off_sysno;      /* register file offsets: stack pointer, first argument
                                   (arguments are consecutive 64-bit registers), TLS base, system call number */
    uint16_t off_ret;           /* system call result */
    uint16_t off_fp, off_ra;    /* frame pointer and link register by convention; */
    int8_t frame_fp, frame_ra;  /* where, from the frame pointer, a function keeps its caller's and its return address */
    uint16_t off_flush;         /* of trap FLUSH: the register holding the address of the changed cache line
                                   (the 4 KiB around it), 0 if the trap names none: everything may have changed */

    /* Sets registers of a new program: everything zero but pc's users (sp) and control defaults. */
    void (*reset)(void *regs, uint64_t sp);

    /* ---- translation ---- */
    /* A small number that changes whenever translation depends on it (rounding mode, flush to zero);
     * part of the key of a region. 0 usually. */
    uint32_t (*mode)(const void *regs);
    /* Lifts one instruction at fn->cur_pc whose bytes are at `bytes` (avail of them readable); sets
     * fn->next_pc and fn->flow (preset to IR_FLOW_NEXT and never left to chance). `mode` as above.
     * Undecodable: flow trap IR_TRAP_UNDEF, next_pc after it. Too few bytes: returns false. */
    bool (*lift)(struct ir_func *fn, const uint8_t *bytes, size_t avail, uint32_t mode);
    /* Assembly text of the instruction at pc whose bytes are given, for listings. Returns its length in bytes, 0 if it
     * is none. NULL: the disassembler at hand knows this guest well enough. */
    unsigned (*describe)(uint64_t pc, const uint8_t *bytes, size_t avail, char *buf, size_t size);
    /* Slot that is certainly rewritten before it is read if execution continues at these bytes, or -1. No
     * instruction that can fault or leave may stand before the rewrite. */
    int (*dead_slot)(const uint8_t *bytes, size_t avail);
    /* Helpers called by op `helper`. Return value is the op's result. They may read guest memory
     * plainly; a fault in there is the guest's, so they change registers only after the last access. */
    uint64_t (*const *helpers)(void *regs, uint64_t, uint64_t, uint64_t, uint64_t);
    const char *const *helper_names; unsigned nhelpers;
    const char *const *helper_reasons;      /* why each is called rather than translated */
    /* The decode table's rows, and the number of the one that a word of 16 or 32 bits matches (-1: none). */
    const struct fe_row *rows; const unsigned *nrows;
    int (*row_of)(uint32_t word, unsigned width);
    /* Host floating-point control word <-> guest: rounding and sticky flags, expressed neutrally. */
    void (*fp_control)(const void *regs, enum ir_round *round, bool *flush, unsigned *sticky);    /* sticky: FE_FP_* */
    void (*fp_sticky)(void *regs, unsigned raised);    /* folds raised flags in */

    /* ---- Linux ABI ---- */
    uint64_t (*hwcap)(unsigned word);   /* AT_HWCAP, AT_HWCAP2, AT_HWCAP3 for words 1 to 3, of the features there are */
    unsigned page_size;         /* AT_PAGESZ */
    uint64_t address_space;     /* one past the addresses its kernel gives a program that asks for none in particular */
    uint64_t tsan_address_space;    /* the same for programs built with ThreadSanitizer, which knows few layouts */
    bool sa_restorer;           /* struct sigaction has a restorer between flags and mask */
    bool user_dispatch;         /* its kernel's system-call entry is the generic one, with prctl(PR_SET_SYSCALL_USER_DISPATCH) */
    unsigned min_sigstack;      /* MINSIGSTKSZ: smallest size sigaltstack accepts */
    /* The address that the load or store at pc accesses: for trap ALIGN, exactly; else the bits outside address_mask are
     * right. NULL: trap ALIGN is about pc itself. */
    uint64_t (*data_address)(const void *regs, uint64_t pc);
    /* Builds the signal frame at or below s->sp, sets registers to enter the handler (pc through *pc).
     * 0, or -EFAULT (the runtime then kills the task with SIGSEGV). */
    int (*signal_frame)(void *regs, uint64_t *pc, const struct fe_signal *s);
    /* Undoes it: reads the frame at the stack pointer. 0 or -EFAULT. */
    int (*signal_return)(void *regs, uint64_t *pc, struct fe_sigreturn *out);
    const struct fe_vdso *vdso;
    /* clone's child: sets TLS if asked, result register 0. */
    void (*set_tls)(void *regs, uint64_t tls);
    /* System calls whose meaning is this guest's own (cache flush, hwprobe): true if handled. */
    const struct fe_own_call *own_calls;    /* what they are, for strace; the last has no name. NULL: there are none */
    bool (*own_syscall)(void *regs, uint64_t nr, const uint64_t args[6], int64_t *result,
                        void (*flush)(void *ctx, uint64_t start, uint64_t end), void *ctx);
    /* Writes /proc/cpuinfo's text for one processor. Returns length as snprintf. */
    int (*cpuinfo)(char *buf, size_t size, unsigned cpu);
    /* A file that only this architecture's kernel has in /sys/devices/system/cpu/cpuN: its text; -1 if there is none of
     * that name. NULL: none at all. */
    int (*cpu_file)(const char *name, char *buf, size_t size);
    /* Open flags and the like that differ from the asm-generic values: guest bit -> generic bit pairs, 0-terminated. */
    const uint32_t (*open_flags)[2];
    /* Core note NT_PRSTATUS register block: order of 64-bit values. Returns bytes written. */
    size_t (*prstatus)(const void *regs, uint64_t pc, void *out);
    /* The same for NT_PRFPREG, sticky flags included as far as they are in the register file. At most 640 bytes. */
    size_t (*fpregset)(const void *regs, void *out);
    /* What a tracer writes to the two: all of the block, of which what user mode cannot change is passed over. */
    void (*set_prstatus)(void *regs, uint64_t *pc, const void *in);
    void (*set_fpregset)(void *regs, const void *in);
    /* Register sets that ptrace shows, ended by note 0, and whether the architecture can step (PTRACE_SINGLESTEP). */
    const struct fe_regset *regsets;
    bool steps;
    const struct fe_debug *debug;       /* NULL: no -g */
};

/* What stands behind a note type of PTRACE_GETREGSET. */
enum fe_regset_kind {
    FE_SET_GENERAL, FE_SET_FLOAT,   /* prstatus, fpregset */
    FE_SET_TLS,                     /* the register at off_tls */
    FE_SET_SYSCALL,                 /* the number of the system call at a stop, 32 bits, apart from its register */
    FE_SET_TAGGED,                  /* what PR_GET_TAGGED_ADDR_CTRL gives */
    FE_SET_FIXED,                   /* the 64-bit value() and zeros; cannot be written */
    FE_SET_TWICE,                   /* value() twice, likewise; there is no such set where it is 0 */
};
struct fe_regset { uint32_t note; uint16_t size, unit; uint8_t kind; uint64_t (*value)(void); };

enum { FE_FP_INVALID = IR_FP_INVALID, FE_FP_DIVZERO = IR_FP_DIVZERO, FE_FP_OVERFLOW = IR_FP_OVERFLOW,
       FE_FP_UNDERFLOW = IR_FP_UNDERFLOW, FE_FP_INEXACT = IR_FP_INEXACT, FE_FP_DENORMAL = IR_FP_DENORMAL };

/* Host FP status as the guest's helpers see it: reads and clears / sets sticky flags, rounding. Provided by the runtime,
 * valid inside helpers (the guest's control word is live there). */
unsigned fe_fp_get_sticky(void);
void fe_fp_set(enum ir_round round, bool flush, unsigned sticky);

/* Nanoseconds of CLOCK_MONOTONIC, for counters that user code reads. Provided by the runtime. */
uint64_t fe_clock_ns(void);

/* 64 bits from the host's generator, seeded and reseeded as cryptography needs it. Provided by the runtime. */
uint64_t fe_random(void);
/* The bits of the processors that are online, as sched_getaffinity lays them out; set[0..n) starts as zeros. Provided by the runtime. */
void fe_online_cpus(uint8_t *set, size_t n);

/*
 * Makes the guest the CPU that spec names: [MODEL][,+FEATURE][,-FEATURE][,FEATURE=on|off]..., NULL for the default. Later
 * items win; a feature brings what it needs, and takes along what needs it. False if it names something unknown, with a
 * message (no newline) in message[0..size); nothing has changed then. Not thread-safe: before the guest runs.
 */
bool fe_select_cpu(const struct fe_guest *, const char *spec, char *message, size_t size);
/* Only whether spec is right. */
bool fe_cpu_known(const struct fe_guest *, const char *spec);

/* All guests, NULL-terminated, from guests.def. */
extern const struct fe_guest *const fe_guests[];

#endif
