/* The table of argument types (types.def). */
#include <string.h>

#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

const uint8_t sys_treatments[TY_COUNT] = {
#define TYPE(name, treatment, printer, param) [TY_##name] = treatment,
#define MARK(name, text)
#include "syscall/strace/types.def"
#undef TYPE
#undef MARK
};

const struct sys_type sys_types[TY_COUNT] = {
#define TYPE(name, treatment, printer, param) [TY_##name] = {#name, printer, (const void *)(param)},
#define MARK(name, text) [TY_##name] = {text, NULL, NULL},
#include "syscall/strace/types.def"
#undef TYPE
#undef MARK
};

uint16_t strace_type(const char *name)
{
    for (uint16_t i = 0; i < TY_COUNT; i++)
        if (sys_types[i].name && !strcmp(sys_types[i].name, name)) return i;
    return TY_hex;
}
