#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "runtime/own.h"
#include "runtime/space_map.h"

/*
 * The guest's maps are shown from our areas, with the names of files (and what smaps counts) taken from the
 * host's own list, which alone knows them as they are now (renamed, deleted, seen from this root directory).
 */
struct reader {
    int fd;
    size_t pos, len;
    char buf[2048];
    struct mm_area line;        /* of the host: start, end, off, device, inode, name */
    struct mm_usage use;        /* its smaps lines, if that is what fd is */
    bool valid;
};

static int next_char(struct reader *r)
{
    if (r->pos == r->len) {
        int64_t n = r->fd < 0 ? 0 : host_syscall(__NR_read, r->fd, r->buf, sizeof r->buf);
        if (n <= 0) return -1;
        r->pos = 0;
        r->len = n;
    }
    return (unsigned char)r->buf[r->pos++];
}

static int peek_char(struct reader *r)
{
    int c = next_char(r);
    if (c >= 0) r->pos--;
    return c;
}

/* A number up to the first character that is no digit of it; that one is consumed into *end. */
static uint64_t number(struct reader *r, unsigned base, int *end)
{
    uint64_t v = 0;
    for (;;) {
        int c = next_char(r);
        unsigned d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
        *end = c;
        if (d >= base) return v;
        v = v * base + d;
    }
}

/* "Rss:     12 kB", "THPeligible:    0", "VmFlags: rd ex ". */
static void usage_line(struct reader *r)
{
    char key[sizeof r->use.line[0].key];
    size_t n = 0;
    int c = next_char(r);
    for (; c >= 0 && c != ':' && c != '\n'; c = next_char(r))
        if (n < sizeof key - 1) key[n++] = (char)c;
    key[n] = 0;
    if (c == ':') c = next_char(r);
    while (c == ' ') c = next_char(r);
    if (!strcmp(key, "VmFlags")) {
        for (n = 0; c >= 0 && c != '\n'; c = next_char(r))
            if (n < sizeof r->use.flags - 1) r->use.flags[n++] = (char)c;
        r->use.flags[n] = 0;
        return;
    }
    struct mm_usage_line *l = r->use.n < MM_USAGE_LINES ? &r->use.line[r->use.n++] : &r->use.line[MM_USAGE_LINES - 1];
    memcpy(l->key, key, sizeof key);
    for (l->value = 0; c >= '0' && c <= '9'; c = next_char(r)) l->value = l->value * 10 + (unsigned)(c - '0');
    l->kb = c == ' ';
    while (c >= 0 && c != '\n') c = next_char(r);
}

static bool next_line(struct reader *r)
{
    int c;
    struct mm_area *l = &r->line;
    l->start = number(r, 16, &c);
    if (c != '-') return r->valid = false;
    l->end = number(r, 16, &c);
    char flags[5];
    for (unsigned i = 0; i < 5; i++) flags[i] = (char)(c = next_char(r));      /* "r-xp " */
    l->prot = (flags[0] == 'r' ? PROT_READ : 0) | (flags[1] == 'w' ? PROT_WRITE : 0) | (flags[2] == 'x' ? PROT_EXEC : 0);
    l->shared = flags[3] == 's';
    l->off = number(r, 16, &c);
    l->dev_major = number(r, 16, &c);
    l->dev_minor = number(r, 16, &c);
    l->inode = number(r, 10, &c);
    size_t n = 0;
    while (c == ' ') c = next_char(r);
    for (; c >= 0 && c != '\n'; c = next_char(r))
        if (n < sizeof l->name - 1) l->name[n++] = c;
    l->name[n] = 0;
    r->use.n = 0;
    r->use.flags[0] = 0;
    for (c = peek_char(r); c >= 'A' && c <= 'Z'; c = peek_char(r)) usage_line(r);
    return r->valid = true;
}

/* Shows the part of an area for which the host gives one description; returns where it ends. */
static uint64_t describe(const struct mm_copy *mm, const struct area *a, uint64_t pos, struct reader *r, struct mm_area *out)
{
    while (r->valid && r->line.end <= pos) next_line(r);
    uint64_t end = a->end;
    *out = (struct mm_area){ .start = pos, .prot = a->prot, .shared = a->flags & AREA_SHARED };
    if (a->flags) out->off = a->off + (pos - a->start);
    if (r->valid && r->line.start <= pos) {
        const struct mm_area *l = &r->line;
        if (l->end < end) end = l->end;
        out->off = l->inode ? l->off + (pos - l->start) : 0;
        out->dev_major = l->dev_major;
        out->dev_minor = l->dev_minor;
        out->inode = l->inode;
        /* The host's own heap and stack are not the guest's. */
        if (l->inode || !strncmp(l->name, "[anon", 5)) memcpy(out->name, l->name, sizeof out->name);
    } else if (a->flags & AREA_FILE) {
        out->dev_major = major(a->dev);
        out->dev_minor = minor(a->dev);
        out->inode = a->ino;
    }
    if (a->name) memcpy(out->name, mm->names[a->name], MM_NAME_SIZE);
    return out->end = end;
}

/* ---- what smaps counts ---- */

/* Pages of [start, end) that are in memory. */
static uint64_t resident(int pagemap, uint64_t start, uint64_t end)
{
    uint64_t entry[256], n = 0;
    for (uint64_t at = start; at < end; ) {
        uint64_t k = (end - at) / SPACE_PAGE;
        if (k > sizeof entry / 8) k = sizeof entry / 8;
        int64_t got = pagemap < 0 ? -1 : host_syscall(__NR_pread64, pagemap, entry, k * 8, at / SPACE_PAGE * 8);
        if (got <= 0) break;
        for (int64_t i = 0; i < got / 8; i++) n += entry[i] >> 63;
        at += (uint64_t)got / 8 * SPACE_PAGE;
    }
    return n;
}

/* Adds the host's counts for its area to those of the guest's, by the part of its pages in memory that [start, end) has. */
static void add_usage(struct mm_usage *sum, const struct reader *r, int pagemap, uint64_t start, uint64_t end)
{
    uint64_t part = 1, whole = 1;
    bool all = start <= r->line.start && end >= r->line.end;
    if (!r->use.n) return;
    if (!all) {
        whole = resident(pagemap, r->line.start, r->line.end);
        part = whole ? resident(pagemap, start, end) : end - start;
        if (!whole) whole = r->line.end - r->line.start;
    }
    for (unsigned i = 0; i < r->use.n; i++) {
        struct mm_usage_line *s = &sum->line[i];
        const struct mm_usage_line *l = &r->use.line[i];
        bool sums = l->kb && !strstr(l->key, "PageSize");
        if (i >= sum->n) *s = (struct mm_usage_line){ .kb = l->kb, .value = sums ? 0 : l->value }, memcpy(s->key, l->key, sizeof s->key), sum->n++;
        /* Whole pages; a Pss is a fraction of them. */
        uint64_t v = all ? l->value : l->value * part / whole;
        if (sums) s->value += all || !strncmp(l->key, "Pss", 3) || !strncmp(l->key, "SwapPss", 7) ? v : v & ~3ull;
    }
    memcpy(sum->flags, r->use.flags, sizeof sum->flags);
}

/* ---- all areas ---- */

/* A stack may have grown since the list was brought up to date, which nobody does for another process. */
static uint64_t start_of(const struct mm_copy *mm, size_t i, struct reader *r)
{
    const struct area *a = &mm->areas[i];
    uint64_t floor = i ? a[-1].end : 0;
    if (!(a->flags & AREA_GROWSDOWN)) return a->start;
    while (r->valid && r->line.end <= a->start) next_line(r);
    return r->valid && r->line.start < a->start && r->line.start >= floor ? r->line.start : a->start;
}

static void each(const struct mm_copy *mm, struct reader *r, int pagemap, bool (*f)(void *ctx, const struct mm_area *), void *ctx)
{
    struct mm_usage sum;
    next_line(r);
    bool more = true;
    for (size_t i = 0; i < mm->count && more; i++) {
        /* The host may describe one area in pieces that show alike (split by madvise): join them again. */
        const struct area *a = &mm->areas[i];
        struct mm_area whole, piece;
        sum.n = 0;
        uint64_t pos = describe(mm, a, start_of(mm, i, r), r, &whole);
        if (r->valid) add_usage(&sum, r, pagemap, whole.start, whole.end);
        while (more && pos < a->end) {
            pos = describe(mm, a, pos, r, &piece);
            bool same = piece.inode == whole.inode && !strcmp(piece.name, whole.name) &&
                (!piece.inode || piece.off == whole.off + (piece.start - whole.start));
            if (same) {
                whole.end = piece.end;
            } else {
                whole.use = sum.n ? &sum : NULL;
                more = f(ctx, &whole);
                whole = piece;
                sum.n = 0;
            }
            if (r->valid) add_usage(&sum, r, pagemap, piece.start, piece.end);
        }
        whole.use = sum.n ? &sum : NULL;
        if (more) more = f(ctx, &whole);
    }
}

void mm_each_in(struct mm *mm, int list, int pagemap, bool (*f)(void *ctx, const struct mm_area *), void *ctx)
{
    struct reader r = { .fd = list };
    map_lock(mm);
    struct mm_copy view = { .areas = mm->areas, .count = mm->count, .names = (const char (*)[MM_NAME_SIZE])mm->names };
    each(&view, &r, pagemap, f, ctx);
    rt_unlock(&mm->lock);
}

void mm_each(struct mm *mm, bool (*f)(void *ctx, const struct mm_area *), void *ctx)
{
    int fd = (int)host_syscall(__NR_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    mm_each_in(mm, fd, -1, f, ctx);
    if (fd >= 0) host_syscall(__NR_close, fd);
}

/* ---- the translator's own ---- */

/* struct pm_scan_arg (Linux 6.7). */
struct scan { uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, inverted, mask, anyof, result; };
enum { SCAN_PRESENT = 1 << 3 };

/* Like resident(), quickly where little is; large reservations are. */
static uint64_t resident_sparse(int pagemap, uint64_t start, uint64_t end)
{
    struct { uint64_t start, end, categories; } found[64];
    uint64_t n = 0;
    while (start < end) {
        struct scan s = { .size = sizeof s, .start = start, .end = end, .vec = (uint64_t)found, .vec_len = 64, .anyof = SCAN_PRESENT,
            .result = SCAN_PRESENT };
        int64_t k = host_syscall(__NR_ioctl, pagemap, _IOWR('f', 16, struct scan), &s);
        if (k < 0) return n + resident(pagemap, start, end);
        for (int64_t i = 0; i < k; i++) n += (found[i].end - found[i].start) / SPACE_PAGE;
        if (s.walk_end <= start) break;
        start = s.walk_end;
    }
    return n;
}

void mm_own_usage(int list, int pagemap, uint64_t *size, uint64_t *anon, uint64_t *file)
{
    struct reader r = { .fd = list };
    *size = *anon = *file = 0;
    while (next_line(&r)) {
        const struct mm_area *l = &r.line;
        bool own = l->start >= SPACE_OWN_LO && l->end <= SPACE_OWN_HI;
        if (!own && (l->start < SPACE_PLACED || l->inode || !(l->prot & PROT_WRITE))) continue;
        *size += (l->end - l->start) / 1024;
        if (pagemap >= 0) *(l->inode ? file : anon) += resident_sparse(pagemap, l->start, l->end) * (SPACE_PAGE / 1024);
    }
}

/* ---- another process's ---- */

/* The parts of a list that is not changing, together: what is read before the rest must still be so afterwards. */
static int copy(struct mm_copy *c, int mem, uint64_t remote)
{
    enum { HEAD = offsetof(struct mm, radix) };
    struct mm *head = c->head;
    if (host_syscall(__NR_pread64, mem, head, HEAD, remote) != HEAD) return -EIO;
    size_t bytes = head->count * sizeof(struct area), done = 0;
    if (head->count > head->room || bytes > c->room) return -ENOMEM;
    while (done < bytes) {
        int64_t n = host_syscall(__NR_pread64, mem, (char *)c->areas_copy + done, bytes - done, (uint64_t)head->areas + done);
        if (n <= 0) return -EIO;
        done += (size_t)n;
    }
    c->count = head->count;
    struct splice again;
    uint32_t lock;
    if (host_syscall(__NR_pread64, mem, &lock, sizeof lock, remote + offsetof(struct mm, lock)) != sizeof lock ||
        host_syscall(__NR_pread64, mem, &again, sizeof again, remote + offsetof(struct mm, splice)) != sizeof again) return -EIO;
    return head->splice.active || again.active || memcmp(&again, &head->splice, sizeof again) ? -EAGAIN : 0;
}

int mm_copy_remote(struct mm_copy *c, int mem, uint64_t remote)
{
    enum { HEAD = offsetof(struct mm, radix), TRIES = 100 };
    size_t count = 0;
    memset(c, 0, sizeof *c);
    if (host_syscall(__NR_pread64, mem, &count, sizeof count, remote + offsetof(struct mm, count)) != sizeof count) return -EIO;
    c->room = (count + 1024) * sizeof(struct area);
    c->bytes = ((HEAD + c->room) + SPACE_PAGE - 1) & -(size_t)SPACE_PAGE;
    int64_t at = own_map(0, c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (host_is_error(at)) return (int)at;
    c->head = (void *)at;
    c->areas_copy = (void *)(at + ((HEAD + 63) & ~63));
    c->areas = c->areas_copy;
    c->names = (const char (*)[MM_NAME_SIZE])((struct mm *)c->head)->names;
    int r = -EAGAIN;
    for (int i = 0; i < TRIES && r == -EAGAIN; i++) r = copy(c, mem, remote);
    if (r) mm_copy_free(c);
    return r;
}

/* Above where guest mappings are placed, the host has its own. */
static bool looks_like_guests(const struct mm_area *l)
{
    bool special = !strncmp(l->name, "[v", 2);
    return space_is_guest(l->start, l->end) && !special && (l->inode || l->start < SPACE_PLACED);
}

int mm_copy_guess(struct mm_copy *c, int list)
{
    enum { MAX = 65536 };
    struct reader r = { .fd = list };
    memset(c, 0, sizeof *c);
    c->bytes = MAX * sizeof(struct area);
    int64_t at = own_map(0, c->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (host_is_error(at)) return (int)at;
    static const char names[4][MM_NAME_SIZE] = { "", "[heap]", "[stack]" };
    c->head = (void *)at;
    struct area *to = (void *)at;
    c->areas = to;
    c->names = names;
    while (next_line(&r) && c->count < MAX) {
        const struct mm_area *l = &r.line;
        if (!looks_like_guests(l)) continue;
        uint8_t name = !strcmp(l->name, "[heap]") ? 1 : !strcmp(l->name, "[stack]") ? 2 : 0;
        to[c->count++] = (struct area){ .start = l->start, .end = l->end, .prot = (uint8_t)l->prot, .name = name,
            .flags = (l->shared ? AREA_SHARED : 0) | (l->inode ? AREA_FILE : 0) };
    }
    return 0;
}

void mm_each_copied(const struct mm_copy *c, int list, int pagemap, bool (*f)(void *ctx, const struct mm_area *), void *ctx)
{
    struct reader r = { .fd = list };
    each(c, &r, pagemap, f, ctx);
}

void mm_copy_free(struct mm_copy *c)
{
    if (c->head) host_syscall(__NR_munmap, c->head, c->bytes);
    c->head = NULL;
}
