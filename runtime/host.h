/*
 * Host kernel calls without libc: no errno, no TLS, no cancellation points. Results are the
 * kernel's: a value, or -errno. Usable on guest tasks, in signal handlers and after raw clones.
 */
#ifndef RUNTIME_HOST_H
#define RUNTIME_HOST_H

#include <asm/unistd_64.h>
#include <stddef.h>
#include <stdint.h>

static inline long host_syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
    long ret;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}
#define HOST_SYSCALL_N(nr, a, b, c, d, e, f, ...) \
    host_syscall6((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
/* host_syscall(nr, args...): up to six arguments of any scalar or pointer type. */
#define host_syscall(...) HOST_SYSCALL_N(__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/* This thread's floating-point control and status word. */
static inline void host_fp_load(uint32_t v) { __builtin_ia32_ldmxcsr(v); }
static inline uint32_t host_fp_save(void) { return __builtin_ia32_stmxcsr(); }

static inline int host_is_error(long r) { return r < 0 && r >= -4095; }

#endif
