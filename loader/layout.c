/* Which address space a program expects. */
#include <elf.h>
#include <string.h>

#include "loader/loader.h"
#include "runtime/host.h"

enum { MAX_PHDRS = 128, MOST_NAMES = 1 << 20, CHUNK = 4096, OVERLAP = 16 };

struct names { uint64_t at, size; };    /* the dynamic string table in the file */

static uint64_t file_offset(const Elf64_Phdr *ph, unsigned n, uint64_t vaddr)
{
    for (unsigned i = 0; i < n; i++)
        if (ph[i].p_type == PT_LOAD && vaddr >= ph[i].p_vaddr && vaddr - ph[i].p_vaddr < ph[i].p_filesz)
            return vaddr - ph[i].p_vaddr + ph[i].p_offset;
    return 0;
}

static bool find_names(int fd, struct names *out)
{
    Elf64_Ehdr eh;
    Elf64_Phdr ph[MAX_PHDRS];
    Elf64_Dyn dyn[128];
    const Elf64_Phdr *dynamic = NULL;
    if (host_syscall(__NR_pread64, fd, &eh, sizeof eh, 0) != sizeof eh || eh.e_phentsize != sizeof *ph || eh.e_phnum > MAX_PHDRS ||
        host_syscall(__NR_pread64, fd, ph, eh.e_phnum * sizeof *ph, eh.e_phoff) != (long)(eh.e_phnum * sizeof *ph))
        return false;
    for (unsigned i = 0; i < eh.e_phnum; i++)
        if (ph[i].p_type == PT_DYNAMIC)
            dynamic = &ph[i];
    if (!dynamic)
        return false;
    size_t size = dynamic->p_filesz < sizeof dyn ? dynamic->p_filesz : sizeof dyn;
    long n = host_syscall(__NR_pread64, fd, dyn, size, dynamic->p_offset);
    *out = (struct names){0, 0};
    for (long i = 0; i < n / (long)sizeof *dyn && dyn[i].d_tag != DT_NULL; i++) {
        if (dyn[i].d_tag == DT_STRTAB)
            out->at = file_offset(ph, eh.e_phnum, dyn[i].d_un.d_ptr);
        if (dyn[i].d_tag == DT_STRSZ)
            out->size = dyn[i].d_un.d_val;
    }
    return out->at && out->size && out->size <= MOST_NAMES;
}

/* Linked with its library, or with the runtime itself, which exports what it intercepts with. */
static bool uses_tsan(int fd)
{
    static const char library[] = "\0libtsan.so", runtime[] = "\0__tsan_init";
    struct names names;
    char chunk[CHUNK];
    if (!find_names(fd, &names))
        return false;
    for (uint64_t at = 0; at < names.size; at += CHUNK - OVERLAP) {
        size_t want = names.size - at < CHUNK ? names.size - at : CHUNK;
        long n = host_syscall(__NR_pread64, fd, chunk, want, names.at + at);
        if (n <= 0)
            return false;
        if (memmem(chunk, (size_t)n, library, sizeof library - 1) || memmem(chunk, (size_t)n, runtime, sizeof runtime))
            return true;
    }
    return false;
}

uint64_t ld_address_space(struct ld_file *f)
{
    const struct fe_guest *g = f->guest;
    if (!f->address_space)
        f->address_space = g->address_space != g->tsan_address_space && uses_tsan(f->fd) ? g->tsan_address_space : g->address_space;
    return f->address_space;
}
