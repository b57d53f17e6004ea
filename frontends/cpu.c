/* Choosing a CPU model and its features (frontends/guest.h). Runs before the guest starts. */
#include <stdio.h>
#include <string.h>

#include "frontends/guest.h"

enum { MAX_DEPTH = 8 };

/* A word within a text, not terminated. */
struct word { const char *s; size_t n; };

static bool is(struct word w, const char *name) { return strlen(name) == w.n && !memcmp(w.s, name, w.n); }

/* The next of the words that are separated by sep; false at the end. */
static bool next_word(const char **text, char sep, struct word *w)
{
    while (**text == sep)
        (*text)++;
    const char *end = strchr(*text, sep);
    *w = (struct word){*text, end ? (size_t)(end - *text) : strlen(*text)};
    *text += w->n;
    return w->n != 0;
}

static const struct fe_cpu_model *find_set(const struct fe_cpu_model *sets, unsigned n, struct word w)
{
    for (unsigned i = 0; i < n; i++)
        if (is(w, sets[i].name))
            return &sets[i];
    return NULL;
}

/* ---- one feature, with what depends on it ---- */

static int find_feature(const struct fe_guest *g, struct word w)
{
    for (unsigned i = 0; i < g->nfeatures; i++)
        if (is(w, g->features[i].name))
            return (int)i;
    return -1;
}

static bool needs(const struct fe_feature *f, const char *name)
{
    struct word w;
    for (const char *p = f->needs; next_word(&p, ' ', &w);)
        if (is(w, name))
            return true;
    return false;
}

static void switch_feature(const struct fe_guest *g, bool *has, unsigned i, bool on)
{
    struct word w;
    if (has[i] == on)
        return;
    has[i] = on;
    for (const char *p = g->features[i].needs; on && next_word(&p, ' ', &w);) {
        int k = find_feature(g, w);
        if (k >= 0)
            switch_feature(g, has, (unsigned)k, true);
    }
    for (unsigned k = 0; !on && k < g->nfeatures; k++)
        if (has[k] && needs(&g->features[k], g->features[i].name))
            switch_feature(g, has, k, false);
}

/* ---- names of one or many ---- */

static bool switch_set(const struct fe_guest *g, bool *has, const char *text, bool on, unsigned depth);

static bool switch_name(const struct fe_guest *g, bool *has, struct word w, bool on, unsigned depth)
{
    int i = find_feature(g, w);
    if (i >= 0) {
        switch_feature(g, has, (unsigned)i, on);
        return true;
    }
    const struct fe_cpu_model *set = find_set(g->aliases, g->naliases, w);
    if (!set && depth)      /* models contain models, but are no features */
        set = find_set(g->models, g->nmodels, w);
    return set && depth < MAX_DEPTH && switch_set(g, has, set->features, on, depth + 1);
}

static bool switch_set(const struct fe_guest *g, bool *has, const char *text, bool on, unsigned depth)
{
    struct word w;
    while (next_word(&text, ' ', &w)) {
        if (is(w, "all")) {
            memset(has, on, g->nfeatures * sizeof *has);
            continue;
        }
        bool minus = *w.s == '-';
        if (!switch_name(g, has, (struct word){w.s + minus, w.n - minus}, on != minus, depth))
            return false;
    }
    return true;
}

/* One item of a specification after the model. */
static bool switch_item(const struct fe_guest *g, bool *has, struct word w)
{
    const char *equals = memchr(w.s, '=', w.n);
    bool on = true;
    if (*w.s == '+' || *w.s == '-') {
        on = *w.s == '+';
        w = (struct word){w.s + 1, w.n - 1};
    } else if (equals) {
        struct word value = {equals + 1, (size_t)(w.s + w.n - equals - 1)};
        on = is(value, "on") || is(value, "true") || is(value, "yes");
        if (!on && !is(value, "off") && !is(value, "false") && !is(value, "no"))
            return false;
        w.n = (size_t)(equals - w.s);
    }
    return switch_name(g, has, w, on, 0);
}

/* ---- the whole ---- */

static const struct fe_cpu_model *parse(const struct fe_guest *g, const char *spec, bool *has, char *message, size_t size)
{
    const struct fe_cpu_model *model = &g->models[0];
    struct word w = {"", 0};
    const char *p = spec ? spec : "";
    bool more = next_word(&p, ',', &w);
    if (more && *w.s != '+' && *w.s != '-' && !memchr(w.s, '=', w.n)) {
        model = is(w, "default") ? model : find_set(g->models, g->nmodels, w);
        if (!model) {
            snprintf(message, size, "unknown CPU model '%.*s' of %s", (int)w.n, w.s, g->name);
            return NULL;
        }
        more = next_word(&p, ',', &w);
    }
    memset(has, 0, FE_MAX_FEATURES * sizeof *has);
    if (!switch_set(g, has, model->features, true, 1)) {
        snprintf(message, size, "CPU model '%s' names an unknown feature", model->name);
        return NULL;
    }
    for (; more; more = next_word(&p, ',', &w))
        if (!switch_item(g, has, w)) {
            snprintf(message, size, "unknown CPU feature or value '%.*s' of %s", (int)w.n, w.s, g->name);
            return NULL;
        }
    return model;
}

bool fe_select_cpu(const struct fe_guest *g, const char *spec, char *message, size_t size)
{
    bool has[FE_MAX_FEATURES];
    const struct fe_cpu_model *model = parse(g, spec, has, message, size);
    if (!model)
        return false;
    memcpy(g->has, has, g->nfeatures * sizeof *has);
    g->cpu_selected(model);
    return true;
}

bool fe_cpu_known(const struct fe_guest *g, const char *spec)
{
    bool has[FE_MAX_FEATURES];
    return parse(g, spec, has, NULL, 0);
}
