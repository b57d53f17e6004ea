/* The vDSO as a debugger and a language without a C library see it: an ELF image at AT_SYSINFO_EHDR whose functions read clocks. */
#include "t.h"
#include <elf.h>
#include <sys/auxv.h>

static const uint8_t *base;

/* A function by its name without the architecture's prefix; what it lies in must be code of the image. */
static void *find(const char *name)
{
    const Elf64_Ehdr *eh = (const void *)base;
    const Elf64_Shdr *sh = (const void *)(base + eh->e_shoff);
    for (int i = 0; i < eh->e_shnum; i++) {
        if (sh[i].sh_type != SHT_DYNSYM) continue;
        const Elf64_Sym *s = (const void *)(base + sh[i].sh_offset);
        const char *names = (const char *)base + sh[sh[i].sh_link].sh_offset;
        for (size_t k = 1; k < sh[i].sh_size / sizeof *s; k++) {
            const char *n = names + s[k].st_name;
            n += strncmp(n, "__vdso_", 7) == 0 ? 7 : strncmp(n, "__kernel_", 9) == 0 ? 9 : 0;
            if (strcmp(n, name)) continue;
            must(sh[s[k].st_shndx].sh_flags & SHF_EXECINSTR && ELF64_ST_TYPE(s[k].st_info) == STT_FUNC && s[k].st_size);
            return (void *)(base + s[k].st_value);
        }
    }
    return NULL;
}

static void segments(void)
{
    const Elf64_Ehdr *eh = (const void *)base;
    const Elf64_Phdr *ph = (const void *)(base + eh->e_phoff);
    for (int i = 0; i < eh->e_phnum; i++) {
        if (ph[i].p_type == PT_LOAD) printf("segment at %ld, flags %d\n", (long)ph[i].p_vaddr, (int)ph[i].p_flags);
        if (ph[i].p_type != PT_DYNAMIC) continue;
        const Elf64_Dyn *d = (const void *)(base + ph[i].p_vaddr);
        const char *names = NULL;
        uint64_t own = 0;
        for (; d->d_tag != DT_NULL; d++) {
            if (d->d_tag == DT_STRTAB) names = (const char *)base + d->d_un.d_ptr;
            if (d->d_tag == DT_SONAME) own = d->d_un.d_val;
        }
        printf("it is %s\n", names + own);
    }
}

static void in_maps(void)
{
    char line[300];
    unsigned long lo;
    FILE *f = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, f))
        if (strstr(line, "[vdso]") && sscanf(line, "%lx-%*x %s", &lo, line) == 2) printf("in maps: %d %s\n", lo == (unsigned long)base, line);
    fclose(f);
}

static int before(struct timespec a, struct timespec b) { return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec <= b.tv_nsec); }

int main(void)
{
    base = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    must(base && memcmp(base, ELFMAG, SELFMAG) == 0);
    segments();
    in_maps();
    long (*gettime)(clockid_t, struct timespec *) = find("clock_gettime");
    long (*getres)(clockid_t, struct timespec *) = find("clock_getres");
    long (*timeofday)(struct timeval *, void *) = find("gettimeofday");
    struct timespec t[3], r;
    struct timeval v;
    must(gettime && getres && timeofday);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t[0]);
    show("clock_gettime", gettime(CLOCK_MONOTONIC, &t[1]));
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t[2]);
    show("between two calls", before(t[0], t[1]) && before(t[1], t[2]));
    show("no such clock", gettime(1000, &t[1]));
    show("clock_getres", getres(CLOCK_MONOTONIC, &r));
    show("a nanosecond", r.tv_sec * 1000000000 + r.tv_nsec);
    show("gettimeofday", timeofday(&v, NULL));
    show("is now", labs(v.tv_sec - time(NULL)) <= 1);
    return 0;
}
