/* What the kernel keeps of a program in struct mm_struct, for /proc and core files: set by the loader. */
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
    uint64_t start_code, end_code, start_data, end_data, start_brk;
};
extern struct ld_vectors ld_vectors;

#endif
