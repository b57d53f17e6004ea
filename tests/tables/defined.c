/*
 * Runs on arm64: executes words of the vector and floating-point space alone, and says which are undefined there.
 *
 *     defined SEED COUNT      COUNT 0: every word, but for Rn and Rd
 *
 * Writes each word and a byte, 1 if it raised SIGILL. Memory accesses may fault; that counts as defined.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

static uint32_t *code;      /* the word, a return behind it, and another where signals go on */
static volatile sig_atomic_t raised;
static char memory[1 << 18];

static void handler(int sig, siginfo_t *info, void *context)
{
    (void)info;
    raised = sig;
    ((ucontext_t *)context)->uc_mcontext.pc = (uint64_t)(code + 1);
}

static void __attribute__((noinline)) execute(void)
{
    __asm__ volatile(
        "stp x19, x20, [sp, #-16]!\n\tstp x21, x22, [sp, #-16]!\n\tstp x23, x24, [sp, #-16]!\n\t"
        "stp x25, x26, [sp, #-16]!\n\tstp x27, x28, [sp, #-16]!\n\tstp x29, x30, [sp, #-16]!\n\t"
        "mov x9, %0\n\tmov x1, %1\n\tmov x0, xzr\n\tmov x2, xzr\n\tmov x3, xzr\n\tblr x9\n\t"
        "ldp x29, x30, [sp], #16\n\tldp x27, x28, [sp], #16\n\tldp x25, x26, [sp], #16\n\t"
        "ldp x23, x24, [sp], #16\n\tldp x21, x22, [sp], #16\n\tldp x19, x20, [sp], #16"
        : : "r"(code), "r"(memory + sizeof memory / 4)
        : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18",
          "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18",
          "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "memory", "cc");
}

static void try(uint32_t word)
{
    code[0] = word;
    code[1] = 0xd65f03c0;   /* ret */
    __builtin___clear_cache((char *)code, (char *)(code + 2));
    raised = 0;
    execute();
    fwrite(&word, 4, 1, stdout);
    putchar(raised == SIGILL);
}

/* Data processing, and loads and stores; without the memory copies and sets (FEAT_MOPS), which have no vectors in them. */
static int wanted(uint32_t word)
{
    return ((word & 0x0e000000) == 0x0e000000 || (word & 0x0e000000) == 0x0c000000) && (word & 0x3f200c00) != 0x1d000400;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    uint64_t seed = strtoul(argv[1], NULL, 0), count = strtoul(argv[2], NULL, 0);
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    /* The base register of memory accesses is x1; Rd, which holds opcode bits of comparisons, is 0, 8, 16 or 24. */
    for (uint32_t high = 0; !count && high < 1u << 22; high++)
        if (wanted(high << 10))
            try(high << 10 | 1 << 5 | (high * 0x9e3779b1 >> 30) << 3);
    while (count) {
        seed = seed * 6364136223846793005 + 1442695040888963407;
        uint32_t word = ((uint32_t)(seed >> 32) & ~0x3e7u) | 1 << 5;
        if (wanted(word)) {
            try(word);
            count--;
        }
    }
    return 0;
}
