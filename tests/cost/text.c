#include "tests/cost/text.h"

#include <string.h>

#include "runtime/cache.h"
#include "runtime/careful.h"
#include "runtime/first_run.h"
#include "runtime/gdb/gdb.h"
#include "runtime/space.h"

struct text text;

size_t mm_fetchable(struct mm *mm, uint64_t addr, size_t max)
{
    (void)mm;
    uint64_t off = addr - text.pc;
    return off >= text.len ? 0 : text.len - off < max ? text.len - off : max;
}

int copy_from_guest(void *dst, uint64_t src, size_t n)
{
    memcpy(dst, text.bytes + (src - text.pc), n);
    return 0;
}

uint32_t careful_count;
bool careful_find(uint64_t pc) { (void)pc; return false; }
bool first_run_over(uint64_t pc) { (void)pc; return true; }
bool cache_loops_at(uint64_t pc, uint32_t mode) { (void)pc, (void)mode; return false; }

/* There is no debugger. */
uint32_t rt_gdb, gdb_breaks_set;
bool gdb_break_at(uint64_t pc) { (void)pc; return false; }
