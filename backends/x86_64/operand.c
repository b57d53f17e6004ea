/*
 * The address a faulting host instruction accessed, from its bytes and registers: for a non-canonical
 * address the kernel reports none. Knows the encodings that emit.h writes (Intel SDM vol. 2, chapter 2).
 */
#include <string.h>

#include "backends/x86_64/x86.h"

struct prefixes { const uint8_t *p; unsigned x, b; };

/* Moves behind prefixes and opcode. */
static bool skip_opcode(struct prefixes *d)
{
    const uint8_t *p = d->p;
    while (*p == 0xf0 || *p == 0x66 || *p == 0xf2 || *p == 0xf3 || *p == 0x3e)
        p++;
    if (*p == 0xc5) {           /* VEX: registers' high bits are stored inverted */
        d->p = p + 3;
        return true;
    }
    if (*p == 0xc4) {
        d->x = !(p[1] & 0x40);
        d->b = !(p[1] & 0x20);
        d->p = p + 4;
        return true;
    }
    if (*p == 0x62)             /* EVEX scales displacements; not used for guest memory */
        return false;
    if ((*p & 0xf0) == 0x40) {
        d->x = *p >> 1 & 1;
        d->b = *p & 1;
        p++;
    }
    if (*p == 0x0f) {
        p++;
        if (*p == 0x38 || *p == 0x3a)
            p++;
    }
    d->p = p + 1;
    return true;
}

bool x_access_address(const struct be_hostregs *regs, uint64_t *address)
{
    struct prefixes d = {.p = (const uint8_t *)regs->ip};
    if (!skip_opcode(&d))
        return false;
    const uint8_t *p = d.p;
    unsigned modrm = *p++, mod = modrm >> 6, rm = modrm & 7, base = rm | d.b << 3;
    if (mod == 3 || (mod == 0 && rm == 5))
        return false;
    uint64_t sum = 0;
    bool has_base = true;
    if (rm == 4) {
        unsigned sib = *p++, index = (sib >> 3 & 7) | d.x << 3;
        base = (sib & 7) | d.b << 3;
        if (index != RSP)
            sum = regs->gpr[index] << (sib >> 6);
        has_base = !(mod == 0 && (sib & 7) == 5);
    }
    if (has_base)
        sum += regs->gpr[base];
    if (mod == 1) {
        sum += (uint64_t)(int8_t)*p;
    } else if (mod == 2 || !has_base) {
        int32_t disp;
        memcpy(&disp, p, 4);
        sum += (uint64_t)(int64_t)disp;
    }
    *address = sum;
    return true;
}
