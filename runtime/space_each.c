#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "runtime/space_map.h"

/*
 * The guest's maps are shown from our areas, with the names of files taken from the host's own list,
 * which alone knows them as they are now (renamed, deleted, seen from this root directory).
 */
struct reader {
    int fd;
    size_t pos, len;
    char buf[2048];
    struct mm_area line;        /* of the host: start, end, off, device, inode, name */
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

static bool next_line(struct reader *r)
{
    int c;
    struct mm_area *l = &r->line;
    l->start = number(r, 16, &c);
    if (c != '-') return r->valid = false;
    l->end = number(r, 16, &c);
    for (unsigned i = 0; i < 5; i++) c = next_char(r);      /* "r-xp " */
    l->off = number(r, 16, &c);
    l->dev_major = number(r, 16, &c);
    l->dev_minor = number(r, 16, &c);
    l->inode = number(r, 10, &c);
    size_t n = 0;
    while (c == ' ') c = next_char(r);
    for (; c >= 0 && c != '\n'; c = next_char(r))
        if (n < sizeof l->name - 1) l->name[n++] = c;
    l->name[n] = 0;
    return r->valid = true;
}

/* Shows the part of an area for which the host gives one description; returns where it ends. */
static uint64_t describe(struct mm *mm, const struct area *a, uint64_t pos, struct reader *r, struct mm_area *out)
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

void mm_each(struct mm *mm, bool (*f)(void *ctx, const struct mm_area *), void *ctx)
{
    struct reader r;
    r.pos = r.len = 0;
    map_lock(mm);
    r.fd = host_syscall(__NR_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC);
    next_line(&r);
    bool more = true;
    for (size_t i = 0; i < mm->count && more; i++) {
        /* The host may describe one area in pieces that show alike (split by madvise): join them again. */
        const struct area *a = &mm->areas[i];
        struct mm_area whole, piece;
        uint64_t pos = describe(mm, a, a->start, &r, &whole);
        while (more && pos < a->end) {
            pos = describe(mm, a, pos, &r, &piece);
            bool same = piece.inode == whole.inode && !strcmp(piece.name, whole.name) &&
                (!piece.inode || piece.off == whole.off + (piece.start - whole.start));
            if (same) { whole.end = piece.end; continue; }
            more = f(ctx, &whole);
            whole = piece;
        }
        if (more) more = f(ctx, &whole);
    }
    if (r.fd >= 0) host_syscall(__NR_close, r.fd);
    rt_unlock(&mm->lock);
}
