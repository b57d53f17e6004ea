/* The calls that read clocks, which programs make often: through the host's vDSO, so without entering the kernel. */
#include <elf.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

#include "syscall/handlers.h"

/* They return 0 or -errno and fall back to the kernel by themselves. */
static int (*vdso_clock_gettime)(clockid_t, struct timespec *);
static int (*vdso_gettimeofday)(struct timeval *, struct timezone *);

static const void *find_symbol(const Elf64_Ehdr *eh, const char *name)
{
    const char *base = (const char *)eh;
    const Elf64_Phdr *ph = (const Elf64_Phdr *)(base + eh->e_phoff);
    const Elf64_Dyn *dyn = NULL;
    uint64_t bias = 0;
    for (unsigned i = 0; i < eh->e_phnum; i++) {
        if (ph[i].p_type == PT_LOAD && !bias) bias = (uint64_t)base + ph[i].p_offset - ph[i].p_vaddr;
        if (ph[i].p_type == PT_DYNAMIC) dyn = (const Elf64_Dyn *)(base + ph[i].p_offset);
    }
    const Elf64_Sym *sym = NULL;
    const char *str = NULL;
    for (; dyn && dyn->d_tag != DT_NULL; dyn++) {
        if (dyn->d_tag == DT_SYMTAB) sym = (const Elf64_Sym *)(bias + dyn->d_un.d_ptr);
        if (dyn->d_tag == DT_STRTAB) str = (const char *)(bias + dyn->d_un.d_ptr);
    }
    /* The string table follows the symbol table, in the vDSO as in any file the kernel's build links. */
    for (; sym && str && (const char *)sym < str; sym++)
        if (sym->st_shndx != SHN_UNDEF && !strcmp(str + sym->st_name, name)) return (const void *)(bias + sym->st_value);
    return NULL;
}

__attribute__((constructor)) static void find_vdso(void)
{
    const Elf64_Ehdr *eh = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
    if (!eh) return;
    vdso_clock_gettime = (int (*)(clockid_t, struct timespec *))(uintptr_t)find_symbol(eh, "__vdso_clock_gettime");
    vdso_gettimeofday = (int (*)(struct timeval *, struct timezone *))(uintptr_t)find_symbol(eh, "__vdso_gettimeofday");
}

int64_t sys_clock_gettime(struct task *t, const uint64_t a[6])
{
    (void)t;
    if (!vdso_clock_gettime) return host_syscall(__NR_clock_gettime, a[0], a[1]);
    struct timespec ts;
    int r = vdso_clock_gettime((clockid_t)a[0], &ts);
    return r < 0 ? r : put_user(ts, a[1]);
}

int64_t sys_gettimeofday(struct task *t, const uint64_t a[6])
{
    (void)t;
    if (!vdso_gettimeofday) return host_syscall(__NR_gettimeofday, a[0], a[1]);
    struct timeval tv;
    struct timezone tz;
    int r = vdso_gettimeofday(&tv, &tz);
    if (r == 0 && a[0]) r = put_user(tv, a[0]);
    if (r == 0 && a[1]) r = put_user(tz, a[1]);
    return r;
}
