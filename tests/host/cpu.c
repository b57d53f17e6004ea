/* Is a feature announced, and does it run: CRC32 on arm64, Zbb on riscv64. An argument: again after exec of that ("again": itself). */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static sigjmp_buf out;
static void on_ill(int s) { (void)s; siglongjmp(out, 1); }

#if defined(__aarch64__)
static int announced(void) { return getauxval(AT_HWCAP) >> 7 & 1; }
static void use(void) { __asm__ volatile(".arch_extension crc\ncrc32b w0, w0, w0" : : : "x0"); }
#else
static int announced(void)
{
    char line[1024];
    int found = 0;
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "isa", 3))
            found = strstr(line, "_zbb") != NULL;
    return found;
}
static void use(void) { __asm__ volatile(".word 0x60051513" : : : "a0"); /* clz a0, a0 */ }
#endif

int main(int argc, char **argv)
{
    signal(SIGILL, on_ill);
    const char *how = "SIGILL";
    if (!sigsetjmp(out, 1)) {
        use();
        how = "runs";
    }
    printf("%d %s\n", announced(), how);
    fflush(stdout);
    if (argc > 1)
        execl(strcmp(argv[1], "again") ? argv[1] : argv[0], argv[0], (char *)NULL);
    return 0;
}
