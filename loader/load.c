/* Mapping a program and its interpreter, and building the initial stack (loader/loader.h). */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/auxv.h"
#include "loader/loader.h"
#include "runtime/host.h"
#include "runtime/log.h"

struct ld_vectors ld_vectors;

enum { MAX_PHDRS = 128 };

struct elf {
    int fd;
    Elf64_Ehdr eh;
    Elf64_Phdr ph[MAX_PHDRS];
    uint64_t lo, hi;            /* page-rounded span of the PT_LOADs, as linked */
    uint64_t bias, end;         /* run-time minus link address; end of the last segment at run time */
    char interp[4096];
    bool exec_stack;
};

static uint64_t page_down(uint64_t a) { return a & ~(uint64_t)(SPACE_PAGE - 1); }
static uint64_t page_up(uint64_t a) { return page_down(a + SPACE_PAGE - 1); }

static int read_at(int fd, void *dst, size_t n, uint64_t off)
{
    long r = host_syscall(__NR_pread64, fd, dst, n, off);
    if (host_is_error(r))
        return (int)r;
    return (size_t)r == n ? 0 : -ENOEXEC;
}

/* Reads and checks headers. Everything in the file is untrusted. */
static int read_headers(struct elf *e, const struct fe_guest *guest)
{
    int err = read_at(e->fd, &e->eh, sizeof e->eh, 0);
    if (err)
        return err;
    if (e->eh.e_machine != guest->elf_machine || e->eh.e_phentsize != sizeof(Elf64_Phdr) || !e->eh.e_phnum ||
        e->eh.e_phnum > MAX_PHDRS)
        return -ENOEXEC;
    err = read_at(e->fd, e->ph, e->eh.e_phnum * sizeof(Elf64_Phdr), e->eh.e_phoff);
    if (err)
        return err;
    e->lo = UINT64_MAX;
    e->hi = 0;
    e->interp[0] = 0;
    e->exec_stack = false;
    uint64_t last = 0;
    for (unsigned i = 0; i < e->eh.e_phnum; i++) {
        const Elf64_Phdr *p = &e->ph[i];
        if (p->p_type == PT_GNU_STACK)
            e->exec_stack = p->p_flags & PF_X;
        if (p->p_type == PT_INTERP) {
            if (p->p_filesz < 2 || p->p_filesz > sizeof e->interp)
                return -ENOEXEC;
            err = read_at(e->fd, e->interp, p->p_filesz, p->p_offset);
            if (err || e->interp[p->p_filesz - 1])
                return -ENOEXEC;
        }
        if (p->p_type != PT_LOAD || !p->p_memsz)
            continue;
        if (p->p_filesz > p->p_memsz || p->p_memsz > SPACE_TOP || p->p_vaddr > SPACE_TOP - p->p_memsz ||
            p->p_vaddr < last || ((p->p_vaddr ^ p->p_offset) & (SPACE_PAGE - 1)) || p->p_offset > INT64_MAX - p->p_filesz)
            return -EINVAL;
        last = p->p_vaddr;
        if (page_down(p->p_vaddr) < e->lo)
            e->lo = page_down(p->p_vaddr);
        if (page_up(p->p_vaddr + p->p_memsz) > e->hi)
            e->hi = page_up(p->p_vaddr + p->p_memsz);
    }
    return e->hi ? 0 : -ENOEXEC;
}

static int segment_prot(const Elf64_Phdr *p)
{
    return (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) | (p->p_flags & PF_X ? PROT_EXEC : 0);
}

/* The file part, the zeroed tail of its last page, and the anonymous rest of one segment. */
static int map_segment(struct elf *e, struct mm *mm, const Elf64_Phdr *p)
{
    uint64_t start = page_down(p->p_vaddr) + e->bias, off = page_down(p->p_offset);
    uint64_t file_end = p->p_vaddr + p->p_filesz + e->bias, mem_end = p->p_vaddr + p->p_memsz + e->bias;
    int prot = segment_prot(p);
    if (p->p_filesz) {
        int64_t r = mm_mmap(mm, start, page_up(file_end) - start, prot, MAP_PRIVATE | MAP_FIXED, e->fd, off);
        if (r < 0)
            return (int)r;
        start = page_up(file_end);
        if (mem_end > file_end && file_end != start && (p->p_flags & PF_W)) {
            /* To the page's end, even beyond the segment's: dynamic loaders allocate there. A page that cannot be
             * reached (file shorter than it says) stays as it is, like in the kernel. */
            static const char zeros[SPACE_PAGE];
            copy_to_guest(file_end, zeros, start - file_end);
        }
    }
    if (page_up(mem_end) > start) {
        int64_t r = mm_mmap(mm, start, page_up(mem_end) - start, prot, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
        if (r < 0)
            return (int)r;
    }
    if (mem_end > e->end)
        e->end = mem_end;
    return 0;
}

/* hint: where to put a position-independent image, 0 for anywhere. */
static int map_image(struct elf *e, struct mm *mm, uint64_t hint)
{
    uint64_t span = e->hi - e->lo, align = SPACE_PAGE;
    for (unsigned i = 0; i < e->eh.e_phnum; i++)
        if (e->ph[i].p_type == PT_LOAD && e->ph[i].p_align > align && !(e->ph[i].p_align & (e->ph[i].p_align - 1)) &&
            e->ph[i].p_align <= 1 << 26)
            align = e->ph[i].p_align;
    /* The whole span is claimed first, so that nothing else lands between segments. */
    bool fixed = e->eh.e_type == ET_EXEC;
    uint64_t want = fixed ? e->lo : hint ? hint + page_down(e->lo) : 0;
    int64_t at = mm_mmap(mm, want, fixed || hint ? span : span + align, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (fixed ? MAP_FIXED_NOREPLACE : 0), -1, 0);
    if (at < 0)
        return (int)(at == -EEXIST ? -ENOMEM : at);
    uint64_t claimed = (uint64_t)at, base = fixed ? claimed : (claimed - e->lo + align - 1) / align * align + e->lo;
    if (fixed && claimed != e->lo)
        return -ENOMEM;
    if (base > claimed)
        mm_munmap(mm, claimed, base - claimed);
    if (!fixed && !hint && base + span < claimed + span + align)
        mm_munmap(mm, base + span, claimed + align - base);
    e->bias = base - e->lo;
    e->end = 0;
    for (unsigned i = 0; i < e->eh.e_phnum; i++)
        if (e->ph[i].p_type == PT_LOAD && e->ph[i].p_memsz) {
            int err = map_segment(e, mm, &e->ph[i]);
            if (err)
                return err;
        }
    /* Gaps between segments belong to nobody. */
    uint64_t next = e->lo;
    for (unsigned i = 0; i < e->eh.e_phnum; i++) {
        const Elf64_Phdr *p = &e->ph[i];
        if (p->p_type != PT_LOAD || !p->p_memsz)
            continue;
        if (page_down(p->p_vaddr) > next)
            mm_munmap(mm, next + e->bias, page_down(p->p_vaddr) - next);
        if (page_up(p->p_vaddr + p->p_memsz) > next)
            next = page_up(p->p_vaddr + p->p_memsz);
    }
    return 0;
}

/* Run-time address of the program headers: PT_PHDR, else the segment that contains them. */
static uint64_t phdr_address(const struct elf *e)
{
    for (unsigned i = 0; i < e->eh.e_phnum; i++)
        if (e->ph[i].p_type == PT_PHDR)
            return e->ph[i].p_vaddr + e->bias;
    for (unsigned i = 0; i < e->eh.e_phnum; i++)
        if (e->ph[i].p_type == PT_LOAD && e->ph[i].p_offset <= e->eh.e_phoff &&
            e->eh.e_phoff < e->ph[i].p_offset + e->ph[i].p_filesz)
            return e->eh.e_phoff - e->ph[i].p_offset + e->ph[i].p_vaddr + e->bias;
    return 0;
}

static long open_interp(const struct elf *prog, const char *sysroot)
{
    char path[8192];
    long fd = -ENOENT;
    if (sysroot && prog->interp[0] == '/') {
        log_format(path, sizeof path, "%s%s", sysroot, prog->interp);
        fd = host_syscall(__NR_open, path, O_RDONLY | O_CLOEXEC);
    }
    return host_is_error(fd) ? host_syscall(__NR_open, prog->interp, O_RDONLY | O_CLOEXEC) : fd;
}

int ld_check(const struct ld_file *f, const char *sysroot)
{
    struct elf prog, interp;
    prog.fd = f->fd;
    int err = read_headers(&prog, f->guest);
    if (err || !prog.interp[0])
        return err;
    long fd = open_interp(&prog, sysroot);
    if (host_is_error(fd))
        return (int)fd;
    interp.fd = (int)fd;
    err = read_headers(&interp, f->guest);
    host_syscall(__NR_close, fd);
    return err == -ENOEXEC || err == -EINVAL ? -ELIBBAD : err;
}

static int load_interp(const struct elf *prog, const struct fe_guest *guest, struct mm *mm, const char *sysroot,
                       struct ld_image *out)
{
    static struct elf interp;
    long fd = open_interp(prog, sysroot);
    if (host_is_error(fd))
        return (int)fd;
    interp.fd = (int)fd;
    int err = read_headers(&interp, guest);
    if (!err)
        err = map_image(&interp, mm, 0);
    host_syscall(__NR_close, fd);
    if (err)
        return err == -ENOEXEC || err == -EINVAL ? -ELIBBAD : err;
    out->entry = interp.eh.e_entry + interp.bias;
    out->interp_base = interp.bias;
    return 0;
}

/* ---- the stack ---- */

struct stack { uint64_t sp, lo; int err; };

static uint64_t push(struct stack *s, const void *data, size_t n)
{
    if (s->err || s->sp - s->lo < n + 4096) {
        s->err = s->err ? s->err : -E2BIG;
        return 0;
    }
    s->sp -= n;
    s->err = copy_to_guest(s->sp, data, n);
    return s->sp;
}

static uint64_t push_string(struct stack *s, const char *text) { return push(s, text, strlen(text) + 1); }

static size_t count(const char *const *v)
{
    size_t n = 0;
    while (v && v[n])
        n++;
    return n;
}

struct vectors { uint64_t words[64]; size_t n; };
static void aux(struct vectors *v, uint64_t type, uint64_t value)
{
    v->words[v->n++] = type;
    v->words[v->n++] = value;
}

/* The strings at the top of the stack. */
struct strings { uint64_t execfn, arg_start, arg_end, env_start, env_end, random, platform; size_t argc, envc; };

static struct strings push_strings(struct stack *s, const struct ld_file *f, const struct ld_args *args)
{
    struct strings at = {.argc = count(args->argv) + f->nextra, .envc = count(args->envp)};
    size_t nargs = count(args->argv);
    uint64_t zero = 0;
    char random[16];
    push(s, &zero, 8);
    at.execfn = push_string(s, f->exec_path);
    at.env_end = s->sp;
    for (size_t i = at.envc; i-- > 0;)
        push_string(s, args->envp[i]);
    at.env_start = at.arg_end = s->sp;
    for (size_t i = nargs; i-- > 1;)
        push_string(s, args->argv[i]);
    if (f->nextra)      /* a script's own name, in the place of argv[0] */
        push_string(s, f->exec_path);
    else if (nargs)
        push_string(s, args->argv[0]);
    for (size_t i = f->nextra; i-- > 0;)
        push_string(s, f->extra[i]);
    if (f->nextra && !nargs)
        at.argc++;
    at.arg_start = s->sp;
    host_syscall(__NR_getrandom, random, sizeof random, 0);
    at.random = push(s, random, sizeof random);
    at.platform = f->guest->platform ? push_string(s, f->guest->platform) : 0;
    return at;
}

static void fill_auxv(struct vectors *v, const struct fe_guest *g, const struct elf *prog, const struct ld_args *args, const struct ld_image *out,
                      const struct strings *at)
{
    aux(v, AT_SYSINFO_EHDR, out->vdso);
    aux(v, AT_HWCAP, g->hwcap(1));
    aux(v, AT_PAGESZ, g->page_size);
    aux(v, AT_CLKTCK, 100);
    aux(v, AT_PHDR, out->phdr);
    aux(v, AT_PHENT, sizeof(Elf64_Phdr));
    aux(v, AT_PHNUM, prog->eh.e_phnum);
    aux(v, AT_BASE, out->interp_base);
    aux(v, AT_FLAGS, 0);
    aux(v, AT_ENTRY, out->program_entry);
    aux(v, AT_UID, (uint64_t)host_syscall(__NR_getuid));
    aux(v, AT_EUID, (uint64_t)host_syscall(__NR_geteuid));
    aux(v, AT_GID, (uint64_t)host_syscall(__NR_getgid));
    aux(v, AT_EGID, (uint64_t)host_syscall(__NR_getegid));
    aux(v, AT_SECURE, args->secure);
    aux(v, AT_RANDOM, at->random);
    if (g->hwcap(2))
        aux(v, AT_HWCAP2, g->hwcap(2));
    if (g->hwcap(3))
        aux(v, 29 /* AT_HWCAP3, which older C libraries do not name */, g->hwcap(3));
    aux(v, AT_EXECFN, at->execfn);
    if (at->platform)
        aux(v, AT_PLATFORM, at->platform);
    aux(v, AT_NULL, 0);
}

/* An array of pointers to n strings that follow each other, and NULL; what is next is returned. */
static uint64_t put_pointers(uint64_t at, uint64_t string, size_t n, int *err)
{
    const uint64_t zero = 0;
    for (; n; n--, at += 8) {
        *err |= put_user(string, at);
        string += strlen((const char *)string) + 1;
    }
    *err |= put_user(zero, at);
    return at + 8;
}

/* As the kernel's create_elf_tables: strings, random bytes and platform at the top, then argc, argv, envp, auxv at a 16-byte aligned sp. */
static int build_stack(struct ld_file *f, const struct elf *prog, const struct ld_args *args, struct ld_image *out)
{
    struct stack s = {out->stack_hi, out->stack_lo, 0};
    struct strings str = push_strings(&s, f, args);
    struct vectors v = {.n = 0};
    fill_auxv(&v, f->guest, prog, args, out, &str);
    size_t words = 1 + str.argc + 1 + str.envc + 1 + v.n;
    uint64_t sp = (s.sp - words * 8) & ~15ull, argc = str.argc;
    if (s.err || sp < s.lo + 4096)
        return s.err ? s.err : -E2BIG;
    int err = put_user(argc, sp);
    uint64_t at = put_pointers(sp + 8, str.arg_start, str.argc, &err);
    at = put_pointers(at, str.env_start, str.envc, &err);
    err |= copy_to_guest(at, v.words, v.n * 8);
    memcpy(ld_vectors.auxv, v.words, v.n * 8);
    ld_vectors.auxv_size = v.n * 8;
    ld_vectors.stack_start = sp;
    ld_vectors.arg_start = str.arg_start;
    ld_vectors.arg_end = str.arg_end;
    ld_vectors.env_start = str.env_start;
    ld_vectors.env_end = str.env_end;
    out->sp = sp;
    return err ? -EFAULT : 0;
}

static uint64_t strings_size(const char *const *v)
{
    uint64_t n = 0;
    for (; v && *v; v++)
        n += strlen(*v) + 1 + sizeof *v;
    return n;
}

/*
 * As the kernel's setup_arg_pages() and mmap_base(): what the arguments take and 128 KiB, or less if the limit is lower; mappings
 * begin below where it may grow to, at 128 MiB at the nearest.
 */
static int map_stack(struct ld_file *f, struct mm *mm, const struct elf *prog, const struct ld_args *args, struct ld_image *out)
{
    enum { FIRST = 128 << 10, GUARD_GAP = 256 * SPACE_PAGE, MIN_ROOM = 128 << 20, OTHERS = 2 * SPACE_PAGE };
    uint64_t limit = args->stack_size, most = ld_address_space(f) / 6;
    uint64_t used = OTHERS + sizeof f->exec_path + sizeof f->extra_text + strings_size(args->argv) + strings_size(args->envp);
    uint64_t size = used + FIRST > limit ? limit > used ? limit : used : used + FIRST;
    uint64_t room = limit > most ? most : limit < MIN_ROOM ? MIN_ROOM : limit;
    int64_t at = mm_map_stack(mm, page_up(size), page_up(room) + GUARD_GAP, PROT_READ | PROT_WRITE | (prog->exec_stack ? PROT_EXEC : 0));
    if (at < 0)
        return (int)at;
    out->stack_hi = (uint64_t)at;
    out->stack_lo = out->stack_hi - page_up(size);
    return 0;
}

/* As the kernel's load_elf_binary: code from the lowest executable segment to the end of the highest, data the last one there is. */
static void note_extent(const struct elf *e)
{
    struct ld_vectors *v = &ld_vectors;
    v->start_code = UINT64_MAX;
    v->end_code = v->start_data = v->end_data = 0;
    for (unsigned i = 0; i < e->eh.e_phnum; i++) {
        const Elf64_Phdr *p = &e->ph[i];
        uint64_t start = p->p_vaddr + e->bias, end = start + p->p_filesz;
        if (p->p_type != PT_LOAD || !p->p_memsz)
            continue;
        if (p->p_flags & PF_X && start < v->start_code)
            v->start_code = start;
        if (p->p_flags & PF_X && end > v->end_code)
            v->end_code = end;
        if (start > v->start_data)
            v->start_data = start;
        if (end > v->end_data)
            v->end_data = end;
    }
    if (v->start_code > v->end_code)
        v->start_code = v->end_code;
}

int ld_load(struct ld_file *f, struct mm *mm, const struct ld_args *args, struct ld_image *out)
{
    static struct elf prog;     /* large; loading happens once, before the guest runs */
    prog.fd = f->fd;
    memset(out, 0, sizeof *out);
    int err = read_headers(&prog, f->guest);
    if (!err)
        err = map_stack(f, mm, &prog, args, out);
    if (!err)
        /* The kernel's ELF_ET_DYN_BASE: away from the usual link addresses of others, below the mmap area. */
        err = map_image(&prog, mm, prog.eh.e_type == ET_DYN ? page_down(ld_address_space(f) / 3 * 2) : 0);
    if (!err)
        err = ld_map_vdso(mm, f->guest, out);
    if (err)
        return err;
    out->base = prog.bias;
    out->phdr = phdr_address(&prog);
    out->program_entry = out->entry = prog.eh.e_entry + prog.bias;
    out->brk = page_up(prog.end);
    note_extent(&prog);
    ld_vectors.start_brk = out->brk;
    if (prog.interp[0]) {
        err = load_interp(&prog, f->guest, mm, args->sysroot, out);
        if (err)
            return err;
    }
    mm_set_brk(mm, out->brk, ld_vectors.end_data - ld_vectors.start_data);
    return build_stack(f, &prog, args, out);
}
