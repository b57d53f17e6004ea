/* Core files: written in the program's own format where it died by a signal that leaves one, within the limit. */
#include "t.h"
#include <dirent.h>
#include <elf.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char marker[8192] = "here";
static char dir[] = "/tmp/coresXXXXXX";
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
    if (limit == RLIM_INFINITY) {
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

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(mkdtemp(dir));
    look("abort", aborts);
    look("quit", quits);
    look("fault", faults);
    look("trap", traps);
    look("terminated", terminates);
    look("with threads", threads);
    look("not dumpable", undumpable);
    limit = 20480;
    look("small limit", aborts);
    limit = 0;
    look("no limit left", aborts);
    rmdir(dir);
    return 0;
}
