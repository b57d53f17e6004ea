/* Core files: written in the program's own format where it died by a signal that leaves one, within the limit. */
#include "t.h"
#include <dirent.h>
#include <elf.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char marker[8192] = "here";
static char dir[100];
static rlim_t limit = RLIM_INFINITY;

static void ready(void)
{
    struct rlimit r = {limit, limit};
    must(setrlimit(RLIMIT_CORE, &r) == 0 && chdir(dir) == 0);
    strcpy(marker + 5000, "changed later");
}
static void aborts(void) { ready(); abort(); }
static void quits(void) { ready(); kill(getpid(), SIGQUIT); pause(); }
static void faults(void) { ready(); *(volatile int *)8 = 1; }
static void traps(void) { ready(); raise(SIGTRAP); }
static void terminates(void) { ready(); raise(SIGTERM); }
static void *forever(void *arg) { (void)arg; for (;;) pause(); }
static void threads(void)
{
    pthread_t p;
    ready();
    pthread_create(&p, NULL, forever, NULL);
    pthread_create(&p, NULL, forever, NULL);
    usleep(20000);
    abort();
}
/* Areas and threads that come and go while the core is written. */
static char big[16 << 20];
static void *maps(void *arg)
{
    (void)arg;
    int fd = open("/proc/self/exe", O_RDONLY);
    for (;;) {
        char *p = mmap(NULL, 32 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *files[8];
        for (int i = 1; i < 32; i += 2) mprotect(p + i * 4096, 4096, PROT_READ);
        for (int i = 0; i < 8; i++) files[i] = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
        for (int i = 0; i < 8; i++) munmap(files[i], 4096);
        munmap(p, 32 * 4096);
    }
}
static void *ends(void *arg) { return arg; }
static void *starts(void *arg)
{
    pthread_t p;
    for (;;)
        if (!pthread_create(&p, NULL, ends, NULL)) pthread_join(p, arg);
}
static pthread_barrier_t together;
static void *dies(void *arg) { (void)arg; pthread_barrier_wait(&together); *(volatile int *)8 = 1; return NULL; }
static void storm(void)
{
    pthread_t p;
    ready();
    memset(big, 1, sizeof big);
    pthread_create(&p, NULL, maps, NULL);
    pthread_create(&p, NULL, maps, NULL);
    pthread_create(&p, NULL, starts, NULL);
    usleep(10000);
    abort();
}
static void both(void)
{
    pthread_t p;
    ready();
    memset(big, 1, sizeof big);
    pthread_barrier_init(&together, NULL, 2);
    pthread_create(&p, NULL, dies, NULL);
    dies(NULL);
}
static void undumpable(void) { ready(); prctl(PR_SET_DUMPABLE, 0); abort(); }

static int own_machine(void)
{
    Elf64_Ehdr e;
    int fd = open("/proc/self/exe", O_RDONLY);
    must(read(fd, &e, sizeof e) == sizeof e);
    close(fd);
    return e.e_machine;
}

static void at(int fd, uint64_t address, char *buf, size_t n)
{
    Elf64_Ehdr e;
    Elf64_Phdr p;
    must(pread(fd, &e, sizeof e, 0) == sizeof e);
    for (int i = 0; i < e.e_phnum; i++) {
        must(pread(fd, &p, sizeof p, (off_t)(e.e_phoff + (unsigned)i * sizeof p)) == sizeof p);
        if (p.p_type == PT_LOAD && address >= p.p_vaddr && address < p.p_vaddr + p.p_filesz)
            must(pread(fd, buf, n, (off_t)(p.p_offset + address - p.p_vaddr)) == (ssize_t)n);
    }
}

static void notes(int fd)
{
    Elf64_Ehdr e;
    Elf64_Phdr p;
    int threads = 0, floats = 0, signo = 0, code = 0;
    char name[17] = "", buf[65536];
    must(pread(fd, &e, sizeof e, 0) == sizeof e);
    for (int i = 0; i < e.e_phnum; i++) {
        must(pread(fd, &p, sizeof p, (off_t)(e.e_phoff + (unsigned)i * sizeof p)) == sizeof p);
        if (p.p_type != PT_NOTE) continue;
        ssize_t n = pread(fd, buf, sizeof buf, (off_t)p.p_offset);
        for (char *c = buf; c < buf + n && c < buf + p.p_filesz; ) {
            Elf64_Nhdr h;
            memcpy(&h, c, sizeof h);
            char *d = c + sizeof h + ((h.n_namesz + 3) & ~3u);
            if (!strcmp(c + sizeof h, "CORE")) {
                if (h.n_type == NT_PRSTATUS && h.n_descsz == sizeof(struct elf_prstatus) && !threads++) signo = ((struct elf_prstatus *)d)->pr_cursig;
                if (h.n_type == NT_FPREGSET && h.n_descsz > 256) floats++;
                if (h.n_type == NT_PRPSINFO) memcpy(name, ((struct elf_prpsinfo *)d)->pr_fname, 16);
                if (h.n_type == NT_SIGINFO) code = ((siginfo_t *)d)->si_code;
            }
            c = d + ((h.n_descsz + 3) & ~3u);
        }
    }
    printf("  signal %d code %d, %d threads, %d with floats, name %s\n", signo, code, threads, floats, name);
}

/* Do notes and segments lie within the file, one after the other? */
static int is_whole(int fd)
{
    Elf64_Ehdr e;
    Elf64_Phdr p;
    struct stat st;
    uint64_t end = 0, address = 0;
    must(pread(fd, &e, sizeof e, 0) == sizeof e && fstat(fd, &st) == 0);
    for (int i = 0; i < e.e_phnum; i++) {
        if (pread(fd, &p, sizeof p, (off_t)(e.e_phoff + (unsigned)i * sizeof p)) != sizeof p) return 0;
        if (p.p_type != (i ? PT_LOAD : PT_NOTE) || p.p_offset < end || p.p_offset + p.p_filesz > (uint64_t)st.st_size) return 0;
        end = p.p_offset + p.p_filesz;
        if (p.p_vaddr < address) return 0;
        address = p.p_vaddr + p.p_memsz;
        if (i) continue;
        uint64_t at = p.p_offset;
        for (Elf64_Nhdr h; at < end; at += sizeof h + ((h.n_namesz + 3) & ~3u) + ((h.n_descsz + 3) & ~3u))
            if (pread(fd, &h, sizeof h, (off_t)at) != sizeof h || (h.n_namesz != 5 && h.n_namesz != 6)) return 0;      /* CORE, LINUX */
        if (at != end) return 0;
    }
    return 1;
}

static void look(const char *what, void (*f)(void))
{
    char buf[16] = "", path[600] = "";
    show(what, run_child(f));
    DIR *d = opendir(dir);
    for (struct dirent *e; (e = readdir(d)); )
        if (e->d_name[0] != '.') snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
    closedir(d);
    if (!*path) { printf("  no core\n"); return; }
    int fd = open(path, O_RDONLY);
    struct stat st;
    Elf64_Ehdr e;
    must(pread(fd, &e, sizeof e, 0) == sizeof e && fstat(fd, &st) == 0);
    printf("  type %d, own machine %d, mode %o\n", e.e_type, e.e_machine == own_machine(), st.st_mode);
    if (f == storm || f == both)
        printf("  whole %d\n", is_whole(fd));
    else if (limit == RLIM_INFINITY) {
        notes(fd);
        at(fd, (uintptr_t)marker, buf, sizeof buf);
        printf("  %s, ", buf);
        at(fd, (uintptr_t)marker + 5000, buf, sizeof buf);
        printf("%s\n", buf);
    } else
        printf("  within the limit: %d\n", st.st_size <= (off_t)limit);
    close(fd);
    unlink(path);
}

/* A file of another name that a link lets be found as the core's. */
static void another_file(void)
{
    char path[120], buf[16] = "";
    snprintf(path, sizeof path, "%s/.other", dir);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    must(write(fd, "unchanged", 9) == 9 && chdir(dir) == 0 && link(".other", "core") == 0);
    show("another file", run_child(aborts));
    must(pread(fd, buf, sizeof buf - 1, 0) >= 0);
    printf("  %s\n", buf);
    unlink("core");
    unlink(".other");
    close(fd);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    own_dir(dir, "cores");
    look("abort", aborts);
    look("quit", quits);
    look("fault", faults);
    look("trap", traps);
    look("terminated", terminates);
    look("with threads", threads);
    for (int i = 0; i < 5; i++) {
        look("areas change", storm);
        look("two die", both);
    }
    look("not dumpable", undumpable);
    another_file();
    limit = 20480;
    look("small limit", aborts);
    limit = 0;
    look("no limit left", aborts);
    return 0;
}
