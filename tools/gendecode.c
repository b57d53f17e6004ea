/*
 * Decode table compiler: gendecode -o BASE TABLE.tbl...  writes BASE.h and BASE.c.
 *
 * A row of a table:   NAME  PATTERN  LIFTER[(k=v, ...)]  EXT  [CONSTRAINTS]
 * with columns separated by two or more blanks; k=v gives the lifter a constant, or another name for
 * one of the row's fields where v is the name of one. docs/decode-tables.md describes the format.
 *
 * The decoder walks a tree kept as data: each step looks at up to eight neighbouring bits of the
 * word and loads the next node. A leaf is a list of rows, most specific first; the first whose
 * fixed bits and constraints match is the answer. Rows with equal layouts share the code that
 * extracts their fields.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 4096, MAX_FIELDS = 256, MAX_PARTS = 32, MAX_CONS = 8, MAX_KS = 16, MAX_TREE = 1 << 20, ROOT_WINDOW = 11, MAX_WINDOW = 8 };

struct piece { int hi, lo, pos; };          /* bits hi..lo of the field stand at word bit pos upward */
struct part { int field; bool plus8; int npieces; struct piece p[16]; };
struct cons { int field; char op; int n; uint32_t v[16]; };     /* op: '!' '=' '<' */
struct konst { int field; char *text; };

struct row {
    const char *file; int line;
    char *name, *lifter, *ext;
    int width;
    uint32_t mask, value;
    int nparts, ncons, nks;
    struct part part[MAX_PARTS];
    struct cons cons[MAX_CONS];
    struct konst k[MAX_KS];
    int format, kbase, extno;
};

static struct row *rows[MAX_ROWS];
static int nrows;
static struct { char *name; bool is_signed; } fields[MAX_FIELDS];
static int nfields;
static const char *exts[MAX_ROWS];
static int nexts;
static char *prefix;
static const char *file;
static int line;

static void error_at(const char *f, int l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: ", f, l);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}
#define error(...) error_at(file, line, __VA_ARGS__)

static void *need(void *p) { if (!p) { fputs("gendecode: out of memory\n", stderr); exit(1); } return p; }
static char *dup_n(const char *s, size_t n) { return need(strndup(s, n)); }

/* ---- parsing ---- */

static bool is_name(const char *s, size_t n)
{
    if (!n || !(isalpha((unsigned char)s[0]) || s[0] == '_')) return false;
    for (size_t i = 1; i < n; i++) if (!(isalnum((unsigned char)s[i]) || s[i] == '_')) return false;
    return true;
}

static int field_number(const char *s, size_t n)
{
    if (!is_name(s, n)) error("bad field name '%.*s'", (int)n, s);
    for (int i = 0; i < nfields; i++) if (strlen(fields[i].name) == n && !memcmp(fields[i].name, s, n)) return i;
    if (nfields == MAX_FIELDS) error("too many field names");
    fields[nfields].name = dup_n(s, n);
    return nfields++;
}

static uint32_t number(const char *s, const char **end)
{
    char *e;
    uint32_t v = s[0] == '0' && s[1] == 'b' ? (uint32_t)strtoul(s + 2, &e, 2) : (uint32_t)strtol(s, &e, 0);
    if (e == s) error("number expected at '%s'", s);
    *end = e;
    return v;
}

static struct part *find_part(struct row *r, int field)
{
    for (int i = 0; i < r->nparts; i++) if (r->part[i].field == field) return &r->part[i];
    return NULL;
}

/* One pattern token; *pos is the number of bits still to fill, from the top. */
static void parse_token(struct row *r, const char *t, size_t n, int *pos)
{
    if (strspn(t, "01x") >= n) {
        for (size_t i = 0; i < n; i++) {
            if (--*pos < 0) error("pattern of '%s' is too long", r->name);
            if (t[i] != 'x') r->mask |= 1u << *pos;
            if (t[i] == '1') r->value |= 1u << *pos;
        }
        return;
    }
    size_t len = strcspn(t, "':[ ");
    if (len > n) len = n;
    int field = field_number(t, len), hi, lo;
    const char *s = t + len;
    bool plus8 = false, piece = false;
    if (s < t + n && *s == '\'') plus8 = true, s++;
    if (s == t + n) hi = lo = 0;
    else if (*s == ':') lo = 0, hi = (int)number(s + 1, &s) - 1;
    else if (*s == '[') {
        piece = true;
        hi = lo = (int)number(s + 1, &s);
        if (*s == ':') lo = (int)number(s + 1, &s);
        if (*s++ != ']') error("']' expected in '%.*s'", (int)n, t);
    } else error("bad token '%.*s'", (int)n, t);
    if (s != t + n || hi < lo || lo < 0 || hi > 31) error("bad token '%.*s'", (int)n, t);

    struct part *p = find_part(r, field);
    if (p && (!piece || p->plus8 != plus8)) error("field '%s' stands twice", fields[field].name);
    if (!p) {
        if (r->nparts == MAX_PARTS) error("too many fields");
        p = &r->part[r->nparts++];
        *p = (struct part){.field = field, .plus8 = plus8};
    }
    for (int i = 0; i < p->npieces; i++)
        if (lo <= p->p[i].hi && hi >= p->p[i].lo) error("bits of field '%s' stand twice", fields[field].name);
    *pos -= hi - lo + 1;
    if (*pos < 0) error("pattern of '%s' is too long", r->name);
    if (p->npieces == 16) error("field '%s' is in too many pieces", fields[field].name);
    p->p[p->npieces++] = (struct piece){hi, lo, *pos};
}

/* The pattern's width is only known when it has been read: read from bit 32 down, then move down. */
static void parse_pattern(struct row *r, const char *s)
{
    int pos = 32;
    while (*s) {
        size_t n = strcspn(s, " ");
        parse_token(r, s, n, &pos);
        s += n;
        while (*s == ' ') s++;
    }
    if (pos != 0 && pos != 16) error("pattern of '%s' has %d bits, not 16 or 32", r->name, 32 - pos);
    r->width = 32 - pos;
    r->mask >>= pos;
    r->value >>= pos;
    for (int i = 0; i < r->nparts; i++)
        for (int j = 0; j < r->part[i].npieces; j++) r->part[i].p[j].pos -= pos;
}

static void parse_lifter(struct row *r, char *s)
{
    size_t n = strcspn(s, "(");
    while (n && s[n - 1] == ' ') n--;
    if (!is_name(s, n)) error("bad lifter name '%s'", s);
    r->lifter = dup_n(s, n);
    s += strcspn(s, "(");
    if (!*s) return;
    char *close = strrchr(s, ')');
    if (!close || close[1]) error("')' expected after the constants of '%s'", r->name);
    *close = 0;
    for (char *save, *k = strtok_r(s + 1, ",", &save); k; k = strtok_r(NULL, ",", &save)) {
        while (*k == ' ') k++;
        size_t len = strcspn(k, "= ");
        char *v = strchr(k, '=');
        if (!v) error("'k=v' expected, not '%s'", k);
        v++;
        while (*v == ' ') v++;
        size_t vlen = strlen(v);
        while (vlen && v[vlen - 1] == ' ') vlen--;
        if (!vlen) error("constant '%.*s' has no value", (int)len, k);
        int field = field_number(k, len);
        if (find_part(r, field)) error("'%s' is both a field and a constant", fields[field].name);
        for (int i = 0; i < r->nks; i++) if (r->k[i].field == field) error("constant '%s' stands twice", fields[field].name);
        if (r->nks == MAX_KS) error("too many constants");
        r->k[r->nks++] = (struct konst){field, dup_n(v, vlen)};
    }
}

static int part_width(const struct part *p)
{
    int w = 0;
    for (int i = 0; i < p->npieces; i++) if (p->p[i].hi + 1 > w) w = p->p[i].hi + 1;
    return w;
}

static void parse_constraints(struct row *r, char *s)
{
    for (char *save, *c = strtok_r(s, ",", &save); c; c = strtok_r(NULL, ",", &save)) {
        while (*c == ' ') c++;
        size_t len = strcspn(c, "!=<> ");
        if (r->ncons == MAX_CONS) error("too many constraints");
        struct cons *k = &r->cons[r->ncons++];
        *k = (struct cons){.field = field_number(c, len)};
        struct part *p = find_part(r, k->field);
        if (!p) error("constraint on '%.*s', which is no field of '%s'", (int)len, c, r->name);
        const char *v = c + len;
        if (v[0] == '!' && v[1] == '=') k->op = '!', v += 2;
        else if (v[0] == '=' || v[0] == '<') k->op = *v++;
        else error("bad constraint '%s'", c);
        for (;;) {
            if (k->n == 16) error("too many values in a constraint");
            uint32_t x = k->v[k->n++] = number(v, &v);
            if (part_width(p) < 32 && x >> part_width(p) && !(k->op == '<' && x == 1u << part_width(p)))
                error("%u does not fit field '%s'", x, fields[k->field].name);
            if (*v != '|') break;
            v++;
        }
        while (*v == ' ') v++;
        if (*v || (k->n > 1 && k->op == '<')) error("bad constraint '%s'", c);
    }
}

static void parse_directive(char *s)
{
    char *save, *d = strtok_r(s, " \t", &save), *a;
    if (!strcmp(d, "%prefix")) {
        a = strtok_r(NULL, " \t", &save);
        if (!a || !is_name(a, strlen(a))) error("%%prefix needs a name");
        if (prefix && strcmp(prefix, a)) error("prefix '%s' differs from '%s'", a, prefix);
        prefix = dup_n(a, strlen(a));
    } else if (!strcmp(d, "%signed")) {
        while ((a = strtok_r(NULL, " \t", &save))) fields[field_number(a, strlen(a))].is_signed = true;
    } else error("unknown directive '%s'", d);
}

static void parse_row(char *s)
{
    char *col[6];
    int n = 0;
    while (*s) {
        if (n == 6) error("too many columns");
        col[n++] = s;
        while (*s && !(s[0] == ' ' && s[1] == ' ')) s++;
        while (*s == ' ') *s++ = 0;
    }
    if (n < 4) error("a row has NAME  PATTERN  LIFTER  EXT  [CONSTRAINTS]");
    if (n > 5) error("too many columns");
    if (nrows == MAX_ROWS) error("too many rows");
    struct row *r = rows[nrows] = need(calloc(1, sizeof *r));
    r->file = file;
    r->line = line;
    if (!is_name(col[0], strlen(col[0]))) error("bad name '%s'", col[0]);
    for (int i = 0; i < nrows; i++)
        if (!strcmp(rows[i]->name, col[0])) error("'%s' stands at %s:%d already", col[0], rows[i]->file, rows[i]->line);
    r->name = dup_n(col[0], strlen(col[0]));
    parse_pattern(r, col[1]);
    parse_lifter(r, col[2]);
    if (!is_name(col[3], strlen(col[3]))) error("bad extension name '%s'", col[3]);
    r->ext = dup_n(col[3], strlen(col[3]));
    while (r->extno < nexts && strcmp(exts[r->extno], r->ext)) r->extno++;
    if (r->extno == nexts) exts[nexts++] = r->ext;
    if (n == 5) parse_constraints(r, col[4]);
    nrows++;
}

static void parse_file(const char *name)
{
    FILE *f = fopen(name, "r");
    if (!f) { perror(name); exit(1); }
    char *buf = NULL;
    size_t cap = 0;
    file = name;
    line = 0;
    while (getline(&buf, &cap, f) >= 0) {
        line++;
        buf[strcspn(buf, "#\n")] = 0;
        size_t n = strlen(buf);
        while (n && isspace((unsigned char)buf[n - 1])) buf[--n] = 0;
        if (strchr(buf, '\t')) error("tab in a table");
        if (!n) continue;
        if (buf[0] == '%') parse_directive(buf);
        else if (buf[0] == ' ') error("a row starts in the first column");
        else parse_row(buf);
    }
    free(buf);
    fclose(f);
}

/* ---- overlaps ---- */

static uint32_t part_mask(const struct part *p)
{
    uint32_t m = 0;
    for (int i = 0; i < p->npieces; i++)
        for (int b = p->p[i].lo; b <= p->p[i].hi; b++) m |= 1u << (p->p[i].pos + b - p->p[i].lo);
    return m;
}

static uint32_t extract(const struct part *p, uint32_t word)
{
    uint32_t v = 0;
    for (int i = 0; i < p->npieces; i++) {
        int w = p->p[i].hi - p->p[i].lo + 1;
        v |= ((word >> p->p[i].pos) & (w == 32 ? ~0u : (1u << w) - 1)) << p->p[i].lo;
    }
    return v;
}

static uint32_t deposit(const struct part *p, uint32_t v)
{
    uint32_t word = 0;
    for (int i = 0; i < p->npieces; i++) {
        int w = p->p[i].hi - p->p[i].lo + 1;
        word |= ((v >> p->p[i].lo) & (w == 32 ? ~0u : (1u << w) - 1)) << p->p[i].pos;
    }
    return word;
}

static bool cons_ok(const struct cons *c, uint32_t v)
{
    if (c->op == '<') return v < c->v[0];
    for (int i = 0; i < c->n; i++) if (v == c->v[i]) return c->op == '=';
    return c->op == '!';
}

/* Whether a word whose bits in `known` are `bits` can satisfy every constraint of r lying inside known. */
static bool may_match(struct row *r, uint32_t known, uint32_t bits)
{
    if ((bits ^ r->value) & r->mask & known) return false;
    for (int i = 0; i < r->ncons; i++) {
        const struct part *p = find_part(r, r->cons[i].field);
        if (!(part_mask(p) & ~known) && !cons_ok(&r->cons[i], extract(p, bits))) return false;
    }
    return true;
}

/* True if the constraints of a, field by field, exclude every word b could take. */
static bool told_apart(struct row *a, struct row *b)
{
    uint32_t fixed = a->mask | b->mask, bits = a->value | b->value;
    if (!may_match(a, fixed, bits) || !may_match(b, fixed, bits)) return true;
    for (int i = 0; i < a->ncons; i++) {
        const struct part *p = find_part(a, a->cons[i].field);
        int w = part_width(p);
        uint32_t m = part_mask(p);
        bool possible = false;
        if (w > 16) continue;
        for (uint32_t v = 0; v < 1u << w && !possible; v++) {
            uint32_t d = deposit(p, v);
            if ((d ^ bits) & m & fixed || extract(p, d) != v) continue;
            possible = may_match(a, fixed | m, bits | d) && may_match(b, fixed | m, bits | d);
        }
        if (!possible) return true;
    }
    return false;
}

/* Positive if a is tried before b, negative the other way, 0 if neither is more specific. */
static int more_specific(const struct row *a, const struct row *b)
{
    if (a->mask != b->mask) return (a->mask & b->mask) == b->mask ? 1 : (a->mask & b->mask) == a->mask ? -1 : 0;
    return (a->ncons > 0) - (b->ncons > 0);
}

static void check_overlaps(void)
{
    for (int i = 0; i < nrows; i++) {
        struct row *a = rows[i];
        if (told_apart(a, a)) error_at(a->file, a->line, "'%s' can never match", a->name);
        for (int j = 0; j < i; j++) {
            struct row *b = rows[j];
            if (a->width != b->width || (a->value ^ b->value) & a->mask & b->mask) continue;
            if (!more_specific(a, b) && !told_apart(a, b) && !told_apart(b, a))
                error_at(a->file, a->line, "'%s' overlaps '%s' at %s:%d and neither is more specific", a->name, b->name, b->file, b->line);
        }
    }
}

/* ---- the tree ---- */

/* A node: bit 31 set: leaf, the rest an index into lists. Else bits 28:25 window width, 24:20 shift, 19:0 first child. */
static uint32_t tree[MAX_TREE];
static int ntree;
static int16_t lists[MAX_TREE];
static int nlists;
static struct memo { int n; int16_t *list; uint32_t known, node; struct memo *next; } *memos[4096];

static int by_specificity(const void *x, const void *y)
{
    const struct row *a = rows[*(const int16_t *)x], *b = rows[*(const int16_t *)y];
    int pa = __builtin_popcount(a->mask), pb = __builtin_popcount(b->mask);
    if (pa != pb) return pb - pa;
    if (!a->ncons != !b->ncons) return !a->ncons - !b->ncons;
    return *(const int16_t *)x - *(const int16_t *)y;
}

static uint32_t leaf(const int16_t *list, int n)
{
    for (int i = 0; i + n < nlists; i++)
        if ((i == 0 || lists[i - 1] < 0) && !memcmp(lists + i, list, n * sizeof *list) && lists[i + n] < 0) return 1u << 31 | (uint32_t)i;
    if (nlists + n + 1 > MAX_TREE) error("tables too large");
    int at = nlists;
    memcpy(lists + at, list, n * sizeof *list);
    lists[at + n] = -1;
    nlists += n + 1;
    return 1u << 31 | (uint32_t)at;
}

static bool fits(int row, int lo, int w, uint32_t v)
{
    uint32_t m = ((1u << w) - 1) << lo;
    return !(((v << lo) ^ rows[row]->value) & rows[row]->mask & m);
}

/* Average over the window's values of the binary digits of the number of rows left, in 1/256. */
static long window_cost(const int16_t *list, int n, int lo, int w)
{
    static int log256[MAX_ROWS + 1];
    if (!log256[2])
        for (int i = 2; i <= MAX_ROWS; i++) log256[i] = i % 2 ? (log256[i - 1] + 256 * 2 / i) : log256[i / 2] + 256;
    long sum = 0;
    for (uint32_t v = 0; v < 1u << w; v++) {
        int left = 0;
        for (int i = 0; i < n; i++) left += fits(list[i], lo, w, v);
        sum += log256[left];
    }
    return sum >> w;
}

static uint32_t build(const int16_t *list, int n, uint32_t known, int width)
{
    if (n < 2) return leaf(list, n);
    uint32_t h = known * 2654435761u + (uint32_t)n;
    for (int i = 0; i < n; i++) h = h * 31 + (uint32_t)list[i];
    struct memo **slot = &memos[h % 4096];
    for (struct memo *m = *slot; m; m = m->next)
        if (m->n == n && m->known == known && !memcmp(m->list, list, n * sizeof *list)) return m->node;

    int limit = !known && n > 24 ? ROOT_WINDOW : n > 24 ? MAX_WINDOW : n > 8 ? 6 : n > 3 ? 4 : 2, best_lo = 0, best_w = 0;
    long best = window_cost(list, n, 0, 0);
    for (int w = 1; w <= limit; w++)
        for (int lo = 0; lo + w <= width; lo++) {
            if (known & (((1u << w) - 1) << lo)) continue;
            long c = window_cost(list, n, lo, w);
            if (c < best) best = c, best_lo = lo, best_w = w;
        }
    uint32_t node;
    if (!best_w) node = leaf(list, n);
    else {
        int base = ntree;
        node = (uint32_t)best_w << 25 | (uint32_t)best_lo << 20 | (uint32_t)base;
        ntree += 1 << best_w;
        if (ntree > MAX_TREE) error("tables too large");
        int16_t *left = need(malloc(n * sizeof *left));
        for (uint32_t v = 0; v < 1u << best_w; v++) {
            int k = 0;
            for (int i = 0; i < n; i++) if (fits(list[i], best_lo, best_w, v)) left[k++] = list[i];
            tree[base + (int)v] = build(left, k, known | ((1u << best_w) - 1) << best_lo, width);
        }
        free(left);
    }
    struct memo *m = need(malloc(sizeof *m));
    *m = (struct memo){n, need(malloc(n * sizeof *list)), known, node, *slot};
    memcpy(m->list, list, n * sizeof *list);
    *slot = m;
    return node;
}

static uint32_t build_width(int width)
{
    static int16_t list[MAX_ROWS];
    int n = 0;
    for (int i = 0; i < nrows; i++) if (rows[i]->width == width) list[n++] = (int16_t)i;
    qsort(list, n, sizeof *list, by_specificity);
    return build(list, n, 0, width);
}

/* ---- output ---- */

static char *texts[MAX_ROWS];
static int ntexts, nks;

/* Members that rows of the same lifter set and this row does not: they read as zero. */
static bool missing(struct row *r, int field)
{
    bool used = false;
    if (find_part(r, field)) return false;
    for (int i = 0; i < r->nks; i++) if (r->k[i].field == field) return false;
    for (int i = 0; i < nrows && !used; i++) {
        if (strcmp(rows[i]->lifter, r->lifter)) continue;
        used = find_part(rows[i], field) != NULL;
        for (int k = 0; k < rows[i]->nks; k++) used |= rows[i]->k[k].field == field;
    }
    return used;
}

/* The field that constant i of the row copies (k=field), or -1. */
static int copied(struct row *r, int i)
{
    for (int j = 0; j < r->nparts; j++) if (!strcmp(fields[r->part[j].field].name, r->k[i].text)) return r->part[j].field;
    return -1;
}

static void print_raw(FILE *f, const struct part *p)
{
    for (int i = 0; i < p->npieces; i++) {
        int w = p->p[i].hi - p->p[i].lo + 1;
        fprintf(f, "%sBITS(%d, %d, %d)", i ? " | " : "", p->p[i].pos, w, p->p[i].lo);
    }
}

/* The code that checks a row's constraints and fills its fields. */
static char *format_text(struct row *r)
{
    char *text;
    size_t size;
    FILE *f = need(open_memstream(&text, &size));
    for (int i = 0; i < r->ncons; i++) {
        const struct cons *c = &r->cons[i];
        fprintf(f, "            v = ");
        print_raw(f, find_part(r, c->field));
        fprintf(f, ";\n            if (");
        for (int k = 0; k < c->n; k++)
            fprintf(f, "%sv %s %uu", k ? c->op == '=' ? " && " : " || " : "", c->op == '=' ? "!=" : c->op == '!' ? "==" : ">=", c->v[k]);
        fprintf(f, ") continue;\n");
    }
    for (int i = 0; i < r->nparts; i++) {
        const struct part *p = &r->part[i];
        int w = part_width(p);
        fprintf(f, "            f->%s = ", fields[p->field].name);
        if (fields[p->field].is_signed && w < 32) fprintf(f, "(int32_t)((");
        print_raw(f, p);
        if (fields[p->field].is_signed && w < 32) fprintf(f, ") << %d) >> %d", 32 - w, 32 - w);
        fprintf(f, "%s;\n", p->plus8 ? " + 8" : "");
    }
    for (int i = 0, k = 0; i < r->nks; i++) {
        int from = copied(r, i);
        if (from >= 0) fprintf(f, "            f->%s = f->%s;\n", fields[r->k[i].field].name, fields[from].name);
        else fprintf(f, "            f->%s = k[%d];\n", fields[r->k[i].field].name, k++);
    }
    for (int i = 0; i < nfields; i++)
        if (missing(r, i)) fprintf(f, "            f->%s = 0;\n", fields[i].name);
    fclose(f);
    return text;
}

static void assign_formats(void)
{
    for (int i = 0; i < nrows; i++) {
        char *t = format_text(rows[i]);
        int n = 0;
        while (n < ntexts && strcmp(texts[n], t)) n++;
        if (n == ntexts) texts[ntexts++] = t;
        else free(t);
        rows[i]->format = n;
        rows[i]->kbase = nks;
        for (int k = 0; k < rows[i]->nks; k++) nks += copied(rows[i], k) < 0;
    }
}

static void print_header(FILE *f, const char *guard)
{
    char *upper = dup_n(prefix, strlen(prefix));
    for (char *p = upper; *p; p++) *p = (char)toupper((unsigned char)*p);
    fprintf(f, "/* Generated by tools/gendecode.c from the decode tables. */\n#ifndef %s\n#define %s\n\n"
               "#include \"frontends/row.h\"\n#include \"ir/ir.h\"\n\nstruct %s_fields {\n", guard, guard, prefix);
    for (int i = 0; i < nfields; i++) fprintf(f, "    %s %s;\n", fields[i].is_signed ? "int32_t" : "uint32_t", fields[i].name);
    if (!nfields) fprintf(f, "    uint32_t unused;\n");
    fprintf(f, "};\n\nextern const struct fe_row %s_rows[];\nextern const unsigned %s_nrows;\n\n", prefix, prefix);
    fprintf(f, "/* The extensions that rows belong to: X(name), in the order of %s_ext_off; rows of one that is set there are not there. */\n"
               "#define %s_EXTENSIONS(X)", prefix, upper);
    for (int i = 0; i < nexts; i++) fprintf(f, " X(%s)", exts[i]);
    fprintf(f, "\nextern bool %s_ext_off[%d];\n\n", prefix, nexts);
    fprintf(f, "/* The number of the row that a 32-bit (16-bit) word matches, its fields in *f; -1 if none. */\n"
               "int %s_decode(uint32_t word, struct %s_fields *f);\nint %s_decode16(uint32_t word, struct %s_fields *f);\n\n",
            prefix, prefix, prefix, prefix);
    fprintf(f, "/* The lifter of each row; false: a reserved encoding. */\n"
               "typedef bool %s_lifter(struct ir_func *fn, const struct %s_fields *f);\n"
               "extern %s_lifter *const %s_lifters[];\n\n", prefix, prefix, prefix, prefix);
    for (int i = 0; i < nrows; i++) {
        int j = 0;
        while (strcmp(rows[j]->lifter, rows[i]->lifter)) j++;
        if (j == i) fprintf(f, "%s_lifter lift_%s;\n", prefix, rows[i]->lifter);
    }
    fprintf(f, "\n#endif\n");
}

static void print_array(FILE *f, const char *decl, int n, long (*get)(int))
{
    fprintf(f, "static const %s[] = {", decl);
    for (int i = 0; i < n; i++) fprintf(f, "%s%ld,", i % 16 ? " " : "\n    ", get(i));
    fprintf(f, "%s};\n\n", n ? "\n" : " 0 ");
}
static long get_tree(int i) { return tree[i]; }
static long get_list(int i) { return lists[i]; }

static void print_decoder(FILE *f, const char *suffix, uint32_t root)
{
    fprintf(f, "int %s_decode%s(uint32_t word, struct %s_fields *f)\n{\n    return decode(0x%xu, word, f);\n}\n", prefix, suffix, prefix, root);
}

static void print_row(FILE *f, const struct row *r)
{
    fprintf(f, "    {\"%s\", \"%s\", \"%s\", \"", r->name, r->ext, r->lifter);
    for (int i = 0; i < r->nparts; i++) fprintf(f, "%s ", fields[r->part[i].field].name);
    fprintf(f, "\", 0x%08x, 0x%08x, %d},\n", r->mask, r->value, r->width);
}

static void print_source(FILE *f, const char *header, uint32_t root32, uint32_t root16)
{
    fprintf(f, "/* Generated by tools/gendecode.c from the decode tables. */\n#include \"%s\"\n\n", header);
    fprintf(f, "bool %s_ext_off[%d];\n", prefix, nexts);
    fprintf(f, "const unsigned %s_nrows = %d;\n\nconst struct fe_row %s_rows[] = {\n", prefix, nrows, prefix);
    for (int i = 0; i < nrows; i++)
        print_row(f, rows[i]);
    fprintf(f, "};\n\n%s_lifter *const %s_lifters[] = {\n", prefix, prefix);
    for (int i = 0; i < nrows; i++) fprintf(f, "    lift_%s,\n", rows[i]->lifter);
    fprintf(f, "};\n\n/* What the decoder needs of a row: fixed bits, layout, first constant, extension. */\n"
               "static const struct { uint32_t mask, value; uint16_t format, k, ext; } row_info[] = {\n");
    for (int i = 0; i < nrows; i++)
        fprintf(f, "    {0x%08xu, 0x%08xu, %d, %d, %d},\n", rows[i]->mask, rows[i]->value, rows[i]->format, rows[i]->kbase, rows[i]->extno);
    fprintf(f, "};\n\nstatic const int32_t constants[] = {\n");
    for (int i = 0; i < nrows; i++) {
        for (int k = 0; k < rows[i]->nks; k++)
            if (copied(rows[i], k) < 0) fprintf(f, "    %s, /* %s %s */\n", rows[i]->k[k].text, rows[i]->name, fields[rows[i]->k[k].field].name);
    }
    fprintf(f, "    0\n};\n\n");
    print_array(f, "uint32_t tree", ntree, get_tree);
    print_array(f, "int16_t lists", nlists, get_list);
    fprintf(f, "#define BITS(pos, width, at) (((word >> (pos)) & (0xffffffffu >> (32 - (width)))) << (at))\n\n"
               "static inline int decode(uint32_t node, uint32_t word, struct %s_fields *f)\n{\n"
               "    while (!(node >> 31)) node = tree[(node & 0xfffff) + ((word >> (node >> 20 & 31)) & ((1u << (node >> 25)) - 1))];\n"
               "    for (const int16_t *c = lists + (node & 0x7fffffff); *c >= 0; c++) {\n"
               "        const int32_t *k = constants + row_info[*c].k;\n        uint32_t v;\n"
               "        if ((word & row_info[*c].mask) != row_info[*c].value || %s_ext_off[row_info[*c].ext]) continue;\n"
               "        (void)k, (void)v;\n        switch (row_info[*c].format) {\n", prefix, prefix);
    for (int i = 0; i < ntexts; i++) fprintf(f, "        case %d:\n%s            return *c;\n", i, texts[i]);
    fprintf(f, "        }\n    }\n    return -1;\n}\n\n");
    print_decoder(f, "", root32);
    fputc('\n', f);
    print_decoder(f, "16", root16);
}

static FILE *open_output(const char *base, const char *suffix)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", base, suffix);
    FILE *f = fopen(name, "w");
    if (!f) { perror(name); exit(1); }
    return f;
}

static void close_output(FILE *f)
{
    if (ferror(f) | fclose(f)) { perror("gendecode: write"); exit(1); }
}

int main(int argc, char **argv)
{
    if (argc < 4 || strcmp(argv[1], "-o")) { fputs("usage: gendecode -o BASE TABLE...\n", stderr); return 2; }
    const char *base = argv[2], *leaf_name = strrchr(base, '/') ? strrchr(base, '/') + 1 : base;
    for (int i = 3; i < argc; i++) parse_file(argv[i]);
    if (!prefix) error("no %%prefix");
    check_overlaps();
    leaf(NULL, 0);
    uint32_t root32 = build_width(32), root16 = build_width(16);
    assign_formats();

    char header[4096], guard[4096];
    snprintf(header, sizeof header, "%s.h", leaf_name);
    snprintf(guard, sizeof guard, "GEN_%s_H", leaf_name);
    for (char *p = guard; *p; p++) *p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
    FILE *h = open_output(base, ".h"), *c = open_output(base, ".c");
    print_header(h, guard);
    print_source(c, header, root32, root16);
    close_output(h);
    close_output(c);
    return 0;
}
