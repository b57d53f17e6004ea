/* Names for addresses (runtime/symbols.h): /proc/self/maps gives the file, its symbol table the function. */
#include "runtime/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/host.h"
#include "runtime/log.h"

struct mapping { uint64_t lo, offset; char path[512]; };

static uint64_t hex(const char **p)
{
    uint64_t v = 0;
    for (;; ++*p) {
        unsigned c = (unsigned char)**p, d = c - '0' < 10 ? c - '0' : (c | 0x20) - 'a' < 6 ? (c | 0x20) - 'a' + 10 : 16;
        if (d == 16)
            return v;
        v = v << 4 | d;
    }
}

/* One line of maps: "lo-hi perms offset dev inode path". */
static int covers(const char *line, uint64_t addr, struct mapping *m)
{
    m->lo = hex(&line);
    line++;
    uint64_t hi = hex(&line);
    if (addr < m->lo || addr >= hi)
        return 0;
    line += 6;
    m->offset = hex(&line);
    const char *path = strchr(line, '/');
    log_format(m->path, sizeof m->path, "%s", path ? path : "");
    return 1;
}

static int find_mapping(uint64_t addr, struct mapping *m)
{
    char line[768];
    size_t n = 0;
    int found = 0;
    long fd = host_syscall(__NR_open, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (host_is_error(fd))
        return 0;
    static char chunk[4096];
    for (long got; !found && (got = host_syscall(__NR_read, fd, chunk, sizeof chunk)) > 0;)
        for (long i = 0; i < got && !found; i++) {
            if (chunk[i] != '\n') {
                if (n < sizeof line - 1)
                    line[n++] = chunk[i];
                continue;
            }
            line[n] = 0;
            n = 0;
            found = covers(line, addr, m);
        }
    host_syscall(__NR_close, fd);
    return found;
}

/* A file's bytes; everything in it is checked before it is used. */
struct image { const uint8_t *p; uint64_t size; };

static const void *part(const struct image *f, uint64_t offset, uint64_t n)
{
    return offset <= f->size && n <= f->size - offset ? f->p + offset : NULL;
}

static uint64_t linked_at(const struct image *f, const Elf64_Ehdr *eh, uint64_t offset)
{
    const Elf64_Phdr *ph = part(f, eh->e_phoff, eh->e_phnum * sizeof *ph);
    for (unsigned i = 0; ph && i < eh->e_phnum; i++)
        if (ph[i].p_type == PT_LOAD && offset >= (ph[i].p_offset & ~4095ull) && offset < ph[i].p_offset + ph[i].p_filesz)
            return ph[i].p_vaddr + (offset - ph[i].p_offset);
    return 0;
}

/* The nearest function at or before the address, in one symbol table; NULL if there is none within 1 MiB. */
static const char *nearest(const struct image *f, const Elf64_Shdr *table, const Elf64_Shdr *names, uint64_t at, uint64_t *delta)
{
    const Elf64_Sym *sym = part(f, table->sh_offset, table->sh_size);
    const char *text = part(f, names->sh_offset, names->sh_size), *best = NULL;
    if (!sym || !text || !names->sh_size || text[names->sh_size - 1])
        return NULL;
    *delta = 1 << 20;
    for (uint64_t i = 0; i < table->sh_size / sizeof *sym; i++)
        if (sym[i].st_shndx != SHN_UNDEF && at >= sym[i].st_value && at - sym[i].st_value < *delta && sym[i].st_name < names->sh_size &&
            text[sym[i].st_name] && text[sym[i].st_name] != '$' && ELF64_ST_TYPE(sym[i].st_info) <= STT_FUNC) {
            *delta = at - sym[i].st_value;
            best = text + sym[i].st_name;
        }
    return best;
}

static const char *function_at(const struct image *f, uint64_t offset, uint64_t *delta)
{
    const Elf64_Ehdr *eh = part(f, 0, sizeof *eh);
    if (!eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64)
        return NULL;
    const Elf64_Shdr *sh = part(f, eh->e_shoff, eh->e_shnum * sizeof *sh);
    uint64_t at = linked_at(f, eh, offset);
    const char *name = NULL;
    static const uint32_t kinds[] = {SHT_SYMTAB, SHT_DYNSYM};
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; sh && at && !name && i < eh->e_shnum; i++)
            if (sh[i].sh_type == kinds[k] && sh[i].sh_link < eh->e_shnum)
                name = nearest(f, &sh[i], &sh[sh[i].sh_link], at, delta);
    return name;
}

void symbols_describe(uint64_t addr, char *buf, size_t size)
{
    static struct mapping m;
    buf[0] = 0;
    if (!find_mapping(addr, &m))
        return;
    if (!m.path[0]) {
        log_format(buf, size, "(anonymous memory)");
        return;
    }
    uint64_t offset = addr - m.lo + m.offset, delta = 0;
    struct stat st;
    long fd = host_syscall(__NR_open, m.path, O_RDONLY | O_CLOEXEC);
    if (!host_is_error(fd) && host_syscall(__NR_fstat, fd, &st) == 0) {
        struct image f = {NULL, (uint64_t)st.st_size};
        long p = host_syscall(__NR_mmap, 0, f.size, PROT_READ, MAP_PRIVATE, fd, 0);
        f.p = (const uint8_t *)p;
        const char *name = host_is_error(p) ? NULL : function_at(&f, offset, &delta);
        if (name)
            log_format(buf, size, "%s+0x%lx (%s+0x%lx)", name, (unsigned long)delta, m.path, (unsigned long)offset);
        if (!host_is_error(p))
            host_syscall(__NR_munmap, p, f.size);
    }
    if (!host_is_error(fd))
        host_syscall(__NR_close, fd);
    if (!buf[0])
        log_format(buf, size, "(%s+0x%lx)", m.path, (unsigned long)offset);
}
