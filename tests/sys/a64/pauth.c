// options: -cpu max,pauth=on
/* Pointer authentication as a process sees it: announced, keys of its own, wrong pointers trap, prctl. */
#include <errno.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "a64.h"

__attribute__((target("branch-protection=pac-ret+leaf+b-key"), noinline)) static int with_b(int x) { return x + 1; }
__attribute__((target("branch-protection=pac-ret+leaf"), noinline)) static int with_a(int x) { return with_b(x) + 1; }

static uint64_t sign(uint64_t p, uint64_t m) { __asm__ volatile("pacia %0, %1" : "+r"(p) : "r"(m)); return p; }
static uint64_t generic(uint64_t p, uint64_t m) { __asm__ volatile("pacga %0, %0, %1" : "+r"(p) : "r"(m)); return p; }

int main(void)
{
    uint64_t p = (uint64_t)&main, s = 0, m, id;
    catch_faults(0);
    CHECK("HWCAP_PACA, PACG", getauxval(AT_HWCAP) >> 30 & 3, 3);
    __asm__("mrs %0, id_aa64isar1_el1" : "=r"(id));
    CHECK("API, FPACCOMBINE", id >> 8 & 15, 5);
    CHECK("GPI", id >> 28 & 15, 1);
    CHECK("returns", with_a(3), 5);
    for (m = 0; m < 64 && (s = sign(p, m)) == p; m++)       /* a code may be all zeros */
        ;
    CHECK("signed", s != p && (s & 0xff00ffffffffffff) == (p & 0xff00ffffffffffff), 1);
    RUN("autia x0, x1", s, m, 0);
    CHECK("authenticated", last_x0, p);
    RUN("xpaci x0", s, 0, 0);
    CHECK("stripped", last_x0, p);
    uint64_t at = RUN("autia x0, x1", p, m, 0);
    CHECK("wrong pointer", fault.signo, SIGILL);
    CHECK("wrong pointer", fault.code, ILL_ILLOPN);
    CHECK("wrong pointer", fault.pc, at);
    CHECK("wrong pointer", fault.addr, at);
    CHECK("kept", last_x0, p);
    uint64_t g = generic(p, 5);
    CHECK("generic", (uint32_t)g, 0);
    int status;
    if (!fork())
        _exit(sign(p, m) == s);
    wait(&status);
    CHECK("fork keeps the keys", WEXITSTATUS(status), 1);
    CHECK("reset", prctl(PR_PAC_RESET_KEYS, 32, 0, 0, 0), -1);
    CHECK("reset", prctl(PR_PAC_RESET_KEYS, PR_PAC_APDAKEY, 0, 0, 0), 0);
    CHECK("other keys stay", sign(p, m), s);
    CHECK("reset", prctl(PR_PAC_RESET_KEYS, PR_PAC_APGAKEY, 0, 0, 0), 0);
    CHECK("new", generic(p, 5) != g, 1);
    CHECK("enabled", prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0), 15);
    CHECK("off", prctl(PR_PAC_SET_ENABLED_KEYS, PR_PAC_APIAKEY, 0, 0, 0), 0);
    CHECK("off", sign(p, m), p);
    CHECK("on", prctl(PR_PAC_SET_ENABLED_KEYS, PR_PAC_APIAKEY, PR_PAC_APIAKEY, 0, 0), 0);
    CHECK("on", sign(p, m), s);
    return finish();
}
