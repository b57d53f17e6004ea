/*
 * The kernel's shared object in a program's memory: an ELF image of one page with the functions that the architecture's vDSO
 * exports (vdso(7)). Each makes the system call of its name; the first is what signal handlers return to.
 */
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/loader.h"
#include "runtime/guestmem.h"
#include "runtime/space.h"

enum { MAX_CALLS = 8, LOCAL_VERSION = 2 /* 1: the object's own name */ };
enum { S_NULL, S_HASH, S_DYNSYM, S_DYNSTR, S_VERSYM, S_VERDEF, S_DYNAMIC, S_TEXT, S_SHSTRTAB, SECTIONS };
static const char section_names[] = "\0.hash\0.dynsym\0.dynstr\0.gnu.version\0.gnu.version_d\0.dynamic\0.text\0.shstrtab";
static const char soname[] = "linux-vdso.so.1";

struct image {
    _Alignas(8) uint8_t bytes[SPACE_PAGE];
    size_t used;
    Elf64_Shdr section[SECTIONS];
};

/* Room at the end for a part, which lies there until the page is full: it is made for known tables. */
static void *part(struct image *m, int section, uint32_t type, uint64_t flags, size_t size, uint32_t entry)
{
    size_t at = (m->used + 7) & ~(size_t)7;
    m->used = at + size;
    m->section[section] = (Elf64_Shdr){.sh_type = type, .sh_flags = flags, .sh_addr = at, .sh_offset = at, .sh_size = size,
                                       .sh_addralign = 8, .sh_entsize = entry};
    return m->bytes + at;
}

static uint32_t hash(const char *name)
{
    uint32_t h = 0;     /* System V gABI, "Hash Table" */
    for (; *name; name++) {
        h = (h << 4) + (uint8_t)*name;
        h = (h ^ (h & 0xf0000000) >> 24) & 0x0fffffff;
    }
    return h;
}

static uint32_t add_string(char *table, size_t *used, const char *s)
{
    size_t at = *used, n = strlen(s) + 1;
    memcpy(table + at, s, n);
    *used += n;
    return (uint32_t)at;
}

/* One bucket, whose chain has all symbols. */
static void put_hash(uint32_t *h, uint32_t symbols)
{
    h[0] = 1;
    h[1] = symbols;
    h[2] = symbols > 1;
    for (uint32_t i = 1; i < symbols; i++)
        h[3 + i] = i + 1 < symbols ? i + 1 : STN_UNDEF;
}

/* The object's own name, then the version of all its symbols. */
static void put_versions(Elf64_Verdef *d, uint32_t own, uint32_t version, const char *names)
{
    const uint32_t name[] = {own, version};
    for (unsigned i = 0; i < 2; i++) {
        struct { Elf64_Verdef def; Elf64_Verdaux aux; } e = {
            .def = {.vd_version = VER_DEF_CURRENT, .vd_flags = i ? 0 : VER_FLG_BASE, .vd_ndx = (Elf64_Half)(i + 1), .vd_cnt = 1,
                    .vd_hash = hash(names + name[i]), .vd_aux = sizeof e.def, .vd_next = i ? 0 : sizeof e},
            .aux = {.vda_name = name[i]}};
        memcpy((uint8_t *)d + i * sizeof e, &e, sizeof e);
    }
}

static void put_dynamic(const struct image *m, Elf64_Dyn *d, uint32_t own, size_t strings)
{
    const Elf64_Dyn all[] = {
        {DT_SONAME, {own}}, {DT_HASH, {m->section[S_HASH].sh_addr}}, {DT_STRTAB, {m->section[S_DYNSTR].sh_addr}},
        {DT_SYMTAB, {m->section[S_DYNSYM].sh_addr}}, {DT_STRSZ, {strings}}, {DT_SYMENT, {sizeof(Elf64_Sym)}},
        {DT_VERSYM, {m->section[S_VERSYM].sh_addr}}, {DT_VERDEF, {m->section[S_VERDEF].sh_addr}}, {DT_VERDEFNUM, {2}}, {DT_NULL, {0}},
    };
    memcpy(d, all, sizeof all);
}
enum { DYNAMIC_SIZE = 10 * sizeof(Elf64_Dyn) };

static void put_headers(struct image *m, const struct fe_guest *g)
{
    const Elf64_Shdr *dynamic = &m->section[S_DYNAMIC];
    size_t name = 0;
    for (int i = 1; i < SECTIONS; i++) {
        name += strlen(section_names + name) + 1;
        m->section[i].sh_name = (Elf64_Word)name;
    }
    m->section[S_HASH].sh_link = m->section[S_VERSYM].sh_link = S_DYNSYM;
    m->section[S_DYNSYM].sh_link = m->section[S_VERDEF].sh_link = m->section[S_DYNAMIC].sh_link = S_DYNSTR;
    m->section[S_DYNSYM].sh_info = 1;       /* the first that is not local */
    m->section[S_VERDEF].sh_info = 2;
    memcpy(part(m, S_NULL, 0, 0, sizeof m->section, 0), m->section, sizeof m->section);
    size_t headers = m->section[S_NULL].sh_offset;
    memset(m->bytes + headers, 0, sizeof m->section[0]);
    const Elf64_Ehdr eh = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, g->elf_class, g->elf_data, EV_CURRENT}, .e_type = ET_DYN, .e_machine = g->elf_machine,
        .e_version = EV_CURRENT, .e_phoff = sizeof eh, .e_shoff = headers, .e_ehsize = sizeof eh,
        .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTIONS, .e_shstrndx = S_SHSTRTAB};
    const Elf64_Phdr ph[] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = m->used, .p_memsz = m->used, .p_align = SPACE_PAGE},
        {.p_type = PT_DYNAMIC, .p_flags = PF_R, .p_offset = dynamic->sh_offset, .p_vaddr = dynamic->sh_addr, .p_paddr = dynamic->sh_addr,
         .p_filesz = dynamic->sh_size, .p_memsz = dynamic->sh_size, .p_align = 8}};
    memcpy(m->bytes, &eh, sizeof eh);
    memcpy(m->bytes + sizeof eh, ph, sizeof ph);
}

/* Returns the offset of the first function. */
static uint64_t build(struct image *m, const struct fe_guest *g)
{
    const struct fe_vdso *v = g->vdso;
    uint32_t n = 0;
    size_t strings = 1 + sizeof soname + strlen(v->version) + 1, put = 1;
    for (; v->calls[n].name; n++)
        strings += strlen(v->calls[n].name) + 1;
    m->used = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
    put_hash(part(m, S_HASH, SHT_HASH, SHF_ALLOC, (3 + n + 1) * 4, 4), n + 1);
    Elf64_Sym *sym = part(m, S_DYNSYM, SHT_DYNSYM, SHF_ALLOC, (n + 1) * sizeof *sym, sizeof *sym);
    char *str = part(m, S_DYNSTR, SHT_STRTAB, SHF_ALLOC, strings, 0);
    uint32_t own = add_string(str, &put, soname), version = add_string(str, &put, v->version);
    Elf64_Half *versym = part(m, S_VERSYM, SHT_GNU_versym, SHF_ALLOC, (n + 1) * sizeof *versym, sizeof *versym);
    put_versions(part(m, S_VERDEF, SHT_GNU_verdef, SHF_ALLOC, 2 * (sizeof(Elf64_Verdef) + sizeof(Elf64_Verdaux)), 0), own, version, str);
    put_dynamic(m, part(m, S_DYNAMIC, SHT_DYNAMIC, SHF_ALLOC, DYNAMIC_SIZE, sizeof(Elf64_Dyn)), own, strings);
    uint32_t *text = part(m, S_TEXT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, n * sizeof v->code, 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t *code = text + i * (sizeof v->code / sizeof v->code[0]);
        memcpy(code, v->code, sizeof v->code);
        code[0] |= v->calls[i].nr << v->nr_shift;
        versym[i + 1] = LOCAL_VERSION;
        sym[i + 1] = (Elf64_Sym){.st_name = add_string(str, &put, v->calls[i].name), .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                 .st_shndx = S_TEXT, .st_value = (uint64_t)((uint8_t *)code - m->bytes), .st_size = sizeof v->code};
    }
    memcpy(part(m, S_SHSTRTAB, SHT_STRTAB, 0, sizeof section_names, 0), section_names, sizeof section_names);
    put_headers(m, g);
    return m->section[S_TEXT].sh_addr;
}

int ld_map_vdso(struct mm *mm, const struct fe_guest *g, struct ld_image *out)
{
    static struct image image;      /* large; loading happens once, before the guest runs */
    memset(&image, 0, sizeof image);
    uint64_t first = build(&image, g);
    int64_t at = mm_mmap(mm, 0, SPACE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0)
        return (int)at;
    int err = copy_to_guest((uint64_t)at, image.bytes, sizeof image.bytes);
    if (!err)
        err = (int)mm_mprotect(mm, (uint64_t)at, SPACE_PAGE, PROT_READ | PROT_EXEC);
    mm_name(mm, (uint64_t)at, "[vdso]");
    out->vdso = (uint64_t)at;
    out->trampoline = (uint64_t)at + first;
    return err;
}
