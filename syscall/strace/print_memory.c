/* Printers of calls on memory. */
#include "syscall/strace/kernel_headers.h"

#include "syscall/strace/sets.h"
#include "syscall/strace/strace.h"

void print_prot(struct strace_call *c, uint64_t v, const void *param)
{
    if (v) put_flags(c, &set_prot, v);
    else put(c, "PROT_NONE");
}

void print_mmap_flags(struct strace_call *c, uint64_t v, const void *param)
{
    uint64_t type = v & MAP_TYPE, size = v >> 26 & 63;
    put_enum(c, &set_mmap_type, type);
    if (v & MAP_HUGETLB) v &= ~(63ull << 26);
    put_more_flags(c, &set_mmap_flags, (uint32_t)v & ~(uint64_t)MAP_TYPE);
    if (v & MAP_HUGETLB && size) put(c, "|%u<<MAP_HUGE_SHIFT", (unsigned)size);
}

void print_mremap_to(struct strace_call *c, uint64_t v, const void *param)
{
    c->omit = !(c->a[3] & (MREMAP_FIXED | MREMAP_DONTUNMAP));
    put_address(c, v);
}

void print_mincore(struct strace_call *c, uint64_t v, const void *param)
{
    uint8_t pages[4096];
    uint64_t n = (c->a[1] + 4095) / 4096, shown = n < strace_options.string_max ? n : strace_options.string_max;
    if (shown > sizeof pages) shown = sizeof pages;
    if (c->r < 0 || !v || copy_from_guest(pages, v, shown)) {
        put_address(c, v);
        return;
    }
    put(c, "[");
    for (uint64_t i = 0; i < shown; i++) put(c, "%s%u", i ? ", " : "", pages[i] & 1);
    put(c, n > shown ? ", ...]" : "]");
}

/* ---- NUMA ---- */

void print_mpol_mode(struct strace_call *c, uint64_t v, const void *param)
{
    enum { MODE_FLAGS = 0xe000 };
    put_enum(c, &set_mpol_mode, (uint32_t)v & ~(uint32_t)MODE_FLAGS);
    put_more_flags(c, &set_mpol_mode_flags, v & MODE_FLAGS);
}

static void put_nodes(struct strace_call *c, uint64_t v, uint64_t maxnode)
{
    uint64_t mask[16], words = maxnode ? (maxnode + 62) / 64 : 0;
    if (!v || words > 16 || call_failed(c) || copy_from_guest(mask, v, words * 8)) {
        put_address(c, v);
        return;
    }
    put(c, "[");
    for (uint64_t i = 0; i < words; i++) put(c, "%s0x%016lx", i ? ", " : "", mask[i]);
    put(c, "]");
}

void print_nodemask(struct strace_call *c, uint64_t v, const void *param) { put_nodes(c, v, c->a[c->i + 1]); }
void print_nodemask2(struct strace_call *c, uint64_t v, const void *param) { put_nodes(c, v, c->a[1]); }

void print_out_mpol(struct strace_call *c, uint64_t v, const void *param)
{
    uint32_t mode;
    if (!fetch(c, v, &mode, sizeof mode)) return;
    put(c, "[");
    if (c->a[4] & MPOL_F_NODE) put(c, "0x%x", mode);
    else print_mpol_mode(c, mode, NULL);
    put(c, "]");
}

static void put_page(struct strace_call *c, const void *e) { put_address(c, *(const uint64_t *)e); }
static void put_node(struct strace_call *c, const void *e) { put(c, "%d", *(const int *)e); }
static void put_status(struct strace_call *c, const void *e)
{
    int v = *(const int *)e;
    put(c, "%d", v);
}

void print_page_list(struct strace_call *c, uint64_t v, const void *param) { put_array(c, v, c->a[1], 8, put_page); }
void print_node_list(struct strace_call *c, uint64_t v, const void *param) { put_array(c, v, c->a[1], 4, put_node); }

void print_status_list(struct strace_call *c, uint64_t v, const void *param)
{
    if (c->r < 0) put_address(c, v);
    else put_array(c, v, c->a[1], 4, put_status);
}
