/* Structures: fields and where they lie (structs.def), and their printing. */
#include "syscall/strace/kernel_headers.h"

#include <stddef.h>
#include <string.h>

#include "syscall/generic.h"
#include "syscall/strace/strace.h"

/* Newer than some headers. */
struct own_cachestat_range { uint64_t off, len; };
struct own_cachestat { uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted; };
struct own_mnt_id_req { uint32_t size, spare; uint64_t mnt_id, param; };
struct own_landlock_net_port { uint64_t allowed_access, port; };

struct field {
    const char *name;
    uint16_t at, size, type;
    uint8_t verbose;
    const struct strace_struct *sub;
};
struct strace_struct { const struct field *fields; size_t size; };

#define SIZE(parent, field) sizeof(((T_##parent *)0)->field)
#define STRUCT(name, type) typedef type T_##name; static const struct field f_##name[] = {
#define F(parent, field, type) {#field, offsetof(T_##parent, field), SIZE(parent, field), TY_##type, 0, NULL},
#define V(parent, field, type) {#field, offsetof(T_##parent, field), SIZE(parent, field), TY_##type, 1, NULL},
#define S(parent, field, sub) {#field, offsetof(T_##parent, field), SIZE(parent, field), 0, 0, &struct_##sub},
#define N(parent, name, field, type) {name, offsetof(T_##parent, field), SIZE(parent, field), TY_##type, 0, NULL},
#define VN(parent, name, field, type) {name, offsetof(T_##parent, field), SIZE(parent, field), TY_##type, 1, NULL},
#define SN(parent, name, field, sub) {name, offsetof(T_##parent, field), SIZE(parent, field), 0, 0, &struct_##sub},
#define END(name) {0}}; const struct strace_struct struct_##name = {f_##name, sizeof(T_##name)};
#include "syscall/strace/structs.def"

size_t struct_size(const struct strace_struct *s) { return s->size; }

/* Arrays that no type takes by its address are printed element by element. */
static void put_field(struct strace_call *c, const struct field *f, const uint8_t *at)
{
    const struct sys_type *type = &sys_types[f->type];
    uint64_t v = 0;
    if (f->sub) {
        put_struct(c, f->sub, at);
    } else if (f->size <= 8 && type->print != print_text && type->print != print_fsid) {
        memcpy(&v, at, f->size);
        type->print(c, v, type->param);
    } else {
        type->print(c, (uint64_t)at, type->param);
    }
}

void put_struct(struct strace_call *c, const struct strace_struct *s, const void *bytes)
{
    const char *separator = "{";
    bool hidden = false;
    c->depth++;
    for (const struct field *f = s->fields; f->name; f++) {
        if (f->verbose && !strace_options.verbose) {
            hidden = true;
            continue;
        }
        const char *dot = strrchr(f->name, '.');
        put(c, "%s%s=", separator, dot ? dot + 1 : f->name);
        put_field(c, f, (const uint8_t *)bytes + f->at);
        separator = ", ";
    }
    put(c, hidden ? ", ...}" : "}");
    c->depth--;
}

void put_struct_at(struct strace_call *c, const struct strace_struct *s, uint64_t v)
{
    uint64_t bytes[64];
    if (s->size <= sizeof bytes && fetch(c, v, bytes, s->size)) put_struct(c, s, bytes);
}

void print_struct(struct strace_call *c, uint64_t v, const void *param) { put_struct_at(c, param, v); }
