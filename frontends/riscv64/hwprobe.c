/* System call riscv_hwprobe (Linux, Documentation/arch/riscv/hwprobe.rst): all processors are alike. */
#include <errno.h>
#include <string.h>

#include "frontends/riscv64/abi.h"

enum {
    KEY_MVENDORID, KEY_MARCHID, KEY_MIMPID, KEY_BASE_BEHAVIOR, KEY_IMA_EXT_0, KEY_CPUPERF_0, KEY_ZICBOZ_BLOCK_SIZE,
    KEY_HIGHEST_VIRT_ADDRESS, KEY_TIME_CSR_FREQ, KEY_MISALIGNED_SCALAR_PERF, KEY_MISALIGNED_VECTOR_PERF,
    KEY_VENDOR_EXT_THEAD_0, KEY_ZICBOM_BLOCK_SIZE, KEY_VENDOR_EXT_SIFIVE_0, KEY_COUNT,
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

static const uint64_t values[KEY_COUNT] = {
    [KEY_BASE_BEHAVIOR] = BASE_BEHAVIOR_IMA,
    [KEY_CPUPERF_0] = MISALIGNED_FAST,
    [KEY_HIGHEST_VIRT_ADDRESS] = 0x7fffffffffff,
    [KEY_ZICBOZ_BLOCK_SIZE] = RV64_CACHE_BLOCK,
    [KEY_ZICBOM_BLOCK_SIZE] = RV64_CACHE_BLOCK,
    [KEY_TIME_CSR_FREQ] = RV64_TIME_HZ,
    [KEY_MISALIGNED_SCALAR_PERF] = MISALIGNED_FAST,
    [KEY_MISALIGNED_VECTOR_PERF] = MISALIGNED_VECTOR_UNSUPPORTED,
};

static struct pair answer(int64_t key)
{
    if (key < 0 || key >= KEY_COUNT)
        return (struct pair){-1, 0};
    return (struct pair){key, key == KEY_IMA_EXT_0 ? ima_ext_0() : values[key]};
}

static bool is_mask(int64_t key)
{
    return key == KEY_BASE_BEHAVIOR || key == KEY_IMA_EXT_0 || key == KEY_CPUPERF_0 ||
           key == KEY_VENDOR_EXT_THEAD_0 || key == KEY_VENDOR_EXT_SIFIVE_0;
}

static bool agrees(struct pair want, struct pair have)
{
    return is_mask(have.key) ? (have.value & want.value) == want.value : have.value == want.value;
}

static bool empty(const uint8_t *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (set[i])
            return false;
    return true;
}

static int64_t fill(uint64_t pairs, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct pair p;
        if (fe_copy_from_guest(&p, pairs + i * sizeof p, sizeof p))
            return -EFAULT;
        p = answer(p.key);
        if (fe_copy_to_guest(pairs + i * sizeof p, &p, sizeof p))
            return -EFAULT;
    }
    return 0;
}

/* Reduces the set of processors to those that have all the values: either all of them or none. */
static int64_t which_cpus(uint64_t pairs, uint64_t count, uint8_t *set, size_t n, uint64_t cpus)
{
    bool all = true;
    if (empty(set, n))
        set[0] = 1;         /* "all online": the first is certainly */
    for (uint64_t i = 0; i < count; i++) {
        struct pair want, have;
        if (fe_copy_from_guest(&want, pairs + i * sizeof want, sizeof want))
            return -EFAULT;
        have = answer(want.key);
        if (have.key < 0) {
            all = false;
            if (fe_copy_to_guest(pairs + i * sizeof have, &have, sizeof have))
                return -EFAULT;
        } else if (!agrees(want, have))
            all = false;
    }
    if (!all)
        memset(set, 0, n);
    return fe_copy_to_guest(cpus, set, n);
}

int64_t rv64_hwprobe(const uint64_t args[6])
{
    uint64_t pairs = args[0], count = args[1], size = args[2], cpus = args[3], flags = args[4];
    uint8_t set[SET_BYTES] = {0};
    size_t n = size < sizeof set ? size : sizeof set;
    if (flags & ~(uint64_t)WHICH_CPUS)
        return -EINVAL;
    if (cpus && n && fe_copy_from_guest(set, cpus, n))
        return -EFAULT;
    if (flags)
        return cpus && n ? which_cpus(pairs, count, set, n, cpus) : -EINVAL;
    if ((cpus || size) && empty(set, n))
        return -EINVAL;
    return fill(pairs, count);
}
