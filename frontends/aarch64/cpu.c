/* The guest's CPU: models, features, and what user code sees of them (HWCAPs, ID registers, /proc/cpuinfo). */
#include <string.h>

#include "frontends/aarch64/abi.h"
#include "frontends/aarch64/lift.h"

/* ---- tables ---- */

const struct fe_feature a64_features[A64_NFEATURES] = {
#define FEATURE(name, word, bit, crm, op2, shift, value, ...) {#name, "" __VA_ARGS__},
#include "frontends/aarch64/features.def"
#undef FEATURE
};

static const struct announced { uint8_t word, bit, crm, op2, shift, value; } announced[A64_NFEATURES] = {
#define FEATURE(name, word, bit, crm, op2, shift, value, ...) {word, bit, crm, op2, shift, value},
#include "frontends/aarch64/features.def"
#undef FEATURE
};

const struct fe_cpu_model a64_models[] = {
#define MODEL(name, midr, features) {#name, features},
#define ALIAS(name, features)
#include "frontends/aarch64/models.def"
#undef MODEL
#undef ALIAS
};

const struct fe_cpu_model a64_aliases[] = {
#define MODEL(name, midr, features)
#define ALIAS(name, features) {#name, features},
#include "frontends/aarch64/models.def"
#undef MODEL
#undef ALIAS
};

static const uint32_t midrs[] = {
#define MODEL(name, midr, features) midr,
#define ALIAS(name, features)
#include "frontends/aarch64/models.def"
#undef MODEL
#undef ALIAS
};

/* The feature behind each extension of the decode tables. */
static const uint8_t extensions[] = {
#define X(name) A64_HAS_##name,
    A64_EXTENSIONS(X)
#undef X
};

/* ---- what is there ---- */

bool a64_has[A64_NFEATURES];
static uint32_t midr;

void a64_cpu_selected(const struct fe_cpu_model *model)
{
    midr = midrs[model - a64_models];
    for (size_t i = 0; i < sizeof extensions; i++)
        a64_ext_off[i] = !a64_has[extensions[i]];
}

uint64_t a64_hwcap(unsigned word)
{
    uint64_t v = 0;
    for (size_t i = 0; i < A64_NFEATURES; i++)
        if (a64_has[i] && announced[i].word == word)
            v |= (uint64_t)1 << announced[i].bit;
    return v;
}

/* The kernel emulates MRS of MIDR, MPIDR, REVIDR and all of C2 to C7; fields it hides read as the
 * values in `base` (arch/arm64/kernel/cpufeature.c shows user code only what HWCAPs tell, too). */
bool a64_id_register(unsigned crm, unsigned op2, uint64_t *value)
{
    const struct { uint8_t crm, op2; uint64_t value; } base[] = {
        {0, 0, midr}, {0, 5, 0x80000000u}, {0, 6, 0},
        {4, 0, 0x11}, {5, 0, 0x6}, {7, 0, 0xff000000u},
    };
    bool known = crm != 0;
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++)
        if (base[i].crm == crm && base[i].op2 == op2) {
            v = base[i].value;
            known = true;
        }
    for (size_t i = 0; i < A64_NFEATURES; i++) {
        const struct announced *f = &announced[i];
        if (a64_has[i] && f->crm == crm && f->op2 == op2 && (v >> f->shift & 15) < f->value)
            v = (v & ~((uint64_t)15 << f->shift)) | (uint64_t)f->value << f->shift;
    }
    if (crm == 4 && op2 == 0)           /* 15 in these two: absent */
        v |= (a64_has[A64_HAS_fp] ? 0 : (uint64_t)15 << 16) | (a64_has[A64_HAS_asimd] ? 0 : (uint64_t)15 << 20);
    *value = v;
    return known;
}

/* A text buffer as snprintf has it: the length counts on past the end. */
struct text { char *buf; size_t size, len; };

static void put(struct text *t, const char *s)
{
    for (; *s; s++, t->len++)
        if (t->len + 1 < t->size)
            t->buf[t->len] = *s;
}

static void put_number(struct text *t, unsigned v, unsigned base, unsigned digits)
{
    char s[20], *p = s + sizeof s;
    *--p = 0;
    for (unsigned i = 0; i < digits || v; i++, v /= base)
        *--p = "0123456789abcdef"[v % base];
    put(t, p);
}

/* The format of arch/arm64/kernel/cpuinfo.c. */
int a64_cpuinfo(char *buf, size_t size, unsigned cpu)
{
    struct text t = {buf, size, 0};
    put(&t, "processor\t: ");
    put_number(&t, cpu, 10, 1);
    put(&t, "\nBogoMIPS\t: 2000.00\nFeatures\t:");
    for (size_t i = 0; i < A64_NFEATURES; i++)
        if (a64_has[i] && announced[i].word) {
            put(&t, " ");
            put(&t, a64_features[i].name);
        }
    put(&t, "\nCPU implementer\t: 0x");
    put_number(&t, midr >> 24, 16, 2);
    put(&t, "\nCPU architecture: 8\nCPU variant\t: 0x");
    put_number(&t, midr >> 20 & 15, 16, 1);
    put(&t, "\nCPU part\t: 0x");
    put_number(&t, midr >> 4 & 0xfff, 16, 3);
    put(&t, "\nCPU revision\t: ");
    put_number(&t, midr & 15, 10, 1);
    put(&t, "\n\n");
    if (size)
        buf[t.len < size ? t.len : size - 1] = 0;
    return (int)t.len;
}

/* arch/arm64/kernel/cpuinfo.c, the sysfs attributes. */
int a64_cpu_file(const char *name, char *buf, size_t size)
{
    struct text t = {buf, size, 0};
    bool is_midr = !strcmp(name, "regs/identification/midr_el1");
    if (!is_midr && strcmp(name, "regs/identification/revidr_el1"))
        return -1;
    put(&t, "0x");
    put_number(&t, is_midr ? midr : 0, 16, 16);
    put(&t, "\n");
    if (size)
        buf[t.len < size ? t.len : size - 1] = 0;
    return (int)t.len;
}
