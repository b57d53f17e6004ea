/*
 * Names of values for strace: genvalues values.tbl HEADERS <preprocessed >out.c
 *
 * Reads what `cc -E -dD` makes of syscall/strace/HEADERS.h, collects macros and enumerators, and writes for each set of
 * the table's section of that name an array of { value, "NAME" } that the compiler fills in. With -n, instead of C for
 * the translator, statements that put each value into assembly output for tests/strace/values.sh. With -h, the declarations of
 * all sets. The format is described in the table.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 65536, MAX_WORDS = 512 };

static struct { char *name; bool ioctl, usable; } names[MAX_NAMES];
static int nnames;
static const char *table;
static int line;
static bool failed;

static void error(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: ", table, line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(1);
}

static int find(const char *name)
{
    for (int i = 0; i < nnames; i++)
        if (!strcmp(names[i].name, name)) return i;
    return -1;
}

static void add(const char *name, size_t n, bool ioctl, bool usable)
{
    char *copy = strndup(name, n);
    int at = find(copy);
    if (at >= 0) {      /* glibc defines enumerators to themselves */
        free(copy);
        names[at].usable = names[at].usable || usable;
        return;
    }
    if (nnames == MAX_NAMES) error("too many names in the headers");
    names[nnames].name = copy;
    names[nnames].ioctl = ioctl;
    names[nnames++].usable = usable;
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* #define NAME BODY, without arguments, whose body can be a number. */
static void take_macro(const char *s)
{
    const char *name = s;
    while (is_word(*s)) s++;
    size_t n = (size_t)(s - name);
    if (*s != ' ') return;
    while (*s == ' ') s++;
    bool ioctl = !strncmp(s, "_IO", 3) || strstr(s, "_IO(") || strstr(s, "_IOR(") || strstr(s, "_IOW(") || strstr(s, "_IOWR(");
    add(name, n, ioctl, *s && *s != '\n' && !strpbrk(s, "\"{;"));
}

static void drop_macro(const char *s)
{
    size_t n = 0;
    while (is_word(s[n])) n++;
    for (int i = 0; i < nnames; i++)
        if (strlen(names[i].name) == n && !strncmp(names[i].name, s, n)) names[i].usable = false;
}

/* Follows the text through `enum {...}` lists, across lines. */
static void take_text(const char *s)
{
    static enum { OUTSIDE, ENUM, NAME, VALUE } state;
    static int depth;
    while (*s) {
        const char *w = s;
        if (is_word(*s)) {
            while (is_word(*s)) s++;
            if (state == OUTSIDE && s - w == 4 && !strncmp(w, "enum", 4)) state = ENUM;
            else if (state == NAME) {
                add(w, (size_t)(s - w), false, true);
                state = VALUE;
                depth = 0;
            }
            continue;
        }
        switch (*s++) {
        case '{': if (state == ENUM) state = NAME; break;
        case '}': if (state >= NAME) state = OUTSIDE; break;
        case ';': case ')': if (state == ENUM) state = OUTSIDE; if (state == VALUE) depth--; break;
        case '(': if (state == ENUM) state = OUTSIDE; if (state == VALUE) depth++; break;
        case ',': if (state == VALUE && depth <= 0) state = NAME; break;
        }
    }
}

static void read_headers(FILE *f)
{
    static char s[1 << 16];
    while (fgets(s, sizeof s, f)) {
        if (!strncmp(s, "#define ", 8)) take_macro(s + 8);
        else if (!strncmp(s, "#undef ", 7)) drop_macro(s + 7);
        else if (*s != '#') take_text(s);
    }
}

/* A pattern of the table without its marks. */
struct pattern { char *text, *shown; bool ioctl, optional, minus; };

static struct pattern parse(char *w)
{
    struct pattern p = {w, NULL, false, false, false};
    if (*w == '-') p.minus = true, p.text++;
    else if (*w == '?') p.optional = true, p.text++;
    p.shown = strchr(p.text, '=');
    if (p.shown) *p.shown++ = 0;
    size_t n = strlen(p.text);
    if (n && p.text[n - 1] == '/') p.ioctl = true, p.text[n - 1] = 0;
    return p;
}

static bool excluded(const struct pattern *p, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (p[i].minus && !fnmatch(p[i].text, name, 0)) return true;
    return false;
}

static void make_set(char **w, int n, bool layout)
{
    struct pattern p[MAX_WORDS];
    static bool taken[MAX_NAMES];
    if (n < 3) error("a set needs a name, what unknown values are, and patterns");
    memset(taken, 0, sizeof taken);
    for (int i = 2; i < n; i++) p[i - 2] = parse(w[i]);
    n -= 2;
    if (!layout) printf("static const struct sys_value v_%s[] = {", w[0]);
    int count = 0;
    for (int i = 0; i < n; i++) {
        bool found = p[i].minus || p[i].optional, glob = strchr(p[i].text, '*') != NULL;
        for (int k = 0; k < nnames && !p[i].minus; k++) {
            if (!names[k].usable || (p[i].ioctl && !names[k].ioctl)) continue;
            if (glob ? fnmatch(p[i].text, names[k].name, 0) : strcmp(p[i].text, names[k].name)) continue;
            found = true;
            if (taken[k] || excluded(p, n, names[k].name)) continue;
            taken[k] = true;
            if (layout) printf("C(%s);\n", names[k].name);
            else printf("%s{(unsigned long)(%s), \"%s\"},", count % 4 ? " " : "\n    ", names[k].name, p[i].shown ? p[i].shown : names[k].name);
            count++;
        }
        if (!found) fprintf(stderr, "%s:%d: %s: the headers have no such name\n", table, line, p[i].text), failed = true;
    }
    if (layout) return;
    if (!count) printf("{0, 0}");
    printf("\n};\nconst struct sys_set set_%s = {v_%s, %d, \"%s\"};\n\n", w[0], w[0], count, w[1]);
}

int main(int argc, char **argv)
{
    bool layout = argc > 1 && !strcmp(argv[1], "-n"), declare = argc > 1 && !strcmp(argv[1], "-h");
    if (layout || declare) argv++, argc--;
    if (argc != (declare ? 2 : 3)) return fprintf(stderr, "usage: genvalues [-n] values.tbl HEADERS | genvalues -h values.tbl\n"), 2;
    table = argv[1];
    FILE *f = fopen(table, "r");
    if (!f) return perror(table), 1;
    if (!declare) read_headers(stdin);
    if (declare) printf("/* Made from syscall/strace/values.tbl. */\n#include \"syscall/strace/values.h\"\n");
    else if (!layout) printf("#include \"syscall/strace/%s.h\"\n#include \"syscall/strace/values.h\"\n\n", argv[2]);
    static char s[1 << 16];
    bool ours = false, any = false;
    while (fgets(s, sizeof s, f)) {
        char *w[MAX_WORDS];
        int n = 0;
        line++;
        for (char *save, *t = strtok_r(s, " \t\n", &save); t; t = strtok_r(NULL, " \t\n", &save)) {
            if (n == MAX_WORDS) error("too many words");
            w[n++] = t;
        }
        if (!n || *w[0] == '#') continue;
        if (!strcmp(w[0], "=")) {
            if (n != 2) error("a section has a name");
            ours = !declare && !strcmp(w[1], argv[2]);
            any = any || ours;
        } else if (declare) {
            printf("extern const struct sys_set set_%s;\n", w[0]);
        } else if (ours) {
            make_set(w, n, layout);
        }
    }
    if (!any && !declare) error("no section %s", argv[2]);
    return failed || fflush(stdout) || ferror(stdout);
}
