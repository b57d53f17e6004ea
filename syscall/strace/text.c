/* Text of a line: numbers, quoted strings, names of values, and reading what arguments point to. */
#include <stdarg.h>
#include <string.h>

#include "runtime/log.h"
#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

struct strace_options strace_options = {.string_max = 32};

void put(struct strace_call *c, const char *fmt, ...)
{
    struct text *x = &c->x;
    va_list ap;
    va_start(ap, fmt);
    x->n += log_vformat(x->s + x->n, sizeof x->s - x->n, fmt, ap);
    va_end(ap);
    if (x->n >= sizeof x->s) x->n = sizeof x->s - 1;
}

void note(struct strace_call *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_vformat(c->note_text, sizeof c->note_text, fmt, ap);
    va_end(ap);
    c->note = c->note_text;
}

static void put_escaped(struct strace_call *c, const uint8_t *s, size_t n)
{
    static const char short_escapes[] = "\aa\bb\tt\nn\vv\ff\rr\"\"\\\\";
    for (size_t i = 0; i < n; i++) {
        const char *e = s[i] && s[i] != 7 && s[i] != 8 ? strchr(short_escapes, s[i]) : NULL;
        /* Letters stand at odd places. */
        while (e && (e - short_escapes) % 2) e = strchr(e + 1, s[i]);
        bool digit = i + 1 < n && s[i + 1] >= '0' && s[i + 1] <= '9';
        if (e) put(c, "\\%c", e[1]);
        else if (s[i] >= 32 && s[i] < 127) put(c, "%c", s[i]);
        else if (digit || s[i] >= 64) put(c, "\\%d%d%d", s[i] >> 6, s[i] >> 3 & 7, s[i] & 7);
        else if (s[i] >= 8) put(c, "\\%d%d", s[i] >> 3, s[i] & 7);
        else put(c, "\\%d", s[i]);
    }
}

void put_quoted(struct strace_call *c, const uint8_t *s, size_t n, bool more)
{
    put(c, "\"");
    put_escaped(c, s, n);
    put(c, "\"%s", more ? "..." : "");
}

void put_hex_bytes(struct strace_call *c, const uint8_t *s, size_t n, bool more)
{
    put(c, "\"");
    for (size_t i = 0; i < n; i++) put(c, "\\x%02x", s[i]);
    put(c, "\"%s", more ? "..." : "");
}

/* ---- names ---- */

const char *value_name(const struct sys_set *s, uint64_t v)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->v[i].value == v) return s->v[i].name;
    return NULL;
}

void put_enum(struct strace_call *c, const struct sys_set *s, uint64_t v)
{
    const char *name = value_name(s, v);
    if (name) put(c, "%s", name);
    else if (v) put(c, "0x%lx /* %s */", v, s->unknown);
    else put(c, "0 /* %s */", s->unknown);
}

/* Enumerations of 32 bits, negative ones too. */
void put_enum32(struct strace_call *c, const struct sys_set *s, uint32_t v)
{
    for (unsigned i = 0; i < s->n; i++)
        if ((uint32_t)s->v[i].value == v) {
            put(c, "%s", s->v[i].name);
            return;
        }
    put(c, v ? "0x%x /* %s */" : "%x /* %s */", v, s->unknown);
}

/* The name for a part of v: of those that are in it, the first that no wider one covers. */
static const struct sys_value *next_flag(const struct sys_set *s, uint64_t v)
{
    const struct sys_value *best = NULL;
    for (unsigned i = 0; i < s->n; i++) {
        uint64_t f = s->v[i].value;
        if (!f || (v & f) != f) continue;
        if (!best || (f != best->value && (best->value & f) == best->value)) best = &s->v[i];
    }
    return best;
}

static void put_flag_names(struct strace_call *c, const struct sys_set *s, uint64_t v, const char *separator)
{
    uint64_t all = v;
    for (const struct sys_value *f; v && (f = next_flag(s, v));) {
        put(c, "%s%s", separator, f->name);
        v &= ~f->value;
        separator = "|";
    }
    if (!v) return;
    put(c, "%s0x%lx", separator, v);
    if (v == all && !*separator) put(c, " /* %s */", s->unknown);
}

void put_flags(struct strace_call *c, const struct sys_set *s, uint64_t v)
{
    const char *zero = v ? NULL : value_name(s, 0);
    if (v) put_flag_names(c, s, v, "");
    else put(c, "%s", zero ? zero : "0");
}

void put_more_flags(struct strace_call *c, const struct sys_set *s, uint64_t v) { put_flag_names(c, s, v, "|"); }

/* As strace(1) calls them: the first two of the kernel's real-time signals have no name in libc. */
void put_signal(struct strace_call *c, int signo)
{
    const char *name = signo > 0 && signo < 32 ? value_name(&set_signal, (uint64_t)signo) : NULL;
    if (name) put(c, "%s", name);
    else if (signo == 32) put(c, "SIGRTMIN");
    else if (signo > 32 && signo <= 64) put(c, "SIGRT_%d", signo - 32);
    else put(c, "%d", signo);
}

void put_sigset(struct strace_call *c, uint64_t mask)
{
    bool inverted = __builtin_popcountll(mask) >= 64 * 2 / 3;
    const char *separator = "";
    if (inverted) mask = ~mask;
    put(c, inverted ? "~[" : "[");
    for (int n = 1; n <= 64; n++) {
        if (!(mask >> (n - 1) & 1)) continue;
        put(c, "%s", separator);
        const char *name = n < 32 ? value_name(&set_signal, (uint64_t)n) : NULL;
        if (name) put(c, "%s", name + 3);
        else if (n == 32) put(c, "RTMIN");
        else put(c, "RT_%d", n - 32);
        separator = " ";
    }
    put(c, "]");
}

/* ---- what is at an address ---- */

void put_address(struct strace_call *c, uint64_t v)
{
    if (v) put(c, "0x%lx", v);
    else put(c, "NULL");
}

bool fetch(struct strace_call *c, uint64_t v, void *to, size_t n)
{
    bool argument = c->i < STRACE_ARGUMENTS && c->depth == 0;
    bool unwritten = call_failed(c) && argument && c->written;
    if (v && !unwritten && !copy_from_guest(to, v, n)) return true;
    put_address(c, v);
    return false;
}

/* Paths are shown whole, other strings up to the limit. */
static void put_string_up_to(struct strace_call *c, uint64_t v, size_t limit)
{
    char s[4096];
    if (limit > sizeof s - 1) limit = sizeof s - 1;
    int64_t n = v ? copy_string_from_guest(s, v, limit + 1) : -1;
    /* The end may lie on a page that cannot be read, behind enough of it. */
    bool longer = v && n < 0 && !copy_from_guest(s, v, limit);
    if (n >= 0) put_quoted(c, (uint8_t *)s, (size_t)n, false);
    else if (longer) put_quoted(c, (uint8_t *)s, limit, true);
    else put_address(c, v);
}

void put_string_at(struct strace_call *c, uint64_t v) { put_string_up_to(c, v, strace_options.string_max); }
void print_string(struct strace_call *c, uint64_t v, const void *param) { put_string_at(c, v); }
void print_path(struct strace_call *c, uint64_t v, const void *param) { put_string_up_to(c, v, 4095); }

void put_bytes_at(struct strace_call *c, uint64_t v, uint64_t n)
{
    uint8_t s[4096];
    size_t shown = n < strace_options.string_max ? (size_t)n : strace_options.string_max;
    if (shown > sizeof s) shown = sizeof s;
    if (!v || copy_from_guest(s, v, shown)) put_address(c, v);
    else put_quoted(c, s, shown, shown < n);
}

bool fetch_element(struct strace_call *c, uint64_t v, uint64_t i, void *to, size_t size)
{
    if (!copy_from_guest(to, v + i * size, size)) return true;
    if (i) put(c, ", ... /* 0x%lx */]", v + i * size);
    else put_address(c, v);
    return false;
}

void put_array(struct strace_call *c, uint64_t v, uint64_t n, size_t size, void (*f)(struct strace_call *, const void *element))
{
    uint64_t bytes[64];
    if (!v) {
        put(c, "NULL");
        return;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (!fetch_element(c, v, i, bytes, size)) return;
        put(c, i ? ", " : "[");
        if (i >= strace_options.string_max && !strace_options.verbose) {
            put(c, "...");
            break;
        }
        f(c, bytes);
    }
    put(c, n ? "]" : "[]");
}
