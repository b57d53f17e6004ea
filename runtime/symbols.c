/*
 * Names for addresses (runtime/symbols.h): /proc/self/maps gives the file, its symbol table the function. Who asks for one address
 * looks through the table; who names every region has it sorted once, and keeps it with the mappings it was found for.
 */
#include "runtime/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/host.h"
#include "runtime/log.h"
#include "runtime/own.h"

struct mapping { uint64_t lo, hi, offset; char path[512]; };

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
    m->hi = hex(&line);
    if (addr < m->lo || addr >= m->hi)
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

/* What a symbol table says of functions. */
typedef void symbol_fn(void *ctx, uint64_t start, uint64_t size, const char *name);

static bool names_function(const Elf64_Sym *s)
{
    unsigned type = ELF64_ST_TYPE(s->st_info);
    return s->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE);
}

static bool each_in(const struct image *f, const Elf64_Shdr *table, const Elf64_Shdr *names, symbol_fn *found, void *ctx)
{
    const Elf64_Sym *sym = part(f, table->sh_offset, table->sh_size);
    const char *text = part(f, names->sh_offset, names->sh_size);
    if (!sym || !text || !names->sh_size || text[names->sh_size - 1])
        return false;
    bool any = false;
    for (uint64_t i = 0; i < table->sh_size / sizeof *sym; i++)
        if (names_function(&sym[i]) && sym[i].st_name < names->sh_size && text[sym[i].st_name] && text[sym[i].st_name] != '$') {
            found(ctx, sym[i].st_value, sym[i].st_size, text + sym[i].st_name);
            any = true;
        }
    return any;
}

/* The functions of the file's symbol table, or of the one for dynamic linking if that is all it has. */
static void each_symbol(const struct image *f, symbol_fn *found, void *ctx)
{
    const Elf64_Ehdr *eh = part(f, 0, sizeof *eh);
    if (!eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64)
        return;
    const Elf64_Shdr *sh = part(f, eh->e_shoff, eh->e_shnum * sizeof *sh);
    static const uint32_t kinds[] = {SHT_SYMTAB, SHT_DYNSYM};
    bool any = false;
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; sh && !any && i < eh->e_shnum; i++)
            if (sh[i].sh_type == kinds[k] && sh[i].sh_link < eh->e_shnum)
                any = each_in(f, &sh[i], &sh[sh[i].sh_link], found, ctx);
}

/* ---- one address ---- */

struct nearest { uint64_t at, delta; const char *name; };

/* The nearest function at or before the address, no further than 1 MiB. */
static void nearer(void *ctx, uint64_t start, uint64_t size, const char *name)
{
    struct nearest *n = ctx;
    (void)size;
    if (n->at >= start && n->at - start < n->delta) {
        n->delta = n->at - start;
        n->name = name;
    }
}

static const char *function_at(const struct image *f, uint64_t offset, uint64_t *delta)
{
    const Elf64_Ehdr *eh = part(f, 0, sizeof *eh);
    struct nearest n = {eh ? linked_at(f, eh, offset) : 0, 1 << 20, NULL};
    if (n.at)
        each_symbol(f, nearer, &n);
    *delta = n.delta;
    return n.name;
}

/* Where no mapping of the guest's is in the way; one at a time. */
#define IMAGE_AT 0x6f0280000000ull
#define IMAGE_SIZE (1ull << 30)

static bool open_image(const char *path, struct image *f)
{
    struct stat st;
    long fd = host_syscall(__NR_open, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), p = -1;
    if (host_is_error(fd))
        return false;
    if (host_syscall(__NR_fstat, fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size && (uint64_t)st.st_size <= IMAGE_SIZE) {
        f->size = (uint64_t)st.st_size;
        p = own_map(IMAGE_AT, f->size, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, fd, 0);
        f->p = (const uint8_t *)p;
    }
    host_syscall(__NR_close, fd);
    return !host_is_error(p);
}

static void close_image(const struct image *f) { host_syscall(__NR_munmap, f->p, f->size); }

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
    struct image f;
    if (open_image(m.path, &f)) {
        const char *name = function_at(&f, offset, &delta);
        if (name)
            log_format(buf, size, "%s+0x%lx (%s+0x%lx)", name, (unsigned long)delta, m.path, (unsigned long)offset);
        close_image(&f);
    }
    if (!buf[0])
        log_format(buf, size, "(%s+0x%lx)", m.path, (unsigned long)offset);
}

/* ---- every region ---- */

/* Own memory, which grows upward and is never given back. */
#define NAMES_LO 0x6f0200000000ull
#define NAMES_SIZE (1ull << 30)

enum { FILES = 512, RANGES = 64 };

struct symbol { uint64_t start, end; const char *name; };

/* An ELF file, or what is no file; module: the last part of its path, or NULL. */
struct file { uint64_t dev, ino, mtime; const char *module; struct symbol *symbols; size_t count, room; };

/* A mapping that was asked for; linked: the address that its beginning has in the file. */
struct range { uint64_t lo, hi, offset, linked; const struct file *file; };

static struct {
    uint8_t *next;
    struct file files[FILES];
    unsigned nfiles;
    struct range ranges[RANGES];
    unsigned nranges, replaced;
} names;

static void *take(size_t n)
{
    if (!names.next) {
        long p = own_map(NAMES_LO, NAMES_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if ((uint64_t)p != NAMES_LO)
            return NULL;
        names.next = (uint8_t *)p;
    }
    uint8_t *p = names.next;
    n = (n + 15) & -16ul;
    if (n > NAMES_LO + NAMES_SIZE - (uint64_t)p)
        return NULL;
    names.next += n;
    return p;
}

static const char *copy(const char *s)
{
    size_t n = strlen(s) + 1;
    char *to = take(n);
    return to ? memcpy(to, s, n) : NULL;
}

static void append(void *ctx, uint64_t start, uint64_t size, const char *name)
{
    struct file *f = ctx;
    struct symbol *s = &f->symbols[f->count];
    if (f->count < f->room && (s->name = copy(name))) {
        s->start = start;
        s->end = start + size;
        f->count++;
    }
}

static void count_one(void *ctx, uint64_t start, uint64_t size, const char *name)
{
    (void)start, (void)size, (void)name;
    ++*(size_t *)ctx;
}

static bool before(const struct symbol *a, const struct symbol *b) { return a->start < b->start || (a->start == b->start && a->end < b->end); }

static void sift(struct symbol *s, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && before(&s[child], &s[child + 1]))
            child++;
        if (!before(&s[root], &s[child]))
            return;
        struct symbol t = s[root];
        s[root] = s[child];
        s[child] = t;
    }
}

/* By heap: libc's sort may allocate. */
static void sort(struct symbol *s, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(s, i, n);
    for (size_t i = n; i-- > 1;) {
        struct symbol t = s[0];
        s[0] = s[i];
        s[i] = t;
        sift(s, 0, i);
    }
}

static void read_symbols(struct file *f, const struct image *image)
{
    each_symbol(image, count_one, &f->room);
    f->symbols = take(f->room * sizeof *f->symbols);
    if (!f->symbols)
        return;
    each_symbol(image, append, f);
    sort(f->symbols, f->count);
}

static const struct file *file_of(const struct mapping *m, const struct image *image)
{
    struct stat st = {0};
    if (!image || host_is_error(host_syscall(__NR_stat, m->path, &st)))
        st = (struct stat){0};
    uint64_t mtime = (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec;
    for (unsigned i = 0; i < names.nfiles; i++) {
        struct file *f = &names.files[i];
        if (f->ino == st.st_ino && f->dev == st.st_dev && f->mtime == mtime)
            return f;
    }
    if (names.nfiles == FILES)
        return NULL;
    struct file *f = &names.files[names.nfiles++];
    *f = (struct file){.dev = st.st_dev, .ino = st.st_ino, .mtime = mtime};
    const char *slash = strrchr(m->path, '/');
    if (st.st_ino && slash && (f->module = copy(slash + 1)))
        read_symbols(f, image);
    return f;
}

static const struct range *range_of(uint64_t addr)
{
    for (unsigned i = 0; i < names.nranges; i++)
        if (addr >= names.ranges[i].lo && addr < names.ranges[i].hi)
            return &names.ranges[i];
    static struct mapping m;
    if (!find_mapping(addr, &m))
        return NULL;
    struct range *r = &names.ranges[names.nranges < RANGES ? names.nranges++ : names.replaced++ % RANGES];
    struct image image;
    bool is_file = m.path[0] && open_image(m.path, &image);
    const Elf64_Ehdr *eh = is_file ? part(&image, 0, sizeof *eh) : NULL;
    *r = (struct range){m.lo, m.hi, m.offset, eh ? linked_at(&image, eh, m.offset) : 0, file_of(&m, is_file ? &image : NULL)};
    if (is_file)
        close_image(&image);
    return r;
}

void symbols_forget(uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < names.nranges;)
        if (names.ranges[i].lo < end && start < names.ranges[i].hi)
            names.ranges[i] = names.ranges[--names.nranges];
        else
            i++;
}

/* The last function that begins at or before `at`; one of no known size lasts until the next. */
static const struct symbol *symbol_at(const struct file *f, uint64_t at)
{
    size_t lo = 0, hi = f->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (f->symbols[mid].start <= at)
            lo = mid + 1;
        else
            hi = mid;
    }
    const struct symbol *s = lo ? &f->symbols[lo - 1] : NULL;
    return s && (at < s->end || s->end == s->start) ? s : NULL;
}

void symbols_name(uint64_t addr, char *buf, size_t size, uint64_t *delta)
{
    const struct range *r = range_of(addr);
    const struct file *f = r ? r->file : NULL;
    *delta = 0;
    if (!f || !f->module) {
        log_format(buf, size, "guest-%lx", (unsigned long)addr);
        return;
    }
    uint64_t at = addr - r->lo + r->linked;
    const struct symbol *s = symbol_at(f, at);
    if (s) {
        *delta = at - s->start;
        log_format(buf, size, "%s [%s]", s->name, f->module);
    } else {
        log_format(buf, size, "%s+0x%lx", f->module, (unsigned long)(addr - r->lo + r->offset));
    }
}
