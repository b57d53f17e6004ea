/*
 * genman <docs/dragoman.1.in >dragoman.1: the man page, from its text and the tables of options, logs and guests.
 *
 * A line that is a comment with @OPTIONS@, @LOGS@ or @ENVIRONMENT@ becomes that list; @GUESTS@ and @VERSION@ are words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/version.h"

static const struct row { const char *name, *argument, *variables, *text; } options[] = {
#define OPTION(id, name, argument, variables, text) {name, argument, variables, text},
#include "runtime/options.def"
#undef OPTION
};
static const struct row logs[] = {
#define LOG(name, text) {#name, NULL, NULL, text},
#include "runtime/log.def"
#undef LOG
};
static const char *const guests[] = {
#define GUEST(folder, symbol) #folder,
#include "frontends/guests.def"
#undef GUEST
};
enum { OPTIONS = sizeof options / sizeof options[0], LOGS = sizeof logs / sizeof logs[0], GUESTS = sizeof guests / sizeof guests[0] };

/* Text in which nothing is markup: hyphens are minus signs, backslashes and leading dots themselves. */
static void plain(const char *s)
{
    if (*s == '.' || *s == '\'')
        fputs("\\&", stdout);
    for (; *s; s++)
        switch (*s) {
        case '-': fputs("\\-", stdout); break;
        case '\\': fputs("\\e", stdout); break;
        case '~': fputs("\\(ti", stdout); break;
        case '^': fputs("\\(ha", stdout); break;
        case '`': fputs("\\(ga", stdout); break;
        default: putchar(*s);
        }
}

static void tagged(const char *dash, const char *name, const char *argument, const char *text)
{
    printf(".TP\n\\fB%s", dash);
    plain(name);
    printf("\\fR");
    if (argument) {
        printf("%s\\fI", argument[0] == '[' ? "" : " ");
        plain(argument);
        printf("\\fR");
    }
    printf("\n");
    plain(text);
    printf("\n");
}

static void list_options(void)
{
    for (unsigned i = 0; i < OPTIONS; i++)
        tagged("\\-", options[i].name, options[i].argument, options[i].text);
}

static void list_logs(void)
{
    for (unsigned i = 0; i < LOGS; i++)
        tagged("", logs[i].name, NULL, logs[i].text);
}

static void list_environment(void)
{
    for (unsigned i = 0; i < OPTIONS; i++) {
        if (!*options[i].variables)
            continue;
        printf(".TP\n");
        for (const char *v = options[i].variables; *v;) {
            size_t n = strcspn(v, " ");
            printf("%s\\fB%.*s\\fR", v == options[i].variables ? "" : ", ", (int)n, v);
            v += n + strspn(v + n, " ");
        }
        printf("\n\\fB\\-");
        plain(options[i].name);
        printf("\\fR\n");
    }
}

static void words(const char *line)
{
    const char *g = strstr(line, "@GUESTS@"), *v = strstr(line, "@VERSION@"), *at = g ? g : v;
    if (!at) {
        fputs(line, stdout);
        return;
    }
    printf("%.*s", (int)(at - line), line);
    if (v)
        printf("%s%s", DRAGOMAN_VERSION, v + strlen("@VERSION@"));
    for (unsigned i = 0; g && i < GUESTS; i++)
        printf("%s%s", i ? i + 1 == GUESTS ? " \" and \" " : " \", \" " : "", guests[i]);
    if (g)
        fputs(g + strlen("@GUESTS@"), stdout);
}

int main(void)
{
    static const struct { const char *mark; void (*list)(void); } lists[] = {
        {"@OPTIONS@", list_options}, {"@LOGS@", list_logs}, {"@ENVIRONMENT@", list_environment},
    };
    unsigned done = 0;
    for (char line[1024]; fgets(line, sizeof line, stdin);) {
        unsigned i = 0;
        while (i < 3 && !(line[0] == '.' && line[1] == '\\' && strstr(line, lists[i].mark)))
            i++;
        if (i < 3)
            lists[i].list(), done |= 1u << i;
        else
            words(line);
    }
    if (done != 7) {
        fprintf(stderr, "genman: a list is missing\n");
        return 1;
    }
    return fflush(stdout) || ferror(stdout);
}
