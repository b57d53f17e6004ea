#include "runtime/careful.h"

#include "runtime/space.h"

/* A program that tags everything would fault at each of its accesses once: past ALL every instruction is careful. */
enum { SLOTS = 1024, ALL = 256 };

static uint64_t slots[SLOTS];       /* pc + 1; open addressing, never emptied */
uint32_t careful_count;

static unsigned first_slot(uint64_t pc) { return (unsigned)((pc >> 1) * 0x9e3779b97f4a7c15u >> 54); }
_Static_assert(SLOTS == 1 << 10, "as many as the bits taken above");

bool careful_find(uint64_t pc)
{
    if (__atomic_load_n(&careful_count, __ATOMIC_RELAXED) >= ALL)
        return true;
    for (unsigned i = first_slot(pc);; i = (i + 1) % SLOTS) {
        uint64_t v = __atomic_load_n(&slots[i], __ATOMIC_RELAXED);
        if (!v || v == pc + 1)
            return v != 0;
    }
}

/* Is pc in the table afterwards because of this call? The table has room: insertions stop soon after ALL. */
static bool insert(uint64_t pc)
{
    for (unsigned i = first_slot(pc);; i = (i + 1) % SLOTS) {
        uint64_t v = 0;
        if (__atomic_compare_exchange_n(&slots[i], &v, pc + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return true;
        if (v == pc + 1)
            return false;
    }
}

void careful_add(uint64_t pc)
{
    if (__atomic_load_n(&careful_count, __ATOMIC_RELAXED) < ALL && insert(pc))
        __atomic_fetch_add(&careful_count, 1, __ATOMIC_RELAXED);
    rt_code_changed(pc, pc + 1);
}
