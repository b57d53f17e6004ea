/* /proc/PID/mem, process_vm_readv and process_vm_writev: data, read-only pages, code, and what is nobody's. */
#include "t.h"
#include <sys/uio.h>

#if defined(__x86_64__)
static const unsigned char returns_1[] = { 0xb8, 1, 0, 0, 0, 0xc3 }, returns_2[] = { 0xb8, 2, 0, 0, 0, 0xc3 };
#elif defined(__aarch64__)
static const unsigned returns_1[] = { 0x52800020, 0xd65f03c0 }, returns_2[] = { 0x52800040, 0xd65f03c0 };
#else
static const unsigned returns_1[] = { 0x00100513, 0x00008067 }, returns_2[] = { 0x00200513, 0x00008067 };
#endif

/* Where the translator is, and around it; nothing of a native program's. */
static const uint64_t nobodys[] = { 0x6f0000000000, 0x6f0000001000, 0x6f0050000000, 0x6f0080001000, 0x6f0400000000, 0x6f0801000000, 0x6effffff0000 };

static int (*function)(void);
static volatile int word = 5;

static void make_function(int prot)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(p, returns_1, sizeof returns_1);
    __builtin___clear_cache(p, (char *)p + sizeof returns_1);
    mprotect(p, 4096, prot);
    function = (int (*)(void))p;
}

static void nobody(const char *what, int fd, pid_t pid)
{
    char buf[64];
    for (unsigned i = 0; i < sizeof nobodys / sizeof *nobodys; i++) {
        uint64_t at = nobodys[i];
        struct iovec l = { buf, sizeof buf }, r = { (void *)at, sizeof buf }, both[2] = { { (void *)&word, 4 }, r };
        long a = pread(fd, buf, 64, at) < 0 ? errno : 0, b = pwrite(fd, buf, 64, at) < 0 ? errno : 0;
        long s = lseek(fd, at, SEEK_SET), c = read(fd, buf, 64) < 0 ? errno : 0, d = write(fd, buf, 64) < 0 ? errno : 0;
        long p = lseek(fd, 0, SEEK_CUR), q = lseek(fd, 16, SEEK_CUR);
        long e = preadv(fd, &l, 1, at) < 0 ? errno : 0, f = process_vm_readv(pid, &l, 1, &r, 1, 0) < 0 ? errno : 0;
        long g = process_vm_writev(pid, &l, 1, &r, 1, 0) < 0 ? errno : 0, h = process_vm_readv(pid, &l, 1, both, 2, 0);
        printf("%s %d: %ld %ld %ld %ld %ld %ld %ld %ld, position %d %d %d\n", what, i, a, b, c, d, e, f, g, h, s == at, p == at, q == at + 16);
        must(lseek(fd, (long)&word, SEEK_SET) == (long)&word && read(fd, buf, 4) == 4);
    }
}

static void own(void)
{
    static const volatile char constant[] = "constant";
    int v = 0, fd = open("/proc/self/mem", O_RDWR);
    must(fd >= 0);
    show("read", pread(fd, &v, 4, (long)&word) == 4 && v == 5);
    v = 6;
    show("write", pwrite(fd, &v, 4, (long)&word) == 4 && word == 6);
    show("write to a constant", pwrite(fd, "changed!", 8, (long)constant) == 8 && constant[1] == 'h');
    void *none = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    show("write without access", pwrite(fd, &v, 4, (long)none) == 4 && pread(fd, &v, 4, (long)none) == 4 && v == 6);
    munmap(none, 8192);
    show("read of nothing", pread(fd, &v, 4, (long)none) < 0 ? errno : 0);
    make_function(PROT_READ | PROT_EXEC);
    printf("function %d", function());
    show(", written", pwrite(fd, returns_2, sizeof returns_2, (long)function) == sizeof returns_2);
    __builtin___clear_cache((char *)function, (char *)function + 16);
    show("function", function());
    for (int i = 0; i < 3; i++) {
        const void *code = i & 1 ? (void *)returns_2 : (void *)returns_1;
        lseek(fd, (long)function, SEEK_SET);
        must(write(fd, code, sizeof returns_1) == sizeof returns_1);
        printf("function %d\n", function());
        struct iovec l = { (void *)(i & 1 ? (void *)returns_1 : (void *)returns_2), sizeof returns_1 }, r = { (void *)function, sizeof returns_1 };
        printf("by process_vm_writev: %d\n", process_vm_writev(getpid(), &l, 1, &r, 1, 0) < 0 ? errno : 0);
    }
    nobody("own", fd, getpid());
    close(fd);
}

/* A child that runs a function until it returns something else. */
static void other(void)
{
    make_function(PROT_READ | PROT_WRITE | PROT_EXEC);
    fflush(stdout);
    int p[2], v = 0;
    must(pipe(p) == 0);
    pid_t pid = fork();
    if (!pid) {
        char c = (char)function();
        must(write(p[1], &c, 1) == 1);
        while (function() == 1 && word != 77);
        _exit(function() + 10);
    }
    char c, path[64];
    must(read(p[0], &c, 1) == 1);
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int fd = open(path, O_RDWR);
    must(fd >= 0);
    show("another's word", pread(fd, &v, 4, (long)&word) == 4 ? v : -1);
    nobody("another's", fd, pid);
    usleep(50000);
    show("another's function", pwrite(fd, returns_2, sizeof returns_2, (long)function) == sizeof returns_2);
    int status;
    waitpid(pid, &status, 0);
    show("its end", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
    show("memory of the dead", pread(fd, &v, 4, (long)&word));
    close(fd);
    pid = fork();
    if (!pid) {
        while (function() == 1);
        _exit(function() + 20);
    }
    usleep(50000);
    struct iovec l = { (void *)returns_2, sizeof returns_2 }, r = { (void *)function, sizeof returns_2 };
    show("written", process_vm_writev(pid, &l, 1, &r, 1, 0) == sizeof returns_2);
    waitpid(pid, &status, 0);
    show("its end", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

int main(void)
{
    alarm(60);
    own();
    other();
    return 0;
}
