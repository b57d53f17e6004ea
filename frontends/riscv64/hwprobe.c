/*
 * System call riscv_hwprobe (Linux 7.0, Documentation/arch/riscv/hwprobe.rst, arch/riscv/kernel/sys_hwprobe.c): all
 * processors are alike.
 */
#include <errno.h>
#include <string.h>

#include "frontends/riscv64/abi.h"

enum {
    KEY_MVENDORID, KEY_MARCHID, KEY_MIMPID, KEY_BASE_BEHAVIOR, KEY_IMA_EXT_0, KEY_CPUPERF_0, KEY_ZICBOZ_BLOCK_SIZE,
    KEY_HIGHEST_VIRT_ADDRESS, KEY_TIME_CSR_FREQ, KEY_MISALIGNED_SCALAR_PERF, KEY_MISALIGNED_VECTOR_PERF,
    KEY_VENDOR_EXT_THEAD_0, KEY_ZICBOM_BLOCK_SIZE, KEY_VENDOR_EXT_SIFIVE_0, KEY_VENDOR_EXT_MIPS_0, KEY_ZICBOP_BLOCK_SIZE,
    KEY_IMA_EXT_1, KEY_COUNT,
    BASE_BEHAVIOR_IMA = 1, IMA_FD = 1, IMA_C = 2, MISALIGNED_FAST = 3, MISALIGNED_VECTOR_UNSUPPORTED = 4,
    WHICH_CPUS = 1, SET_BYTES = 128,
};

struct pair { int64_t key; uint64_t value; };

static uint64_t ima_ext_0(void)
{
    uint64_t v = (rv64_has[RV64_HAS_d] ? IMA_FD : 0) | (rv64_has[RV64_HAS_c] ? IMA_C : 0);
#define BASE(letter, ...)
#define EXT(name, bit, ...) v |= bit >= 0 && rv64_has[RV64_HAS_##name] ? (uint64_t)1 << (bit & 63) : 0;
#include "frontends/riscv64/ext.def"
#undef BASE
#undef EXT
    return v;
}

/* Of a valid key. There are no vendor's extensions, none of IMA_EXT_1, and no identities: 0. */
static uint64_t value_of(int64_t key)
{
    switch (key) {
    case KEY_BASE_BEHAVIOR: return BASE_BEHAVIOR_IMA;
    case KEY_IMA_EXT_0: return ima_ext_0();
    case KEY_CPUPERF_0: case KEY_MISALIGNED_SCALAR_PERF: return MISALIGNED_FAST;
    case KEY_MISALIGNED_VECTOR_PERF: return MISALIGNED_VECTOR_UNSUPPORTED;
    case KEY_ZICBOM_BLOCK_SIZE: return rv64_has[RV64_HAS_zicbom] ? RV64_CACHE_BLOCK : 0;
    case KEY_ZICBOP_BLOCK_SIZE: return rv64_has[RV64_HAS_zicbop] ? RV64_CACHE_BLOCK : 0;
    case KEY_ZICBOZ_BLOCK_SIZE: return rv64_has[RV64_HAS_zicboz] ? RV64_CACHE_BLOCK : 0;
    case KEY_HIGHEST_VIRT_ADDRESS: return 0x7fffffffffff;
    case KEY_TIME_CSR_FREQ: return RV64_TIME_HZ;
    default: return 0;
    }
}

static bool is_valid(int64_t key) { return key >= 0 && key < KEY_COUNT; }

static bool is_mask(int64_t key)
{
    switch (key) {
    case KEY_BASE_BEHAVIOR: case KEY_IMA_EXT_0: case KEY_IMA_EXT_1: case KEY_CPUPERF_0:
    case KEY_VENDOR_EXT_THEAD_0: case KEY_VENDOR_EXT_SIFIVE_0: case KEY_VENDOR_EXT_MIPS_0:
        return true;
    default:
        return false;
    }
}

static bool agrees(struct pair want)
{
    uint64_t have = value_of(want.key);
    return is_mask(want.key) ? (have & want.value) == want.value : have == want.value;
}

static bool empty(const uint8_t *set)
{
    for (size_t i = 0; i < SET_BYTES; i++)
        if (set[i])
            return false;
    return true;
}

static int64_t fill(uint64_t pairs, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct pair p;
        if (fe_copy_from_guest(&p.key, pairs + i * sizeof p, sizeof p.key))
            return -EFAULT;
        p = is_valid(p.key) ? (struct pair){p.key, value_of(p.key)} : (struct pair){-1, 0};
        if (fe_copy_to_guest(pairs + i * sizeof p, &p, sizeof p))
            return -EFAULT;
    }
    return 0;
}

/* Reduces the set of processors to those that have all the values: either all of them or none. */
static int64_t which_cpus(uint64_t pairs, uint64_t count, uint8_t *set, size_t n, uint64_t cpus)
{
    bool all = true;
    for (uint64_t i = 0; i < count; i++) {
        static const struct pair unknown = {-1, 0};
        struct pair want;
        if (fe_copy_from_guest(&want, pairs + i * sizeof want, sizeof want))
            return -EFAULT;
        if (is_valid(want.key))
            all &= agrees(want);
        else if (fe_copy_to_guest(pairs + i * sizeof want, &unknown, sizeof unknown))
            return -EFAULT;
        else
            all = false;
    }
    if (!all)
        memset(set, 0, SET_BYTES);
    return fe_copy_to_guest(cpus, set, n);
}

int64_t rv64_hwprobe(const uint64_t args[6])
{
    uint64_t pairs = args[0], count = args[1], size = args[2], cpus = args[3];
    uint32_t flags = (uint32_t)args[4];
    uint8_t set[SET_BYTES] = {0}, online[SET_BYTES] = {0};
    size_t n = size < sizeof set ? size : sizeof set;
    if (flags & ~(uint32_t)WHICH_CPUS || (flags && !(cpus && n)))
        return -EINVAL;
    if (!flags && !cpus && !size)       /* all that are online */
        return fill(pairs, count);
    if (n && fe_copy_from_guest(set, cpus, n))
        return -EFAULT;
    fe_online_cpus(online, sizeof online);
    if (flags && empty(set))
        memcpy(set, online, sizeof set);
    for (size_t i = 0; i < sizeof set; i++)
        set[i] &= online[i];
    if (flags)
        return which_cpus(pairs, count, set, n, cpus);
    return empty(set) ? -EINVAL : fill(pairs, count);
}
