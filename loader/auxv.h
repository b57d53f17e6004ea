/* What /proc/self/auxv, cmdline and environ show: kept by the loader when the stack is built. */
#ifndef LOADER_AUXV_H
#define LOADER_AUXV_H

#include <stddef.h>
#include <stdint.h>

/* Addresses are guest addresses within the stack mapping; the vector's bytes are copied. */
struct ld_vectors {
    uint64_t auxv[64];
    size_t auxv_size;               /* bytes */
    uint64_t stack_start;           /* initial stack pointer */
    uint64_t arg_start, arg_end, env_start, env_end;
};
extern struct ld_vectors ld_vectors;

#endif
