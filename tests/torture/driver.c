/* The main program of a shard of tests. Each test is an object file whose main() has been renamed and
 * all of whose other symbols are local; it runs in a process of its own. Prints one line per test:
 *
 *   NAME STATUS BYTES:HASH        how it ended; size and hash of what it wrote, the digits of
 *                                 hexadecimal numbers (which are addresses) left out
 *
 *   driver             run all
 *   driver NAME        run one, in this process, its output shown
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST(index, name) int main_##index(int, char **, char **);
#include "table.h"
#undef TEST

static const struct test {
    const char *name;
    int (*main)(int, char **, char **);
} tests[] = {
#define TEST(index, name) {name, main_##index},
#include "table.h"
};

static void report(const char *name, int status, int out)
{
    static unsigned char buffer[65536];
    unsigned long long hash = 0xcbf29ce484222325, size = 0; /* FNV-1a */
    int before = 0, digits = 0;
    ssize_t n;

    for (lseek(out, 0, SEEK_SET); (n = read(out, buffer, sizeof buffer)) > 0;)
        for (ssize_t i = 0; i < n; i++) {
            digits = (digits && isxdigit(buffer[i])) || (before == '0' && buffer[i] == 'x');
            before = buffer[i];
            if (digits && buffer[i] != 'x')
                continue;
            hash = (hash ^ buffer[i]) * 0x100000001b3;
            size++;
        }
    printf("%s %s-%d %llu:%016llx\n", name, WIFSIGNALED(status) ? "signal" : "exit",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), size, hash);
    fflush(stdout);
}

static void run(const struct test *test, char **environment)
{
    int out = memfd_create("output", 0), status;
    char *arguments[] = {(char *)test->name, NULL};
    pid_t pid = fork();

    if (pid < 0 || out < 0) {
        perror("driver");
        exit(1);
    }
    if (pid == 0) {
        dup2(out, 1);
        dup2(out, 2);
        close(out);
        alarm(300);
        exit(test->main(1, arguments, environment));
    }
    waitpid(pid, &status, 0);
    report(test->name, status, out);
    close(out);
}

int main(int argc, char **argv, char **environment)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (argc < 2)
            run(&tests[i], environment);
        else if (strcmp(argv[1], tests[i].name) == 0)
            exit(tests[i].main(argc - 1, argv + 1, environment));
    }
    return 0;
}
